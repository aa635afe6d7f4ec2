"""The audit trail of a run folder: who did what, when, to which files.

Owns which entries a report prints: those that made the folder or changed its evidence. What `report` itself adds to
run.json and to the trail is left out, so that a report rendered again is the same.
Source: run.json and trail.jsonl; the content of an entry is `protocols.ledger.run_trail`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.ledger.chain import Actor, LedgerEntry, Touched, read_ledger
from protocols.storage.run_folder import RunFolder, RunRecord

# Recorded after the report is written, so no report can print it.
OF_THE_REPORT = "report"
STAGES: Mapping[str, str] = {
    "cohort": "cohort made",
    "train": "device trained",
    "predict": "images scored",
    "validate": "results computed",
    "illustrate": "pictures drawn",
    "robustness": "changed pictures scored",
}
# The actions of a trail but those of a report, a bundle or a repair.
ACTIONS: Mapping[str, str] = {"run": "run folder made", "robustness": "changed pictures tested"}
MOST_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class Duration:
    """A stage of the run in words, and its seconds."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """An entry of the trail: the action in words, and the files added, changed or removed."""

    seq: int
    ts_utc: str
    actor: Actor
    action: str
    objects: tuple[Touched, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """The entries that a report prints, oldest first, and how many older ones it leaves out."""

    entries: tuple[TrailEntry, ...]
    left_out: int


def durations_of(record: RunRecord) -> tuple[Duration, ...]:
    """Return the recorded stages in the order of a run, others by name after them."""
    known = [name for name in STAGES if name in record.durations_seconds]
    others = sorted(set(record.durations_seconds) - set(STAGES) - {OF_THE_REPORT})
    return tuple(
        Duration(STAGES.get(name, name), record.durations_seconds[name]) for name in (*known, *others)
    )


def read_trail(run: RunFolder) -> Trail:
    """Read the entries of a run folder's trail that concern its evidence.

    Raises:
        BadInputError: it cannot be read.
        EvidenceDiffersError: its chain is broken.
    """
    entries = [_trail_entry(entry) for entry in read_ledger(run.trail).entries if entry.action in ACTIONS]
    return Trail(tuple(entries[-MOST_ENTRIES:]), len(entries[:-MOST_ENTRIES]))


def _trail_entry(entry: LedgerEntry) -> TrailEntry:
    return TrailEntry(
        seq=entry.seq,
        ts_utc=entry.ts_utc,
        actor=entry.actor,
        action=ACTIONS[entry.action],
        objects=entry.objects,
        flags=entry.flags,
    )
