# SPDX-License-Identifier: Apache-2.0
"""Which pass over a data set comes next, agreed on by all processes that read it.

DataLoader tells its workers nothing of passes: each gets a copy of the data set, begins to read, and is
thrown away or, with persistent_workers, begins again. So what passes have begun stands in memory that all of
them share.
"""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import torch

# Workers of one DataLoader at most; each has a row.
MAX_WORKERS = 1024
_MAIN = MAX_WORKERS  # row of the process that makes the loaders, when it reads itself
_ROWS = MAX_WORKERS + 1

# Of a row. WRITE is a number that each write raises, first and last: a row that is being written shows.
_WRITE, _KEY, _ORDER, _NTH, _EPOCH, _NEXT, _WRITTEN = range(7)
_COLUMNS = 7

# After the rows: whose memory this is, the number of the last order, and two texts behind their lengths.
_OWNER, _LAST_ORDER, _HEADER = 0, 1, 2
_TEXT_BYTES = 8192
_TEXT_WORDS = 1 + _TEXT_BYTES // 8
_ORDER_TEXT, _PINS_TEXT = 0, 1
_WORDS = _ROWS * _COLUMNS + _HEADER + 2 * _TEXT_WORDS

_Words: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


class Pass(NamedTuple):
    """One pass; later ones compare as greater."""

    order: int  # that it follows
    nth: int  # after the order; the order's own is 0
    epoch: int  # first one

    @property
    def number(self) -> tuple[int, int]:
        return self.order, self.nth


