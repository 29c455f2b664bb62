# SPDX-License-Identifier: Apache-2.0
"""Takes a batch apart without copying its pixels.

A protobuf runtime copies a `bytes` field twice: into its message, and out of it. Pixels are 99 % of a
batch, so they are found in the message's bytes here and only the rest goes through protobuf.
"""

from __future__ import annotations

from typing import NamedTuple

from facet_client.v1 import augmentation_pb2, image_pb2

_LENGTH_DELIMITED = 2
_IMAGES = augmentation_pb2.StreamBatchesResponse.IMAGES_FIELD_NUMBER << 3 | _LENGTH_DELIMITED
_DATA = image_pb2.ImageData.DATA_FIELD_NUMBER << 3 | _LENGTH_DELIMITED


class SplitBatch(NamedTuple):
    """A batch whose pixels are `raw[begin:end]`; `message` is the rest, `images.data` empty."""

    message: augmentation_pb2.StreamBatchesResponse
    raw: bytes
    begin: int
    end: int


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    """The varint at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def _find(raw: bytes, at: int, end: int, wanted: int) -> tuple[int, int, int] | None:
    """Where the first field with the tag `wanted` begins, its payload begins and it ends."""
    while at < end:
        begin = at
        tag, at = _varint(raw, at)
        kind = tag & 7
        if kind == _LENGTH_DELIMITED:
            length, at = _varint(raw, at)
            if tag == wanted:
                return begin, at, at + length
            at += length
        elif kind == 0:
            _, at = _varint(raw, at)
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
        else:
            return None
    return None


def split_batch(raw: bytes) -> SplitBatch:
    """Parses a StreamBatchesResponse. google.protobuf.message.DecodeError: `raw` is none."""
    try:
        images = _find(raw, 0, len(raw), _IMAGES)
        data = _find(raw, images[1], images[2], _DATA) if images else None
    except IndexError:
        images = data = None
    if images and data and data[2] <= images[2] <= len(raw):
        message = augmentation_pb2.StreamBatchesResponse.FromString(raw[: images[0]] + raw[images[2] :])
        if not message.HasField("images"):
            message.images.MergeFromString(raw[images[1] : data[0]] + raw[data[2] : images[2]])
            if not message.images.data:
                return SplitBatch(message, raw, data[1], data[2])
    # No pixels, or in pieces, or no batch at all.
    message = augmentation_pb2.StreamBatchesResponse.FromString(raw)
    pixels = message.images.data
    if pixels:
        message.images.ClearField("data")
    return SplitBatch(message, pixels, 0, len(pixels))
