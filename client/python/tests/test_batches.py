# SPDX-License-Identifier: Apache-2.0
"""What a FacetDataset's batches hold, and what happens around them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import torch
from conftest import BATCH, BATCHES, SPEC, Server
from torch.utils.data import DataLoader
from trainer import digest

from facet_client import BatchReader, FacetDataset, _calls, errors, stream_spec
from facet_client._backoff import Backoff
from facet_client._channel import MAX_MESSAGE_BYTES
from facet_client._wire import SplitBatch
from facet_client.stream import make_batch
from facet_client.v1 import augmentation_pb2

LABELS = ["class", "one_hot", "soft", "pair"]
NOTHING_PASSES = SPEC | {"labels": LABELS, "recipe": {"filter": {"sharpness": {"min": 50}, "attempts": 0}}}
SHAPES = {"soft": (18,), "one_hot": (18,), "class_index": (4,), "pair_class": (4, 2), "pair_weight": (4,)}


@pytest.fixture(autouse=True)
def address(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACET_SERVER", server.address)


# --- contents ---


def test_a_batch_holds_what_is_said_of_it() -> None:
    spec = SPEC | {"recipe": {"real": {"dataset": "digits", "share": 0.25}}}
    batch = next(iter(DataLoader(FacetDataset(spec), batch_size=None)))
    assert list(batch["source"]).count(2) == 2
    for key in ("index", "transform", "source", "replaced"):
        assert (batch[key].shape, batch[key].dtype) == ((BATCH,), torch.int64)
    assert (batch["filler"], batch["pass_epoch"], batch["judge_versions"]) == (False, 0, [])
    assert (batch["model_version"], batch["dataset_version"]) == ("models/tiny@1", "datasets/digits@1")
    assert "filter" not in batch


def test_filler_is_marked() -> None:
    batches = list(FacetDataset(SPEC, rank=3, world_size=4))
    assert [batch["filler"] for batch in batches] == [False, False, False, True]


def test_a_batch_without_images_has_all_keys() -> None:
    dataset = FacetDataset(NOTHING_PASSES)
    full = next(iter(FacetDataset(SPEC | {"labels": LABELS})))
    batches = list(dataset)
    assert len(batches) == len(dataset) == BATCHES
    for batch in batches:
        assert set(batch) == set(full) | {"filter"}
        assert batch["images"].shape == (0, 28, 28, 3)
        for form, shape in SHAPES.items():
            assert (batch[form].shape, batch[form].dtype) == ((0, *shape), full[form].dtype)
        for key in ("index", "transform", "source", "replaced"):
            assert (batch[key].shape, batch[key].dtype) == ((0,), torch.int64)
        assert batch["filter"] == {
            "rendered": BATCH,
            "kept": 0,
            "dropped_sharpness": BATCH,
            "dropped_confidence": 0,
        }
    assert [batch["epoch_end"] for batch in batches] == [False] * (BATCHES - 1) + [True]


def test_a_reader_gives_labels_of_no_images(server: Server) -> None:
    batch = next(BatchReader(NOTHING_PASSES, address=server.address))
    assert {form: labels.shape for form, labels in batch.labels.items()} == {
        form: (0, *shape) for form, shape in SHAPES.items()
    }
    assert batch.labels["class_index"].dtype == np.int32
    assert batch.images.shape == (0, 28, 28, 3)


def test_a_filter_that_passes_some_goes_through_workers() -> None:
    judged = {"sharpness": {"min": 0.15}, "confidence": {"feature": "digit", "min": 0.05}, "attempts": 1}
    spec = SPEC | {"recipe": {"filter": judged, "real": {"dataset": "digits", "share": 0.25}}}
    batches = list(FacetDataset(spec))
    expected = [(*digest(batch), batch["filter"]) for batch in batches]
    counts = {key: sum(batch["filter"][key] for batch in batches) for key in batches[0]["filter"]}
    assert counts["kept"] > 0
    dropped = counts["dropped_sharpness"] + counts["dropped_confidence"]
    assert dropped == counts["rendered"] - counts["kept"] > 0
    loader = DataLoader(
        FacetDataset(spec), batch_size=None, num_workers=2, multiprocessing_context="forkserver"
    )
    assert [(*digest(batch), batch["filter"]) for batch in loader] == expected


# --- judges ---


def test_versions_of_judges_are_asked_for_when_connecting_again() -> None:
    spec = {
        "model": "tiny",
        "recipe": {"filter": {"confidence": [{"judge": "judge", "feature": "a", "min": 0.5}] * 2}},
    }
    reader = BatchReader(spec)

    def accept(*judges: str) -> list[str]:
        message = augmentation_pb2.StreamBatchesResponse(token=b"t", judge_versions=judges)
        message.images.shape.extend([0, 1, 1, 1])
        reader._accept(make_batch(SplitBatch(message, b"", 0, 0)))
        return [one.judge for one in reader._start.spec.recipe.filter.confidence]

    assert accept() == ["judge", "judge"]
    assert accept("models/judge@1", "models/judge@2") == ["models/judge@1", "models/judge@2"]
    assert accept() == ["models/judge@1", "models/judge@2"]


# --- ranks ---


def test_ranks_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert [batch["batch_index"] for batch in FacetDataset(SPEC)] == [1, 4, 7, 10, 13]
    # What is given goes first, then the spec.
    assert next(iter(FacetDataset(SPEC, rank=0, world_size=2)))["batch_index"] == 0
    assert next(iter(FacetDataset(SPEC | {"rank": 4, "world_size": 5})))["batch_index"] == 4


def test_places_that_contradict_are_refused() -> None:
    with pytest.raises(ValueError, match="rank 0 of 2 is given, but the spec has rank 1 of 2"):
        FacetDataset(SPEC | {"rank": 1, "world_size": 2}, rank=0, world_size=2)
    for field in ("worker", "workers"):
        with pytest.raises(errors.InvalidArgument, match="leave worker") as caught:
            FacetDataset(SPEC | {"workers": 2, "worker": int(field == "worker")})
        assert caught.value.field in ("spec.worker", "spec.workers")


def test_a_data_set_made_before_torch_distributed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    early, given = FacetDataset(SPEC), FacetDataset(SPEC, rank=0, world_size=1)
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    for use in (iter, len, lambda dataset: list(DataLoader(dataset, batch_size=None, num_workers=1))):
        with pytest.raises(RuntimeError, match="after init_process_group"):
            use(early)
    assert len(given) == BATCHES
    assert next(iter(FacetDataset(SPEC)))["batch_index"] == 1


# --- what goes wrong ---


class _Fails:
    """A transform that does, at one batch."""

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        if batch["batch_index"] == 3:
            raise ArithmeticError("batch 3")
        return batch


@pytest.mark.parametrize("workers", [0, 2])
def test_exceptions_of_a_transform_come_through(workers: int) -> None:
    loader = DataLoader(
        FacetDataset(SPEC, transform=_Fails()),
        batch_size=None,
        num_workers=workers,
        multiprocessing_context="forkserver" if workers else None,
    )
    seen = []
    with pytest.raises(ArithmeticError, match="batch 3"):
        for batch in loader:
            seen.append(batch["batch_index"])
    assert seen == [0, 1, 2]
    assert next(iter(loader))["epoch"] == 1


def test_a_transform_must_keep_what_states_are_made_of() -> None:
    dataset = FacetDataset(SPEC, transform=lambda batch: {"images": batch["images"], "epoch": 0})
    with pytest.raises(ValueError, match="without pass_epoch, next_epoch, next_batch, token, model_version"):
        dataset.state_after(next(iter(dataset)))


def test_errors_of_workers_keep_their_details() -> None:
    dataset = FacetDataset(SPEC)
    state = {"model": "tiny", "token": b"damaged", "epoch": 0, "skip": 0, "workers": 1, "world_size": 1}
    dataset.load_state_dict(state)
    loader = DataLoader(dataset, batch_size=None, num_workers=1, multiprocessing_context="forkserver")
    with pytest.raises(errors.InvalidArgument) as caught:
        next(iter(loader))
    assert caught.value.reason == "BAD_TOKEN"
    assert caught.value.field.endswith("resume_token")
    assert "[facet" not in str(caught.value)


def test_details_are_found_in_a_text() -> None:
    error = errors.ResourceExhausted("full", reason="TOO_MANY", resource="r", retry_after=1.5)
    with pytest.raises(errors.ResourceExhausted) as caught, errors.carried_whole():
        raise error
    again = errors.ResourceExhausted(f"Caught ResourceExhausted in worker 0.\n{caught.value}\n")
    assert (again.reason, again.field, again.resource, again.retry_after) == ("TOO_MANY", "", "r", 1.5)
    assert "full" in str(again)
    odd = "text\n[facet {no json}]"
    assert str(errors.Internal(odd)) == odd


# --- the process beside ---


def test_a_stream_may_be_read_by_a_process_beside() -> None:
    expected = [digest(batch) for batch in FacetDataset(SPEC)]
    dataset = FacetDataset(SPEC, beside=True, prefetch=1)
    seen = []
    for batch in dataset:
        seen.append(digest(batch))
        if len(seen) in (2, 9):
            for pid in _children("_beside"):
                os.kill(pid, signal.SIGKILL)
    assert seen == expected


def test_a_process_beside_ends_in_peace(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    start = augmentation_pb2.StreamStart(spec=stream_spec(SPEC), initial_credit=1)
    call = _calls.BesideBatchCall(server.address, start, MAX_MESSAGE_BYTES)
    while call.read() is not None:
        call.add_credit()
    assert call._process.wait(30) == 0
    assert capfd.readouterr().err == ""


def _children(name: str) -> list[int]:
    words = ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())]
    listed = subprocess.run(words, capture_output=True, text=True, check=True)
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if name in line]


@pytest.mark.parametrize("written", ["b'd'", "FRAME.pack(b'd', 100)", "FRAME.pack(b'd', 100) + b'some'"])
def test_a_process_beside_that_dies_in_mid_frame_is_unavailable(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    code = f"import sys; from facet_client._calls import FRAME; sys.stdout.buffer.write({written})"

    def start(*_: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(_calls, "_start", start)
    call = _calls.BesideCall("stream")
    with pytest.raises(errors.Unavailable, match="ended with code 0"):
        call.read()
    call.close()


def test_pipes_need_not_be_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError("pipe-user-pages-soft")

    monkeypatch.setattr(_calls.fcntl, "fcntl", refuse)
    assert next(iter(FacetDataset(SPEC, beside=True)))["batch_index"] == 0


def test_waiting_for_a_server_is_told(caplog: pytest.LogCaptureFixture) -> None:
    backoff = Backoff(60)
    assert backoff.wait(errors.Unavailable("nobody there"))
    assert backoff.wait(errors.Unavailable("nobody there"))
    assert [record.getMessage() for record in caplog.records] == ["nobody there; trying again for 60 s"]
    caplog.clear()
    with pytest.raises(errors.Unavailable):
        _calls_without_grpc(lambda: FacetDataset(SPEC, address="127.0.0.1:1", patience=0.2))
    assert "cannot reach a server at 127.0.0.1:1" in caplog.text


def _calls_without_grpc(use: Any) -> Any:
    """As in a process that has not used gRPC."""
    original, _calls.in_use = _calls.in_use, lambda: False
    try:
        return use()
    finally:
        _calls.in_use = original


# --- without torch ---


def test_without_torch_the_extra_is_named() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from facet_client import *\n"
        "import facet_client\n"
        "assert 'FacetDataset' not in facet_client.__all__ and Client\n"
        "try: facet_client.FacetDataset\n"
        "except ModuleNotFoundError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "FacetDataset needs PyTorch: pip install 'facet-client[torch]'\n"
