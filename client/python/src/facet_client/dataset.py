# SPDX-License-Identifier: Apache-2.0
"""A stream of batches as a PyTorch IterableDataset. Needs torch: `pip install facet-client[torch]`."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypedDict, cast

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from facet_client import _calls
from facet_client._channel import MAX_MESSAGE_BYTES, default_address
from facet_client.features import Spec, stream_spec
from facet_client.stream import Batch, BatchReader
from facet_client.v1 import augmentation_pb2, feature_pb2, image_pb2

_PIXEL_TYPES = {
    image_pb2.PIXEL_TYPE_UINT8: torch.uint8,
    image_pb2.PIXEL_TYPE_FLOAT32: torch.float32,
    image_pb2.PIXEL_TYPE_FLOAT16: torch.float16,
    image_pb2.PIXEL_TYPE_BFLOAT16: torch.bfloat16,
}
# Workers of one DataLoader.
_MAX_WORKERS = 4096

# What a FacetDataset yields: "images", the asked labels ("soft", "class_index", ...), "index" [N] and
# "transform" [N] as tensors; "epoch", "batch_index", "epoch_end", "token" and "model_version".
TensorBatch = dict[str, Any]


class StreamState(TypedDict):
    """Where a stream stands; plain values, so that any checkpoint can hold it."""

    model: str  # the pinned version
    token: bytes  # of the last batch that was used
    epoch: int  # first one of the pass
    skip: int  # steps after the token that other workers take
    workers: int  # that `skip` is about
    world_size: int


def _place(rank: int | None, world_size: int | None) -> tuple[int, int]:
    """Rank and world size: as given, else torch.distributed's, else torchrun's environment, else 0 of 1."""
    if (rank is None) != (world_size is None):
        raise ValueError("give both rank and world_size, or neither")
    if rank is not None and world_size is not None:
        return rank, world_size
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def _uncopied(batch: Batch) -> torch.Tensor:
    """The pixels as a tensor over the very bytes that came from gRPC, which nobody else has."""
    size = batch.end - batch.begin
    dtype = _PIXEL_TYPES[batch.message.images.pixel_type or image_pb2.PIXEL_TYPE_UINT8]
    if size == 0:
        return torch.empty(tuple(batch.message.images.shape), dtype=dtype)
    address = np.frombuffer(batch.raw, np.uint8).__array_interface__["data"][0] + batch.begin
    # `bytes` are read-only and torch warns of them; but these are ours alone, so they may be written.
    memory = (ctypes.c_uint8 * size).from_address(address)
    memory.owner = batch.raw  # type: ignore[attr-defined]
    # Pixels may lie at any address; torch wants floats at multiples of their size.
    flat = torch.frombuffer(memory, dtype=torch.uint8)
    if address % dtype.itemsize:
        flat = flat.clone()
    return flat.view(dtype).view(tuple(batch.message.images.shape))


class FacetDataset(IterableDataset[TensorBatch]):
    """Batches of a stream; DataLoader gets it with `batch_size=None`, since batches come whole.

        dataset = FacetDataset({"model": "faces", "batch_size": 64}, epochs=-1)
        loader = StatefulDataLoader(dataset, batch_size=None, num_workers=4, pin_memory=True)
        for batch in loader:
            train(batch["images"], batch["soft"])

    Ranks and workers share the stream out among themselves: rank r of R gets the batches r, r + R, ... of
    the global sequence, in this order, however many workers its DataLoader has.

    Pass k over the data set has the epochs k * epochs to (k + 1) * epochs - 1; `epochs=-1` is one pass
    without end.

    Resume. `StatefulDataLoader.state_dict()` goes back into a loader of as many workers and ranks. The state
    that `state_after(batch)` makes goes into `load_state_dict()` of a data set, then into a DataLoader of any
    number of workers, on any number of ranks: what follows the batches that all ranks have used is dealt out
    anew.

    The model's version is pinned when the data set is made, and again when a state is loaded. No gRPC begins
    in this process before a DataLoader forks (a process beside asks the server), and a worker that is forked
    after gRPC was in use streams through a process beside it.

    Constructor and iteration raise `FacetError`s, from a DataLoader's workers, too.
    """

    def __init__(
        self,
        spec: Spec | str,
        *,
        address: str | None = None,
        epochs: int | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        prefetch: int = 4,
        patience: float = 60.0,
        transform: Callable[[TensorBatch], Any] | None = None,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        """`spec` without rank, world_size, worker and workers. `epochs` a pass, over the spec's.

        `prefetch`: batches on their way at once, for each worker. `patience`: seconds of trying to connect
        again. `transform` is applied to each batch where it is received. `max_message_bytes`: of one batch, at
        most. The address is FACET_SERVER of the environment unless given. Rank and world size are those of
        torch.distributed, else of torchrun's environment, unless given.
        """
        super().__init__()
        self._spec = stream_spec(spec)
        self._spec.rank, self._spec.world_size = _place(rank, world_size)
        if epochs is not None:
            self._spec.epochs = epochs
        self._address = default_address(address)
        self._prefetch = prefetch
        self._patience = patience
        self._transform = transform
        self._max_message_bytes = max_message_bytes
        self.description = self._pin()
        self._state: StreamState | None = None
        self._resume: StreamState | None = None
        # Passes that each worker has begun, seen by the workers of all of this process' loaders.
        self._passes = torch.zeros(_MAX_WORKERS, dtype=torch.int64)
        self._passes.share_memory_()  # type: ignore[no-untyped-call]

    def _pin(self) -> augmentation_pb2.DescribeStreamResponse:
        request = augmentation_pb2.DescribeStreamRequest(spec=self._spec)
        description = _calls.describe(self._address, request, self._patience)
        self._spec.model = description.model_version
        if description.dataset_version:
            self._spec.recipe.real.dataset = description.dataset_version
        return description

    @property
    def schema(self) -> feature_pb2.FeatureSchema:
        """Features and classes, in the order of the labels."""
        return self.description.schema

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Of a full batch."""
        return tuple(self.description.image_shape)

    def __len__(self) -> int:
        """Batches that this rank gets in a pass. TypeError where it has no end."""
        if self._spec.epochs < 0:
            raise TypeError("a stream without end has no length")
        return self.description.steps_per_epoch * max(1, self._spec.epochs)

    # --- iteration, where the worker is ---

    def __iter__(self) -> Iterator[Any]:
        # Now and not with the first batch, so that state_dict() is right from here on.
        return self._read(self._begin(*self._worker()))

    def _read(self, state: StreamState) -> Iterator[Any]:
        spec = augmentation_pb2.StreamSpec()
        spec.CopyFrom(self._spec)
        spec.first_epoch, spec.worker, spec.workers = state["epoch"], state["skip"], state["workers"]
        reader = BatchReader(
            spec,
            address=self._address,
            resume_token=state["token"],
            prefetch=self._prefetch,
            patience=self._patience,
            max_message_bytes=self._max_message_bytes,
        )
        with reader:
            for batch in reader:
                self._state = {**state, "token": batch.token, "skip": state["workers"] - 1}
                tensors = self._tensors(batch)
                yield self._transform(tensors) if self._transform else tensors

    @staticmethod
    def _worker() -> tuple[int, int]:
        info = get_worker_info()
        return (0, 1) if info is None else (info.id, info.num_workers)

    def _begin(self, worker: int, workers: int) -> StreamState:
        """Where this pass begins for this worker: where a loaded state says, else with the next epoch."""
        resume, self._resume = self._resume, None
        pass_epochs = max(1, self._spec.epochs)
        if resume is None:
            state = StreamState(
                model=self._spec.model,
                token=b"",
                epoch=self._spec.first_epoch + int(self._passes[worker]) * pass_epochs,
                skip=worker,
                workers=workers,
                world_size=self._spec.world_size,
            )
        else:
            state = self._own_share(resume, worker, workers)
        passed = (state["epoch"] - self._spec.first_epoch) // pass_epochs + 1
        self._passes[worker] = passed
        if worker == 0:
            self._passes[workers:] = passed  # a later loader may have more
        self._state = state
        return state

    def _own_share(self, state: StreamState, worker: int, workers: int) -> StreamState:
        """This worker's part of `state`, which is its own, or that of the rank."""
        state = StreamState(**state)
        if state["workers"] == 1:
            state["skip"], state["workers"], state["world_size"] = worker, workers, self._spec.world_size
        elif (state["workers"], state["world_size"]) != (workers, self._spec.world_size):
            raise ValueError(
                f"this is the state of one of {state['workers']} workers of {state['world_size']} ranks, not "
                f"of {workers} of {self._spec.world_size}; load rank_state(...) or state_after(...)"
            )
        return state

    def _tensors(self, batch: Batch) -> TensorBatch:
        message = batch.message
        tensors: TensorBatch = {"images": _uncopied(batch)}
        for form, values in batch.labels.items():
            tensors[form] = torch.from_numpy(values.copy())
        tensors["index"] = torch.tensor([image.index for image in message.provenance])
        tensors["transform"] = torch.tensor([image.transform for image in message.provenance])
        return tensors | {
            "epoch": message.epoch,
            "batch_index": message.batch_index,
            "epoch_end": self._ends_epoch(message),
            "token": message.token,
            "model_version": message.model_version or self._spec.model,
        }

    def _ends_epoch(self, message: augmentation_pb2.StreamBatchesResponse) -> bool:
        """Whether this rank's epoch ends here; `message.epoch_end` is about this worker."""
        next_step = message.batch_index - self._spec.rank + self._spec.world_size
        if self._spec.last_batch == augmentation_pb2.LAST_BATCH_DROP:
            next_step += self._spec.world_size - 1  # it must be full
        return next_step >= self.description.batches_per_epoch

    # --- where it stands ---

    def state_dict(self) -> dict[str, Any]:
        """Where this process stands: after the last batch that it made. For StatefulDataLoader, and for loops
        without workers.

        RuntimeError: the workers of a DataLoader made the batches, and they know.
        """
        if self._state is None and self._resume is None and bool(self._passes.any()):
            raise RuntimeError(
                "a DataLoader's workers hold the state of this data set: use state_after(batch), or "
                "StatefulDataLoader.state_dict()"
            )
        return dict(self._state or self._resume or {})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The next pass goes on from `state`, of this model and recipe.

        ValueError: of another model. That it is of another recipe is found by the server: the pass then
        raises FailedPrecondition.
        """
        if not state:
            return
        loaded = _checked(state)
        if _model_of(loaded["model"]) != _model_of(self._spec.model):
            raise ValueError(f"this state is of {loaded['model']}, the data set is of {self._spec.model}")
        self._spec.model = loaded["model"]
        self._resume, self._state = loaded, None

    def state_after(self, batch: TensorBatch) -> dict[str, Any]:
        """The state after `batch` of this rank, for any number of workers and ranks."""
        pass_epochs = max(1, self._spec.epochs)
        passed = (batch["epoch"] - self._spec.first_epoch) // pass_epochs if self._spec.epochs >= 0 else 0
        return dict(
            StreamState(
                model=batch["model_version"],
                token=batch["token"],
                epoch=self._spec.first_epoch + passed * pass_epochs,
                skip=0,
                workers=1,
                world_size=self._spec.world_size,
            )
        )

    @staticmethod
    def rank_state(loader_state: Mapping[str, Any]) -> dict[str, Any]:
        """The state in `StatefulDataLoader.state_dict()`, for any number of workers and ranks.

        ValueError: not the state of a loader of a FacetDataset, or taken between snapshots
        (`snapshot_every_n_steps`).
        """
        if loader_state.get("_steps_since_snapshot"):
            raise ValueError("this state was taken between snapshots; let snapshot_every_n_steps be 1")
        try:
            if "_snapshot" in loader_state:
                snapshot = loader_state["_snapshot"]
                worker = snapshot["_worker_snapshots"][f"worker_{snapshot['_last_yielded_worker_id']}"]
                state = _checked(worker["dataset_state"])
            else:
                state = _checked(loader_state["dataset_state"])
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"not the state of a StatefulDataLoader over a FacetDataset: {error!r}"
            ) from None
        return dict(state) | {"skip": 0, "workers": 1}


def _checked(state: Mapping[str, Any]) -> StreamState:
    """`state` as a StreamState. ValueError: it is none."""
    if missing := StreamState.__required_keys__ - set(state):
        raise ValueError(f"not the state of a FacetDataset: no {', '.join(sorted(missing))}")
    return cast("StreamState", {key: state[key] for key in StreamState.__required_keys__})


def _model_of(version: str) -> str:
    """`digits` of `models/digits@3`."""
    return version.removeprefix("models/").partition("@")[0]
