"""The audit trail: what the run record and the trail of the run folder tell of who did what, when, to which files.

Owns which of it is told. What `report` itself adds, to run.json and to the trail, is left out, so that a report
rendered again says the same: of the trail, the entries that made the folder and changed its evidence are told.
Source: run.json and trail.jsonl; `protocols.ledger.run_trail` says what an entry names.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.ledger.chain import Actor, LedgerEntry, Touched, read_ledger
from protocols.storage.run_folder import RunFolder, RunRecord

# Added to the record after the report, so no report can print it.
OF_THE_REPORT = "report"
STAGES: Mapping[str, str] = {
    "cohort": "cohort made",
    "train": "device trained",
    "predict": "images scored",
    "validate": "results computed",
    "illustrate": "pictures drawn",
    "robustness": "changed pictures scored",
}
# Of the actions of a trail, those that no report, bundle or repair is behind.
ACTIONS: Mapping[str, str] = {"run": "run folder made", "robustness": "changed pictures tested"}
MOST_ENTRIES = 20


@dataclass(frozen=True, slots=True)
class Duration:
    """A stage of the run in words, and its seconds."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class TrailEntry:
    """An entry of the trail: what was done, in words, and the files that came, changed or went."""

    seq: int
    ts_utc: str
    actor: Actor
    action: str
    objects: tuple[Touched, ...]
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """The entries that are told, oldest first, and how many older ones there is no room for."""

    entries: tuple[TrailEntry, ...]
    left_out: int


def durations_of(record: RunRecord) -> tuple[Duration, ...]:
    """The recorded stages in the order of a run, others by name after them."""
    known = [name for name in STAGES if name in record.durations_seconds]
    others = sorted(set(record.durations_seconds) - set(STAGES) - {OF_THE_REPORT})
    return tuple(
        Duration(STAGES.get(name, name), record.durations_seconds[name]) for name in (*known, *others)
    )


def read_trail(run: RunFolder) -> Trail:
    """What the trail of a run folder tells of its evidence.

    Raises:
        BadInputError: it cannot be read.
        EvidenceDiffersError: its chain is broken.
    """
    told = [_told(entry) for entry in read_ledger(run.trail).entries if entry.action in ACTIONS]
    return Trail(tuple(told[-MOST_ENTRIES:]), len(told[:-MOST_ENTRIES]))


def _told(entry: LedgerEntry) -> TrailEntry:
    return TrailEntry(
        seq=entry.seq,
        ts_utc=entry.ts_utc,
        actor=entry.actor,
        action=ACTIONS[entry.action],
        objects=entry.objects,
        flags=entry.flags,
    )
