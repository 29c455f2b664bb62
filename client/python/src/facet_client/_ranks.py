# SPDX-License-Identifier: Apache-2.0
"""Which rank of how many reads here."""

from __future__ import annotations

import os
from typing import NamedTuple

import torch

from facet_client.errors import InvalidArgument
from facet_client.v1 import augmentation_pb2


class Place(NamedTuple):
    """Rank `rank` of `world_size`. `given`: by whoever made the data set, not by what was around it."""

    rank: int
    world_size: int
    given: bool


def _distributed() -> tuple[int, int] | None:
    """torch.distributed's, where it is initialised in this process."""
    distributed = torch.distributed
    if distributed.is_available() and distributed.is_initialized():
        return distributed.get_rank(), distributed.get_world_size()
    return None


def find_place(rank: int | None, world_size: int | None, spec: augmentation_pb2.StreamSpec) -> Place:
    """As given, else the spec's, else torch.distributed's, else torchrun's environment, else 0 of 1.

    ValueError: one without the other, or given twice and not the same. InvalidArgument: workers in the spec.
    """
    for field in ("worker", "workers"):
        if getattr(spec, field):
            raise InvalidArgument(
                f"a FacetDataset counts the workers of its DataLoader itself; leave {field} out of the spec",
                reason="BAD_SPEC",
                field=f"spec.{field}",
            )
    if (rank is None) != (world_size is None):
        raise ValueError("give both rank and world_size, or neither")
    in_spec = (spec.rank, spec.world_size or 1) if spec.rank or spec.world_size else None
    if rank is not None and world_size is not None:
        if in_spec is not None and in_spec != (rank, world_size):
            raise ValueError(
                f"rank {rank} of {world_size} is given, but the spec has rank {in_spec[0]} of {in_spec[1]}"
            )
        return Place(rank, world_size, given=True)
    if in_spec is not None:
        return Place(*in_spec, given=True)
    found = _distributed() or (int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1)))
    return Place(*found, given=False)


def check_place(place: Place) -> None:
    """RuntimeError: torch.distributed was initialised later and says something else."""
    now = _distributed()
    if not place.given and now not in (None, (place.rank, place.world_size)):
        assert now is not None
        raise RuntimeError(
            f"this data set was made as rank {place.rank} of {place.world_size}, before torch.distributed "
            f"said {now[0]} of {now[1]}: make it after init_process_group(), or give rank and world_size"
        )
