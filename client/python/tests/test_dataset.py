# SPDX-License-Identifier: Apache-2.0
"""A FacetDataset gives one global sequence, however many ranks and workers share it out."""

from __future__ import annotations

import os
import pathlib
import pickle
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from conftest import BATCHES, SPEC, Server
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader
from trainer import checkpoint_path, digest

import facet_client
from facet_client import BatchReader, FacetDataset, errors
from facet_client._tensors import pixels

Digest = tuple[int, int, str]
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture(autouse=True)
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACET_SERVER", server.address)


def started(workers: int, context: str = "forkserver") -> dict[str, Any]:
    """Options of a loader."""
    return {
        "batch_size": None,
        "num_workers": workers,
        "multiprocessing_context": context if workers else None,
    }


def load(
    dataset: FacetDataset, workers: int = 0, count: int | None = None, context: str = "forkserver"
) -> list[Digest]:
    """The first `count` batches of a pass."""
    seen = []
    for batch in DataLoader(dataset, **started(workers, context)):
        seen.append(digest(batch))
        if len(seen) == count:
            break
    return seen


@pytest.fixture(scope="module")
def sequence(server: Server) -> list[Digest]:
    """The global sequence, 20 epochs of it."""
    dataset = FacetDataset(SPEC, epochs=20, address=server.address)
    return [digest(batch) for batch in dataset]


def test_batches_are_tensors(server: Server) -> None:
    spec = SPEC | {"labels": ["LABEL_FORM_CLASS", "LABEL_FORM_PAIR"], "layout": "PIXEL_LAYOUT_NCHW"}
    dataset = FacetDataset(spec)
    batch = next(iter(DataLoader(dataset, batch_size=None)))
    assert batch["images"].shape == (8, 3, 28, 28)
    assert batch["images"].dtype == torch.uint8
    assert batch["class_index"].shape == (8, 4)
    assert batch["pair_class"].shape == (8, 4, 2)
    assert (batch["epoch"], batch["batch_index"], batch["epoch_end"]) == (0, 0, False)
    assert dataset.image_shape == (8, 3, 28, 28)
    assert [feature.name for feature in dataset.schema.features] == ["digit", "colour", "rotation", "example"]


def test_pixels_are_the_bytes_that_came(server: Server) -> None:
    batch = next(BatchReader(SPEC, address=server.address))
    images = pixels(batch)
    assert images.data_ptr() == batch.images.__array_interface__["data"][0]
    kept = bytes(batch.images.tobytes())
    del batch
    assert images.numpy().tobytes() == kept
    images += 1  # ours to change


@pytest.mark.parametrize("pixel_type", ["FLOAT32", "FLOAT16", "BFLOAT16"])
def test_floats_are_the_same_pixels(server: Server, pixel_type: str) -> None:
    wanted = next(iter(FacetDataset(SPEC)))["images"]
    images = next(iter(FacetDataset(SPEC | {"pixel_type": f"PIXEL_TYPE_{pixel_type}"})))["images"]
    assert images.dtype == getattr(torch, pixel_type.lower())
    torch.testing.assert_close(
        images.float() * 255, wanted.float(), rtol=0, atol=0.51 if "32" in pixel_type else 1.1
    )


@pytest.mark.parametrize("workers", [1, 4])
def test_order_does_not_depend_on_workers(sequence: list[Digest], workers: int) -> None:
    assert load(FacetDataset(SPEC, epochs=2), workers) == sequence[: 2 * BATCHES]


def test_ranks_and_workers_share_out_the_global_sequence(sequence: list[Digest]) -> None:
    ranks = [load(FacetDataset(SPEC, epochs=-1, rank=r, world_size=2), 4, 14) for r in range(2)]
    assert [batch for step in zip(*ranks, strict=True) for batch in step][:BATCHES] == sequence[:BATCHES]


def test_all_ranks_have_as_many_batches(sequence: list[Digest]) -> None:
    # 15 batches are no multiple of 4 ranks: 16 with one that fills the last step.
    ranks = []
    for rank in range(4):
        dataset = FacetDataset(SPEC, rank=rank, world_size=4)
        batches = list(DataLoader(dataset, **started(2)))
        assert len(batches) == len(dataset) == 4
        assert [batch["epoch_end"] for batch in batches] == [False, False, False, True]
        ranks.append([digest(batch) for batch in batches])
    assert [batch for step in zip(*ranks, strict=True) for batch in step][:BATCHES] == sequence[:BATCHES]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pass_is_the_next_epoch(sequence: list[Digest], workers: int) -> None:
    dataset = FacetDataset(SPEC)
    assert load(dataset, workers) == sequence[:BATCHES]
    assert load(dataset, workers, 3) == sequence[BATCHES : BATCHES + 3]
    # More workers than before, and of whatever start method.
    assert load(dataset, 3) == sequence[2 * BATCHES : 3 * BATCHES]