class Passes:
    """Shared by the processes of one training process: itself and the workers of its DataLoaders.

    An *order* says where the next pass begins: there is one from the start, and `give_order` makes another.
    The next pass follows the order, and each later one begins at the epoch after the last of the pass before,
    or, where that had no end, after the last epoch that anybody began.

    Whoever begins to read calls `begin`. The workers of one iteration come to the same pass without waiting
    for each other: the first to come decides, the others know it by the key that they have in common. Two
    that come at the same moment decide alike, as nothing else changes meanwhile. A worker that is killed
    before it has begun leaves the others' count right.

    Pickled or copied it is independent of the original, with the same passes behind it; handed to a process
    that multiprocessing starts, it is the same memory.
    """

    def __init__(self) -> None:
        self._words = torch.zeros(_WORDS, dtype=torch.int64)
        self._words.share_memory_()  # type: ignore[no-untyped-call]
        self._rows()[:, _ORDER] = -1  # nothing has begun

    def __getstate__(self) -> dict[str, Any]:
        return {"words": self._words}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._words = state["words"]
        if not self._words.is_shared():  # type: ignore[no-untyped-call]  # a copy
            self._words.share_memory_()  # type: ignore[no-untyped-call]
            self._header()[_OWNER] = 0

    def part(self) -> None:
        """From now on this is independent of what it shared memory with."""
        self.__setstate__({"words": self._words.clone()})

    # --- whose it is ---

    def claim(self, process: int) -> bool:
        """Whether `process` is the one whose passes these are; it becomes it where nobody has begun one."""
        header = self._header()
        if header[_OWNER] != process and (header[_OWNER] == 0 or self.last()[0] < 0):
            header[_OWNER] = process
        return bool(header[_OWNER] == process)

    # --- orders ---

    def give_order(self, state: dict[str, Any]) -> None:
        """The next pass begins as `state` says: a StreamState. By the process that makes the loaders."""
        self._write_text(_ORDER_TEXT, state)
        self._header()[_LAST_ORDER] += 1

    def order(self) -> tuple[int, dict[str, Any]]:
        """The last order and its number, which is 0 where none was given."""
        return int(self._header()[_LAST_ORDER]), self._read_text(_ORDER_TEXT)

    def pin(self, versions: dict[str, Any]) -> None:
        """From now on all read these versions."""
        if self.pins() != versions:
            self._write_text(_PINS_TEXT, versions)

    def pins(self) -> dict[str, Any]:
        """As last given to `pin`."""
        return self._read_text(_PINS_TEXT)

    # --- passes ---

    def last(self) -> tuple[int, int]:
        """Number of the last pass that anybody has begun; less than (0, 0): none."""
        rows = self._read()
        order = int(rows[:, _ORDER].max())
        return order, int(rows[rows[:, _ORDER] == order, _NTH].max())

    def peek(self, epoch: int) -> Pass:
        """The pass that comes next, without beginning it; `epoch` is where the order's own begins."""
        return self._decide(self._read(), epoch)

    def begin(
        self, worker: int | None, workers: int, key: int, epoch: int, epochs: int, *, own: int | None = None
    ) -> Pass:
        """The pass that worker `worker` of `workers` begins, or this process itself where it is None.

        `key`: the same for the workers of one iteration of a DataLoader, and seldom for two iterations.
        `epoch`: where the order's own pass begins. `epochs`: of a pass; -1: without end. `own`: first epoch
        of a pass that this worker alone knows of, by a state that was loaded into it.
        """
        rows = self._read()
        slot = _MAIN if worker is None else worker
        siblings = rows[: workers if worker is not None else 0]
        siblings = siblings[siblings[:, _KEY] == key]
        if rows[slot, _KEY] == key:  # the same key again: only a later pass is this one
            mine = (rows[slot, _ORDER], rows[slot, _NTH])
            siblings = siblings[[(row[_ORDER], row[_NTH]) > mine for row in siblings]]
        if len(siblings):
            passes = ((int(row[_ORDER]), int(row[_NTH]), int(row[_EPOCH])) for row in siblings)
            begun = Pass(*max(passes))
        else:
            begun = self._decide(rows, epoch)
        if own is not None:
            begun = begun._replace(epoch=own)
        rows = self._rows()
        following = begun.epoch + max(1, epochs)
        self._write_rows(rows[slot : slot + 1], key, begun, following)
        if worker == 0:  # a later loader may have more
            self._write_rows(rows[workers:_MAIN], key, begun, following)
        return begun

    def reached(self, worker: int | None, begun: Pass, epoch: int) -> None:
        """This worker has come to `epoch` in `begun`, so that the next pass begins after it."""
        row = self._rows()[_MAIN if worker is None else worker]
        if (row[_ORDER], row[_NTH]) == begun.number and row[_NEXT] <= epoch:
            row[_NEXT] = epoch + 1

    @staticmethod
    def _write_rows(rows: _Words, key: int, begun: Pass, next_epoch: int) -> None:
        if len(rows) == 0:
            return
        write = int(rows[0, _WRITE]) + 1
        rows[:, _WRITE] = write
        rows[:, _KEY:_WRITTEN] = (key, begun.order, begun.nth, begun.epoch, next_epoch)
        rows[:, _WRITTEN] = write

    def _decide(self, rows: _Words, epoch: int) -> Pass:
        order = int(self._header()[_LAST_ORDER])
        last_order = int(rows[:, _ORDER].max())
        if order > last_order:
            return Pass(order, 0, epoch)
        rows = rows[rows[:, _ORDER] == last_order]
        nth = int(rows[:, _NTH].max())
        return Pass(last_order, nth + 1, int(rows[rows[:, _NTH] == nth, _NEXT].max()))

    # --- memory ---

    def _rows(self) -> _Words:
        return self._words.numpy()[: _ROWS * _COLUMNS].reshape(_ROWS, _COLUMNS)

    def _read(self) -> _Words:
        """The rows, none of them half written."""
        # A writer that was killed in the middle leaves its row so; nobody waits for it long.
        for _ in range(1000):
            rows = self._rows().copy()
            if (rows[:, _WRITE] == rows[:, _WRITTEN]).all():
                break
        return rows

    def _header(self) -> _Words:
        begin = _ROWS * _COLUMNS
        return self._words.numpy()[begin : begin + _HEADER]

    def _text(self, which: int) -> _Words:
        begin = _ROWS * _COLUMNS + _HEADER + which * _TEXT_WORDS
        return self._words.numpy()[begin : begin + _TEXT_WORDS]

    def _write_text(self, which: int, value: dict[str, Any]) -> None:
        data = json.dumps(value, default=lambda one: {"hex": one.hex()}).encode()
        if len(data) > _TEXT_BYTES:
            raise ValueError(f"a state of {len(data)} bytes; at most {_TEXT_BYTES} are taken")
        words = self._text(which)
        words[1:].view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
        words[0] = len(data)

    def _read_text(self, which: int) -> dict[str, Any]:
        for _ in range(100):
            words = self._text(which)
            data = words[1:].view(np.uint8)[: int(words[0])].tobytes()
            try:
                return dict(json.loads(data, object_hook=_bytes_again)) if data else {}
            except ValueError:  # another worker is writing it
                time.sleep(0.001)
        raise RuntimeError("what the processes of this data set share is damaged")


def _bytes_again(one: dict[str, Any]) -> Any:
    return bytes.fromhex(one["hex"]) if set(one) == {"hex"} else one
