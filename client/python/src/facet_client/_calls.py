# SPDX-License-Identifier: Apache-2.0
"""AugmentationService on the level of bytes: in this process, or in one beside it.

The one beside it (`python -m facet_client._beside`) is for processes that must not open a channel
themselves, because a fork lies before or ahead of them (`_channel`).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import queue
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Protocol, cast

import grpc

from facet_client import errors
from facet_client._backoff import Backoff, logger
from facet_client._channel import MAX_MESSAGE_BYTES, channel, forked_from_user, in_use
from facet_client._malloc import keep_buffers
from facet_client.v1 import augmentation_pb2

STREAM = "/facet.v1.AugmentationService/StreamBatches"
DESCRIBE = "/facet.v1.AugmentationService/DescribeStream"

# Of a frame between this process and the one beside it: kind, length.
FRAME = struct.Struct("<cQ")
DATA, ERROR, NOTE, END = b"d", b"e", b"n", b"z"

_F_SETPIPE_SZ = 1031  # of Linux; `fcntl` has it from some versions on

# Seconds; a model may have to be loaded first.
_DESCRIBE_TIMEOUT = 60.0

_ONE_MORE = augmentation_pb2.StreamBatchesRequest(add_credit=1).SerializeToString()


class BatchCall(Protocol):
    """One StreamBatches in progress."""

    def read(self) -> bytes | None:
        """Blocks for the next message; None after the last. FacetError as the server has it."""

    def add_credit(self) -> None:
        """Allows one more batch."""

    def close(self) -> None:
        """Ends the call; harmless after its end."""


class GrpcBatchCall:
    """Over a channel of this process."""

    def __init__(
        self,
        address: str,
        start: augmentation_pb2.StreamStart,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
    ) -> None:
        keep_buffers()
        self._address = address
        self._requests: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._requests.put(augmentation_pb2.StreamBatchesRequest(start=start).SerializeToString())
        # Bytes in and out: `_wire` parses.
        method = channel(address, max_message_bytes).stream_stream(STREAM)
        self._call = method(cast("Iterator[bytes]", iter(self._requests.get, None)))

    def read(self) -> bytes | None:
        try:
            return cast("bytes | None", next(self._call, None))
        except grpc.RpcError as error:
            raise errors.from_rpc(error, self._address) from None

    def add_credit(self) -> None:
        self._requests.put(_ONE_MORE)

    def close(self) -> None:
        self._call.cancel()
        self._requests.put(None)


class BesideCall:
    """A call over a process beside this one, which ends with it or with this process."""

    def __init__(self, *words: str) -> None:
        self._process = _start(*words)

    def send(self, data: bytes) -> None:
        """Nothing happens where the process is gone: the next read knows why."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(FRAME.pack(DATA, len(data)) + data)
            self._process.stdin.flush()

    def read(self) -> bytes | None:
        """The next message; None: there is none. Unavailable: the process died, in mid-message or not."""
        while True:
            head = self._read(FRAME.size)
            kind, length = FRAME.unpack(head)
            body = self._read(length)
            if kind == ERROR:
                raise _decode_error(body)
            if kind != NOTE:
                return body if kind == DATA else None
            logger.warning("%s", body.decode())

    def _read(self, size: int) -> bytes:
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) < size:
            raise errors.Unavailable(f"facet_client._beside ended with code {self._process.wait()}")
        return data

    def close(self) -> None:
        """Ends the process; harmless after its end."""
        self._process.kill()
        self._process.communicate()


class BesideBatchCall(BesideCall):
    """StreamBatches over a process beside this one."""

    def __init__(self, address: str, start: augmentation_pb2.StreamStart, max_message_bytes: int) -> None:
        super().__init__("stream", address, str(max_message_bytes))
        self.send(start.SerializeToString())

    def add_credit(self) -> None:
        self.send(_ONE_MORE)


def open_stream(
    address: str,
    start: augmentation_pb2.StreamStart,
    max_message_bytes: int = MAX_MESSAGE_BYTES,
    *,
    beside: bool = False,
) -> BatchCall:
    """Opens a stream in the way that is safe here, or `beside`; errors come with the first read."""
    kind = BesideBatchCall if beside or forked_from_user() else GrpcBatchCall
    return kind(address, start, max_message_bytes)


def describe(
    address: str, request: augmentation_pb2.DescribeStreamRequest, patience: float
) -> augmentation_pb2.DescribeStreamResponse:
    """DescribeStream, tried for `patience` seconds. Opens no channel where none is open, so that this process
    may fork afterwards."""
    data = request.SerializeToString()
    if in_use():
        return augmentation_pb2.DescribeStreamResponse.FromString(describe_here(address, data, patience))
    with contextlib.closing(BesideCall("describe", address, str(patience))) as call:
        call.send(data)
        answer = call.read()
    if answer is None:
        raise errors.Internal("facet_client._beside ended without an answer")
    return augmentation_pb2.DescribeStreamResponse.FromString(answer)


def describe_here(
    address: str, request: bytes, patience: float, note: Callable[[str], object] = logger.warning
) -> bytes:
    """DescribeStream over a channel of this process; `note` is told once that it does not succeed at once."""
    backoff = Backoff(patience, note)
    while True:
        try:
            return cast("bytes", channel(address).unary_unary(DESCRIBE)(request, timeout=_DESCRIBE_TIMEOUT))
        except grpc.RpcError as rpc_error:
            error = errors.from_rpc(rpc_error, address)
        if not backoff.wait(error):
            raise error


def _start(*words: str) -> subprocess.Popen[bytes]:
    process = subprocess.Popen(
        [sys.executable, "-m", "facet_client._beside", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Finds this very package, however this process found it.
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdout is not None
    # For speed alone; a user may have only so many pages in pipes (pipe-user-pages-soft), 64 MiB mostly.
    with contextlib.suppress(OSError):
        fcntl.fcntl(process.stdout.fileno(), _F_SETPIPE_SZ, 1 << 20)
    return process


def encode_error(error: errors.FacetError) -> bytes:
    """`error` for `_decode_error`."""
    return json.dumps({"type": type(error).__name__, "message": error.message, **error.details}).encode()


def _decode_error(body: bytes) -> errors.FacetError:
    fields = json.loads(body)
    kind: type[errors.FacetError] = getattr(errors, fields.pop("type"))
    return kind(fields.pop("message"), **fields)
