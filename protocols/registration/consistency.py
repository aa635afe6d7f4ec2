"""Whether the entries of a ledger kept the order that they prove: no confirmatory look before its registration.

Owns the rules between entries, for whoever checks a ledger that others wrote. That no line was changed is `ledger`'s
chain; that no line is missing at the end is for a head from elsewhere (`receipt`, the statement of a bundle).
"""

from collections.abc import Iterator

from protocols.errors import EvidenceDiffersError, ProtocolError
from protocols.ledger.chain import CLOCK_WENT_BACK, Ledger, LedgerEntry
from protocols.registration.register import broken_promise
from protocols.registration.registry import LookMade, RegisteredVersion, Registry
from protocols.schema.load import parse_protocol
from protocols.storage.canonical import sha256_bytes


def faults_of(ledger: Ledger) -> tuple[str, ...]:
    """Every entry that breaks a rule, in a sentence that begins with its number; empty where none does."""
    found: list[str] = []
    registry = Registry()
    for entry in ledger.entries:
        try:
            after = registry.after(entry)
        except EvidenceDiffersError as error:
            found.append(str(error))
            continue
        found += (f"entry {entry.seq}: {fault}" for fault in _faults(entry, registry, after))
        registry = after
    return tuple(found)


def notes_of(ledger: Ledger) -> tuple[str, ...]:
    """What is no fault and should be known: clocks that went back, lines cut short, looks without an end."""
    notes = [
        f"entry {entry.seq}: {CLOCK_WENT_BACK} (the order is that of the entries, not of the clock)"
        for entry in ledger.entries
        if CLOCK_WENT_BACK in entry.flags
    ]
    notes += [
        f"entry {entry.seq}: before it {entry.facts['bytes']} bytes of a line that was cut short"
        for entry in ledger.entries
        if entry.action == "recover"
    ]
    if ledger.torn:
        notes.append(
            f"after entry {ledger.head.entries}: {len(ledger.torn)} bytes of a line that was cut short"
        )
    ended = [entry.facts.get("look") for entry in ledger.entries if entry.action == "results"]
    notes += [
        f"entry {entry.seq}: a look of which nothing was heard again"
        for entry in ledger.entries
        if entry.action == "look" and entry.seq not in ended
    ]
    return tuple(notes)


def _faults(entry: LedgerEntry, before: Registry, after: Registry) -> Iterator[str]:
    if entry.action in ("register", "amend"):
        yield from _faults_of_version(entry, after.versions[-1], before)
    elif entry.action == "freeze":
        registered = entry.facts["registered"]
        newest = {before.newest(one.protocol.id) for one in before.versions}
        if registered not in {one.seq for one in newest if one}:
            yield "freezes a threshold for what is not the newest version of a protocol"
        if registered in before.frozen:
            yield f"freezes a threshold where entry {before.frozen[registered].seq} had frozen one"
    elif entry.action == "look":
        yield from _faults_of_look(after.looks[-1], before)
    elif entry.action == "results":
        look = next((one for one in before.looks if one.seq == entry.facts["look"]), None)
        if look is None:
            yield f"tells the results of a look that is not there (entry {entry.facts['look']})"
        elif look.outcome != "begun":
            yield f"tells the results of a look that had ended (entry {look.seq})"


def _faults_of_version(entry: LedgerEntry, version: RegisteredVersion, before: Registry) -> Iterator[str]:
    content = version.text.encode("utf-8")
    if sha256_bytes(content) != version.protocol.sha256:
        yield "holds the text of another protocol than it names"
    try:
        told = parse_protocol(content, source=version.protocol.id).protocol
    except ProtocolError:
        yield "holds a text that is no protocol"
    else:
        named = version.protocol
        names = (named.id, named.version, named.stage, version.threshold)
        if names != (told.id, told.version, told.stage, told.operating_point.threshold):
            yield "names another id, version, stage or threshold than the text it holds"
    newest = before.newest(version.protocol.id)
    if (entry.action == "amend") != (newest is not None):
        yield "amends what was not registered" if newest is None else "registers what was registered"
    elif (
        newest
        and newest.protocol.sha256 != version.protocol.sha256
        and newest.protocol.version >= version.protocol.version
    ):
        yield f"amends version {newest.protocol.version} by version {version.protocol.version}"
    elif newest and not version.reason:
        yield "amends without a reason"


def _faults_of_look(look: LookMade, before: Registry) -> Iterator[str]:
    if look.protocol.stage != "confirmatory":
        return
    broken = broken_promise(before, look.protocol, look.test_set, look.threshold)
    if broken:
        yield f"a confirmatory look that was not allowed: {broken}"
