"""Canonical encoding and atomic writing: equal values give equal bytes, and a file is complete or absent.

Owns canonical JSON, the evidence CSV, SHA-256, and the atomic creation of files and folders.
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
    """Round a number as results record it: ``places`` decimals, and zero without a sign."""
    return round(value, places) + 0.0


def json_text(value: Any) -> str:
    """Encode as canonical JSON: sorted keys, two-space indent, characters unescaped, one final newline.

    Raises:
        ValueError: ``value`` contains a NaN or an infinity.
    """
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def json_line(value: Any) -> str:
    """Encode one record as compact JSON: no spaces and no newline inside, one line feed after."""
    return (
        json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n"
    )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Encode a table as evidence CSV: line feeds, quotes only where a cell needs them."""
    return "".join(_csv_line(row) for row in (header, *rows))


def sha256_bytes(content: bytes) -> str:
    """Compute SHA-256 as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def sha256_file(path: Path) -> str:
    """Compute the SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def new_file(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Create or replace a file when the block ends without an exception, and not before.

    The file has ``mode`` as soon as it has its name, so that a secret is never readable by others.
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
            # A full disk is reported without a name, and the temporary file's name would not help.
            reason = accident.strerror or str(accident)
            raise OSError(accident.errno, reason, str(path)) from accident
        raise
    sync_folder(path.parent)


def write_bytes(path: Path, content: bytes, *, mode: int = 0o644) -> None:
    """Write a file atomically: complete or not at all, even if the disk fills or the process is killed."""
    with new_file(path, mode=mode) as file:
        file.write(content)


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Create a folder when the block ends without an exception, and not before.

    Raises:
        BadInputError: ``out`` exists and is not an empty folder, or cannot be created.
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
    """Create an empty staging folder beside ``out`` and lock ``out``; remove the folder when the block ends.

    Staging folders that killed processes left behind are removed first.

    Raises:
        BadInputError: no folder can be created there.
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
            # Report the requested name: the staging folder no longer exists when the message is read.
            named = out / Path(error.filename).relative_to(staging)
            raise OSError(error.errno, error.strerror, str(named)) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def refuse_occupied(out: Path) -> None:
    """Refuse an output folder that is not empty.

    Raises:
        BadInputError: naming the folder and what to do.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists():
        what = "is not empty" if out.is_dir() else "is a file"
        raise BadInputError(f"{out}: {what}; name a folder that is absent or empty.")


def refuse_existing_file(out: Path) -> None:
    """Refuse an output file that exists.

    Raises:
        BadInputError: naming the file and what to do.
    """
    if out.exists():
        raise BadInputError(f"{out}: exists already; name a file that does not exist.")


def _csv_line(row: Sequence[str]) -> str:
    """Encode one record; the standard writer quotes a lone carriage return in some Python versions only."""
    cells = ('"' + cell.replace('"', '""') + '"' if QUOTED.search(cell) else cell for cell in row)
    return ('""' if tuple(row) == ("",) else ",".join(cells)) + "\n"


def sync_folder(folder: Path) -> None:
    """Flush a folder to disk, so that a new name in it survives a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        os.close(descriptor)
