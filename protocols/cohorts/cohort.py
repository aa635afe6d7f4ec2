"""A cohort on disk: studies, reads, boxes, labels, flow and exclusions as every source writes them.

Owns the file names and the flow's arithmetic. Each source owns the meaning of its rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protocols.errors import BadInputError
from protocols.storage.canonical import csv_text, write_text
from protocols.tables.boxes_and_marks import BOX_SIZE, box_sizes
from protocols.tables.checks import studies_from
from protocols.tables.column_mapping import studies_table
from protocols.tables.input_account import Notice
from protocols.tables.reading import ENDINGS, read_table
from protocols.tables.records import Split
from protocols.tables.unknown_values import unknown_values

STUDIES = "studies.csv"
READS = "reads.csv"
BOXES = "boxes.csv"
LABELS = "labels.csv"
FLOW = "flow.csv"
EXCLUSIONS = "exclusions.csv"


@dataclass(frozen=True, slots=True)
class FlowStep:
    """The numbers of images and patients that enter or leave at one step, and the reason."""

    step: str
    images: int
    patients: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exclusion:
    """One image that the source leaves out."""

    image_id: str
    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """The tables that a source returns: columns of text, in the order of the mapping.

    ``reads``, ``labels`` and ``boxes`` are None where the source has no verdicts, no training labels or no boxes around
    the finding. ``notices`` state what was changed on reading the source's tables.
    """

    studies: Mapping[str, Sequence[str]]
    reads: Mapping[str, Sequence[str]] | None
    labels: Mapping[str, Sequence[str]] | None
    flow: Sequence[FlowStep]
    exclusions: Sequence[Exclusion]
    boxes: Mapping[str, Sequence[str]] | None = None
    notices: Sequence[Notice] = ()


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write the tables of a cohort into an existing folder."""
    tables = {
        STUDIES: _with_box_sizes(cohort),
        READS: cohort.reads,
        LABELS: cohort.labels,
        BOXES: cohort.boxes,
    }
    for name, columns in tables.items():
        if columns is not None:
            write_text(folder / name, csv_text(list(columns), zip(*columns.values(), strict=True)))
    flow = [[step.step, str(step.images), str(step.patients), step.reason] for step in cohort.flow]
    write_text(folder / FLOW, csv_text(["step", "images", "patients", "reason"], flow))
    left_out = [[left.image_id, left.step, left.reason] for left in cohort.exclusions]
    write_text(folder / EXCLUSIONS, csv_text(["image_id", "step", "reason"], left_out))


def _with_box_sizes(cohort: Cohort) -> Mapping[str, Sequence[str]]:
    """Return the studies; where there are boxes, with the box size of each test image as an axis for subgroups."""
    studies = cohort.studies
    if cohort.boxes is None or BOX_SIZE in studies:
        return studies
    sizes = box_sizes(studies["image_id"], cohort.boxes)
    parts = studies.get("split", (Split.TEST,) * len(sizes))
    shown = tuple(size if part == Split.TEST else "" for size, part in zip(sizes, parts, strict=True))
    return {**studies, BOX_SIZE: shown}


def cohort_notices(cohort: Cohort, folder: Path) -> tuple[Notice, ...]:
    """Return the notices on a written cohort: changes on reading, and unknown values."""
    mapped = studies_table(folder / STUDIES)
    studies = studies_from(mapped.table)
    return (*cohort.notices, *mapped.notices, *unknown_values(studies, np.ones(len(studies), dtype=np.bool_)))


def tables_of(folder: Path, required: Sequence[str], *, optional: Sequence[str] = ()) -> dict[str, Path]:
    """Return the paths of a cohort folder's tables by name, whatever their endings.

    Raises:
        BadInputError: a required table is missing.
    """
    found = {}
    for name in (*required, *optional):
        paths = [folder / f"{name}{ending}" for ending in ENDINGS if (folder / f"{name}{ending}").is_file()]
        if not paths and name in required:
            raise BadInputError(f"{folder}: has no table {name!r}; name a folder that `cxr510k cohort` made.")
        if paths:
            found[name] = paths[0]
    return found


def read_flow(path: Path) -> tuple[FlowStep, ...]:
    """Read the steps that a source took before the cohort's own flow begins.

    Raises:
        BadInputError: the file is not a flow table, or a count is not a whole number.
    """
    table = read_table(path)
    table.require(["step", "images", "patients", "reason"])
    steps = []
    for index in range(table.rows):
        row = {name: cells[index] for name, cells in table.columns.items()}
        if not (row["images"].isdecimal() and row["patients"].isdecimal()):
            raise table.fault(index, "images and patients must be whole numbers.")
        steps.append(FlowStep(row["step"], int(row["images"]), int(row["patients"]), row["reason"]))
    return tuple(steps)
