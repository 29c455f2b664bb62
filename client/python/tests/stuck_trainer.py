# SPDX-License-Identifier: Apache-2.0
"""Takes a batch from a loader of two workers, writes their process ids, and takes no more.

    python stuck_trainer.py FIFO CONTEXT
"""

from __future__ import annotations

import pathlib
import signal
import sys

from torch.utils.data import DataLoader
from trainer import SPEC

from facet_client import FacetDataset


def main() -> None:
    batches = iter(
        DataLoader(
            FacetDataset(SPEC, epochs=1000), batch_size=None, num_workers=2, multiprocessing_context=sys.argv[2]
        )
    )
    next(batches)
    workers = batches._workers  # type: ignore[attr-defined]
    pathlib.Path(sys.argv[1]).write_text(" ".join(str(worker.pid) for worker in workers))
    signal.pause()


if __name__ == "__main__":
    main()
