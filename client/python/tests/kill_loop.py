# SPDX-License-Identifier: Apache-2.0
"""Kills client and server at random moments while two ranks with four workers each train and checkpoint.

    FACET_BIN_DIR=build/release/bin python client/python/tests/kill_loop.py [--kills 25 | --long] [--seed N]

Then every batch that the trainers used is compared, byte for byte, with a sequence that nothing disturbed.
--long makes it 1,000 kills, which takes half an hour or more.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import pathlib
import random
import tempfile
import threading
import time
import warnings
from multiprocessing.process import BaseProcess

import torch
from conftest import BATCHES, SPEC, Server, train_tiny
from trainer import checkpoint_path, digest, saved_steps, train

import facet_client

RANKS, WORKERS = 2, 4


# Trainers are forked from a process that has imported what they need, see conftest: importing takes longer than
# what is tested.
FORKS = multiprocessing.get_context("forkserver")


def die_with(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def train_rank(address: str, folder: pathlib.Path, rank: int, steps: int) -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=die_with, args=(parent,), daemon=True).start()
    os.environ["FACET_SERVER"] = address
    warnings.simplefilter("ignore")
    train(folder, rank, RANKS, WORKERS, steps, stateful=False)


def start_trainers(server: Server, folder: pathlib.Path, steps: int) -> list[BaseProcess]:
    trainers: list[BaseProcess] = [
        FORKS.Process(target=train_rank, args=(server.address, folder, rank, steps)) for rank in range(RANKS)
    ]
    for trainer in trainers:
        trainer.start()
    return trainers


def kill(trainers: list[BaseProcess]) -> None:
    for trainer in trainers:
        trainer.kill()
        trainer.join()


def newest(folder: pathlib.Path) -> int:
    """The last step that any rank has saved."""
    return max((max(steps, default=0) for steps in saved_steps(folder).get(RANKS, [])), default=0)


def await_step(folder: pathlib.Path, step: int, trainers: list[BaseProcess]) -> None:
    """Until the trainers have come that far: each kill is after some progress."""
    deadline = time.monotonic() + 120
    while newest(folder) < step:
        codes = [trainer.exitcode for trainer in trainers]
        if any(codes) or time.monotonic() > deadline:
            raise SystemExit(f"the trainers stand still at step {newest(folder)}; exit codes {codes}")
        time.sleep(0.01)


def disturb(server: Server, folder: pathlib.Path, kills: int, draw: random.Random) -> None:
    """Kills, then lets the trainers end at a step that the last kill's progress led to."""
    never = 10**9
    trainers = start_trainers(server, folder, never)
    for count in range(kills):
        await_step(folder, newest(folder) + draw.randrange(1, 4), trainers)
        time.sleep(draw.uniform(0, 0.05))
        if draw.random() < 0.7:
            server.kill()
            time.sleep(draw.uniform(0, 0.2))
            server.start()
        else:
            kill(trainers)
            trainers = start_trainers(server, folder, never)
        print(f"\r{count + 1} kills, step {newest(folder)}", end="", flush=True)
    kill(trainers)
    print()


def check(server: Server, folder: pathlib.Path) -> int:
    """How many batches were used, all of them right."""
    steps = newest(folder) + 5
    for trainer in start_trainers(server, folder, steps):
        trainer.join(300)
        if trainer.exitcode != 0:
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
