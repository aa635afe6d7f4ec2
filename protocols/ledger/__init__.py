"""Append-only, hash-chained records: the ledger of a test set and the audit trail of a run folder.

In the order of reading: `chain`, `run_trail`.
"""

from protocols.ledger.chain import (
    Actor,
    Event,
    Ledger,
    LedgerEntry,
    LedgerHead,
    OpenLedger,
    Stamp,
    Touched,
    append,
    opened,
    parse_ledger,
    read_ledger,
)
from protocols.ledger.run_trail import record_change, record_made

__all__ = [
    "Actor",
    "Event",
    "Ledger",
    "LedgerEntry",
    "LedgerHead",
    "OpenLedger",
    "Stamp",
    "Touched",
    "append",
    "opened",
    "parse_ledger",
    "read_ledger",
    "record_change",
    "record_made",
]
