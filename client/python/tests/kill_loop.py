# SPDX-License-Identifier: Apache-2.0
"""Kills client and server at random moments while two ranks with four workers each train and checkpoint.

    FACET_BIN_DIR=build/release/bin python client/python/tests/kill_loop.py [--kills 25 | --long] [--seed N]

Then every batch that the trainers used is compared, byte for byte, with a sequence that nothing disturbed.
--long makes it 1,000 kills, which takes an hour or two.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import torch
from conftest import BATCHES, DIES_WITH_PARENT, SPEC, Server, train_tiny
from trainer import checkpoint_path, digest, saved_steps

import facet_client

RANKS, WORKERS = 2, 4


def start_trainers(server: Server, folder: pathlib.Path, steps: int) -> list[subprocess.Popen[bytes]]:
    script = pathlib.Path(__file__).with_name("trainer.py")
    return [
        subprocess.Popen(
            [
                *DIES_WITH_PARENT,
                sys.executable,
                "-W",
                "ignore",
                script,
                folder,
                *map(str, (rank, RANKS, WORKERS, steps)),
            ],
            env=os.environ | {"FACET_SERVER": server.address},
        )
        for rank in range(RANKS)
    ]


def newest(folder: pathlib.Path) -> int:
    """The last step that any rank has saved."""
    return max((max(steps, default=0) for steps in saved_steps(folder).get(RANKS, [])), default=0)


def await_step(folder: pathlib.Path, step: int, trainers: list[subprocess.Popen[bytes]]) -> None:
    """Until the trainers have come that far: each kill is after some progress."""
    deadline = time.monotonic() + 120
    while newest(folder) < step:
        codes = [trainer.poll() for trainer in trainers]
        if any(codes) or time.monotonic() > deadline:
            raise SystemExit(f"the trainers stand still at step {newest(folder)}; exit codes {codes}")
        time.sleep(0.01)


def disturb(server: Server, folder: pathlib.Path, kills: int, draw: random.Random) -> None:
    """Kills, then lets the trainers end at a step that the last kill's progress led to."""
    never = 10**9
    trainers = start_trainers(server, folder, never)
    for kill in range(kills):
        await_step(folder, newest(folder) + draw.randrange(1, 4), trainers)
        time.sleep(draw.uniform(0, 0.05))
        if draw.random() < 0.7:
            server.kill()
            time.sleep(draw.uniform(0, 0.2))
            server.start()
        else:
            for trainer in trainers:
                trainer.kill()
                trainer.wait()
            trainers = start_trainers(server, folder, never)
        print(f"\r{kill + 1} kills, step {newest(folder)}", end="", flush=True)
    for trainer in trainers:
        trainer.kill()
        trainer.wait()
    print()


def check(server: Server, folder: pathlib.Path) -> int:
    """How many batches were used, all of them right."""
    steps = newest(folder) + 5
    for trainer in start_trainers(server, folder, steps):
        if trainer.wait(300) != 0:
            raise SystemExit("a trainer failed at the end")
    seen = [
        torch.load(checkpoint_path(folder, rank, RANKS, steps), weights_only=True)["seen"]
        for rank in range(RANKS)
    ]
    used = [batch for step in zip(*seen, strict=True) for batch in step if batch[1] < BATCHES]
    undisturbed = facet_client.FacetDataset(SPEC, epochs=-1, address=server.address, rank=0, world_size=1)
    for number, (batch, expected) in enumerate(zip(used, undisturbed, strict=False)):
        if batch != digest(expected):
            raise SystemExit(f"batch {number} differs: {batch[:2]}, not {digest(expected)[:2]}")
    return len(used)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--long", action="store_const", const=1000, dest="kills")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="facet-") as name:
        folder = pathlib.Path(name)
        server = Server(folder)
        try:
            client = facet_client.Client(server.address, retry=30)
            client.models()
            train_tiny(client)
            (folder / "run").mkdir()
            disturb(server, folder / "run", options.kills, random.Random(options.seed))
            print(f"{check(server, folder / 'run')} batches, all as undisturbed")
        finally:
            server.kill()


if __name__ == "__main__":
    main()
