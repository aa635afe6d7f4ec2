"""Append-only, hash-chained records: the ledger of a test set and the audit trail of a run folder."""
