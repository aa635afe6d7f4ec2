"""The one encoder and the one writer: the same value always becomes the same bytes, whole or not at all.

Owns canonical JSON, the evidence CSV, SHA-256, the atomic write and the folder that
appears at once. Knows nothing of what is written.
Sources: the contract ("results.json"); measurements of torn writes in docs/decisions/0003-bytes.md.
"""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from protocols.errors import BadInputError

PLACES = 9
FITTED_PLACES = 6
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


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, also when the disk fills or the process is killed."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """`write_bytes` for text, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder that appears under its name only when the block ends without an exception.

    Raises:
        BadInputError: ``out`` exists and is not an empty folder, or cannot be made there.
    """
    refuse_occupied(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    except OSError as error:
        raise BadInputError(f"{out}: cannot be written ({error.strerror}); name another --out.") from error
    try:
        staging.chmod(0o755)
        yield staging
        if out.exists():
            out.rmdir()
        staging.rename(out)
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


def _csv_line(row: Sequence[str]) -> str:
    """One record. The standard writer quotes a lone carriage return in some Python versions only."""
    cells = ('"' + cell.replace('"', '""') + '"' if QUOTED.search(cell) else cell for cell in row)
    return ('""' if tuple(row) == ("",) else ",".join(cells)) + "\n"


def sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, not only the content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
