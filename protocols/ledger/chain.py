"""An append-only, hash-chained record of who did what, when, to which bytes; one JSON line per entry.

Owns the line, the chain, the file lock and the recovery of a torn last line. Changing, removing, moving or inserting
an entry breaks the chain. Truncating or rewriting the whole ledger does not; it is detected by a head that was signed
or filed elsewhere (`LedgerHead`). Registration and looks are in `registration`, signatures in `signing`.
Source: 21 CFR 11.10(e), supported, not fulfilled, by this; measurements in docs/decisions/0017-ledger.md.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import FileIO
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from protocols.errors import EvidenceDiffersError, NotPossibleHereError
from protocols.storage.canonical import json_line, sha256_bytes, sync_folder
from protocols.storage.output_lock import describe_os_error, lock
from protocols.storage.reading import read_content

SCHEMA = "cxr510k-ledger/1"
BEGINNING = "0" * 64  # `prev` of the first entry
CLOCK_WENT_BACK = "clock went back"
RECOVERY_BEGINS = b'{"action":"recover",'

Action = Literal[
    "register", "amend", "freeze", "look", "results", "run", "report", "robustness", "bundle", "recover"
]
Outcome = Literal["begun", "done", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class Actor:
    """A person in the ledger: stated name, system account and role."""

    name: str
    id: str
    role: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who, where, when and with which tool: UTC as ``2026-01-31T12:00:00Z``, and a monotonic clock."""

    ts_utc: str
    mono_ns: int
    actor: Actor
    host: str
    tool: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Touched:
    """A file or content that an entry is about: its SHA-256 before and after, None where it did not exist."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """The content of an entry, without its place in the chain.

    Attributes:
        action: what was done.
        objects: to which bytes.
        facts: further values, of JSON's types.
        reason: why; an amendment needs one.
        outcome: begun, done, failed or interrupted.
    """

    action: Action
    objects: Sequence[Touched] = ()
    facts: Mapping[str, Any] | None = None
    reason: str | None = None
    outcome: Outcome = "done"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One line of a ledger."""

    schema: str
    seq: int
    prev: str
    ts_utc: str
    mono_ns: int
    actor: Actor
    host: str
    tool: Mapping[str, str]
    action: Action
    objects: tuple[Touched, ...]
    facts: Mapping[str, Any]
    reason: str | None
    outcome: Outcome
    flags: tuple[str, ...]

    @property
    def line(self) -> bytes:
        """The entry's bytes in the file, with the line feed."""
        return json_line(asdict(self)).encode("utf-8")

    @property
    def sha256(self) -> str:
        """SHA-256 of the line without its line feed; `prev` of the next entry."""
        return sha256_bytes(self.line.removesuffix(b"\n"))


ENTRIES = TypeAdapter(LedgerEntry)


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """A ledger up to some entry: how many there are, and the hash of the last."""

    entries: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """The complete entries of a ledger, and the bytes of an unfinished last line."""

    entries: tuple[LedgerEntry, ...]
    torn: bytes = b""

    @property
    def head(self) -> LedgerHead:
        """The head at the last complete entry."""
        return LedgerHead(len(self.entries), self.entries[-1].sha256 if self.entries else BEGINNING)

    def continues(self, head: LedgerHead) -> bool:
        """Return whether the ledger is unchanged up to that head; later entries may follow."""
        if head.entries > len(self.entries):
            return False
        return Ledger(self.entries[: head.entries]).head == head


def parse_ledger(content: bytes, *, source: str) -> Ledger:
    """Parse the bytes of a ledger and check its chain.

    Raises:
        EvidenceDiffersError: naming the line at which the chain breaks.
    """
    entries: list[LedgerEntry] = []
    head = LedgerHead(0, BEGINNING)
    *lines, torn = content.split(b"\n")
    if _entry(torn):  # complete, but for its line feed
        lines.append(torn)
        torn = b""
    for number, line in enumerate(lines, start=1):
        entry = _entry(line)
        if entry is None:
            raise EvidenceDiffersError(f"{source}: line {number} is not an entry of a ledger.")
        if (entry.seq, entry.prev) != (head.entries + 1, head.sha256):
            raise EvidenceDiffersError(
                f"{source}: line {number} does not follow the line before it (entry {entry.seq} bound to "
                f"{entry.prev}; expected entry {head.entries + 1} bound to {head.sha256})."
            )
        entries.append(entry)
        head = LedgerHead(entry.seq, entry.sha256)
    return Ledger(tuple(entries), torn)


