"""The receipt of a registration: what was registered and the head of the ledger, to be signed or filed elsewhere.

Owns its JSON, written and read. A receipt depends on the ledger alone: issued again, its bytes are the same.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

from protocols.errors import BadInputError
from protocols.ledger.chain import Actor, Ledger, LedgerHead
from protocols.registration.entry_facts import Threshold
from protocols.registration.registry import registry_of
from protocols.registration.test_set import LockedTestSet
from protocols.schema.load import ProtocolIdentity
from protocols.storage.canonical import json_text
from protocols.storage.json_document import read_document_file

SCHEMA = "cxr510k-receipt/1"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was registered, by whom and when, and the head of the ledger then.

    Attributes:
        protocol: id, version, hash and stage.
        test_set: the one it is registered for.
        threshold: None where the model's is not frozen yet.
        time: UTC, of the last entry about this version.
        actor: who made that entry.
        ledger: the number of entries then, and the hash of the last.
    """

    protocol: ProtocolIdentity
    test_set: LockedTestSet
    threshold: Threshold | None
    time: str
    actor: Actor
    ledger: LedgerHead

    def to_json(self) -> str:
        """Encode the receipt as canonical JSON."""
        return json_text({"schema": SCHEMA, **asdict(self)})


def receipt_of(ledger: Ledger, protocol_id: str) -> Receipt:
    """Return the receipt of the newest registered version of a protocol.

    Raises:
        BadInputError: it is not registered.
    """
    registry = registry_of(ledger)
    version = registry.newest(protocol_id)
    if version is None:
        raise BadInputError(f"{protocol_id}: is not registered in this ledger; lock it first.")
    frozen = registry.frozen.get(version.seq)
    stated = Threshold(version.threshold, None) if version.threshold is not None else None
    last = frozen or version
    return Receipt(
        protocol=version.protocol,
        test_set=version.test_set,
        threshold=frozen.threshold if frozen else stated,
        time=last.ts_utc,
        actor=last.actor,
        ledger=Ledger(ledger.entries[: last.seq]).head,
    )


def read_receipt(path: Path) -> Receipt:
    """Read a receipt.

    Raises:
        BadInputError: it cannot be read, or is not a receipt.
    """
    given = "give the file that `lock --receipt` wrote"
    return read_document_file(path, Receipt, schema=SCHEMA, next_step=given)


def receipt_mismatch(receipt: Receipt, ledger: Ledger) -> str | None:
    """Return why a ledger does not continue the one that a receipt was issued for; None where it does.

    Comparing the head suffices: it depends on all entries before it.
    """
    if ledger.continues(receipt.ledger):
        return None
    if receipt.ledger.entries > len(ledger.entries):
        return (
            f"it has {len(ledger.entries)} entries, and had {receipt.ledger.entries} when the receipt was issued: "
            "it was truncated or rewritten"
        )
    there = Ledger(ledger.entries[: receipt.ledger.entries]).head.sha256
    return (
        f"its entry {receipt.ledger.entries} is {there}; when the receipt was issued it was {receipt.ledger.sha256}: "
        "it was rewritten"
    )
