# SPDX-License-Identifier: Apache-2.0
"""What a server refuses, as exceptions.

Every exception is a `FacetError`; there is a class for each status code that a server sends, so that
`except NotFound` says what it means. The reason (`UNKNOWN_CLASS`), the path of the bad field
(`vectors[2].features[0].weights[1].class`), the missing resource and the time after which a retry can
help are attributes.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import grpc
from google.rpc import error_details_pb2, status_pb2

if TYPE_CHECKING:
    from google.protobuf.any_pb2 import Any as AnyMessage

_DETAILS = "grpc-status-details-bin"

# In the text of an error that crosses from a DataLoader's worker, which hands on nothing but text.
_CARRIED = re.compile(r"\n\[facet (\{.*\})\]")


class FacetError(Exception):
    """A call that failed. `str()` is the server's sentence, with the field in front where there is one.

    Can be pickled, and made from its text alone, as DataLoader does with errors of its workers; see
    `carried_whole`.
    """

    code: grpc.StatusCode = grpc.StatusCode.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        field: str = "",
        resource: str = "",
        retry_after: float | None = None,
    ) -> None:
        if carried := _CARRIED.search(message):
            with contextlib.suppress(ValueError, TypeError):
                details = json.loads(carried[1])
                reason = str(details.get("reason", reason))
                field = str(details.get("field", field))
                resource = str(details.get("resource", resource))
                retry_after = details.get("retry_after", retry_after)
                message = _CARRIED.sub("", message)
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.field = field
        self.resource = resource
        # Seconds.
        self.retry_after = retry_after
        self._carries = False

    def __str__(self) -> str:
        text = self.message
        if self.field and self.field not in text:
            text = f"{self.field}: {text}"
        return f"{text}\n[facet {json.dumps(self.details)}]" if self._carries else text

    @property
    def details(self) -> dict[str, object]:
        """All but the message, by name, where it is set."""
        every = {
            "reason": self.reason,
            "field": self.field,
            "resource": self.resource,
            "retry_after": self.retry_after,
        }
        return {key: value for key, value in every.items() if value}


@contextlib.contextmanager
def carried_whole() -> Iterator[None]:
    """Lets the text of a FacetError hold its details, so that one made of the text has them."""
    try:
        yield
    except FacetError as error:
        error._carries = True
        raise


class Cancelled(FacetError):
    """The caller has cancelled."""

    code = grpc.StatusCode.CANCELLED


class InvalidArgument(FacetError, ValueError):
    """A malformed value; `field` says which."""

    code = grpc.StatusCode.INVALID_ARGUMENT


class DeadlineExceeded(FacetError, TimeoutError):
    """The timeout passed first."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED


class NotFound(FacetError, LookupError):
    """No such model, job or data set; `resource` says which."""

    code = grpc.StatusCode.NOT_FOUND


class AlreadyExists(FacetError):
    """The id is taken by something else."""

    code = grpc.StatusCode.ALREADY_EXISTS


class PermissionDenied(FacetError):
    """Not allowed."""

    code = grpc.StatusCode.PERMISSION_DENIED


class Unauthenticated(FacetError):
    """No credentials, or bad ones."""

    code = grpc.StatusCode.UNAUTHENTICATED


class ResourceExhausted(FacetError):
    """A queue, quota or disk is full; `retry_after` where waiting can help."""

    code = grpc.StatusCode.RESOURCE_EXHAUSTED


class FailedPrecondition(FacetError):
    """Not in this state; a token of another stream."""

    code = grpc.StatusCode.FAILED_PRECONDITION


class OutOfRange(FacetError):
    """Beyond what is kept."""

    code = grpc.StatusCode.OUT_OF_RANGE


class Unimplemented(FacetError, NotImplementedError):
    """The server does not do this."""

    code = grpc.StatusCode.UNIMPLEMENTED


class Internal(FacetError):
    """A fault of the server."""

    code = grpc.StatusCode.INTERNAL


class Unavailable(FacetError, ConnectionError):
    """No server there, or it is shutting down."""

    code = grpc.StatusCode.UNAVAILABLE


class DataLoss(FacetError):
    """A damaged bundle, checkpoint or data set."""

    code = grpc.StatusCode.DATA_LOSS


class JobFailed(FacetError):
    """A training job ended without a model; `message` is its last word."""

    code = grpc.StatusCode.ABORTED


_CLASSES = {
    kind.code: kind
    for kind in (
        Cancelled,
        InvalidArgument,
        DeadlineExceeded,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        Unauthenticated,
        ResourceExhausted,
        FailedPrecondition,
        OutOfRange,
        Unimplemented,
        Internal,
        Unavailable,
        DataLoss,
    )
}


def _read_details(details: list[AnyMessage], error: FacetError) -> None:
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    resource, retry = error_details_pb2.ResourceInfo(), error_details_pb2.RetryInfo()
    for detail in details:
        if detail.Unpack(info):
            error.reason = info.reason
        elif detail.Unpack(bad) and bad.field_violations:
            error.field = bad.field_violations[0].field
        elif detail.Unpack(resource):
            error.resource = resource.resource_name
        elif detail.Unpack(retry):
            error.retry_after = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9


def from_rpc(error: grpc.RpcError, address: str) -> FacetError:
    """The exception for what gRPC raised; `address` goes into the message where no server answered."""
    code, message = error.code(), error.details() or ""
    metadata = dict(error.trailing_metadata() or ())
    details = metadata.get(_DETAILS)
    if code == grpc.StatusCode.UNAVAILABLE and details is None:
        message = f"cannot reach a server at {address} ({message})"
    result = _CLASSES.get(code, FacetError)(message)
    if details is not None:
        status = status_pb2.Status.FromString(details)
        _read_details(list(status.details), result)
    return result