def read_ledger(path: Path) -> Ledger:
    """Read and check a ledger.

    Raises:
        BadInputError: it cannot be read.
        EvidenceDiffersError: its chain is broken.
    """
    return parse_ledger(read_content(path), source=str(path))


class OpenLedger:
    """A ledger locked by this process for appending; `opened` makes it."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self._path, self._file = path, file

    def read(self) -> Ledger:
        """Read and check the entries.

        Raises:
            EvidenceDiffersError: its chain is broken.
        """
        return parse_ledger(self.content(), source=str(self._path))

    def content(self) -> bytes:
        """Read the bytes of the file."""
        self._file.seek(0)
        return self._file.read()

    def append(self, event: Event, stamp: Stamp) -> LedgerEntry:
        """Append one entry and flush it to disk. A torn last line is kept, and recorded first.

        Raises:
            EvidenceDiffersError: the chain is broken, so nothing may be appended.
            NotPossibleHereError: the disk is full; the next entry records an unfinished line as torn.
        """
        ledger = self.read()
        if ledger.torn:
            self._write(_next(ledger, _recovery(ledger.torn), stamp).line)
            ledger = self.read()
        entry = _next(ledger, event, stamp)
        # The line feed of a whole last entry may have been lost as well.
        self._write((b"" if self._ends_in_line_feed() else b"\n") + entry.line)
        return entry

    def _ends_in_line_feed(self) -> bool:
        size = self._file.seek(0, os.SEEK_END)
        if size == 0:
            return True
        self._file.seek(size - 1)
        return self._file.read(1) == b"\n"

    def _write(self, content: bytes) -> None:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise NotPossibleHereError(
                f"{self._path}: the entry could not be written ({error.strerror}), so what it would record was not "
                "done; make room and try again."
            ) from error


@contextmanager
def opened(path: Path) -> Iterator[OpenLedger]:
    """Lock a ledger against other processes; create it where it does not exist.

    Raises:
        BadInputError: it cannot be written under that name.
        NotPossibleHereError: the disk is full or not writable.
    """
    is_new = not path.exists()
    with describe_os_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        file = FileIO(path, "a+")
    with file:
        lock(file, wait=True)
        if is_new:
            sync_folder(path.parent)
        yield OpenLedger(path, file)


def append(path: Path, event: Event, stamp: Stamp) -> LedgerEntry:
    """Open a ledger and append one entry."""
    with opened(path) as ledger:
        return ledger.append(event, stamp)


def _entry(line: bytes) -> LedgerEntry | None:
    """Parse the entry of a line; None where there is none, or where its encoding is not the suite's."""
    length = max(line.rfind(RECOVERY_BEGINS), 0)  # of what a crash cut short, before the entry that says so
    entry = _parsed(line[length:])
    if entry is None or entry.action != "recover":
        return entry if length == 0 else None
    return entry if length and entry.facts == _recovery(line[:length]).facts else None


def _parsed(line: bytes) -> LedgerEntry | None:
    try:
        entry = ENTRIES.validate_json(line)
        return entry if entry.schema == SCHEMA and entry.line == line + b"\n" else None
    except ValueError:  # not JSON, not an entry, or a number that JSON does not allow
        return None


def _next(ledger: Ledger, event: Event, stamp: Stamp) -> LedgerEntry:
    last = ledger.entries[-1] if ledger.entries else None
    back = last is not None and stamp.ts_utc < last.ts_utc
    return LedgerEntry(
        schema=SCHEMA,
        seq=ledger.head.entries + 1,
        prev=ledger.head.sha256,
        **{name: getattr(stamp, name) for name in ("ts_utc", "mono_ns", "actor", "host", "tool")},
        action=event.action,
        objects=tuple(event.objects),
        facts=dict(event.facts or {}),
        reason=event.reason,
        outcome=event.outcome,
        flags=(CLOCK_WENT_BACK,) if back else (),
    )


def _recovery(torn: bytes) -> Event:
    """Make the entry that records a torn line; it follows the torn bytes on the same line.

    If it began with a line feed, a crash after that one byte would leave a complete line that is not an entry.
    """
    return Event("recover", facts={"bytes": len(torn), "sha256": sha256_bytes(torn)})
