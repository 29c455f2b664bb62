# SPDX-License-Identifier: Apache-2.0
"""Passes follow one another, and states go on, whatever reads them."""

from __future__ import annotations

import copy
import io
import multiprocessing
import os
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from conftest import BATCHES, SPEC, Server, tiny_preset
from torch.utils.data import DataLoader
from torchdata.stateful_dataloader import StatefulDataLoader
from trainer import digest

import facet_client
from facet_client import FacetDataset

Digest = tuple[int, int, str]

# Workers, how they start, whether they stay for the next pass.
READERS = [(0, None, False), (2, "fork", False), (3, "forkserver", False), (3, "forkserver", True)]


@pytest.fixture(autouse=True)
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACET_SERVER", server.address)


@pytest.fixture(scope="module")
def sequence(server: Server) -> list[Digest]:
    return [digest(batch) for batch in FacetDataset(SPEC, epochs=8, address=server.address)]


@pytest.fixture(scope="module")
def epochs(sequence: list[Digest]) -> list[list[Digest]]:
    return [sequence[first : first + BATCHES] for first in range(0, len(sequence), BATCHES)]


def loader_of(
    dataset: FacetDataset, workers: int, context: str | None = "forkserver", persistent: bool = False
) -> DataLoader[Any]:
    return DataLoader(
        dataset,
        batch_size=None,
        num_workers=workers,
        multiprocessing_context=context if workers else None,
        persistent_workers=persistent,
    )


def stateful(dataset: FacetDataset, workers: int = 2, persistent: bool = False) -> StatefulDataLoader:
    return StatefulDataLoader(
        dataset,
        batch_size=None,
        num_workers=workers,
        multiprocessing_context="forkserver" if workers else None,
        persistent_workers=persistent,
    )


def read(loader: Any) -> list[Digest]:
    return [digest(batch) for batch in loader]


def first_batches(dataset: FacetDataset, count: int) -> list[dict[str, Any]]:
    return [batch for batch, _ in zip(dataset, range(count), strict=False)]


def resumed_after(count: int, spec: Any = SPEC, **options: Any) -> FacetDataset:
    """A data set that goes on after `count` batches of another."""
    batches = first_batches(FacetDataset(spec, **options), count)
    result = FacetDataset(spec, **options)
    result.load_state_dict(FacetDataset(spec, **options).state_after(batches[-1]))
    return result


# --- what a pass is ---


@pytest.mark.parametrize(("workers", "context", "persistent"), READERS)
def test_a_loaded_state_is_used_by_one_pass(
    epochs: list[list[Digest]], workers: int, context: str | None, persistent: bool
) -> None:
    loader = loader_of(resumed_after(5), workers, context, persistent)
    assert [read(loader) for _ in range(3)] == [epochs[0][5:], epochs[1], epochs[2]]


def test_a_loaded_state_is_used_once_by_changing_workers(epochs: list[list[Digest]]) -> None:
    dataset = resumed_after(5)
    seen = [read(loader_of(dataset, workers)) for workers in (2, 3, 0, 1)]
    assert seen == [epochs[0][5:], *epochs[1:4]]


def test_persistent_workers_see_states_that_are_loaded_later(epochs: list[list[Digest]]) -> None:
    dataset = FacetDataset(SPEC)
    loader = loader_of(dataset, 2, persistent=True)
    state = [dataset.state_after(batch) for batch in loader][3]
    assert read(loader) == epochs[1]
    dataset.load_state_dict(state)
    assert [read(loader), read(loader)] == [epochs[0][4:], epochs[1]]
    dataset.set_epoch(5)
    assert [read(loader), read(loader)] == [epochs[5], epochs[6]]


def test_the_same_seed_before_each_pass_changes_nothing(epochs: list[list[Digest]]) -> None:
    dataset = FacetDataset(SPEC)
    seen = []
    for workers in (2, 3, 3):
        torch.manual_seed(0)
        seen.append(read(loader_of(dataset, workers)))
    assert seen == epochs[:3]


@pytest.mark.parametrize("workers", [0, 2])
def test_set_epoch_begins_there(epochs: list[list[Digest]], workers: int) -> None:
    dataset = FacetDataset(SPEC)
    loader = loader_of(dataset, workers)
    for epoch in (3, 3, 0):
        dataset.set_epoch(epoch)
        assert read(loader) == epochs[epoch]
    assert read(loader) == epochs[1]
    with pytest.raises(ValueError, match="no epoch -1"):
        dataset.set_epoch(-1)