def test_epoch_ends_are_the_ranks(server: Server) -> None:
    loader = DataLoader(FacetDataset(SPEC, epochs=2), **started(3))
    assert [i for i, batch in enumerate(loader) if batch["epoch_end"]] == [BATCHES - 1, 2 * BATCHES - 1]


@pytest.mark.parametrize("workers", [0, 3])
def test_loader_state_goes_on_where_it_was(sequence: list[Digest], workers: int) -> None:
    seen: list[Digest] = []
    state: dict[str, Any] = {}
    for length in (1, 2, 5, 9):
        loader = StatefulDataLoader(FacetDataset(SPEC, epochs=3), **started(workers))
        loader.load_state_dict(pickle.loads(pickle.dumps(state)))
        iterator = iter(loader)
        seen += [digest(next(iterator)) for _ in range(length)]
        state = loader.state_dict()
    assert seen == sequence[: len(seen)]


def test_state_taken_early_in_a_later_pass_is_of_that_pass(sequence: list[Digest]) -> None:
    loader = StatefulDataLoader(FacetDataset(SPEC), **started(3))
    assert [digest(batch) for batch in loader] == sequence[:BATCHES]
    first = digest(next(iter(loader)))  # two workers have given nothing yet
    resumed = StatefulDataLoader(FacetDataset(SPEC), **started(3))
    resumed.load_state_dict(loader.state_dict())
    assert [first] + [digest(batch) for batch in resumed] == sequence[BATCHES : 2 * BATCHES]
    assert digest(next(iter(resumed))) == sequence[2 * BATCHES]


def test_state_after_a_batch_suits_any_ranks_and_workers(sequence: list[Digest]) -> None:
    done = 0
    state: dict[str, Any] = {}
    for world_size, workers, steps in ((2, 2, 3), (1, 3, 4), (3, 0, 2), (2, 1, 9)):
        ranks = []
        for rank in range(world_size):
            dataset = FacetDataset(SPEC, epochs=-1, rank=rank, world_size=world_size)
            dataset.load_state_dict(state)
            batches = []
            for batch in DataLoader(dataset, **started(workers)):
                batches.append(batch)
                if len(batches) == steps:
                    break
            ranks.append(batches)
        flat = [batch for step in zip(*ranks, strict=True) for batch in step]
        real = [digest(batch) for batch in flat if batch["batch_index"] < BATCHES]
        assert real == sequence[done : done + len(real)]
        done += len(real)
        states = [dataset.state_after(batches[-1]) | {"world_size": 0} for batches in ranks]
        assert all(one == states[0] for one in states)
        state = states[0]
    assert done > 2 * BATCHES


def test_loader_state_becomes_a_state_for_other_ranks(sequence: list[Digest]) -> None:
    loader = StatefulDataLoader(FacetDataset(SPEC, epochs=-1), **started(3))
    iterator = iter(loader)
    for _ in range(5):
        next(iterator)
    saved = loader.state_dict()
    ranks = []
    for rank in range(2):
        dataset = FacetDataset(SPEC, epochs=-1, rank=rank, world_size=2)
        dataset.load_state_dict(FacetDataset.rank_state(saved))
        ranks.append(load(dataset, 2, 4))
    assert [batch for step in zip(*ranks, strict=True) for batch in step] == sequence[5:13]


def test_a_workers_state_is_refused_elsewhere(server: Server) -> None:
    loader = StatefulDataLoader(FacetDataset(SPEC, epochs=-1), **started(2))
    next(iter(loader))
    dataset = FacetDataset(SPEC, epochs=-1, rank=0, world_size=2)
    other = StatefulDataLoader(dataset, **started(2))
    other.load_state_dict(loader.state_dict())
    with pytest.raises(ValueError, match="rank_state"):
        next(iter(other))


def test_state_without_workers_is_the_data_sets_own(sequence: list[Digest]) -> None:
    dataset = FacetDataset(SPEC, epochs=-1)
    assert dataset.state_dict() == {}
    batch = next(iterator := iter(dataset))
    assert dataset.state_dict() == dataset.state_after(batch)
    del iterator
    resumed = FacetDataset(SPEC, epochs=-1)
    resumed.load_state_dict(dataset.state_dict())
    assert load(resumed, 2, 3) == sequence[1:4]


