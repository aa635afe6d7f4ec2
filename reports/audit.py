"""The audit trail as this version of the evidence holds it: the run record's facts, and what is not there yet.

Owns which facts of the record are told. Left out is what `report` itself adds to run.json, so that a report rendered
again says the same. Source: run.json.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from protocols.run_folder import RunRecord

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


@dataclass(frozen=True, slots=True)
class Duration:
    """A stage of the run in words, and its seconds."""

    stage: str
    seconds: float


def durations_of(record: RunRecord) -> tuple[Duration, ...]:
    """The recorded stages in the order of a run, others by name after them."""
    known = [name for name in STAGES if name in record.durations_seconds]
    others = sorted(set(record.durations_seconds) - set(STAGES) - {OF_THE_REPORT})
    return tuple(
        Duration(STAGES.get(name, name), record.durations_seconds[name]) for name in (*known, *others)
    )
