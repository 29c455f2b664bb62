# SPDX-License-Identifier: Apache-2.0
"""The versions that a stream is pinned to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from facet_client.v1 import augmentation_pb2


class Versions(TypedDict):
    """Those of a spec's model, data set and judges, in their order; empty: none, or not known."""

    model: str
    dataset: str
    judges: list[str]


def pin(spec: augmentation_pb2.StreamSpec, model: str, dataset: str, judges: Sequence[str]) -> None:
    """Writes versions into `spec`, so that aliases that move and data sets that grow do not change it."""
    if model:
        spec.model = model
    if dataset and spec.recipe.HasField("real"):
        spec.recipe.real.dataset = dataset
    filters = spec.recipe.filter.confidence
    if len(judges) == len(filters):
        for confidence, judge in zip(filters, judges, strict=True):
            confidence.judge = judge


def base_name(version: str) -> str:
    """`digits` of `models/digits@3` and `datasets/digits`."""
    return version.rpartition("/")[2].partition("@")[0]
