# SPDX-License-Identifier: Apache-2.0
"""Batches taken apart are what protobuf says they are."""

from __future__ import annotations

import random

import pytest
from google.protobuf.message import DecodeError

from facet_client._wire import split_batch
from facet_client.v1 import augmentation_pb2, image_pb2

PIXELS = bytes(range(256)) * 4


def batch(**fields: object) -> augmentation_pb2.StreamBatchesResponse:
    images = image_pb2.ImageData(
        encoding=image_pb2.IMAGE_ENCODING_RAW,
        pixel_type=image_pb2.PIXEL_TYPE_UINT8,
        shape=[4, 16, 16, 1],
        data=PIXELS,
    )
    return augmentation_pb2.StreamBatchesResponse(
        images=images,
        labels=augmentation_pb2.BatchLabels(soft=b"12345678"),
        provenance=[augmentation_pb2.Provenance(index=i, transform=2) for i in range(300)],
        epoch=3,
        batch_index=1 << 40,
        token=b"\x00token",
        **fields,
    )


def whole(raw: bytes) -> augmentation_pb2.StreamBatchesResponse:
    """What split_batch says of `raw`, put together again."""
    split = split_batch(raw)
    message = augmentation_pb2.StreamBatchesResponse()
    message.CopyFrom(split.message)
    if split.end > split.begin:
        message.images.data = split.raw[split.begin : split.end]
    return message


def test_pixels_are_not_copied() -> None:
    raw = batch().SerializeToString()
    split = split_batch(raw)
    assert split.raw is raw
    assert raw[split.begin : split.end] == PIXELS
    assert split.message.images.data == b""
    assert list(split.message.images.shape) == [4, 16, 16, 1]


def test_images_may_stand_anywhere() -> None:
    message = batch(epoch_end=True)
    images = augmentation_pb2.StreamBatchesResponse(images=message.images).SerializeToString()
    rest = batch(epoch_end=True)
    rest.ClearField("images")
    for raw in (images + rest.SerializeToString(), rest.SerializeToString() + images):
        assert whole(raw) == message
        assert split_batch(raw).raw is raw


def test_images_in_two_pieces_are_merged() -> None:
    message = batch()
    more = augmentation_pb2.StreamBatchesResponse(images=image_pb2.ImageData(data=b"other"))
    raw = message.SerializeToString() + more.SerializeToString()
    assert whole(raw) == augmentation_pb2.StreamBatchesResponse.FromString(raw)


def test_batches_without_pixels_pass() -> None:
    message = augmentation_pb2.StreamBatchesResponse(epoch=1)
    assert split_batch(message.SerializeToString()).message.epoch == 1
    assert whole(b"") == augmentation_pb2.StreamBatchesResponse()


def test_damaged_bytes_are_as_protobuf_has_them() -> None:
    raw = batch().SerializeToString()
    draw = random.Random(7)
    refused = 0
    for _ in range(3000):
        damaged = bytearray(raw[: draw.randrange(len(raw))] if draw.random() < 0.3 else raw)
        for _ in range(draw.randrange(1, 4)):
            if damaged:
                # Most of a batch is pixels, where damage does not show.
                damaged[draw.randrange(min(len(damaged), 60))] = draw.randrange(256)
        try:
            expected = augmentation_pb2.StreamBatchesResponse.FromString(bytes(damaged))
        except DecodeError:
            refused += 1
            with pytest.raises(DecodeError):
                split_batch(bytes(damaged))
            continue
        # Not ==: a number may be NaN now.
        assert whole(bytes(damaged)).SerializeToString() == expected.SerializeToString()
    assert refused > 300
