# SPDX-License-Identifier: Apache-2.0
"""A stream of batches as a PyTorch IterableDataset. Needs torch: `pip install facet-client[torch]`."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from torch.utils.data import IterableDataset

from facet_client import errors
from facet_client._backoff import logger
from facet_client._channel import MAX_MESSAGE_BYTES, default_address
from facet_client._passes import Pass, Passes
from facet_client._pinned import PinnedStream
from facet_client._ranks import check_place, find_place
from facet_client._tensors import TensorBatch, tensors
from facet_client._versions import pin
from facet_client._workers import is_worker, iteration_key, settle, this_worker
from facet_client.features import Spec, stream_spec
from facet_client.state import Extent, StreamState, checked, goes_on_at, state_of_rank
from facet_client.stream import Batch, BatchReader, LabelSizes
from facet_client.v1 import augmentation_pb2, feature_pb2

# Of a batch, what `state_after` reads.
_NEEDED = ("pass_epoch", "next_epoch", "next_batch", "token", "model_version")


class FacetDataset(IterableDataset[TensorBatch]):
    """Batches of a stream; DataLoader gets it with `batch_size=None`, since batches come whole.

        dataset = FacetDataset({"model": "faces", "batch_size": 64}, epochs=-1)
        loader = StatefulDataLoader(dataset, batch_size=None, num_workers=4, pin_memory=True)
        for batch in loader:
            train(batch["images"], batch["soft"])

    A batch is a dict: tensors "images" and, as asked, "soft" and "one_hot" [N, K], "class_index" [N, F],
    "pair_class" [N, F, 2], "pair_weight" [N, F]; of each image, as int64 [N], "index", "transform", "source"
    (1 rendered, 2 real) and "replaced"; and as plain values "epoch", "batch_index", "filler", "epoch_end"
    (the rank's last of the epoch), "pass_epoch" (first epoch of the pass), "next_epoch" and "next_batch"
    (where the next step begins), "token", "model_version", "dataset_version", "judge_versions" and, where the
    recipe has a filter, its counts as "filter". N may be 0 where a filter drops images.

    Ranks and workers share the stream out among themselves: rank r of R gets the batches r, r + R, ... of
    the global sequence, in this order, however many workers its DataLoader has.

    Passes. A pass is `epochs` epochs, or has no end with -1. The first begins at the spec's `first_epoch`,
    each later one at the epoch after the last of the pass before; after a pass without end, at the epoch
    after the highest that any worker had begun. `set_epoch(e)` lets the next pass begin at epoch e,
    `load_state_dict()` where the state says; the passes after it follow as ever. This holds whatever reads a
    pass: this process, workers forked or spawned, persistent ones, as many as in the pass before or not;
    `_passes` has how. In a DataLoader a pass begins with its iterator, here with its first batch.

    States. There are two kinds. `state_after(batch)`, `rank_state()` and, without workers, `state_dict()`
    give a state of the rank, equal on all ranks. It goes into `load_state_dict()` of a data set on any number
    of ranks, then into a DataLoader of any number of workers: what follows the batches that all ranks have
    used is dealt out anew. After the last batch of a pass it stands at the beginning of the next, and a
    loaded state is used by one pass, whoever reads it. With another `epochs` than the state's, passes are
    counted in those from the beginning of the state's pass, and the next one is what is left of the one that
    the state lies in. The other kind is a worker's own in `StatefulDataLoader.state_dict()`, which takes it
    back with as many workers, ranks and epochs.

    Versions. Those of model, data set and judges are pinned when the data set is made, and anew when a state
    is loaded, also by StatefulDataLoader in a worker: all later passes and `description` are of these.

    Copies. Copied or pickled, a data set is independent of the original and goes on from where it stood. Each
    process makes its own: one that was handed to another process, and was read before, is copied there.

    No gRPC begins in this process before a DataLoader forks (a process beside asks the server), and a worker
    that is forked after gRPC was in use streams through a process beside it; see `_channel`.

    Constructor and iteration raise `FacetError`s, from a DataLoader's workers, too.
    """

    def __init__(
        self,
        spec: Spec | str | pathlib.Path,
        *,
        address: str | None = None,
        epochs: int | None = None,
        rank: int | None = None,
        world_size: int | None = None,
        prefetch: int = 4,
        patience: float = 60.0,
        transform: Callable[[TensorBatch], Any] | None = None,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        beside: bool = False,
    ) -> None:
        """`spec` as `stream_spec` takes it, without worker and workers. `epochs` a pass, over the spec's.

        Rank and world size are as given, else the spec's, else those of torch.distributed, else of torchrun's
        environment, else 0 of 1. `prefetch`: batches on their way at once, for each worker. `patience`:
        seconds of trying to connect again. `transform` is applied to each batch where it is received.
        `max_message_bytes`: of one batch, at most. The address is FACET_SERVER of the environment unless
        given. `beside`: always stream through a process beside, where gRPC in this one must not be.
        """
        super().__init__()
        self._spec = stream_spec(spec)
        if type(prefetch) is not int or prefetch < 1:
            raise ValueError(f"prefetch is a number of batches, at least 1, not {prefetch!r}")
        if not isinstance(patience, (int, float)) or not patience >= 0:
            raise ValueError(f"patience is a number of seconds, at least 0, not {patience!r}")
        self._place = find_place(rank, world_size, self._spec)
        self._spec.rank, self._spec.world_size, _ = self._place
        if epochs is not None:
            self._spec.epochs = epochs
        self._spec.epochs = self._spec.epochs or 1
        self._address = default_address(address)
        self._prefetch = prefetch
        self._patience = patience
        self._transform = transform
        self._max_message_bytes = max_message_bytes
        self._beside = beside
        self._passes = Passes()
        self._stream = PinnedStream(self._spec, self._passes, self._address, patience)
        # Where this process stands, and the last pass that had begun when it came there.
        self._state: StreamState | None = None
        self._last = self._passes.last()
        # Of a worker: the state that was loaded into it, and how often it has begun to read.
        self._own: StreamState | None = None
        self._begun = 0

    def __getstate__(self) -> dict[str, Any]:
        check_place(self._place)
        return self.__dict__.copy()

    # --- what it is ---

    @property
    def description(self) -> augmentation_pb2.DescribeStreamResponse:
        """What the server says of the stream, with the pinned versions."""
        return self._stream.description

    @property
    def schema(self) -> feature_pb2.FeatureSchema:
        """Features and classes, in the order of the labels."""
        return self.description.schema

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Of a full batch."""
        return tuple(self.description.image_shape)

    def __len__(self) -> int:
        """Batches that this rank gets in a whole pass. TypeError where it has no end."""
        check_place(self._place)
        if self._spec.epochs < 0:
            raise TypeError("a stream without end has no length")
        return self.description.steps_per_epoch * self._spec.epochs

    # --- iteration, where the worker is ---

    def __iter__(self) -> Iterator[Any]:
        check_place(self._place)
        if is_worker():
            # Now and not with the first batch, so that state_dict() is right from here on.
            with errors.carried_whole():
                return self._read_as_worker(*self._begin())
        settle(self._passes)
        order, first = self._order()
        coming = self._passes.peek(first["epoch"])
        self._stand(self._beginning(coming, order, first))
        return self._read_here()

    def _read_here(self) -> Iterator[Any]:
        yield from self._read(*self._begin())

    def _read_as_worker(self, begun: Pass, state: StreamState) -> Iterator[Any]:
        with errors.carried_whole():
            yield from self._read(begun, state)

    def _read(self, begun: Pass, state: StreamState) -> Iterator[Any]:
        spec, extent = augmentation_pb2.StreamSpec(), self._stream.extent
        spec.CopyFrom(self._spec)
        pin(spec, state["model"], state["dataset"], state["judges"])
        spec.first_epoch, spec.worker, spec.workers = state["epoch"], state["skip"], state["workers"]
        reader = BatchReader(
            spec,
            address=self._address,
            resume_token=state["token"] or b"",
            prefetch=self._prefetch,
            patience=self._patience,
            max_message_bytes=self._max_message_bytes,
            beside=self._beside,
            label_sizes=LabelSizes(len(self.schema.features), self.description.total_classes),
        )
        with reader:
            for number, batch in enumerate(reader):
                if number == 0:
                    goes_on_at(state, batch.message.epoch, batch.message.batch_index)
                state = self._after(batch, state, extent)
                if extent.epochs < 0:
                    self._passes.reached(this_worker()[0], begun, batch.message.epoch)
                self._stand(state)
                made = self._complete(tensors(batch), state)
                yield self._transform(made) if self._transform else made

    def _begin(self) -> tuple[Pass, StreamState]:
        """The pass that begins now, and where in it this worker, or this process, begins."""
        worker, workers = this_worker()
        settle(self._passes)
        own, self._own = self._own, None
        order, first = self._order()
        self._begun += 1
        begun = self._passes.begin(
            worker,
            workers,
            key=iteration_key(self._begun),
            epoch=first["epoch"],
            epochs=self._spec.epochs,
            own=None if own is None else own["epoch"],
        )
        state = own or self._beginning(begun, order, first)
        if state["workers"] == 1 and not state["ended"]:
            state = {**state, "skip": worker or 0, "workers": workers}
        if self._spec.epochs < 0:
            self._passes.reached(worker, begun, state["next_epoch"])
        self._stand(state)
        return begun, state

    def _order(self) -> tuple[int, StreamState]:
        """What the next pass is to begin with after the last order: its number and a state of the rank."""
        order, state = self._passes.order()
        return order, checked(state) if state else self._fresh(self._spec.first_epoch)

    def _beginning(self, begun: Pass, order: int, first: StreamState) -> StreamState:
        """Where `begun` begins, as a state of the rank."""
        if begun.nth > 0:
            return self._fresh(begun.epoch)
        if begun.order != order:
            raise RuntimeError("a state was loaded while a pass began")
        return first

    def _fresh(self, epoch: int) -> StreamState:
        """The beginning of `epoch` as the beginning of a pass."""
        return checked(
            {
                **self._stream.versions,
                "token": None,
                "epoch": epoch,
                "skip": 0,
                "workers": 1,
                "world_size": self._spec.world_size,
                "epochs": self._spec.epochs,
            }
        )

    def _after(self, batch: Batch, state: StreamState, extent: Extent) -> StreamState:
        """`state` after `batch` of this worker."""
        message = batch.message
        following = message.batch_index - self._spec.rank + extent.world_size
        epoch, next_batch = extent.after(message.epoch, following)
        return {
            **state,
            "token": batch.token,
            "skip": state["workers"] - 1,
            "next_epoch": epoch,
            "next_batch": next_batch,
            "ended": 0 < extent.epochs <= epoch - state["epoch"],
        }

    def _complete(self, batch: TensorBatch, after: StreamState) -> TensorBatch:
        """`batch` with what its server does not know, or does not say."""
        return batch | {
            # The server's `epoch_end` is about this worker.
            "epoch_end": after["next_epoch"] > batch["epoch"],
            "pass_epoch": after["epoch"],
            "next_epoch": after["next_epoch"],
            "next_batch": after["next_batch"],
            "model_version": batch["model_version"] or after["model"],
            "dataset_version": batch["dataset_version"] or after["dataset"],
            "judge_versions": batch["judge_versions"] or list(after["judges"]),
        }

    # --- where it stands ---

    def set_epoch(self, epoch: int) -> None:
        """The next pass begins at `epoch`, for persistent workers, too.

        A state that was loaded and that no pass has used yet stays, where it lies in this epoch: a loop that
        sets each epoch before it reads it goes on in the middle of the one that it was cut in.
        """
        if epoch < 0:
            raise ValueError(f"there is no epoch {epoch}")
        if is_worker():
            self._own = self._own or self._fresh(epoch)
            return
        settle(self._passes)
        order, first = self._order()
        unused = order > self._passes.last()[0] and first["token"] is not None
        if unused and first["next_epoch"] == epoch:
            return
        if unused:
            logger.warning(
                "set_epoch(%d) drops the state that was loaded, which goes on at batch %d of epoch %d and which no "
                "pass has used; to go on there, begin with set_epoch(%d)",
                epoch,
                first["next_batch"],
                first["next_epoch"],
                first["next_epoch"],
            )
        self._give_order(self._fresh(epoch))

    def state_dict(self) -> dict[str, Any]:
        """Where this process stands: after the last batch that it made, or where the state was loaded that
        the next pass uses, or nowhere ({}). For StatefulDataLoader, and for loops without workers.

        RuntimeError: since then the workers of a DataLoader have begun to read, and they know.
        """
        if not is_worker():
            settle(self._passes)
            if self._passes.last() != self._last:
                raise RuntimeError(
                    "a DataLoader's workers hold the state of this data set: use state_after(batch), or "
                    "StatefulDataLoader.state_dict()"
                )
        return dict(self._state or {})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """The next pass goes on from `state`, of this model and recipe; {} changes nothing.

        ValueError: nothing else that is empty, as of a checkpoint without one; of another model or data set, no state or a damaged one, or a state of one of several
        workers, outside StatefulDataLoader. That it is of another recipe is found by the server: the pass
        then raises FailedPrecondition.
        """
        if state == {}:
            return
        loaded = checked(state)
        if not is_worker() and loaded["workers"] != 1:
            raise ValueError(f"this is the state of one of {loaded['workers']} workers; load rank_state(...)")
        loaded = {**loaded, **self._stream.repin(loaded)}
        if is_worker():
            self._own = self._state = self._own_share(loaded, this_worker()[1])
        else:
            settle(self._passes)
            self._give_order(self._stream.extent.whole(loaded))

    def _own_share(self, state: StreamState, workers: int) -> StreamState:
        """A state as the worker takes it that it was loaded into: its own, or the rank's, to be dealt out."""
        extent = self._stream.extent
        mine = (workers, extent.world_size, extent.epochs)
        its = (state["workers"], state["world_size"], state["epochs"] or extent.epochs)
        if its == mine and (workers > 1 or state["ended"]):
            return state
        if state["workers"] == 1 and not state["ended"]:
            return extent.whole(state)
        raise ValueError(
            f"this is the state of one of {its[0]} workers of {its[1]} ranks with passes of {its[2]} epochs, "
            f"not of {mine[0]} of {mine[1]} with {mine[2]}; load rank_state(...) or state_after(...) into "
            "the data set"
        )

    def _give_order(self, state: StreamState) -> None:
        self._passes.give_order(dict(state))
        self._stand(state)

    def _stand(self, state: StreamState) -> None:
        self._state = state
        if not is_worker():
            self._last = self._passes.last()

    def state_after(self, batch: TensorBatch) -> dict[str, Any]:
        """The state after `batch` of this rank, for any number of workers and ranks.

        ValueError: `transform` has taken away what it is made of.
        """
        if missing := [key for key in _NEEDED if key not in batch]:
            raise ValueError(f"a batch without {', '.join(missing)}: let `transform` keep these")
        after = checked(
            {
                **self._stream.versions,
                "model": batch["model_version"],
                "token": batch["token"],
                "epoch": batch["pass_epoch"],
                "skip": 0,
                "workers": 1,
                "world_size": self._spec.world_size,
                "next_epoch": batch["next_epoch"],
                "next_batch": batch["next_batch"],
                "epochs": self._spec.epochs,
            }
        )
        return dict(state_of_rank(after))

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
                state = checked(worker["dataset_state"])
            else:
                state = checked(loader_state["dataset_state"])
        except (KeyError, TypeError) as error:
            raise ValueError(
                f"not the state of a StatefulDataLoader over a FacetDataset: {error!r}"
            ) from None
        return dict(state_of_rank(state))
