"""The one encoder and the one writer: the same value always becomes the same bytes, whole or not at all.

Owns canonical JSON, the evidence CSV, SHA-256, the atomic write and the folder that
appears at once. Knows nothing of what is written.
Sources: the contract ("results.json"); measurements of torn writes in docs/decisions/0003-bytes.md.
"""

import glob
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from protocols.errors import BadInputError
from protocols.storage.output_lock import beside, describe_os_error, exclusive_output

PLACES = 9
FITTED_PLACES = 6
STAGING = "staging-"
QUOTED = re.compile('[,"\r\n]')


def rounded(value: float, places: int = PLACES) -> float:
    """A number as results carry it: ``places`` decimals, and zero without a sign."""
    return round(value, places) + 0.0


def json_text(value: Any) -> str:
    """Canonical JSON: sorted keys, two-space indent, real characters, one final newline.

    Raises:
        ValueError: a NaN or an infinity stands in ``value``.
    """
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_line(value: Any) -> str:
    """The compact form of one record: no spaces and no newline inside, one line feed after."""
    return (
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"
    )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Evidence CSV: ``\\n`` line ends, quotes only where a cell needs them."""
    return "".join(_csv_line(row) for row in (header, *rows))


def sha256_bytes(content: bytes) -> str:
    """SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def new_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """A file that appears under its name, or replaces the one there, only when the block ends without an exception.

    ``mode`` is what it has from the moment it has its name: a secret is never anyone else's to read.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException as accident:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(accident, OSError) and (temporary is None or accident.filename in (None, temporary)):
            # A full disk is told without a name, and the temporary file's would say nothing to anyone.
            what = accident.strerror or str(accident)
            raise OSError(accident.errno, what, str(path)) from accident
        raise
    sync_folder(path.parent)


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file whole or not at all, also when the disk fills or the process is killed."""
    with new_file(path, mode=mode) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """`write_bytes` for text, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that appears under its name only when the block ends without an exception.

    Raises:
        BadInputError: ``out`` exists and is not an empty folder, or cannot be made there.
        NotPossibleHereError: another process is making it, or the disk is full or not writable.
    """
    refuse_occupied(out)
    with staged(out) as staging:
        refuse_occupied(out)
        yield staging
        if out.exists():
            out.rmdir()
        staging.rename(out)
        sync_folder(out.parent)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """An empty folder beside ``out``, which this process alone works on; gone when the block ends, if still there.

    What killed processes left of theirs is removed first.

    Raises:
        BadInputError: nothing can be made there.
        NotPossibleHereError: another process works on ``out``, or the disk is full or not writable.
    """
    with exclusive_output(out):
        for stale in out.parent.glob(f"{glob.escape(beside(out, STAGING).name)}*"):
            shutil.rmtree(stale, ignore_errors=True)
        with describe_os_error(out):
            staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=beside(out, STAGING).name))
            staging.chmod(0o755)
        try:
            yield staging
        except OSError as error:
            if not str(error.filename).startswith(str(staging)):
                raise
            # By the name that was asked for: the staging folder is gone when anyone looks for it.
            named = out / Path(error.filename).relative_to(staging)
            raise OSError(error.errno, error.strerror, str(named)) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def refuse_occupied(out: Path) -> None:
    """Refuse an output folder that holds something.

    Raises:
        BadInputError: naming the folder and what to do.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists():
        what = "is not empty" if out.is_dir() else "is a file"
        raise BadInputError(f"{out}: {what}; name a folder that is absent or empty.")


def refuse_existing_file(out: Path) -> None:
    """Refuse an output file that is there already.

    Raises:
        BadInputError: naming the file and what to do.
    """
    if out.exists():
        raise BadInputError(f"{out}: exists; name a file that does not.")


def _csv_line(row: Sequence[str]) -> str:
    """One record. The standard writer quotes a lone carriage return in some Python versions only."""
    cells = ('"' + cell.replace('"', '""') + '"' if QUOTED.search(cell) else cell for cell in row)
    return ('""' if tuple(row) == ("",) else ",".join(cells)) + "\n"


def sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, not only the content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        os.close(descriptor)
