# SPDX-License-Identifier: Apache-2.0
"""Batches of a stream as NumPy arrays."""

from __future__ import annotations

import dataclasses
import pathlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from facet_client import _calls
from facet_client._backoff import Backoff
from facet_client._channel import MAX_MESSAGE_BYTES, default_address
from facet_client._versions import pin
from facet_client._wire import SplitBatch, split_batch
from facet_client.errors import Cancelled, FacetError
from facet_client.features import Spec, stream_spec
from facet_client.v1 import augmentation_pb2, image_pb2

if TYPE_CHECKING:
    from numpy.typing import NDArray

# NumPy has no bfloat16: its bits come as uint16.
_PIXEL_TYPES: dict[int, np.dtype[Any]] = {
    image_pb2.PIXEL_TYPE_UINT8: np.dtype("u1"),
    image_pb2.PIXEL_TYPE_FLOAT32: np.dtype("<f4"),
    image_pb2.PIXEL_TYPE_FLOAT16: np.dtype("<f2"),
    image_pb2.PIXEL_TYPE_BFLOAT16: np.dtype("<u2"),
}
_LABEL_TYPES = {
    "class_index": "<i4",
    "one_hot": "<f4",
    "soft": "<f4",
    "pair_class": "<i4",
    "pair_weight": "<f4",
}
_FORMS = {
    augmentation_pb2.LABEL_FORM_CLASS: ("class_index",),
    augmentation_pb2.LABEL_FORM_ONE_HOT: ("one_hot",),
    augmentation_pb2.LABEL_FORM_SOFT: ("soft",),
    augmentation_pb2.LABEL_FORM_PAIR: ("pair_class", "pair_weight"),
}


class LabelSizes(NamedTuple):
    """F and K of label forms: the features of the model and the classes of all of them."""

    features: int
    classes: int

    def shape(self, form: str, images: int) -> tuple[int, ...]:
        """Of the labels of `images` images."""
        if form in ("one_hot", "soft"):
            return images, self.classes
        return (images, self.features, 2) if form == "pair_class" else (images, self.features)


@dataclasses.dataclass(frozen=True)
class Batch:
    """One batch. Arrays are views of the bytes that came, read-only and uncopied.

    `images` is [N, H, W, C] or [N, C, H, W] in the asked type. `labels` has the asked forms by their field
    names in `BatchLabels`: class_index [N, F], one_hot and soft [N, K], pair_class [N, F, 2] and
    pair_weight [N, F].
    """

    images: NDArray[Any]
    labels: dict[str, NDArray[Any]]
    # All that came but the pixels: epoch, batch_index, epoch_end, token, provenance and the rest.
    message: augmentation_pb2.StreamBatchesResponse
    # Where the pixels lie: `raw[begin:end]`.
    raw: bytes
    begin: int
    end: int

    @property
    def token(self) -> bytes:
        """Resumes the stream after this batch."""
        return self.message.token


def make_batch(split: SplitBatch) -> Batch:
    """The arrays of a batch. ValueError: bytes and shape do not fit."""
    message = split.message
    dtype = _PIXEL_TYPES[message.images.pixel_type or image_pb2.PIXEL_TYPE_UINT8]
    pixels = np.frombuffer(split.raw, dtype, (split.end - split.begin) // dtype.itemsize, split.begin)
    images = pixels.reshape(tuple(message.images.shape))
    labels = {}
    for form, kind in _LABEL_TYPES.items():
        if data := getattr(message.labels, form):
            shape = (len(images), -1, 2) if form == "pair_class" else (len(images), -1)
            labels[form] = np.frombuffer(data, kind).reshape(shape)
    return Batch(images, labels, message, split.raw, split.begin, split.end)


class BatchReader(Iterator[Batch]):
    """Batches of one stream, in order, none lost and none twice.

    When the connection breaks, the reader connects again, for as long as `patience` seconds at a time, and
    resumes after the last batch that it handed out. The stream opens with the first batch; errors are
    `FacetError`s and final. One thread at a time, but `close()` may be called from any.

        for batch in BatchReader({"model": "digits", "batch_size": 64}):
            train(batch.images, batch.labels["soft"])
    """

    def __init__(
        self,
        spec: Spec | str | pathlib.Path,
        *,
        address: str | None = None,
        resume_token: bytes = b"",
        prefetch: int = 4,
        patience: float = 60.0,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        beside: bool = False,
        label_sizes: LabelSizes | None = None,
    ) -> None:
        """`prefetch`: batches on their way at once, at least 1; what the server computes ahead.

        `max_message_bytes`: of one batch, at most. `beside`: always stream through a process beside.
        `label_sizes`: asked of the server where they are needed and not given.
        """
        self._start = augmentation_pb2.StreamStart(
            spec=stream_spec(spec), resume_token=resume_token, initial_credit=max(1, prefetch)
        )
        self._address = default_address(address)
        self._max_message_bytes = max_message_bytes
        self._patience = patience
        self._beside = beside
        self._label_sizes = label_sizes
        self._backoff = Backoff(patience)
        self._lock = threading.Lock()
        self._call: _calls.BatchCall | None = None
        self._ended = False
        self._closed = False

    @property
    def token(self) -> bytes:
        """Of the last batch that was handed out, or the one given."""
        return self._start.resume_token

    def __iter__(self) -> BatchReader:
        return self

    def __next__(self) -> Batch:
        while not self._ended:
            try:
                raw = self._open().read()
            except FacetError as error:
                self._hang_up()
                if self._closed:
                    raise Cancelled("the reader was closed") from None
                if not self._backoff.wait(error):
                    self._ended = True
                    raise
                continue
            if raw is None:
                self._ended = True
                break
            return self._accept(self._with_labels(make_batch(split_batch(raw))))
        raise StopIteration

    def _with_labels(self, batch: Batch) -> Batch:
        """`batch` with labels of no image where a filter has left none: nothing came of them."""
        if len(batch.images) > 0 or len(batch.message.provenance) > 0:
            return batch
        spec = self._start.spec
        if self._label_sizes is None:
            request = augmentation_pb2.DescribeStreamRequest(spec=spec)
            said = _calls.describe(self._address, request, self._patience)
            self._label_sizes = LabelSizes(len(said.schema.features), said.total_classes)
        for asked in spec.labels or (augmentation_pb2.LABEL_FORM_SOFT,):
            for form in _FORMS[asked]:
                batch.labels[form] = np.empty(self._label_sizes.shape(form, 0), _LABEL_TYPES[form])
        return batch

    def _accept(self, batch: Batch) -> Batch:
        self._backoff.succeeded()
        self._start.resume_token = batch.message.token
        # Model, data set and judges may get a newer version before the connection breaks.
        message = batch.message
        pin(self._start.spec, message.model_version, message.dataset_version, message.judge_versions)
        # A token counts the steps of all workers: the next of this one is `workers` further.
        self._start.spec.worker = max(1, self._start.spec.workers) - 1
        if self._call is not None:
            self._call.add_credit()
        return batch

    def _open(self) -> _calls.BatchCall:
        with self._lock:
            if self._closed:
                raise Cancelled("the reader was closed")
            if self._call is None:
                self._call = _calls.open_stream(
                    self._address, self._start, self._max_message_bytes, beside=self._beside
                )
            return self._call

    def _hang_up(self) -> None:
        with self._lock:
            call, self._call = self._call, None
        if call is not None:
            call.close()

    def close(self) -> None:
        """Ends the stream; a batch that is waited for raises Cancelled."""
        with self._lock:
            self._closed = True
        self._hang_up()

    def __enter__(self) -> BatchReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_call", None) is not None:
            self.close()