def test_set_epoch_leaves_a_state_in_this_epoch(
    epochs: list[list[Digest]], caplog: pytest.LogCaptureFixture
) -> None:
    dataset = resumed_after(4)
    for epoch, expected in ((0, epochs[0][4:]), (1, epochs[1]), (1, epochs[1])):
        dataset.set_epoch(epoch)
        assert read(loader_of(dataset, 0)) == expected
    assert not caplog.records
    other = resumed_after(4)
    other.set_epoch(2)
    assert "goes on at batch 4 of epoch 0" in caplog.records[0].getMessage()
    assert read(loader_of(other, 0)) == epochs[2]


@pytest.mark.parametrize("workers", [0, 2])
def test_a_pass_without_end_is_followed_by_the_next_epoch(sequence: list[Digest], workers: int) -> None:
    dataset = FacetDataset(SPEC, epochs=-1)
    loader = loader_of(dataset, workers)
    first = first_batches(loader, BATCHES + 2)  # type: ignore[arg-type]
    assert [digest(batch) for batch in first] == sequence[: BATCHES + 2]
    again = next(iter(loader))
    # Workers may have been further.
    assert again["epoch"] in ((2,) if workers == 0 else (2, 3))
    assert again["batch_index"] == 0


@pytest.mark.parametrize(("made", "other", "expected"), [(1, 2, 2), (3, 1, 1), (-1, 1, 1), (2, -1, None)])
def test_a_state_goes_on_with_other_epochs(
    sequence: list[Digest], made: int, other: int, expected: int | None
) -> None:
    count = 7
    batches = first_batches(FacetDataset(SPEC, epochs=made), count)
    dataset = FacetDataset(SPEC, epochs=other)
    dataset.load_state_dict(FacetDataset(SPEC, epochs=made).state_after(batches[-1]))
    if expected is None:
        assert [digest(batch) for batch in first_batches(dataset, 40)] == sequence[count : count + 40]
        return
    end = expected * BATCHES
    assert read(dataset) == sequence[count:end]
    assert read(dataset) == sequence[end : end + other * BATCHES]


# --- the end of an epoch ---


@pytest.mark.parametrize("last_batch", ["partial", "fill", "drop"])
@pytest.mark.parametrize("world_size", [1, 2, 4])
def test_the_last_batch_of_a_pass_leads_to_the_next(last_batch: str, world_size: int) -> None:
    spec = SPEC | {"last_batch": last_batch}
    states = []
    for rank in range(world_size):
        dataset = FacetDataset(spec, rank=rank, world_size=world_size)
        batches = list(dataset)
        assert len(batches) == len(dataset)
        assert [batch["epoch_end"] for batch in batches] == [False] * (len(batches) - 1) + [True]
        states.append(dataset.state_after(batches[-1]))
        assert dataset.state_dict() | {"ended": False, "epoch": 1} == states[-1]
    assert all(state == states[0] for state in states)
    assert (states[0]["epoch"], states[0]["next_epoch"], states[0]["next_batch"]) == (1, 1, 0)
    for other in (1, 4):
        places = []
        for rank in range(other):
            dataset = FacetDataset(spec, rank=rank, world_size=other)
            dataset.load_state_dict(states[0])
            places.append([(batch["epoch"], batch["batch_index"]) for batch in dataset])
            assert len(places[-1]) == len(dataset)
        steps = BATCHES // other if last_batch == "drop" else -(-BATCHES // other)
        flat = [place for step in zip(*places, strict=True) for place in step]
        assert flat == [(1, batch) for batch in range(steps * other)]


def test_a_rest_that_more_ranks_drop_leads_to_the_next_pass() -> None:
    spec = SPEC | {"last_batch": "drop"}
    state = FacetDataset(spec).state_after(first_batches(FacetDataset(spec), 13)[-1])
    for rank in range(4):
        dataset = FacetDataset(spec, rank=rank, world_size=4)
        dataset.load_state_dict(state)
        assert [batch["epoch"] for batch in dataset] == [1, 1, 1]


def test_a_state_at_the_end_is_used_by_workers(epochs: list[list[Digest]]) -> None:
    loader = loader_of(resumed_after(BATCHES), 2)
    assert [read(loader), read(loader)] == epochs[1:3]


