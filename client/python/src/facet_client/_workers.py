# SPDX-License-Identifier: Apache-2.0
"""Who reads here: this process itself, or as a worker of a DataLoader."""

from __future__ import annotations

import multiprocessing
import os
import threading

from torch.utils.data import get_worker_info

from facet_client._passes import MAX_WORKERS, Passes


def is_worker() -> bool:
    """Whether this process is a worker of a DataLoader."""
    return get_worker_info() is not None


def this_worker() -> tuple[int | None, int]:
    """Number of this worker and how many there are; None and 1 in no worker."""
    info = get_worker_info()
    if info is None:
        return None, 1
    if info.num_workers > MAX_WORKERS:
        raise ValueError(f"a FacetDataset takes at most {MAX_WORKERS} workers, not {info.num_workers}")
    return info.id, info.num_workers


def iteration_key(begun: int) -> int:
    """What the workers of one iteration have in common, the `begun`-th of each; see Passes.begin."""
    info = get_worker_info()
    return 0 if info is None else hash((info.seed - info.id, begun))


def settle(passes: Passes) -> None:
    """Makes `passes` those of this process, or of the one that this is a worker of.

    RuntimeError: they are of another process, and this one cannot change that.
    """
    if not is_worker():
        if not passes.claim(os.getpid()):
            passes.part()
            passes.claim(os.getpid())
        return
    _leave_with_loader()
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None and not passes.claim(parent.pid):
        raise RuntimeError(
            "this data set was read in another process and then handed to the one that made this loader; "
            "make it there, or hand over copy.deepcopy(dataset)"
        )


_leaves: int | None = None


def _leave_with_loader() -> None:
    """Ends this worker when the process that made the loader is gone, killed for instance.

    DataLoader's own watch is on the parent in the sense of the system, between batches. That of a forkserver's
    child is the fork server, which lives as long as its children do; and a worker that looks for a server that
    is away is between no batches.
    """
    global _leaves
    parent = multiprocessing.parent_process()
    if parent is None or _leaves == os.getpid():
        return
    _leaves = os.getpid()

    def leave() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=leave, name="facet-leave", daemon=True).start()
