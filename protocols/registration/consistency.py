"""Rules between the entries of a ledger: no confirmatory look before its registration.

Used to check a ledger that others wrote. Changed lines are detected by the chain (`ledger`), a missing end by a head
from outside (`receipt`, the statement of a bundle).
"""

from collections.abc import Iterator

from protocols.errors import EvidenceDiffersError, ProtocolError
from protocols.ledger.chain import CLOCK_WENT_BACK, Ledger, LedgerEntry
from protocols.registration.register import registration_deviation
from protocols.registration.registry import LookMade, RegisteredVersion, Registry
from protocols.schema.load import parse_protocol
from protocols.storage.canonical import sha256_bytes


def faults_of(ledger: Ledger) -> tuple[str, ...]:
    """Return a sentence for each broken rule, beginning with the number of the entry."""
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
    """Return remarks that are no faults: clocks that went back, torn lines, looks without an end."""
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
        f"entry {entry.seq}: a look without a recorded end"
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
            yield "freezes a threshold for a version that is not the newest of its protocol"
        if registered in before.frozen:
            yield f"freezes a threshold that entry {before.frozen[registered].seq} had frozen already"
    elif entry.action == "look":
        yield from _faults_of_look(after.looks[-1], before)
    elif entry.action == "results":
        look = next((one for one in before.looks if one.seq == entry.facts["look"]), None)
        if look is None:
            yield f"records the results of a look that does not exist (entry {entry.facts['look']})"
        elif look.outcome != "begun":
            yield f"records the results of a look that had already ended (entry {look.seq})"


def _faults_of_version(entry: LedgerEntry, version: RegisteredVersion, before: Registry) -> Iterator[str]:
    content = version.text.encode("utf-8")
    if sha256_bytes(content) != version.protocol.sha256:
        yield "contains the text of another protocol than it names"
    try:
        stated = parse_protocol(content, source=version.protocol.id).protocol
    except ProtocolError:
        yield "contains a text that is not a protocol"
    else:
        named = version.protocol
        names = (named.id, named.version, named.stage, version.threshold)
        if names != (stated.id, stated.version, stated.stage, stated.operating_point.threshold):
            yield "names another id, version, stage or threshold than its text states"
    newest = before.newest(version.protocol.id)
    if (entry.action == "amend") != (newest is not None):
        action, state = (
            ("amends", "not registered") if newest is None else ("registers", "registered already")
        )
        yield f"{action} a protocol that was {state}"
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
    broken = registration_deviation(before, look.protocol, look.test_set, look.threshold)
    if broken:
        yield f"a confirmatory look that was not allowed: {broken}"
