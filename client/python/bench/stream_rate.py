# SPDX-License-Identifier: Apache-2.0
"""Bytes a second of this client beside those of the C++ client, in one run.

    python bench/stream_rate.py [--batches 300] [--rounds 3] [--size 158] [--batch 64]

Starts a server of its own with a model of images of the asked size, and lets it send its first batch again
and again (REHEARSAL_TRANSPORT), so that rendering costs nothing. Each round reads it with `facet stream`,
then from Python: the bytes as gRPC gives them, BatchReader's arrays, FacetDataset's tensors. The best of all
rounds counts. Needs a build: build/release/bin, or FACET_BIN_DIR.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

from google.protobuf import text_format

import facet_client
from facet_client import _calls
from facet_client.v1 import augmentation_pb2, preset_pb2

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BIN = pathlib.Path(os.environ.get("FACET_BIN_DIR") or SOURCE / "build" / "release" / "bin")


def make_model(client: facet_client.Client, folder: pathlib.Path, size: int) -> None:
    """Publishes `bench`: one step of a small net on two pictures."""
    pictures = folder / "pictures"
    pictures.mkdir()
    for name in ("one", "two"):
        (pictures / f"{name}.ppm").write_bytes(b"P6 8 8 255\n" + bytes(range(192)))
    (pictures / "manifest.csv").write_text("path,kind\none.ppm,a\ntwo.ppm,b\n")
    client.import_dataset(
        {
            "dataset": "bench",
            "format": "DATASET_FORMAT_CSV",
            "folder": {"path": str(pictures)},
            "csv": {"image_size": size},
        }
    )
    preset = preset_pb2.Preset()
    text_format.Parse((SOURCE / "data" / "presets" / "face-158.textproto").read_text(), preset)
    preset.ClearField("judge")
    preset.generator.feature_width = 8
    del preset.generator.feature_widths[:]
    preset.generator.joint_widths[:] = [16]
    preset.generator.base_channels = 8
    preset.generator.image_size = size
    for layer in preset.generator.layers[:-1]:
        layer.out_channels = 8
    del preset.classifier.blocks[1:]
    preset.classifier.head_widths[:] = [8]
    preset.classifier.feature_loss_block = 0
    preset.training.CopyFrom(
        preset_pb2.TrainingOptions(
            steps=1, batch_size=2, update_rule=preset_pb2.UPDATE_RULE_PIXELS, threads=1
        )
    )
    preset.training.pixel_weight = 1
    preset.training.learning_rate = 1e-3
    client.publish(client.wait(client.train("bench", preset)), "bench")


def cli_rate(address: str, spec: dict[str, object], batches: int, folder: pathlib.Path) -> float:
    """What `facet stream` says, bytes a second."""
    path = folder / "spec.json"
    path.write_text(json.dumps(spec))
    words = [BIN / "facet", "--server", address, "stream", "--spec", path, "--batches", str(batches)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    number, unit = re.findall(r"([\d.]+) ([kMG]?B)/s", done.stderr)[-1]
    return float(number) * {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}[unit]


def raw(address: str, spec: dict[str, object]) -> Iterator[int]:
    """Sizes of the messages, not looked into."""
    start = augmentation_pb2.StreamStart(spec=facet_client.stream_spec(spec), initial_credit=4)
    call = _calls.GrpcBatchCall(address, start)
    while (message := call.read()) is not None:
        call.add_credit()
        yield len(message)
    call.close()


def arrays(address: str, spec: dict[str, object]) -> Iterator[int]:
    for batch in facet_client.BatchReader(spec, address=address):
        yield len(batch.raw)


def tensors(address: str, spec: dict[str, object]) -> Iterator[int]:
    for batch in facet_client.FacetDataset(spec, address=address, rank=0, world_size=1):
        yield batch["images"].numel() * batch["images"].element_size()


def rate(
    read: Callable[[str, dict[str, object]], Iterator[int]],
    address: str,
    spec: dict[str, object],
    batches: int,
) -> float:
    """Bytes a second over `batches`, the stream's opening and first batch included."""
    sizes = read(address, spec)
    begin = time.perf_counter()
    total = sum(size for size, _ in zip(sizes, range(batches), strict=False))
    seconds = time.perf_counter() - begin
    sizes.close()  # type: ignore[attr-defined]
    return total / seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, default=158)
    parser.add_argument("--batch", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="facet-") as name:
        folder = pathlib.Path(name)
        words = [
            "--listen",
            f"unix:{folder}/s",
            "--listen",
            "127.0.0.1:0",
            "--metrics",
            "off",
            "--data",
            SOURCE / "data",
        ]
        server = subprocess.Popen(
            [BIN / "facetd", *words, "--state", folder / "state", "--import-root", folder],
            stderr=subprocess.DEVNULL,
        )
        try:
            unix = f"unix:{folder}/s"
            client = facet_client.Client(unix, retry=30)
            client.models()
            make_model(client, folder, options.size)
            tcp = re.findall(r"grpc=(127\S+)", (folder / "state" / "facetd.address").read_text())[0]
            spec = {
                "model": "bench",
                "batch_size": options.batch,
                "rehearsal": "REHEARSAL_TRANSPORT",
                "recipe": {"repeats": options.batch},  # else an epoch would be two images
                "epochs": -1,
            }
            facet_client.FacetDataset(spec, address=unix)  # torch is loaded before it counts
            for address, label in ((unix, "Unix socket"), (tcp, "TCP")):
                best = dict.fromkeys(("C++ client", "gRPC's bytes", "BatchReader", "FacetDataset"), 0.0)
                for _ in range(options.rounds):
                    rates = [cli_rate(address, spec, options.batches, folder)]
                    rates += [rate(read, address, spec, options.batches) for read in (raw, arrays, tensors)]
                    best = {name: max(old, new) for (name, old), new in zip(best.items(), rates, strict=True)}
                for name, value in best.items():
                    print(f"{label:12} {name:14} {value / 1e6:8.0f} MB/s  {value / best['C++ client']:.2f}")
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
