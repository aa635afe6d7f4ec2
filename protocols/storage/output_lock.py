"""One process at a time makes or changes what lies under a name; a second one is refused at once.

Owns the lock: a file beside the name, held by `flock`, which the system lets go of when its holder ends, however it
ends. Who waits for whom is nobody's business: nothing is ever waited for. What is done meanwhile is the caller's.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from protocols.errors import BadInputError, NotPossibleHereError

MARK = ".cxr510k-"  # in the hidden names that the suite puts beside an output while it works
CLOSED_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
_HELD: set[Path] = set()  # so that a command that holds a name may call what holds it too


def beside(path: Path, ending: str) -> Path:
    """A hidden name of the suite's own next to a file or folder, on the same disk."""
    return path.with_name(f".{path.name}{MARK}{ending}")


@contextmanager
def told_of(path: Path) -> Iterator[None]:
    """An error of the disk or of a folder as a refusal that names the output.

    Raises:
        BadInputError: nothing can be made under that name.
        NotPossibleHereError: the disk is full or not writable.
    """
    try:
        yield
    except OSError as error:
        kind = NotPossibleHereError if error.errno in CLOSED_DISK else BadInputError
        raise kind(f"{path}: cannot be written ({error.strerror}); mend that, or name another.") from error


@contextmanager
def alone_at(path: Path) -> Iterator[None]:
    """Hold a name against every other process; the parents of the file or folder are made where they are absent.

    Raises:
        BadInputError: nothing can be written beside it.
        NotPossibleHereError: another process holds it, or the disk is full or not writable.
    """
    path = path.absolute()
    if path in _HELD:
        yield
        return
    absent = [parent for parent in path.parents if not parent.exists()]
    lock = beside(path, "lock")
    with told_of(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = _taken(lock, path)
    _HELD.add(path)
    try:
        yield
    finally:
        _HELD.remove(path)
        lock.unlink(missing_ok=True)  # while it is held, or it might be another's by now
        os.close(descriptor)
        _remove_empty(absent)


def _taken(lock: Path, path: Path) -> int:
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(lock, descriptor):
                with suppress(OSError):  # a full disk is told of by what follows
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
        os.close(
            descriptor
        )  # its holder removed the file before letting go of it: another may be there by now


def _is_still(lock: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(lock.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return  # holds something by now
