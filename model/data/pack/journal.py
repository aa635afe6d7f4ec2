"""The record of each packed image, appended line by line, so that an interrupted pack can be continued.

Owns the lines of ``journal.jsonl``: one per finished chunk, with the SHA-256 of its packed pixels and a checksum of
its own. A line that is torn, damaged or of other pixels is ignored, so a killed process or a power cut costs only
the chunks in progress.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from protocols.images.hashes import ImageRecord
from protocols.storage.canonical import json_line, sha256_bytes

CHECKSUM = 64


@dataclass(frozen=True, slots=True)
class PackEntry:
    """What became of one image.

    Attributes:
        stamp: of the file that was read; empty where an external cause made the reading fail, so that it is
            tried again.
        fault: why it cannot be decoded; empty where it can.
        refusal: why it is out of scope; empty where it is not.
        record: of an image that was decoded.
    """

    stamp: str
    fault: str
    refusal: str
    record: ImageRecord | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some neighbouring images that were packed together."""

    number: int
    pixels_sha256: str
    entries: tuple[PackEntry, ...]


CHUNKS = TypeAdapter(Chunk)


class Journal:
    """An open journal; lines are only ever added."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def add(self, chunk: Chunk) -> None:
        """Append a finished chunk.

        Raises:
            OSError: it cannot be written.
        """
        self._file.write(line_of(chunk))
        self._file.flush()


@contextmanager
def journal(path: Path) -> Iterator[Journal]:
    """Open the journal, created where absent; end a torn last line first."""
    with path.open("a+b") as file:
        if file.tell():
            file.seek(-1, 2)
            if file.read(1) != b"\n":
                file.write(b"\n")
        yield Journal(file)


def line_of(chunk: Chunk) -> bytes:
    """Return one line: the SHA-256 of its text, then the text."""
    text = json_line(asdict(chunk)).encode()
    return f"{sha256_bytes(text)} ".encode() + text


def chunks_of(path: Path) -> dict[int, Chunk]:
    """Read the valid lines of a journal, the last one of each chunk; empty where there is no file."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        return {chunk.number: chunk for chunk in _valid_chunks(file)}


def _valid_chunks(lines: Iterator[bytes] | BinaryIO) -> Iterator[Chunk]:
    for line in lines:
        text = line[CHECKSUM + 1 :]
        if line[:CHECKSUM] == sha256_bytes(text).encode():
            yield CHUNKS.validate_json(text)