@pytest.mark.parametrize(("workers", "persistent"), [(0, False), (1, False), (2, False), (2, True)])
def test_a_finished_loader_goes_on_with_the_next_epoch(
    epochs: list[list[Digest]], workers: int, persistent: bool
) -> None:
    loader = stateful(FacetDataset(SPEC), workers, persistent)
    assert read(loader) == epochs[0]
    state = pickle.loads(pickle.dumps(loader.state_dict()))
    # In a loader of its kind.
    again = stateful(FacetDataset(SPEC), workers, persistent)
    again.load_state_dict(state)
    assert [read(again), read(again)] == epochs[1:3]
    # As a state of the rank.
    rank_state = FacetDataset.rank_state(state)
    assert (rank_state["epoch"], rank_state["next_epoch"], rank_state["ended"]) == (1, 1, False)
    dataset = FacetDataset(SPEC)
    dataset.load_state_dict(rank_state)
    other = loader_of(dataset, 3 - workers)
    assert [read(other), read(other)] == epochs[1:3]


def test_a_loader_resumed_in_the_middle_goes_on_with_the_next_epoch(epochs: list[list[Digest]]) -> None:
    loader = stateful(FacetDataset(SPEC))
    iterator = iter(loader)
    assert [digest(next(iterator)) for _ in range(4)] == epochs[0][:4]
    state = loader.state_dict()
    del iterator
    dataset = FacetDataset(SPEC)
    again = stateful(dataset)
    again.load_state_dict(state)
    assert [read(again), read(again)] == [epochs[0][4:], epochs[1]]
    # By another loader, too.
    assert read(loader_of(dataset, 3)) == epochs[2]


def test_a_workers_state_of_other_epochs_is_refused() -> None:
    loader = stateful(FacetDataset(SPEC))
    next(iter(loader))
    state = loader.state_dict()
    other = stateful(FacetDataset(SPEC, epochs=2))
    other.load_state_dict(state)
    with pytest.raises(ValueError, match="rank_state"):
        next(iter(other))
    worker = state["_snapshot"]["_worker_snapshots"]["worker_0"]["dataset_state"]
    with pytest.raises(ValueError, match="one of 2 workers"):
        FacetDataset(SPEC).load_state_dict(worker)


# --- copies ---


@pytest.mark.parametrize("kind", ["pickle", "deepcopy"])
def test_copies_count_their_own_passes(epochs: list[list[Digest]], kind: str) -> None:
    dataset = FacetDataset(SPEC)
    assert read(dataset) == epochs[0]
    copied = copy.deepcopy(dataset) if kind == "deepcopy" else pickle.loads(pickle.dumps(dataset))
    loader = loader_of(copied, 1, "fork")
    assert [read(loader), read(loader)] == epochs[1:3]
    assert read(dataset) == epochs[1]


def test_workers_may_be_spawned(epochs: list[list[Digest]]) -> None:
    loader = loader_of(resumed_after(4), 2, "spawn", persistent=True)
    assert [read(loader), read(loader)] == [epochs[0][4:], epochs[1]]


def _read_first(dataset: FacetDataset, address: str, results: Any) -> None:
    os.environ["FACET_SERVER"] = address
    results.put(digest(next(iter(dataset))))


def test_a_data_set_handed_to_a_process_counts_its_own_passes(
    server: Server, epochs: list[list[Digest]]
) -> None:
    dataset = FacetDataset(SPEC)
    next(iter(dataset))
    context = multiprocessing.get_context("forkserver")
    results = context.Queue()
    process = context.Process(target=_read_first, args=(dataset, server.address, results))
    process.start()
    assert results.get(timeout=60) == epochs[1][0]
    process.join()
    assert digest(next(iter(dataset))) == epochs[1][0]


# --- states of the data set itself ---


def test_the_data_set_knows_when_others_have_read(epochs: list[list[Digest]]) -> None:
    dataset = FacetDataset(SPEC)
    batch = next(iter(dataset))
    assert dataset.state_dict() == dataset.state_after(batch)
    assert read(loader_of(dataset, 2)) == epochs[1]
    with pytest.raises(RuntimeError, match="state_after"):
        dataset.state_dict()
    dataset.load_state_dict(dataset.state_after(batch))
    assert dataset.state_dict() == dataset.state_after(batch)
    read(loader_of(dataset, 2))
    with pytest.raises(RuntimeError, match="state_after"):
        dataset.state_dict()
    dataset.set_epoch(2)
    assert dataset.state_dict()["epoch"] == 2


def through_a_file(state: Any) -> Any:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


