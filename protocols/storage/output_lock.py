"""Exclusive, non-blocking lock on an output path (`flock`); a second process fails at once with the holder's id.

Owns every lock of the suite, which the system releases when its holder ends for any reason, and the refusal for an
error of the disk. The caller owns the work under the lock.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

from protocols.errors import BadInputError, NotPossibleHereError

MARK = ".cxr510k-"  # in the hidden names that the suite puts beside an output while it works
CLOSED_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_HELD: set[Path] = set()  # so that a command that holds a lock may call a function that takes it


def beside(path: Path, ending: str) -> Path:
    """Return a hidden name of the suite's own next to a file or folder, on the same disk."""
    return path.with_name(f".{path.name}{MARK}{ending}")


@contextmanager
def describe_os_error(
    path: Path, *, next_step: str = "mend that, or name another", named_by_user: bool = True
) -> Iterator[None]:
    """Refuse in a sentence that names the output where writing fails.

    Args:
        path: the output.
        next_step: the user's next step.
        named_by_user: whether another name may be the remedy; if not, the fault is always this machine's.

    Raises:
        BadInputError: the output cannot be made under that name.
        NotPossibleHereError: the disk is full or not writable.
    """
    try:
        yield
    except OSError as error:
        at_fault = BadInputError if named_by_user and error.errno not in CLOSED_DISK else NotPossibleHereError
        what = error.strerror or str(error)
        raise at_fault(f"{path}: cannot be written ({what}); {next_step}.") from error


def lock(file: int | FileIO, *, wait: bool = False) -> None:
    """Lock an open file against every other process until it is closed.

    Raises:
        BlockingIOError: another process holds it, and ``wait`` is not set.
    """
    fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def exclusive_output(path: Path) -> Iterator[None]:
    """Lock a name against every other process; make the missing parents of the file or folder.

    Raises:
        BadInputError: the lock cannot be written beside it.
        NotPossibleHereError: another process holds it, or the disk is full or not writable.
    """
    path = path.absolute()
    if path in _HELD:
        yield
        return
    absent = [parent for parent in path.parents if not parent.exists()]
    mark = beside(path, "lock")
    with describe_os_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _taken(mark, path)
    _HELD.add(path)
    try:
        yield
    finally:
        _HELD.remove(path)
        mark.unlink(missing_ok=True)  # while it is locked; later it might be another process's
        os.close(descriptor)
        _remove_empty(absent)


def _taken(mark: Path, path: Path) -> int:
    while True:
        descriptor = os.open(mark, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            lock(descriptor)
            if _is_still(mark, descriptor):
                with suppress(OSError):  # the caller's own write reports a full disk
                    os.ftruncate(descriptor, 0)
                    os.write(descriptor, str(os.getpid()).encode())
                return descriptor
        except BlockingIOError as error:
            holder = os.read(descriptor, 20).decode()
            os.close(descriptor)
            raise NotPossibleHereError(
                f"{path}: process {holder or 'unknown'} is at work on it; wait until it is done, or name another."
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder removed the file before releasing it; another may exist by now


def _is_still(mark: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(mark.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return  # not empty any more
