# SPDX-License-Identifier: Apache-2.0
"""One gRPC channel for each address in each process, opened when it is first used.

gRPC does not survive a fork: a channel that is open when a process forks hangs or breaks in the child
(grpc#32758, grpc#32992), and so may every channel that the child opens afterwards. So nothing is opened
before it is needed, and a process that was forked from one with gRPC at work is recognised, see
`forked_from_user()`: by channels of this package, and, on Linux, by gRPC's threads, whoever began them.
"""

from __future__ import annotations

import glob
import os
import threading

import grpc

DEFAULT_ADDRESS = "127.0.0.1:8470"
MAX_MESSAGE_BYTES = 64 << 20

_lock = threading.Lock()
# Of this process; `_owner` opened them.
_channels: dict[tuple[str, int], grpc.Channel] = {}
_owner: int | None = None


def default_address(address: str | None = None) -> str:
    """`address`, else FACET_SERVER of the environment, else the server's default."""
    return address or os.environ.get("FACET_SERVER") or DEFAULT_ADDRESS


def forked_from_user() -> bool:
    """Whether this process was forked from one where gRPC was at work, so that it must open no channel."""
    return _forked_from_threads or (_owner is not None and _owner != os.getpid())


def _grpc_threads() -> bool:
    """Whether gRPC has threads in this process: it has while a channel exists, at the latest from its first
    call on."""
    for path in glob.glob("/proc/self/task/*/comm"):
        try:
            with open(path, encoding="ascii", errors="replace") as file:
                name = file.read()
        except OSError:
            continue  # it has just ended
        if name.startswith(("grpc_", "event_engine")):
            return True
    return False


def _before_fork() -> None:
    global _threads_at_fork
    _threads_at_fork = _grpc_threads()


def _after_fork() -> None:
    global _forked_from_threads
    _forked_from_threads = _forked_from_threads or _threads_at_fork


_threads_at_fork = _forked_from_threads = False
os.register_at_fork(before=_before_fork, after_in_child=_after_fork)


def in_use() -> bool:
    """Whether this process has opened a channel itself."""
    return _owner == os.getpid()


def channel(address: str, max_message_bytes: int = MAX_MESSAGE_BYTES) -> grpc.Channel:
    """The channel to `address`; it stays open until the process ends.

    RuntimeError where `forked_from_user()`.
    """
    global _owner
    if forked_from_user():
        raise RuntimeError(
            "gRPC was in use when this process was forked; start processes with multiprocessing's 'spawn' or "
            "'forkserver', or use facet_client in the parent after they have started"
        )
    with _lock:
        _owner = os.getpid()
        key = (address, max_message_bytes)
        if key not in _channels:
            _channels[key] = grpc.insecure_channel(address, options=_options(max_message_bytes))
        return _channels[key]


def _options(max_message_bytes: int) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", max_message_bytes),
        ("grpc.max_send_message_length", max_message_bytes),
        # A whole batch may come before it is asked for.
        ("grpc.http2.lookahead_bytes", min(max_message_bytes, 16 << 20)),
        ("grpc.http2.max_frame_size", (1 << 24) - 1),  # the most; a batch in one piece
        # A server that starts again is found at once, not after gRPC's own backoff of up to two minutes.
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.min_reconnect_backoff_ms", 100),
        ("grpc.max_reconnect_backoff_ms", 1000),
        # Notice a server that is gone without a word, also in the middle of a watch. As client/src/channel.cc.
        ("grpc.keepalive_time_ms", 60_000),
        ("grpc.keepalive_timeout_ms", 20_000),
    ]
