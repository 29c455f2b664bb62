# SPDX-License-Identifier: Apache-2.0
"""Keeps glibc from giving the memory of every batch back to the kernel.

gRPC makes two or three buffers as large as the batch for each that it receives. glibc maps each of them anew
and unmaps it after use, and the kernel fills every page with zeros: a third of the time that reading takes.
"""

from __future__ import annotations

import ctypes
import functools

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Buffers below this are taken from memory that is kept; the most that glibc allows.
_MMAP_BYTES = 32 << 20
# Free memory that is kept at most.
_KEPT_BYTES = 64 << 20


@functools.cache
def keep_buffers() -> None:
    """For this process, once; does nothing where there is no glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    mallopt(_M_MMAP_THRESHOLD, _MMAP_BYTES)
    mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
