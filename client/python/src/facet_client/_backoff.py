# SPDX-License-Identifier: Apache-2.0
"""When to try again after a connection broke."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable

from facet_client.errors import FacetError, ResourceExhausted, Unavailable

logger = logging.getLogger("facet_client")

_FIRST = 0.1
_LONGEST = 5.0


class Backoff:
    """Exponential backoff with jitter, 0.1 s to 5 s, until `patience` seconds without success have passed.

    `note` is told once of each time without success. Not thread-safe.
    """

    def __init__(self, patience: float, note: Callable[[str], object] = logger.warning) -> None:
        self._patience = patience
        self._note = note
        self.succeeded()

    def succeeded(self) -> None:
        """Something was received."""
        self._failing_since: float | None = None
        self._delay = _FIRST

    def wait(self, error: FacetError) -> bool:
        """Whether `error` is worth another try; then sleeps until it is time for it."""
        full = isinstance(error, ResourceExhausted) and error.retry_after is not None
        if not full and not isinstance(error, Unavailable):
            return False
        now = time.monotonic()
        first = self._failing_since is None
        if self._failing_since is None:
            self._failing_since = now
        if now - self._failing_since >= self._patience:
            return False
        if first:
            self._note(f"{error}; trying again for {self._patience:g} s")
        time.sleep((error.retry_after or self._delay) * random.uniform(0.8, 1.2))
        self._delay = min(2 * self._delay, _LONGEST)
        return True
