# SPDX-License-Identifier: Apache-2.0
"""The process beside: speaks gRPC for one that must not. Frames on standard input and output.

python -m facet_client._beside describe ADDRESS PATIENCE
python -m facet_client._beside stream ADDRESS MAX_MESSAGE_BYTES
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import BinaryIO

from facet_client import errors
from facet_client._calls import DATA, END, ERROR, FRAME, NOTE, GrpcBatchCall, describe_here, encode_error
from facet_client.v1 import augmentation_pb2


def _read(source: BinaryIO) -> bytes | None:
    head = source.read(FRAME.size)
    return source.read(FRAME.unpack(head)[1]) if len(head) == FRAME.size else None


def _write(kind: bytes, body: bytes) -> None:
    sys.stdout.buffer.write(FRAME.pack(kind, len(body)))
    sys.stdout.buffer.write(body)
    sys.stdout.buffer.flush()


def _note(text: str) -> None:
    _write(NOTE, text.encode())


def _stream(address: str, max_message_bytes: int) -> None:
    start = augmentation_pb2.StreamStart.FromString(_read(sys.stdin.buffer) or b"")
    call = GrpcBatchCall(address, start, max_message_bytes)

    def pass_credit() -> None:
        while _read(sys.stdin.buffer) is not None:
            call.add_credit()
        call.close()  # whoever reads has gone

    threading.Thread(target=pass_credit, daemon=True).start()
    while (message := call.read()) is not None:
        _write(DATA, message)
    _write(END, b"")


def _serve(words: list[str]) -> None:
    try:
        if words[0] == "describe":
            request = _read(sys.stdin.buffer) or b""
            _write(DATA, describe_here(words[1], request, float(words[2]), _note))
        else:
            _stream(words[1], int(words[2]))
    except errors.FacetError as error:
        _write(ERROR, encode_error(error))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):  # whoever reads has gone
        _serve(sys.argv[1:])
    # Without the interpreter's own end, which cannot wait for a thread that reads standard input.
    os._exit(0)
