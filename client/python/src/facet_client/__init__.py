# SPDX-License-Identifier: Apache-2.0
"""Renders images and streams augmented batches from a Facet server.

    import facet_client

    client = facet_client.Client("gpu-1:8470")
    seven = client.render("digits", {"digit": "7", "colour": {"red": 0.5, "green": 0.5}})

    dataset = facet_client.FacetDataset({"model": "digits", "batch_size": 64})  # needs torch

The messages of the API are in `facet_client.v1`; the reference is the comments in the .proto files.
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Any

from facet_client._version import __version__
from facet_client.client import Client, ended
from facet_client.errors import (
    AlreadyExists,
    Cancelled,
    DataLoss,
    DeadlineExceeded,
    FacetError,
    FailedPrecondition,
    Internal,
    InvalidArgument,
    JobFailed,
    NotFound,
    OutOfRange,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    Unimplemented,
)
from facet_client.features import feature_vector, stream_spec
from facet_client.stream import Batch, BatchReader

if TYPE_CHECKING:
    from facet_client.dataset import FacetDataset

__all__ = [
    "AlreadyExists",
    "Batch",
    "BatchReader",
    "Cancelled",
    "Client",
    "DataLoss",
    "DeadlineExceeded",
    "FacetError",
    "FailedPrecondition",
    "Internal",
    "InvalidArgument",
    "JobFailed",
    "NotFound",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "Unauthenticated",
    "Unavailable",
    "Unimplemented",
    "__version__",
    "ended",
    "feature_vector",
    "stream_spec",
]

if importlib.util.find_spec("torch") is not None:  # else `import *` would fail
    __all__ += ["FacetDataset"]


def __getattr__(name: str) -> Any:
    # torch is large and optional: it is imported when it is first asked for.
    if name == "FacetDataset":
        try:
            from facet_client.dataset import FacetDataset
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "torch":
                raise
            raise ModuleNotFoundError(
                "FacetDataset needs PyTorch: pip install 'facet-client[torch]'", name="torch"
            ) from None
        return FacetDataset
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
