"""Work spread over processes gives what one process gives, against itself."""

import os
import signal
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing

import pytest

from protocols.parallel.local import UNDER_WAY, spread


def twice(number: int) -> int:
    return 2 * number


def slower_first(number: int) -> int:
    time.sleep(0.1 if number == 0 else 0)
    return 2 * number


def process_of(_: int) -> int:
    return os.getpid()


def end_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("workers", [1, 3])
def test_each_task_is_done_once_and_in_order_by_hand(workers: int) -> None:
    assert list(spread(slower_first, range(20), workers=workers)) == list(range(0, 40, 2))


def test_one_worker_is_this_process() -> None:
    assert set(spread(process_of, range(3), workers=1)) == {os.getpid()}


def test_tasks_are_taken_as_there_is_room_by_hand() -> None:
    taken = []

    def tasks():
        for number in range(100):
            taken.append(number)
            yield number

    with closing(spread(twice, tasks(), workers=2)) as results:
        next(results)
        # those under way, and one in the place of the first
        assert len(taken) == UNDER_WAY * 2 + 1


def test_no_tasks_give_no_results() -> None:
    assert list(spread(twice, [], workers=2)) == []


@pytest.mark.fault(46)
def test_a_worker_that_is_killed_is_told() -> None:
    with pytest.raises(BrokenProcessPool):
        list(spread(end_at_three, range(20), workers=2))
