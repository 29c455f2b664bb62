# SPDX-License-Identifier: Apache-2.0
"""All that read a data set agree on the pass, whatever processes come and go."""

from __future__ import annotations

import copy
import pickle

import pytest

from facet_client._passes import MAX_WORKERS, Pass, Passes

PASS = 2  # epochs


def begin(passes: Passes, worker: int | None, workers: int = 1, key: int = 0, epochs: int = PASS) -> Pass:
    return passes.begin(worker, workers, key, 0, epochs)


def test_workers_of_one_iteration_begin_the_same_pass() -> None:
    passes = Passes()
    for nth, key in enumerate((11, 12, 13)):
        order = (2, 0, 1) if nth == 1 else (0, 1, 2)
        assert {begin(passes, worker, 3, key) for worker in order} == {Pass(0, nth, nth * PASS)}


def test_the_number_of_workers_may_change() -> None:
    passes = Passes()
    for nth, workers in enumerate((1, 3, 2, 4)):
        begun = {begin(passes, worker, workers, key=100 + nth) for worker in range(workers)}
        assert begun == {Pass(0, nth, nth * PASS)}
    assert begin(passes, None).epoch == 4 * PASS


@pytest.mark.parametrize("workers", [(2, 2, 2), (2, 3, 1), (1, 3, 3)])
def test_iterations_with_the_same_key_are_told_apart(workers: tuple[int, ...]) -> None:
    passes = Passes()  # whoever seeds torch before each epoch makes such
    for nth, count in enumerate(workers):
        begun = {begin(passes, worker, count, key=7) for worker in range(count)}
        assert begun == {Pass(0, nth, nth * PASS)}


def test_a_worker_killed_before_it_began_leaves_the_count_right() -> None:
    passes = Passes()
    begin(passes, 0, 2, key=1)
    begin(passes, 1, 2, key=1)
    begin(passes, 0, 2, key=2)  # its neighbour never begins
    assert begin(passes, 1, 2, key=3) == begin(passes, 0, 2, key=3) == Pass(0, 2, 2 * PASS)


def test_a_pass_without_end_is_followed_by_the_highest_epoch_that_began() -> None:
    passes = Passes()
    first = begin(passes, 0, 2, key=1, epochs=-1)
    begin(passes, 1, 2, key=1, epochs=-1)
    passes.reached(1, first, 4)
    passes.reached(0, first, 3)
    assert {begin(passes, worker, 2, key=2, epochs=-1).epoch for worker in (0, 1)} == {5}
    passes.reached(0, first, 9)  # of a loader that is gone
    assert begin(passes, 0, 2, key=3, epochs=-1).epoch == 6


def test_an_order_is_for_one_pass() -> None:
    passes = Passes()
    begin(passes, 0, 2, key=1)
    begin(passes, 1, 2, key=1)
    passes.give_order({"epoch": 1, "token": b"\x00\xff", "judges": ["a"]})
    number, state = passes.order()
    assert (number, state) == (1, {"epoch": 1, "token": b"\x00\xff", "judges": ["a"]})
    for worker in (0, 1):
        assert passes.begin(worker, 2, 2, state["epoch"], PASS) == Pass(1, 0, 1)
    for workers, nth in ((3, 1), (1, 2)):
        begun = {passes.begin(w, workers, 10 + nth, state["epoch"], PASS) for w in range(workers)}
        assert begun == {Pass(1, nth, 1 + nth * PASS)}


def test_copies_are_independent_and_shared() -> None:
    passes = Passes()
    begin(passes, None)
    parted = copy.copy(passes)
    parted.part()
    for other in (copy.deepcopy(passes), pickle.loads(pickle.dumps(passes)), parted):
        assert other._words.is_shared()
        assert begin(other, None).nth == 1
    assert begin(passes, None).nth == 1


def test_passes_belong_to_one_process() -> None:
    passes = Passes()
    assert passes.claim(1)
    assert passes.claim(2)  # nobody had begun
    begin(passes, None)
    assert not passes.claim(1)
    passes.part()
    assert passes.claim(1)
    assert begin(passes, None).nth == 1


def test_states_too_large_are_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        Passes().give_order({"model": "x" * 10000})


def test_there_is_room_for_all_workers() -> None:
    passes = Passes()
    assert begin(passes, MAX_WORKERS - 1, MAX_WORKERS, key=1) == begin(passes, 0, MAX_WORKERS, key=1)
