# SPDX-License-Identifier: Apache-2.0
"""A stream pinned to versions, for all processes that read it."""

from __future__ import annotations

from typing import cast

from facet_client import _calls
from facet_client._passes import Passes
from facet_client._versions import Versions, base_name, pin
from facet_client.state import Extent, StreamState
from facet_client.v1 import augmentation_pb2


class PinnedStream:
    """A spec and the versions that hold for it, which stand in the memory of `passes`."""

    def __init__(
        self, spec: augmentation_pb2.StreamSpec, passes: Passes, address: str, patience: float
    ) -> None:
        """Pins what the spec names now. FacetError: the server refuses it, or is not reached in time."""
        self.spec = spec
        self._passes = passes
        self._address = address
        self._patience = patience
        self._described = self._describe(None)
        passes.pin(dict(_versions(self._described)))

    def _describe(self, versions: Versions | None) -> augmentation_pb2.DescribeStreamResponse:
        request = augmentation_pb2.DescribeStreamRequest(spec=self.spec)
        if versions is not None:
            pin(request.spec, versions["model"], versions["dataset"], versions["judges"])
        return _calls.describe(self._address, request, self._patience)

    @property
    def versions(self) -> Versions:
        """Those that hold now, by whichever process they were pinned."""
        return cast("Versions", self._passes.pins())

    @property
    def description(self) -> augmentation_pb2.DescribeStreamResponse:
        """What the server says of the stream with these versions."""
        versions = self.versions
        if versions != _versions(self._described):
            self._described = self._describe(versions)
        return self._described

    def repin(self, state: StreamState) -> Versions:
        """Pins the versions of `state`. ValueError: of another model or data set; then nothing changes."""
        now = self.versions
        for other, mine in ((state["model"], now["model"]), (state["dataset"], now["dataset"])):
            if other and base_name(other) != base_name(mine):
                raise ValueError(f"this state is of {other}, the data set is of {mine or 'no real images'}")
        wanted = Versions(
            model=state["model"],
            dataset=state["dataset"] or now["dataset"],
            judges=state["judges"] or now["judges"],
        )
        if wanted != now:
            self._described = self._describe(wanted)
            self._passes.pin(dict(_versions(self._described)))
        return self.versions

    @property
    def extent(self) -> Extent:
        """How epochs and passes are cut."""
        return Extent(
            epochs=self.spec.epochs,
            world_size=self.spec.world_size,
            batches=self.description.batches_per_epoch,
            drop=self.spec.last_batch == augmentation_pb2.LAST_BATCH_DROP,
        )


def _versions(description: augmentation_pb2.DescribeStreamResponse) -> Versions:
    return Versions(
        model=description.model_version,
        dataset=description.dataset_version,
        judges=list(description.judge_versions),
    )
