"""Work spread over processes: a bounded queue, results in order, and nobody left behind.

Owns how the processes start, stop and die. What they do, and what their results mean, is the caller's.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context, parent_process
from typing import TypeVar

import numpy as np

Task = TypeVar("Task")
Result = TypeVar("Result")

UNDER_WAY = 4  # tasks per worker: one in work, and enough at hand while a slow one is waited for
KEPT_WHEN_FREED = 30_000_000


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int
) -> Generator[Result, None, None]:
    """Yield the result of a function for each task, in the order of the tasks.

    A bounded number of tasks is under way, so that memory does not depend on their number. Where the caller stops
    early, is interrupted or is killed, the workers finish or end too.

    Args:
        function: of a module, so that another process finds it.
        tasks: taken as there is room.
        workers: processes; 1 works in this process.

    Raises:
        concurrent.futures.process.BrokenProcessPool: a worker was killed.
    """
    rest = iter(tasks)
    if workers == 1:
        keep_freed_memory()
        yield from map(function, rest)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_begin)
    try:
        with _interrupts_held():
            under_way = deque(pool.submit(function, task) for task in islice(rest, UNDER_WAY * workers))
        while under_way:
            result = under_way.popleft().result()
            under_way.extend(pool.submit(function, task) for task in islice(rest, 1))
            yield result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl+C reaches every process of a terminal; one that starts now is told of it by its parent alone."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """A worker lives no longer than its parent, and keeps the memory of one picture for the next."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_freed_memory()


def keep_freed_memory() -> None:
    """Spare a process that works on pictures, one after the other, up to a third of its time.

    glibc gives the pages of a freed quarter of a megabyte back and faults them in again for the next one; one large
    block, freed, raises the size from which it does so for the life of the process.
    """
    np.empty(KEPT_WHEN_FREED, np.uint8)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
