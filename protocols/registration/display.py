"""A ledger as a readable table: one row per entry, oldest first, its content in words.

Owns the words of each action. The complete entry is in its line of the file.
"""

import textwrap
from collections.abc import Iterator

from protocols.ledger.chain import CLOCK_WENT_BACK, Ledger, LedgerEntry
from protocols.registration.registry import LookMade, RegisteredVersion, Registry
from protocols.schema.load import ProtocolIdentity

COLUMNS = (("entry", 5), ("time (UTC)", 19), ("actor", 22), ("action", 10))
SHOWN = 12  # digits of a hash
NARROWEST = 30  # characters, of the last column


def ledger_table(ledger: Ledger, width: int) -> Iterator[str]:
    """Yield the lines of the table with its header, for a terminal of ``width`` columns."""
    yield from _row((*(name for name, _ in COLUMNS), "what"), width)
    registry = Registry()
    for entry in ledger.entries:
        registry = registry.after(entry)
        role = f"{entry.actor.name} ({entry.actor.role})"
        time = entry.ts_utc.replace("T", " ").removesuffix("Z")
        yield from _row((str(entry.seq), time, role, entry.action, _words(entry, registry)), width)
    if ledger.torn:
        yield f"After the last entry: {len(ledger.torn)} bytes of a line that was cut short; the next entry records it."
    yield f"entries: {ledger.head.entries}, head {ledger.head.sha256}"


def _row(cells: tuple[str, ...], width: int) -> Iterator[str]:
    widths = [size for _, size in COLUMNS]
    rest = max(NARROWEST, width - sum(widths) - len(widths) * 2)
    wrapped = [textwrap.wrap(cell, size) or [""] for cell, size in zip(cells, [*widths, rest], strict=True)]
    for line in range(max(map(len, wrapped))):
        parts = [
            (lines[line] if line < len(lines) else "").ljust(size)
            for lines, size in zip(wrapped, [*widths, rest], strict=True)
        ]
        yield "  ".join(parts).rstrip()


def _words(entry: LedgerEntry, registry: Registry) -> str:
    words = _content(entry, registry)
    if entry.reason:
        words += f". Reason: {entry.reason}"
    return words + (f" [{CLOCK_WENT_BACK}]" if CLOCK_WENT_BACK in entry.flags else "")


def _content(entry: LedgerEntry, registry: Registry) -> str:
    match entry.action:
        case "register" | "amend":
            return _version(registry.versions[-1])
        case "freeze":
            frozen = registry.frozen[entry.facts["registered"]]
            file = f"operating_point.json {(frozen.threshold.sha256 or '')[:SHOWN]}"
            where = f"for entry {frozen.registered}, {file}"
            return f"threshold {frozen.threshold.value!r} {where}"
        case "look":
            return _look(registry.looks[-1])
        case "results":
            look = next((one for one in registry.looks if one.seq == entry.facts["look"]), None)
            if look is None:
                return f"of entry {entry.facts['look']}, which is not a look"
            sha256 = look.results_sha256
            results = f", verdict {look.verdict}, results.json {sha256[:SHOWN]}" if sha256 else ""
            return f"look {look.number} {look.outcome}{results}"
        case "recover":
            return f"after {entry.facts['bytes']} bytes of a line that was cut short"
    return (
        ", ".join(f"{touched.path} {(touched.after or 'removed')[:SHOWN]}" for touched in entry.objects)
        or "nothing changed"
    )


def _version(version: RegisteredVersion) -> str:
    test_set = version.test_set
    threshold = (
        f"threshold {version.threshold!r}" if version.threshold is not None else "threshold of the model"
    )
    return (
        f"{_protocol(version.protocol)}; "
        f"{test_set.images} images of {test_set.patients} patients, content {test_set.content_sha256[:SHOWN]}; "
        f"{threshold}"
    )


def _look(look: LookMade) -> str:
    return f"look {look.number}: {_protocol(look.protocol)}, threshold {look.threshold.value!r}"


def _protocol(protocol: ProtocolIdentity) -> str:
    return f"{protocol.id} version {protocol.version}, {protocol.stage}, sha256 {protocol.sha256[:SHOWN]}"
