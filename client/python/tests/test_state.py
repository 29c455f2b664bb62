# SPDX-License-Identifier: Apache-2.0
"""States of streams: what is taken for one, and where a pass goes on."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch

from facet_client.state import Extent, checked, goes_on_at, state_of_rank

STATE: dict[str, Any] = {
    "model": "models/tiny@1",
    "dataset": "",
    "judges": [],
    "token": b"token",
    "epoch": 4,
    "next_epoch": 4,
    "next_batch": 6,
    "epochs": 1,
    "skip": 0,
    "workers": 1,
    "world_size": 2,
    "ended": False,
}


def test_a_state_is_taken_as_it_is() -> None:
    assert checked(STATE) == STATE
    assert checked(STATE | {"mine": 3}) == STATE


def test_older_states_are_taken() -> None:
    old = {key: STATE[key] for key in ("model", "token", "epoch", "skip", "workers", "world_size")}
    assert checked(old) == STATE | {"next_batch": 0, "epochs": 0}


def test_states_are_plain_values() -> None:
    file = io.BytesIO()
    torch.save({"stream": STATE}, file)
    file.seek(0)
    assert torch.load(file, weights_only=True)["stream"] == STATE


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"token": "token"}, "token is 'token', which is no bytes"),
        ({"epoch": 1.5}, "epoch"),
        ({"epoch": True}, "epoch"),
        ({"judges": "judge"}, "judges"),
        ({"epoch": -1}, "below 0"),
        ({"next_epoch": 3}, "below 0"),
        ({"skip": 1}, "skip 1 of 1"),
        ({"workers": 0}, "skip 0 of 0"),
        ({"next_epoch": 10**30}, "no stream reaches"),
        ({"token": b""}, "no token"),
        ({"token": None}, "no token"),
        ({"token": None, "next_batch": 0, "next_epoch": 5}, "no token"),
    ],
)
def test_what_is_no_state_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        checked(STATE | change)
    with pytest.raises(ValueError, match="no model"):
        checked({key: value for key, value in STATE.items() if key != "model"})


@pytest.mark.parametrize("token", [None, b""])  # older ones had empty bytes
def test_a_beginning_needs_no_token(token: bytes | None) -> None:
    beginning = STATE | {"next_batch": 0}
    assert checked(beginning | {"token": token}) == beginning | {"token": None}


@pytest.mark.parametrize("nothing", [None, [], 0, "state"])
def test_no_state_is_a_dict(nothing: Any) -> None:
    with pytest.raises(ValueError, match="which is a dict"):
        checked(nothing)


def test_a_token_that_lies_before_the_place_is_of_another_state() -> None:
    goes_on_at(checked(STATE), 4, 6)
    goes_on_at(checked(STATE), 5, 0)
    for epoch, batch in ((4, 5), (3, 9)):
        with pytest.raises(ValueError, match=f"leads to batch {batch} of epoch {epoch}"):
            goes_on_at(checked(STATE), epoch, batch)


@pytest.mark.parametrize(
    ("drop", "world_size", "ends"), [(False, 1, 14), (False, 4, 12), (True, 4, 9), (True, 1, 14)]
)
def test_an_epoch_ends_with_its_last_step(drop: bool, world_size: int, ends: int) -> None:
    extent = Extent(epochs=1, world_size=world_size, batches=15, drop=drop)
    steps = range(0, 20, world_size)
    last = next(step for step in steps if extent.ends_epoch(step + world_size))
    assert last == ends // world_size * world_size
    assert extent.after(2, last + world_size) == (3, 0)


@pytest.mark.parametrize(
    ("change", "epochs", "first"),
    [
        ({}, 1, 4),
        ({"next_epoch": 5, "next_batch": 0}, 1, 5),
        ({"next_epoch": 6, "epochs": -1}, 1, 6),  # from a pass without end
        ({"next_epoch": 6, "epochs": 3}, 2, 6),
        ({"next_epoch": 6, "epochs": 3}, 5, 4),  # in a longer one
        ({"next_epoch": 7, "epochs": 3, "next_batch": 0}, 3, 7),
        ({"next_epoch": 6, "epochs": 1}, -1, 4),  # into one without end
    ],
)
def test_the_pass_that_goes_on_is_the_one_that_has_the_next_step(
    change: dict[str, Any], epochs: int, first: int
) -> None:
    whole = Extent(epochs=epochs, world_size=1, batches=15, drop=False).whole(checked(STATE | change))
    assert (whole["epoch"], whole["epochs"], whole["world_size"]) == (first, epochs, 1)


def test_a_rest_that_all_ranks_drop_is_no_rest() -> None:
    state = checked(STATE | {"next_batch": 13})
    assert Extent(epochs=1, world_size=2, batches=15, drop=True).whole(state)["epoch"] == 4
    whole = Extent(epochs=1, world_size=4, batches=15, drop=True).whole(state)
    assert (whole["epoch"], whole["next_epoch"], whole["next_batch"]) == (5, 5, 0)


def test_a_worker_at_the_end_stands_at_the_beginning_of_the_next_pass() -> None:
    worker = {"skip": 2, "workers": 3, "next_epoch": 5, "next_batch": 0, "ended": True}
    rank = state_of_rank(checked(STATE | worker))
    assert rank == STATE | {"epoch": 5, "next_epoch": 5, "next_batch": 0}