@pytest.mark.parametrize("workers", [0, 3])
def test_every_state_can_be_loaded_safely(sequence: list[Digest], workers: int) -> None:
    # At the beginning of each pass some workers have no token yet.
    for passes in (0, 1):
        for count in (0, 1, 3):
            loader = stateful(FacetDataset(SPEC, epochs=2), workers)
            for _ in range(passes):
                read(loader)
            iterator = iter(loader)
            seen = [digest(next(iterator)) for _ in range(count)]
            state = through_a_file(loader.state_dict())
            resumed = stateful(FacetDataset(SPEC, epochs=2), workers)
            resumed.load_state_dict(state)
            seen.append(digest(next(iter(resumed))))
            assert seen == sequence[passes * 2 * BATCHES :][: count + 1]


def test_the_state_of_a_data_set_can_be_loaded_safely(epochs: list[list[Digest]]) -> None:
    dataset = FacetDataset(SPEC)
    dataset.set_epoch(2)
    resumed = FacetDataset(SPEC)
    resumed.load_state_dict(through_a_file(dataset.state_dict()))
    assert read(resumed) == epochs[2]
    iterator = iter(dataset)
    resumed.load_state_dict(through_a_file(dataset.state_dict()))
    assert read(resumed) == epochs[2]
    next(iterator)
    resumed.load_state_dict(through_a_file(dataset.state_dict()))
    assert read(resumed) == epochs[2][1:]


def test_a_state_that_was_changed_is_told(epochs: list[list[Digest]]) -> None:
    dataset = FacetDataset(SPEC)
    state = dataset.state_after(first_batches(dataset, 3)[-1])
    for change in ({"next_epoch": 3}, {"next_batch": 10**9}):
        dataset.load_state_dict(state | change)
        with pytest.raises(ValueError, match="its token leads to batch 3 of epoch 0"):
            next(iter(dataset))


def test_a_state_is_loaded_safely() -> None:
    dataset = FacetDataset(SPEC)
    state = dataset.state_after(first_batches(dataset, 3)[-1])
    assert through_a_file(state) == state
    with pytest.raises(ValueError, match="no token"):
        dataset.load_state_dict(state | {"token": b""})
    with pytest.raises(ValueError, match="no token"):
        dataset.load_state_dict(state | {"token": None})
    with pytest.raises(ValueError, match="which is a dict, but NoneType"):
        dataset.load_state_dict(None)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no real images"):
        dataset.load_state_dict(state | {"dataset": "datasets/digits@1"})


# --- versions ---


@pytest.fixture(scope="module")
def moving(client: facet_client.Client) -> Iterator[dict[str, Any]]:
    """A spec whose model and data set get a second version where the test calls `move`."""

    def add_images(skip: int) -> None:
        client.import_dataset(
            {
                "dataset": "moving",
                "format": "DATASET_FORMAT_IDX_DIGITS",
                "bundled": {"name": "digits"},
                "digits": {"examples_per_digit": 4, "skip_per_digit": skip, "rotations": [0]},
            }
        )

    def move() -> None:
        add_images(4)
        client.publish("tiny", "moving")

    job = client.train("digits", tiny_preset(), job_id="tiny")
    client.publish(job, "moving")
    add_images(0)
    spec = SPEC | {"model": "moving", "recipe": {"real": {"dataset": "moving", "share": 0.25}}}
    yield {"spec": spec, "move": move}


def test_a_loaded_state_pins_versions_for_all_later_passes(moving: dict[str, Any]) -> None:
    spec, first = moving["spec"], ("models/moving@1", "datasets/moving@1")

    def versions(loader: Any) -> set[tuple[str, str]]:
        return {(batch["model_version"], batch["dataset_version"]) for batch in loader}

    dataset = FacetDataset(spec)
    loader = stateful(dataset)
    batch = next(iter(loader))
    loader_state, state = loader.state_dict(), dataset.state_after(batch)
    assert (state["model"], state["dataset"]) == first
    moving["move"]()

    by_loader = FacetDataset(spec)
    assert by_loader.description.model_version == "models/moving@2"
    again = stateful(by_loader)
    again.load_state_dict(loader_state)
    assert versions(again) == {first}
    assert by_loader.description.model_version == first[0]
    assert versions(loader_of(by_loader, 2)) == {first}

    by_state = FacetDataset(spec)
    by_state.load_state_dict(state)
    assert by_state.description.dataset_version == first[1]
    assert versions(by_state) == versions(loader_of(by_state, 2)) == {first}
    by_state.load_state_dict({key: value for key, value in state.items() if key not in ("dataset", "judges")})
    assert by_state.description.dataset_version == first[1]
