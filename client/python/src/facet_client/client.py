# SPDX-License-Identifier: Apache-2.0
"""The client: render, train, watch, publish, look around."""

from __future__ import annotations

import pathlib
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

import grpc
import numpy as np
from google.protobuf import json_format
from google.protobuf.message import Message

from facet_client import errors
from facet_client._backoff import Backoff
from facet_client._channel import MAX_MESSAGE_BYTES, channel, default_address
from facet_client.features import Spec, Vector, feature_vector, stream_spec
from facet_client.stream import BatchReader
from facet_client.v1 import (
    augmentation_pb2,
    dataset_pb2,
    generation_pb2,
    hold_out_pb2,
    image_pb2,
    model_pb2,
    preset_pb2,
    training_pb2,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_M = TypeVar("_M", bound=Message)

# Vectors in one Render; more go through RenderStream.
_RENDER_VECTORS = 64
_ENDED = frozenset(
    {
        training_pb2.TRAINING_JOB_STATE_SUCCEEDED,
        training_pb2.TRAINING_JOB_STATE_FAILED,
        training_pb2.TRAINING_JOB_STATE_CANCELLED,
    }
)


class Client:
    """A connection to one server. Thread-safe; every method blocks until it is done.

    A call that does not reach the server, or that the server answers with UNAVAILABLE, is tried again for
    `retry` seconds. Errors are `FacetError`s. Nothing is opened before the first call. Do not fork processes
    that use gRPC after it: `FacetDataset` knows how to help itself, other code does not.

        client = Client("gpu-1:8470")
        faces = client.render("faces", {"identity": {"F01": 0.5, "M07": 0.5}, "expression": "HA"})
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        timeout: float = 60.0,
        retry: float = 1.0,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        """`address`: host:port or unix:/path; FACET_SERVER of the environment, else 127.0.0.1:8470.

        `timeout`: seconds for each call but streams. `retry`: seconds in which a call that does not reach
        the server is tried again. `max_message_bytes`: of one message either way, batches of streams
        included.
        """
        self.address = default_address(address)
        self._timeout = timeout
        self._retry = retry
        self._max_message_bytes = max_message_bytes

    # --- images ---

    def render(
        self,
        model: str,
        vectors: Vector | Sequence[Vector],
        *,
        dtype: Literal["uint8", "float32"] = "uint8",
        layout: Literal["NHWC", "NCHW"] = "NHWC",
    ) -> NDArray[Any]:
        """Images [N, H, W, C] or [N, C, H, W], one for each vector; values in [0, 255] or [0, 1].

        InvalidArgument: an unknown feature or class; `field` says where (`vectors[2].features[0]...`).
        """
        image_format = image_pb2.ImageFormat(
            encoding=image_pb2.IMAGE_ENCODING_RAW,
            pixel_type=f"PIXEL_TYPE_{dtype.upper()}",
            layout=f"PIXEL_LAYOUT_{layout}",
        )
        parts = [
            np.frombuffer(data.data, "u1" if dtype == "uint8" else "<f4").reshape(tuple(data.shape))
            for data in self._render(model, vectors, image_format)
        ]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def render_png(self, model: str, vectors: Vector | Sequence[Vector]) -> list[bytes]:
        """The same as PNG files."""
        png = image_pb2.ImageFormat(encoding=image_pb2.IMAGE_ENCODING_PNG)
        return [data.data for data in self._render(model, vectors, png)]

    def render_jpeg(
        self, model: str, vectors: Vector | Sequence[Vector], *, quality: int = 95
    ) -> list[bytes]:
        """The same as JPEG files; quality from 1 (small) to 100 (good)."""
        jpeg = image_pb2.ImageFormat(encoding=image_pb2.IMAGE_ENCODING_JPEG, jpeg_quality=quality)
        return [data.data for data in self._render(model, vectors, jpeg)]

    def classify(self, model: str, images: Iterable[bytes]) -> list[dict[str, dict[str, float]]]:
        """For each PNG or JPEG the probabilities, by feature and class. At most 64 images."""
        request = model_pb2.ClassifyRequest(
            model=model, images=[image_pb2.ImageData(encoding=_encoding(data), data=data) for data in images]
        )
        answer = self._call("ModelService/Classify", request, model_pb2.ClassifyResponse)
        return [
            {one.feature: {getattr(w, "class"): w.weight for w in one.weights} for one in image.features}
            for image in answer.classifications
        ]

    # --- models ---

    def models(self, model: str = "") -> list[model_pb2.ModelVersion]:
        """All versions of all models, or of one."""
        request = model_pb2.ListModelsRequest(model=model)
        return self._list(
            "ModelService/ListModels", request, model_pb2.ListModelsResponse, lambda page: page.models
        )

    def model(self, name: str) -> model_pb2.ModelVersion:
        """One version with its card."""
        return self._call(
            "ModelService/GetModel", model_pb2.GetModelRequest(name=name), model_pb2.ModelVersion
        )

    def set_alias(self, name: str, alias: str) -> model_pb2.ModelVersion:
        """Points `alias` at the version `name`."""
        return self._call(
            "ModelService/SetAlias", model_pb2.SetAliasRequest(name=name, alias=alias), model_pb2.ModelVersion
        )

    # --- data sets ---

    def datasets(self, dataset: str = "") -> list[dataset_pb2.Dataset]:
        """The newest version of each data set, or all versions of one."""
        request = dataset_pb2.ListDatasetsRequest(dataset=dataset)
        return self._list(
            "DatasetService/ListDatasets",
            request,
            dataset_pb2.ListDatasetsResponse,
            lambda page: page.datasets,
        )

    def dataset(self, name: str) -> dataset_pb2.Dataset:
        """One version, or the newest."""
        return self._call(
            "DatasetService/GetDataset", dataset_pb2.GetDatasetRequest(name=name), dataset_pb2.Dataset
        )

    def import_dataset(self, spec: dataset_pb2.ImportSpec | Mapping[str, object]) -> dataset_pb2.Dataset:
        """Imports a folder that the server may read, or what it ships with. No timeout.

            client.import_dataset({"dataset": "digits", "format": "DATASET_FORMAT_IDX_DIGITS",
                                   "bundled": {"name": "digits"}})

        Files of this machine are uploaded with the command line: `facet dataset import`.
        """
        request = dataset_pb2.ImportDatasetRequest(spec=_message(dataset_pb2.ImportSpec, spec))
        call = self._channel().stream_unary(
            "/facet.v1.DatasetService/ImportDataset",
            request_serializer=dataset_pb2.ImportDatasetRequest.SerializeToString,
            response_deserializer=dataset_pb2.Dataset.FromString,
        )
        try:
            return cast("dataset_pb2.Dataset", call(iter([request])))
        except grpc.RpcError as error:
            raise errors.from_rpc(error, self.address) from None

    def dataset_images(
        self, name: str, indices: Iterable[int]
    ) -> tuple[NDArray[np.uint8], list[tuple[str, ...]]]:
        """Prepared images [N, H, W, C], and of each its class of every feature, in schema order."""
        indices = list(indices)
        images: list[NDArray[np.uint8]] = []
        classes: list[tuple[str, ...]] = []
        for first in range(0, len(indices), 256):
            request = dataset_pb2.ReadDatasetImagesRequest(
                name=name,
                indices=indices[first : first + 256],
                format=image_pb2.ImageFormat(encoding=image_pb2.IMAGE_ENCODING_RAW),
            )
            for one in self._call(
                "DatasetService/ReadDatasetImages", request, dataset_pb2.ReadDatasetImagesResponse
            ).images:
                images.append(np.frombuffer(one.image.data, np.uint8).reshape(tuple(one.image.shape)))
                classes.append(tuple(one.classes))
        return np.concatenate(images), classes

    # --- training ---

    def train(
        self,
        dataset: str,
        preset: str | preset_pb2.Preset,
        *,
        job_id: str = "",
        hold_out: Sequence[hold_out_pb2.HoldOutRule | Mapping[str, object]] = (),
        overrides: preset_pb2.TrainingOptions | Mapping[str, object] | None = None,
        validate_only: bool = False,
    ) -> training_pb2.TrainingJob:
        """Creates a job and returns at once; `watch()` follows it, `wait()` waits for it.

        With a `job_id`, the same call again returns the same job. AlreadyExists: the id has another spec.
        """
        spec = training_pb2.TrainingSpec(
            dataset=dataset,
            hold_out=[_message(hold_out_pb2.HoldOutRule, rule) for rule in hold_out],
            overrides=None if overrides is None else _message(preset_pb2.TrainingOptions, overrides),
        )
        if isinstance(preset, str):
            spec.preset = preset
        else:
            spec.inline_preset.CopyFrom(preset)
        request = training_pb2.CreateTrainingJobRequest(
            training_job_id=job_id, spec=spec, request_id=_request_id(), validate_only=validate_only
        )
        return self._call("TrainingService/CreateTrainingJob", request, training_pb2.TrainingJob)

    def watch(
        self, job: str | training_pb2.TrainingJob, *, after_revision: int = 0, patience: float = 60.0
    ) -> Iterator[training_pb2.TrainingEvent]:
        """Events after `after_revision`, then new ones as they come, until the job ends.

        When the connection breaks, goes on after the last event, for as long as `patience` seconds at a time.
        OutOfRange: the server no longer has all events after it (`REVISION_COMPACTED`), or the job has not come so
        far, because the server's state was restored (`REVISION_AHEAD`); watch again from the revision in the message.
        """
        backoff = Backoff(patience)
        while True:
            request = training_pb2.WatchTrainingJobRequest(name=_name(job), after_revision=after_revision)
            try:
                for event in self._stream(
                    "TrainingService/WatchTrainingJob", request, training_pb2.TrainingEvent
                ):
                    backoff.succeeded()
                    after_revision = event.revision
                    yield event
                return
            except errors.FacetError as failure:
                error = failure
            if not backoff.wait(error):
                raise error

    def wait(self, job: str | training_pb2.TrainingJob) -> training_pb2.TrainingJob:
        """The job once it has ended. JobFailed: without a model."""
        for _ in self.watch(job):
            pass
        ended = self.job(_name(job))
        if ended.state != training_pb2.TRAINING_JOB_STATE_SUCCEEDED:
            state = (
                training_pb2.TrainingJobState.Name(ended.state).removeprefix("TRAINING_JOB_STATE_").lower()
            )
            raise errors.JobFailed(
                f"{ended.name} {state}: {ended.failure.message or 'no model'}", resource=ended.name
            )
        return ended

    def publish(
        self,
        job: str | training_pb2.TrainingJob,
        model: str,
        *,
        aliases: Iterable[str] = (),
        description: str = "",
    ) -> model_pb2.ModelVersion:
        """Makes the result of a job the next version of `model`."""
        request = training_pb2.PublishModelRequest(
            name=_name(job),
            model_id=model,
            aliases=aliases,
            description=description,
            request_id=_request_id(),
        )
        return self._call("TrainingService/PublishModel", request, model_pb2.ModelVersion)

    def jobs(self) -> list[training_pb2.TrainingJob]:
        """All jobs, newest first."""
        request = training_pb2.ListTrainingJobsRequest()
        return self._list(
            "TrainingService/ListTrainingJobs",
            request,
            training_pb2.ListTrainingJobsResponse,
            lambda page: page.training_jobs,
        )

    def job(self, name: str) -> training_pb2.TrainingJob:
        """One job as it stands."""
        return self._call(
            "TrainingService/GetTrainingJob",
            training_pb2.GetTrainingJobRequest(name=name),
            training_pb2.TrainingJob,
        )

    def pause(self, job: str | training_pb2.TrainingJob) -> training_pb2.TrainingJob:
        """Saves and stops until resumed."""
        return self._call(
            "TrainingService/PauseTrainingJob",
            training_pb2.PauseTrainingJobRequest(name=_name(job)),
            training_pb2.TrainingJob,
        )

    def resume(self, job: str | training_pb2.TrainingJob) -> training_pb2.TrainingJob:
        """Lets a paused job go on."""
        return self._call(
            "TrainingService/ResumeTrainingJob",
            training_pb2.ResumeTrainingJobRequest(name=_name(job)),
            training_pb2.TrainingJob,
        )

    def cancel(self, job: str | training_pb2.TrainingJob, *, now: bool = False) -> training_pb2.TrainingJob:
        """Stops for good; `now` kills the trainer instead of letting it save."""
        request = training_pb2.CancelTrainingJobRequest(name=_name(job), now=now)
        return self._call("TrainingService/CancelTrainingJob", request, training_pb2.TrainingJob)

    # --- streams ---

    def describe(self, spec: Spec | str | pathlib.Path) -> augmentation_pb2.DescribeStreamResponse:
        """What a stream would send: shapes, batches an epoch, fingerprint."""
        request = augmentation_pb2.DescribeStreamRequest(spec=stream_spec(spec))
        return self._call(
            "AugmentationService/DescribeStream", request, augmentation_pb2.DescribeStreamResponse
        )

    def stream(
        self, spec: Spec | str | pathlib.Path, *, resume_token: bytes = b"", prefetch: int = 4
    ) -> BatchReader:
        """The batches of a stream."""
        return BatchReader(
            spec,
            address=self.address,
            resume_token=resume_token,
            prefetch=prefetch,
            max_message_bytes=self._max_message_bytes,
        )

    # --- below ---

    def _channel(self) -> grpc.Channel:
        return channel(self.address, self._max_message_bytes)

    def _call(self, method: str, request: Message, answer: type[_M]) -> _M:
        call = self._channel().unary_unary(
            f"/facet.v1.{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )
        backoff = Backoff(self._retry)
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                return cast("_M", call(request, timeout=max(0.0, deadline - time.monotonic())))
            except grpc.RpcError as rpc_error:
                error = errors.from_rpc(rpc_error, self.address)
            # Waiting for a place in a queue is for the caller to decide.
            if isinstance(error, errors.ResourceExhausted) or not backoff.wait(error):
                raise error

    def _stream(self, method: str, request: Message, answer: type[_M]) -> Iterator[_M]:
        """Messages of a server's stream; leaving the loop ends the call."""
        call = self._channel().unary_stream(
            f"/facet.v1.{method}",
            request_serializer=type(request).SerializeToString,
            response_deserializer=answer.FromString,
        )(request)
        try:
            yield from call
        except grpc.RpcError as error:
            raise errors.from_rpc(error, self.address) from None
        finally:
            call.cancel()

    def _list(
        self, method: str, request: Any, page_type: type[Any], items: Callable[[Any], Iterable[_M]]
    ) -> list[_M]:
        result: list[_M] = []
        request.page_size = 1000
        while True:
            page = self._call(method, request, page_type)
            result += items(page)
            request.page_token = page.next_page_token
            if not request.page_token:
                return result

    def _render(
        self, model: str, vectors: Vector | Sequence[Vector], image_format: image_pb2.ImageFormat
    ) -> list[image_pb2.ImageData]:
        messages = [feature_vector(vector) for vector in _several(vectors)]
        if len(messages) <= _RENDER_VECTORS:
            request = generation_pb2.RenderRequest(model=model, vectors=messages, format=image_format)
            return list(self._call("GenerationService/Render", request, generation_pb2.RenderResponse).images)
        many = generation_pb2.RenderStreamRequest(
            model=model, vectors=messages, format=image_format, chunk_size=_RENDER_VECTORS
        )
        parts = self._stream("GenerationService/RenderStream", many, generation_pb2.RenderStreamResponse)
        return [image for part in parts for image in part.images]


def ended(event: training_pb2.TrainingEvent) -> bool:
    """Whether `event` is the last of its job."""
    return event.state in _ENDED


def _encoding(data: bytes) -> image_pb2.ImageEncoding:
    """Of an image file, by its first bytes. What is neither is called PNG: the server says what is wrong."""
    jpeg = data.startswith(b"\xff\xd8")
    return image_pb2.IMAGE_ENCODING_JPEG if jpeg else image_pb2.IMAGE_ENCODING_PNG


def _several(vectors: Vector | Sequence[Vector]) -> Sequence[Vector]:
    """One vector is a list of one."""
    if isinstance(vectors, Sequence) and not (len(vectors) and isinstance(vectors[0], (int, float))):
        return cast("Sequence[Vector]", vectors)
    return [cast("Vector", vectors)]


def _message(kind: type[_M], value: _M | Mapping[str, object]) -> _M:
    """The message for a dict with its field names. InvalidArgument in the parser's words."""
    if isinstance(value, kind):
        return value
    try:
        return json_format.ParseDict(dict(cast("Mapping[str, object]", value)), kind())
    except json_format.ParseError as error:
        raise errors.InvalidArgument(" ".join(str(error).split()), reason="BAD_MESSAGE") from None


def _name(job: str | training_pb2.TrainingJob) -> str:
    return job if isinstance(job, str) else job.name


def _request_id() -> str:
    return str(uuid.uuid4())
