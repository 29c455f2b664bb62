# SPDX-License-Identifier: Apache-2.0
"""A real server with a tiny model, trained once for all tests."""

from __future__ import annotations

import multiprocessing
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator

import pytest
from google.protobuf import text_format

import facet_client
from facet_client.v1 import preset_pb2

SOURCE = pathlib.Path(os.environ.get("FACET_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[3])
BIN = pathlib.Path(os.environ.get("FACET_BIN_DIR") or SOURCE / "build" / "release" / "bin")

# 4 examples of 10 digits in 3 colours and 1 rotation: 120 images, 15 batches of 8 an epoch.
BATCH, BATCHES = 8, 15
SPEC = {"model": "tiny", "batch_size": BATCH, "shuffle_seed": 5, "augmentation_seed": 6}


# Processes of the fork server have imported what workers need, and have no gRPC in use.
multiprocessing.set_forkserver_preload(["facet_client.dataset", "torchdata.stateful_dataloader", "pytest"])

# In front of a command: SIGKILL when this process is gone, so that no test leaves anything behind. Not a
# preexec_fn: that makes Popen fork, and this process has gRPC in use.
DIES_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]


class Server:
    """A facetd on a Unix socket, so that it is found again at one address."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.address = f"unix:{folder}/s"
        self.start()

    def start(self) -> None:
        config = self.folder / "facet.textproto"
        config.write_text("without_bundled_models: true\n")  # tests count the models that they make
        words = [
            "--config",
            config,
            "--listen",
            self.address,
            "--metrics",
            "off",
            "--state",
            self.folder / "state",
            "--data",
            SOURCE / "data",
        ]
        self.process = subprocess.Popen(
            [*DIES_WITH_PARENT, BIN / "facetd", *words], stderr=(self.folder / "log").open("a")
        )

    def kill(self) -> None:
        """As a crash does."""
        self.process.kill()
        self.process.wait()
        pathlib.Path(self.address.removeprefix("unix:")).unlink(missing_ok=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def tiny_preset() -> preset_pb2.Preset:
    preset = preset_pb2.Preset()
    text_format.Parse((SOURCE / "data" / "presets" / "digits.textproto").read_text(), preset)
    preset.ClearField("judge")
    preset.training.steps = 20
    preset.training.batch_size = 16
    preset.training.classifier_warmup_steps = 1
    preset.training.schedule.warmup_steps = 2
    preset.training.mix_share = 0
    preset.training.threads = 1
    return preset


def train_tiny(client: facet_client.Client) -> None:
    """Publishes `tiny`."""
    client.import_dataset(
        {
            "dataset": "digits",
            "format": "DATASET_FORMAT_IDX_DIGITS",
            "bundled": {"name": "digits"},
            "digits": {"examples_per_digit": 4, "rotations": [0]},
        }
    )
    job = client.wait(client.train("digits", tiny_preset(), job_id="tiny"))
    client.publish(job, "tiny", aliases=["stable"])


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="facet-py-"))
    running = Server(folder)
    try:
        client = facet_client.Client(running.address, retry=30)
        client.models()  # once it listens
        train_tiny(client)
        yield running
        assert running.stop() == 0, (folder / "log").read_text()
    finally:
        if running.process.poll() is None:
            running.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def client(server: Server) -> facet_client.Client:
    return facet_client.Client(server.address, retry=30)


@pytest.fixture(scope="session")
def run_script(server: Server) -> Callable[..., subprocess.Popen[str]]:
    """Starts a script of this folder in a process that has never used gRPC."""

    def run(name: str, *words: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*DIES_WITH_PARENT, sys.executable, str(pathlib.Path(__file__).parent / name), *map(str, words)],
            env=os.environ | {"FACET_SERVER": server.address},
            text=True,
        )

    return run
