# SPDX-License-Identifier: Apache-2.0
"""A training loop as a user writes it, for one rank, that may be killed at any moment.

    python trainer.py FOLDER RANK WORLD_SIZE WORKERS STEPS [stateful]

Goes on from the newest checkpoint that all ranks have, trains to step STEPS, and leaves in FOLDER
`rank<RANK>of<WORLD_SIZE>-step<N>.pt` after every step: where the stream stands, and the digests of all
batches that led there. Ranks wait for each other, as gradients would make them. With `stateful` the state is
StatefulDataLoader's own.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import pathlib
import re
import sys
import time
from typing import Any

import torch
from torchdata.stateful_dataloader import StatefulDataLoader

from facet_client import FacetDataset

SPEC = {"model": "tiny", "batch_size": 8, "shuffle_seed": 5, "augmentation_seed": 6}


def digest(batch: dict[str, Any]) -> tuple[int, int, str]:
    pixels = hashlib.sha256(batch["images"].numpy().tobytes() + batch["soft"].numpy().tobytes()).hexdigest()
    return batch["epoch"], batch["batch_index"], pixels


def checkpoint_path(folder: pathlib.Path, rank: int, world_size: int, step: int) -> pathlib.Path:
    return folder / f"rank{rank}of{world_size}-step{step}.pt"


def saved_steps(folder: pathlib.Path) -> dict[int, list[set[int]]]:
    """By world size the steps that each rank has saved."""
    saved: dict[int, list[set[int]]] = {}
    for path in folder.glob("rank*.pt"):
        rank, world_size, step = map(int, re.findall(r"\d+", path.name))
        saved.setdefault(world_size, [set() for _ in range(world_size)])[rank].add(step)
    return saved


def newest_common(folder: pathlib.Path) -> tuple[int, int]:
    """The last step that all ranks have saved, and how many they were; (0, 0) where there is none."""
    common = ((max(set.intersection(*ranks), default=0), size) for size, ranks in saved_steps(folder).items())
    return max((one for one in common if one[0]), default=(0, 0))


def wait_for_others(folder: pathlib.Path, step: int, world_size: int) -> None:
    """Until all ranks have saved the step before this one."""
    while any(max(steps, default=0) < step - 1 for steps in saved_steps(folder)[world_size]):
        time.sleep(0.002)


def save(path: pathlib.Path, state: dict[str, Any]) -> None:
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def train(
    folder: pathlib.Path, rank: int, world_size: int, workers: int, steps: int, *, stateful: bool
) -> None:
    dataset = FacetDataset(SPEC, epochs=2, rank=rank, world_size=world_size, prefetch=2)
    loader = StatefulDataLoader(dataset, batch_size=None, num_workers=workers)
    seen: list[Any] = []
    first, ranks = newest_common(folder)
    if first:
        # What was saved at another world size is the same for all ranks.
        own = checkpoint_path(folder, rank if ranks == world_size else 0, ranks, first)
        checkpoint = torch.load(own, weights_only=True)
        seen = checkpoint["seen"]
        (loader if stateful else dataset).load_state_dict(checkpoint["stream"])
    if first >= steps:
        return
    passes = itertools.chain.from_iterable(itertools.repeat(loader))
    for step, batch in enumerate(passes, first + 1):
        time.sleep(0.01)  # training
        seen.append(digest(batch))
        state = loader.state_dict() if stateful else dataset.state_after(batch)
        save(checkpoint_path(folder, rank, world_size, step), {"stream": state, "seen": seen})
        checkpoint_path(folder, rank, world_size, step - 4).unlink(missing_ok=True)
        wait_for_others(folder, step, world_size)
        if step == steps:
            return


if __name__ == "__main__":
    train(
        pathlib.Path(sys.argv[1]),
        rank=int(sys.argv[2]),
        world_size=int(sys.argv[3]),
        workers=int(sys.argv[4]),
        steps=int(sys.argv[5]),
        stateful=sys.argv[6:] == ["stateful"],
    )
