"""Tasks spread over processes: a bounded queue, results in order, and no worker that outlives its parent.

Owns how the processes start and end. The caller owns the tasks and their results.
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

Task = TypeVar("Task")
Result = TypeVar("Result")

UNDER_WAY = 4  # tasks per worker: one running, and enough queued while a slow one is awaited
KEPT_WHEN_FREED = 30_000_000


def cores() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(
    function: Callable[[Task], Result], tasks: Iterable[Task], *, workers: int
) -> Generator[Result, None, None]:
    """Yield the result of a function for each task, in the order of the tasks.

    A bounded number of tasks is under way, so that memory does not depend on their number. Workers end when the
    caller stops early, is interrupted or is killed.

    Args:
        function: defined at module level, so that another process can import it.
        tasks: taken as the queue has room.
        workers: number of processes; with 1 the tasks run in this process.

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
    """Block Ctrl+C, which reaches every process of a terminal, in processes started now; their parent ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    """Start a worker: it ends with its parent, and keeps the memory of one image for the next."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    keep_freed_memory()


def keep_freed_memory() -> None:
    """Save a process that works on one image after another up to a third of its time.

    glibc returns freed blocks above a threshold, initially 128 KiB, to the system, and page faults bring them back for
    the next image. Freeing one large block raises the threshold for the life of the process.
    """
    bytes(KEPT_WHEN_FREED)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
