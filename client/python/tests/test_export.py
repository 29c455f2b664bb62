# SPDX-License-Identifier: Apache-2.0
"""What `facet stream --out` writes can be read by others, and goes on after any cut."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import pathlib
import random
import subprocess
import tarfile

import numpy as np
import pytest
import webdataset
from conftest import BIN, SPEC, Server

import facet_client
from facet_client import BatchReader

IMAGES = 120


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """SPEC as a file, with mixed colours."""
    path = tmp_path_factory.mktemp("recipe") / "spec.json"
    colour = {"feature": "colour", "pairs": {"range": {"min": 0.3, "max": 0.7}}}
    path.write_text(json.dumps(SPEC | {"recipe": {"features": [colour]}}))
    return path


def command(server: Server, *words: object) -> list[str]:
    return [str(BIN / "facet"), "--server", server.address, *map(str, words)]


def facet(server: Server, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(server, *words), capture_output=True, text=True, check=False)


def export(server: Server, *words: object) -> None:
    done = facet(server, "stream", *words)
    assert done.returncode == 0, done.stderr


def checksums(folder: pathlib.Path) -> dict[str, str]:
    """The files that SHA256SUMS lists, each of them checked."""
    sums = {}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        sums[name] = digest
    return sums


def test_webdataset_reads_shards(server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path) -> None:
    export(
        server,
        "--spec",
        recipe,
        "--out",
        tmp_path,
        "--image",
        "npy",
        "--label",
        "digit",
        "--shard-images",
        50,
    )
    assert sorted(checksums(tmp_path)) == ["shard-000000.tar", "shard-000001.tar", "shard-000002.tar"]
    shards = sorted(map(str, tmp_path.glob("*.tar")))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False).decode())
    assert [sample["__key__"] for sample in samples] == [f"{i:09d}" for i in range(IMAGES)]
    streamed = list(BatchReader(json.loads(recipe.read_text()), address=server.address))
    np.testing.assert_array_equal(
        np.stack([sample["npy"] for sample in samples]), np.concatenate([batch.images for batch in streamed])
    )
    soft = np.concatenate([batch.labels["soft"] for batch in streamed])
    for sample, weights in zip(samples, soft, strict=True):
        assert sample["cls"] == int(weights[:10].argmax())
        colours = sample["json"]["labels"]["colour"]
        assert [colours.get(name, 0) for name in ("red", "green", "blue")] == weights[10:13].tolist()


def test_shards_are_the_same_bytes_each_time(
    server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    for name in ("a", "b"):
        export(server, "--spec", recipe, "--out", tmp_path / name, "--shard-images", 50)
    assert checksums(tmp_path / "a") == checksums(tmp_path / "b")
    with tarfile.open(tmp_path / "a" / "shard-000000.tar") as tar:
        assert {(member.mtime, member.uid, member.mode) for member in tar} == {(0, 0, 0o644)}
        assert len(tar.getnames()) == 2 * 56  # whole batches of 8; png and json


def test_a_killed_export_goes_on(server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path) -> None:
    words = ["--spec", recipe, "--epochs", 8, "--shard-images", 40, "--out"]
    export(server, *words, tmp_path / "whole")
    draw, kills = random.Random(2), 0
    while True:
        process = subprocess.Popen(
            command(server, "stream", *words, tmp_path / "cut"), stderr=subprocess.DEVNULL
        )
        try:
            if process.wait(draw.uniform(0.02, 0.15) * (1 + kills / 4)) == 0:
                break
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            kills += 1
    assert kills > 0
    assert checksums(tmp_path / "cut") == checksums(tmp_path / "whole")
    assert not list((tmp_path / "cut").glob("*.tmp"))


def test_a_longer_export_keeps_what_is_there(
    server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    words = ["--spec", recipe, "--shard-images", 40, "--out"]
    export(server, *words, tmp_path / "a", "--batches", 10)
    first = checksums(tmp_path / "a")
    assert set(first) == {"shard-000000.tar", "shard-000001.tar"}
    written = (tmp_path / "a" / "shard-000000.tar").stat().st_mtime_ns
    export(server, *words, tmp_path / "a")
    assert (tmp_path / "a" / "shard-000000.tar").stat().st_mtime_ns == written
    export(server, *words, tmp_path / "b")
    assert checksums(tmp_path / "a") == checksums(tmp_path / "b")


def test_a_folder_can_be_imported_again(
    server: Server, client: facet_client.Client, recipe: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    export(server, "--spec", recipe, "--out", tmp_path, "--format", "folder", "--shard-images", 50)
    assert len(checksums(tmp_path)) == IMAGES + 2
    rows = list(csv.DictReader(io.StringIO((tmp_path / "manifest.csv").read_text())))
    lines = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text().splitlines()]
    assert [row["path"] for row in rows] == [line["path"] for line in lines]
    done = facet(server, "dataset", "import", "again", tmp_path, "--format", "csv", "--size", 28)
    assert done.returncode == 0, done.stderr
    images, classes = client.dataset_images("again", range(IMAGES))
    streamed = np.concatenate(
        [b.images for b in BatchReader(json.loads(recipe.read_text()), address=server.address)]
    )
    np.testing.assert_array_equal(images, streamed)
    assert [label[0] for label in classes] == [row["digit"] for row in rows]


def test_another_export_is_not_overwritten(
    server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    export(server, "--spec", recipe, "--out", tmp_path)
    before = checksums(tmp_path)
    for other in (["--seed", 9], ["--image", "jpg"], ["--format", "folder"]):
        done = facet(server, "stream", "--spec", recipe, "--out", tmp_path, *other)
        assert done.returncode != 0
        assert "choose another folder" in done.stderr
    readers = tmp_path / "readers"
    export(server, "--spec", recipe, "--out", readers, "--world-size", 2, "--rank", 0)
    before_readers = checksums(readers)
    for other in (["--world-size", 2, "--rank", 1], ["--world-size", 4, "--rank", 0], []):
        done = facet(server, "stream", "--spec", recipe, "--out", readers, *other)
        assert done.returncode == 4
        assert "rank 0 of 2, from epoch 0" in done.stderr
        assert "choose another folder" in done.stderr
    assert checksums(readers) == before_readers
    assert checksums(tmp_path) == before


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--label", "colur"], "no feature 'colur'"),
        (["--format", "folder", "--image", "npy"], "--format webdataset"),
        (["--epochs", "-1"], "--batches"),
    ],
)
def test_mistakes_are_told(
    server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path, words: list[str], message: str
) -> None:
    done = facet(server, "stream", "--spec", recipe, "--out", tmp_path / "out", *words)
    assert done.returncode != 0
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_damaged_state_is_told(server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path) -> None:
    export(server, "--spec", recipe, "--out", tmp_path, "--batches", 2)
    state = tmp_path / "export.json"
    state.write_text(state.read_text()[:-20])
    done = facet(server, "stream", "--spec", recipe, "--out", tmp_path)
    assert done.returncode != 0
    assert "not the state of an export" in done.stderr


def test_a_full_disk_is_told_and_gone_on_from(
    server: Server, recipe: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    # A limit on the size of a file stands in for the disk: the third shard does not fit.
    words = ["--spec", recipe, "--shard-images", 40, "--image", "npy", "--out", tmp_path]
    code = f"ulimit -f 60; trap '' XFSZ; exec {' '.join(command(server, 'stream', *words))}"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "cannot write" in done.stderr
    export(server, *words)
    assert len(checksums(tmp_path)) == 3