def test_a_state_pins_the_version(server: Server) -> None:
    dataset = FacetDataset(SPEC | {"model": "tiny@stable"})
    batch = next(iter(dataset))
    assert dataset.state_after(batch)["model"] == "models/tiny@1"
    with pytest.raises(ValueError, match="other"):
        dataset.load_state_dict(dataset.state_after(batch) | {"model": "models/other@1"})
    with pytest.raises(ValueError, match="no epoch"):
        dataset.load_state_dict({"token": b""})


def test_mistakes_are_told_when_the_data_set_is_made(server: Server) -> None:
    with pytest.raises(errors.InvalidArgument, match="Did you mean 'colour'") as caught:
        FacetDataset(SPEC | {"recipe": {"features": [{"feature": "colur"}]}})
    assert caught.value.field.endswith("recipe.features[0].feature")
    with pytest.raises(errors.NotFound):
        FacetDataset("nothing")
    with pytest.raises(errors.Unavailable):
        FacetDataset(SPEC, address="127.0.0.1:1", patience=0)
    with pytest.raises(ValueError, match="both"):
        FacetDataset(SPEC, rank=1)


def test_workers_forked_after_grpc_was_used_do_not_hang(
    client: facet_client.Client, sequence: list[Digest]
) -> None:
    client.models()
    assert load(FacetDataset(SPEC), 2, context="fork") == sequence[:BATCHES]


def test_a_killed_server_disturbs_no_worker(server: Server, sequence: list[Digest]) -> None:
    seen = []
    for batch in DataLoader(FacetDataset(SPEC, epochs=6, prefetch=1), **started(2)):
        seen.append(digest(batch))
        if len(seen) in (2, 40):
            server.kill()
            server.start()
    assert seen == sequence[: 6 * BATCHES]


@pytest.mark.parametrize("stateful", [False, True], ids=["state_after", "stateful"])
def test_trainers_killed_and_resumed_miss_and_repeat_nothing(
    run_script: Run, tmp_path: pathlib.Path, sequence: list[Digest], stateful: bool
) -> None:
    draw = random.Random(3)
    kind = ["stateful"] if stateful else []

    def ranks(world_size: int, workers: int, steps: int) -> list[subprocess.Popen[str]]:
        return [
            run_script("trainer.py", tmp_path, r, world_size, workers, steps, *kind)
            for r in range(world_size)
        ]

    def step() -> int:
        return max((int(path.stem.split("step")[1]) for path in tmp_path.glob("*.pt")), default=0)

    running, deadline = ranks(2, 4, 10**6), time.monotonic() + 60
    while step() < 5 and time.monotonic() < deadline:
        time.sleep(draw.uniform(0, 0.05))
    for process in running:
        process.kill()
        process.wait()
    steps = step() + 20
    for process in ranks(2, 4, steps):
        assert process.wait(60) == 0
    seen = [torch.load(checkpoint_path(tmp_path, r, 2, steps), weights_only=True)["seen"] for r in range(2)]
    flat = [batch for both in zip(*seen, strict=True) for batch in both]
    flat = [
        batch for batch in flat if batch[1] < BATCHES
    ]  # without those that fill the last step of an epoch
    assert flat == sequence[: len(flat)]
    if stateful:
        return
    # On at another world size.
    process = run_script("trainer.py", tmp_path, 0, 1, 3, steps + 15)
    assert process.wait(60) == 0
    more = torch.load(checkpoint_path(tmp_path, 0, 1, steps + 15), weights_only=True)["seen"][steps:]
    assert more == sequence[len(flat) : len(flat) + 15]


@pytest.mark.parametrize("context", ["fork", "forkserver", "spawn"])
def test_workers_end_with_a_trainer_that_is_killed(run_script: Run, tmp_path: pathlib.Path, context: str) -> None:
    os.mkfifo(tmp_path / "pids")
    trainer = run_script("stuck_trainer.py", tmp_path / "pids", context)
    workers = [os.pidfd_open(int(pid)) for pid in (tmp_path / "pids").read_text().split()]
    trainer.kill()
    trainer.wait()
    for worker in workers:
        ended, _, _ = select.select([worker], [], [], 30)
        if not ended:
            signal.pidfd_send_signal(worker, signal.SIGKILL)
        os.close(worker)
        assert ended


def test_importing_the_package_needs_no_torch() -> None:
    code = "import sys, facet_client; assert 'torch' not in sys.modules; facet_client.Client(); print('fine')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "fine\n"
