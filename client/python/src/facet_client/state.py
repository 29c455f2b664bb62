# SPDX-License-Identifier: Apache-2.0
"""Where a stream stands, as a checkpoint holds it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, TypedDict, cast


class _Required(TypedDict):
    model: str  # the pinned version
    # Of the last batch that was used; None: of none, the pass is at its beginning. Not empty, since what
    # torch.save makes of empty bytes torch.load(weights_only=True) does not read.
    token: bytes | None
    epoch: int  # first one of the pass
    skip: int  # steps after the token that other workers take
    workers: int  # that `skip` is about; 1 in a state of a whole rank
    world_size: int


class StreamState(_Required, total=False):
    """Plain values, so that any checkpoint can hold it, and `torch.load(weights_only=True)` can read it."""

    dataset: str  # the pinned version of the recipe's real images; empty: it has none
    judges: list[str]  # the pinned versions of the recipe's judges
    next_epoch: int  # where the next step begins
    next_batch: int
    epochs: int  # of a pass
    ended: bool  # the pass is over: read by the worker that made it, nothing of it is left


_MOST = 1 << 62

_TYPES: dict[str, type] = {
    "model": str,
    "token": bytes,
    "epoch": int,
    "skip": int,
    "workers": int,
    "world_size": int,
    "dataset": str,
    "judges": list,
    "next_epoch": int,
    "next_batch": int,
    "epochs": int,
    "ended": bool,
}


def checked(state: Mapping[str, Any]) -> StreamState:
    """`state`, whole. ValueError: it is none, or says of a stream's middle that it was its beginning."""
    if not isinstance(state, Mapping):
        raise ValueError(f"not the state of a FacetDataset, which is a dict, but {type(state).__name__}")
    if missing := sorted(_Required.__required_keys__ - set(state)):
        raise ValueError(f"not the state of a FacetDataset: no {', '.join(missing)}")
    if state["token"] == b"":
        state = {**state, "token": None}
    for key, kind in _TYPES.items():
        if key == "token" and state[key] is None:
            continue
        if key in state and not (type(state[key]) is kind if kind is int else isinstance(state[key], kind)):
            raise ValueError(
                f"not the state of a FacetDataset: {key} is {state[key]!r}, which is no {kind.__name__}"
            )
    whole: StreamState = {
        "dataset": "",
        "judges": [],
        "next_epoch": state["epoch"],
        "next_batch": 0,
        "epochs": 0,
        "ended": False,
        **cast("StreamState", {key: state[key] for key in _TYPES if key in state}),
    }
    if min(whole["epoch"], whole["skip"], whole["next_batch"], whole["next_epoch"] - whole["epoch"]) < 0:
        raise ValueError("not the state of a FacetDataset: it has numbers below 0")
    if max(whole["epoch"], whole["next_epoch"], whole["next_batch"], whole["workers"], whole["world_size"]) > _MOST:
        raise ValueError("not the state of a FacetDataset: it has numbers that no stream reaches")
    if not 0 <= whole["skip"] < whole["workers"]:
        raise ValueError(
            f"not the state of a FacetDataset: skip {whole['skip']} of {whole['workers']} workers"
        )
    if not whole["token"] and (whole["next_epoch"], whole["next_batch"]) != (whole["epoch"], 0):
        raise ValueError(
            f"this state stands at batch {whole['next_batch']} of epoch {whole['next_epoch']} but has no "
            "token: it is damaged, and going on from it would begin the stream anew"
        )
    return whole


def goes_on_at(state: StreamState, epoch: int, batch: int) -> None:
    """ValueError: what comes behind the state's token lies before the place that the state names."""
    if (epoch, batch) < (state["next_epoch"], state["next_batch"]):
        raise ValueError(
            f"this state names batch {state['next_batch']} of epoch {state['next_epoch']} as the next one, but "
            f"its token leads to batch {batch} of epoch {epoch}: it was changed, or put together of two"
        )


def state_of_rank(state: StreamState) -> StreamState:
    """The state of the rank in that of a worker, at the beginning of the next pass where this one is over."""
    epochs, epoch = state["epochs"], state["epoch"]
    if epochs > 0:
        epoch += (state["next_epoch"] - epoch) // epochs * epochs
    return {**state, "epoch": epoch, "skip": 0, "workers": 1, "ended": False}


@dataclasses.dataclass(frozen=True)
class Extent:
    """How one rank's epochs and passes are cut."""

    epochs: int  # of a pass; -1: without end
    world_size: int
    batches: int  # of an epoch, of all ranks
    drop: bool  # a last step that is not full is left out

    def ends_epoch(self, next_batch: int) -> bool:
        """Whether no step of the epoch begins at `next_batch` or later."""
        return next_batch + (self.world_size - 1 if self.drop else 0) >= self.batches

    def after(self, epoch: int, next_batch: int) -> tuple[int, int]:
        """Where the step begins that would begin at `next_batch`."""
        return (epoch + 1, 0) if self.ends_epoch(next_batch) else (epoch, next_batch)

    def whole(self, state: StreamState) -> StreamState:
        """The state of the rank as this extent has it; the next pass's where nothing is left of its own."""
        epoch, batch = state["next_epoch"], state["next_batch"]
        if batch > 0:  # ranks may be more now than a rest that is dropped has batches
            epoch, batch = self.after(epoch, batch)
        return state_of_rank(
            {
                **state,
                "next_epoch": epoch,
                "next_batch": batch,
                "epochs": self.epochs,
                "world_size": self.world_size,
            }
        )
