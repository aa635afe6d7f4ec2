"""Tables of text -> typed records: what is refused, and what is accepted and becomes unknown.

Owns every rule about a row. How the file is read is `tables`, under which names is `mapping`, and
how the records are joined is `validation.cohort`. Source: the contract ("Tables").
"""

import math
from collections.abc import Sequence
from enum import StrEnum

import numpy as np

from protocols.errors import BadInputError
from protocols.mapping import FINDING, PREDICTION_COLUMNS, READ_COLUMNS, STUDY_COLUMNS
from protocols.records import (
    UNKNOWN,
    Labels,
    Predictions,
    Reads,
    Sex,
    Split,
    Status,
    Studies,
    Verdict,
    View,
    number,
)
from protocols.tables import Table

OLDEST_YEARS = 120.0


def studies_from(table: Table) -> Studies:
    """Check and type the studies table.

    Raises:
        BadInputError: a required column is missing, an id is empty or twice there, a split is empty
            or outside its set, or a patient stands in two splits.
    """
    table.require(STUDY_COLUMNS)
    columns = table.columns
    _refuse_empty(table, "image_id", "patient_id")
    _refuse_duplicates(table, columns["image_id"], "image_id {!r} stands twice; one row an image.")
    split = columns.get("split")
    if split is not None:
        _refuse_unknown_values(table, "split", Split)
        _refuse_patient_in_two_splits(table, columns["patient_id"], split)
    ages = np.array([number(cell) for cell in columns["age_years"]], dtype=np.float64)
    ages[~((ages >= 0) & (ages <= OLDEST_YEARS))] = np.nan
    known = {*STUDY_COLUMNS, "image_path", "split"}
    return Studies(
        source=table.source,
        image_id=columns["image_id"],
        patient_id=columns["patient_id"],
        age_years=ages,
        sex=_known_or_empty(columns["sex"], Sex),
        view=_known_or_empty(columns["view"], View),
        split=split,
        image_path=columns.get("image_path"),
        further={name: cells for name, cells in columns.items() if name not in known},
    )


def reads_from(table: Table) -> Reads:
    """Check and type the reads table.

    Raises:
        BadInputError: a column is missing, an id is empty, a verdict is outside its set, or a reader
            stands twice on one image.
    """
    table.require(READ_COLUMNS)
    columns = table.columns
    _refuse_empty(table, "image_id", "reader_id")
    _refuse_unknown_values(table, "verdict", Verdict)
    keys = [columns[name] for name in ("image_id", "reader_id", FINDING) if name in columns]
    _refuse_duplicates(
        table,
        tuple(zip(*keys, strict=True)),
        "image and reader {!r} stand twice; one verdict a reader and image.",
    )
    verdict = tuple(map({str(v): v for v in Verdict}.__getitem__, columns["verdict"]))
    return Reads(table.source, columns["image_id"], columns["reader_id"], verdict)


def predictions_from(table: Table) -> Predictions:
    """Check and type the predictions table.

    Raises:
        BadInputError: a column is missing, an id is empty or twice there, a status is outside its
            set, or a score that is to be read is not a finite number in [0, 1].
    """
    table.require(PREDICTION_COLUMNS)
    columns = table.columns
    _refuse_empty(table, "image_id")
    _refuse_duplicates(table, columns["image_id"], "image_id {!r} stands twice; one score an image.")
    if "status" in columns:
        _refuse_unknown_values(table, "status", Status)
    statuses = columns.get("status") or (Status.OK.value,) * table.rows
    scores = np.full(table.rows, np.nan)
    for index, (cell, word) in enumerate(zip(columns["score"], statuses, strict=True)):
        if word == Status.OK:
            value = number(cell)
            if not 0.0 <= value <= 1.0:
                raise table.fault(
                    index,
                    f"score {cell!r} is not a number between 0 and 1; correct it, or say why there is "
                    "none in a column 'status' (ok, failed, out_of_scope)."
                    + table.decimal_remedy(cell, "predictions"),
                )
            scores[index] = value
    status = tuple(map({str(s): s for s in Status}.__getitem__, statuses))
    reason = columns.get("reason") or ("",) * table.rows
    return Predictions(table.source, columns["image_id"], scores, status, reason)


def labels_from(table: Table) -> Labels:
    """Check and type the labels table.

    Raises:
        BadInputError: a cell is not 1, 0 or empty, an id is empty or twice there, or no finding is there.
    """
    table.require(["image_id"])
    _refuse_empty(table, "image_id")
    _refuse_duplicates(table, table.columns["image_id"], "image_id {!r} stands twice; one row an image.")
    names = [name for name in table.columns if name != "image_id"]
    if not names:
        raise BadInputError(f"{table.source}: has no finding; add one column a finding with 1, 0 or nothing.")
    meaning = {"1": 1.0, "0": 0.0, "": math.nan}
    findings = {}
    for name in names:
        for index, cell in enumerate(table.columns[name]):
            if cell not in meaning:
                raise table.fault(index, f"{name} is {cell!r}; a label is 1, 0 or empty (unknown).")
        findings[name] = np.array([meaning[cell] for cell in table.columns[name]], dtype=np.float64)
    return Labels(table.source, table.columns["image_id"], findings)


def _known_or_empty(cells: Sequence[str], kind: type[StrEnum]) -> tuple[str, ...]:
    known = {str(member) for member in kind}
    return tuple(cell if cell in known else UNKNOWN for cell in cells)


def _refuse_empty(table: Table, *names: str) -> None:
    for name in names:
        cells = table.columns[name]
        if "" in cells:
            raise table.fault(cells.index(""), f"{name} is empty; every row needs one.")


def _refuse_unknown_values(table: Table, name: str, kind: type[StrEnum]) -> None:
    known = [str(member) for member in kind]
    for index, cell in enumerate(table.columns[name]):
        if cell not in known:
            raise table.fault(index, f"{name} is {cell!r}; it must be one of {', '.join(sorted(known))}.")


def _refuse_duplicates(table: Table, keys: Sequence[object], sentence: str) -> None:
    if len(set(keys)) == len(keys):
        return
    first: dict[object, int] = {}
    for index, key in enumerate(keys):
        if key in first:
            there = f" (first in row {table.number(first[key])})"
            raise table.fault(index, sentence.format(key) + there)
        first[key] = index


def _refuse_patient_in_two_splits(table: Table, patients: Sequence[str], splits: Sequence[str]) -> None:
    home: dict[str, str] = {}
    for index, (patient, split) in enumerate(zip(patients, splits, strict=True)):
        if home.setdefault(patient, split) != split:
            raise table.fault(
                index,
                f"patient {patient!r} is in split {split!r} here and in {home[patient]!r} above; "
                "all images of a patient belong to one split.",
            )
