# SPDX-License-Identifier: Apache-2.0
"""Batches as tensors."""

from __future__ import annotations

import ctypes
from typing import Any, TypeAlias

import numpy as np
import torch

from facet_client.stream import Batch
from facet_client.v1 import image_pb2

_PIXEL_TYPES = {
    image_pb2.PIXEL_TYPE_UINT8: torch.uint8,
    image_pb2.PIXEL_TYPE_FLOAT32: torch.float32,
    image_pb2.PIXEL_TYPE_FLOAT16: torch.float16,
    image_pb2.PIXEL_TYPE_BFLOAT16: torch.bfloat16,
}

# What a FacetDataset yields: tensors and plain values by name; its class comment lists them.
TensorBatch: TypeAlias = dict[str, Any]


def pixels(batch: Batch) -> torch.Tensor:
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


def tensors(batch: Batch) -> TensorBatch:
    """What the batch itself says, without what only its reader knows."""
    message = batch.message
    result: TensorBatch = {"images": pixels(batch)}
    for form, values in batch.labels.items():
        result[form] = torch.from_numpy(values.copy())
    for key in ("index", "transform", "source", "replaced"):
        result[key] = torch.tensor([getattr(image, key) for image in message.provenance], dtype=torch.int64)
    if message.HasField("filter"):
        counts = message.filter
        result["filter"] = {field.name: getattr(counts, field.name) for field in counts.DESCRIPTOR.fields}
    return result | {
        "epoch": message.epoch,
        "batch_index": message.batch_index,
        "filler": message.filler,
        "token": message.token,
        "model_version": message.model_version,
        "dataset_version": message.dataset_version,
        "judge_versions": list(message.judge_versions),
    }
