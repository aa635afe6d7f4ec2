"""Tables of text -> typed records: studies, labels, reads and predictions, each checked once and then trusted.

Owns the meaning of every column, what is refused and what becomes unknown. How the file is read is
`tables`; how the records are joined is `validation.cohort`. Source: the contract ("Tables").
"""

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.canonical import json_line, sha256_bytes
from protocols.errors import BadInputError
from protocols.tables import FIRST_ROW, Table, listing, read_table

UNKNOWN = ""
PHANTOM = "PHANTOM"  # how the manufacturer of a synthetic radiograph begins
OLDEST_YEARS = 120.0
STUDY_COLUMNS = ("image_id", "patient_id", "age_years", "sex", "view")
STUDY_EXTRAS = ("split", "site", "manufacturer")  # image_path only says where a file lies: it is no content
READ_COLUMNS = ("image_id", "reader_id", "verdict")
PREDICTION_COLUMNS = ("image_id", "score")
PREDICTION_EXTRAS = ("status", "reason")


class Sex(StrEnum):
    """Patient's sex as DICOM (0010,0040) codes it; anything else is unknown."""

    FEMALE = "F"
    MALE = "M"
    OTHER = "O"


class View(StrEnum):
    """Projection as DICOM View Position (0018,5101) names it; anything else is unknown."""

    PA = "PA"
    AP = "AP"
    LATERAL = "LATERAL"


class Split(StrEnum):
    """What a patient's images may be used for."""

    TRAIN = "train"
    TUNE = "tune"
    TEST = "test"


class Verdict(StrEnum):
    """What one reader says of one image, and what the reference standard makes of all of them."""

    POSITIVE = "positive"
    NEGATIVE = "negative"
    INDETERMINATE = "indeterminate"


class Status(StrEnum):
    """Whether the device gave a score."""

    OK = "ok"
    FAILED = "failed"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What identifies an input: its bytes, and its content whatever the order of its rows."""

    file_sha256: str
    content_sha256: str


@dataclass(frozen=True, slots=True)
class Studies:
    """One entry an image. ``age_years`` is NaN and the others are empty where unknown."""

    source: str
    image_id: tuple[str, ...]
    patient_id: tuple[str, ...]
    age_years: NDArray[np.float64]
    sex: tuple[str, ...]
    view: tuple[str, ...]
    split: tuple[str, ...] | None
    image_path: tuple[str, ...] | None
    further: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        return len(self.image_id)

    def is_phantom(self, index: int) -> bool:
        """Whether an image is synthetic: its manufacturer says so."""
        manufacturer = self.further.get("manufacturer")
        return manufacturer is not None and manufacturer[index].startswith(PHANTOM)

    def by_image_id(self) -> "Studies":
        """The same studies in the code-point order of image_id, whatever the order of the file."""
        order = sorted(range(len(self)), key=self.image_id.__getitem__)

        def arranged(cells: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(cells[index] for index in order)

        return Studies(
            source=self.source,
            image_id=arranged(self.image_id),
            patient_id=arranged(self.patient_id),
            age_years=self.age_years[order],
            sex=arranged(self.sex),
            view=arranged(self.view),
            split=arranged(self.split) if self.split else None,
            image_path=arranged(self.image_path) if self.image_path else None,
            further={name: arranged(cells) for name, cells in self.further.items()},
        )

    def column(self, name: str) -> tuple[str, ...]:
        """A categorical column by name; empty cells are unknown.

        Raises:
            BadInputError: there is no such column; the sentence lists those there are.
        """
        if name in ("sex", "view"):
            return self.sex if name == "sex" else self.view
        if name not in self.further:
            there = listing(["age_years", "sex", "view", *self.further])
            raise BadInputError(
                f"{self.source}: axis {name!r} is not a column of the studies; there are {there}."
            )
        return self.further[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A numeric column by name; NaN where a cell is empty or not a finite number."""
        if name == "age_years":
            return self.age_years
        return np.array([number(cell) for cell in self.column(name)], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Reads:
    """One entry a reader and image."""

    source: str
    image_id: tuple[str, ...]
    reader_id: tuple[str, ...]
    verdict: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Predictions:
    """One entry an image; ``score`` in [0, 1], NaN where ``status`` is not ok."""

    source: str
    image_id: tuple[str, ...]
    score: NDArray[np.float64]
    status: tuple[Status, ...]
    reason: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Labels:
    """One entry an image for training: 1, 0 or NaN (unknown) for each finding."""

    source: str
    image_id: tuple[str, ...]
    findings: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table under the suite's names and values, with the identity of the file it came from."""

    table: Table
    file_sha256: str
    named: tuple[str, ...]

    def identity(self, *, numeric: AbstractSet[str], further: AbstractSet[str]) -> FileIdentity:
        """Hashes of the file and of the content that counts: contract columns, mapped ones and ``further``.

        One compact JSON array and a line feed a row; key columns first, the others by code point;
        numbers as floats, unknown numbers null; rows sorted.
        """
        keys = [name for name in ("image_id", "reader_id") if name in self.table.columns]
        others = sorted((set(self.named) | further) & set(self.table.columns) - set(keys))
        columns: list[Sequence[object]] = [
            [_number_or_none(cell) for cell in self.table.columns[name]]
            if name in numeric
            else self.table.columns[name]
            for name in [*keys, *others]
        ]
        lines = sorted(json_line(row).encode("utf-8") for row in zip(*columns, strict=True))
        return FileIdentity(self.file_sha256, sha256_bytes(b"".join(lines)))


def read_mapped(
    path: Path,
    contract_columns: Sequence[str],
    *,
    columns: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> Mapped:
    """Read a table and give columns and cells the suite's names.

    Args:
        path: the file.
        contract_columns: names of this table that the contract knows.
        columns: suite's name -> file's name.
        values: column -> file's value -> suite's value.

    Raises:
        BadInputError: as `read_table`, or a mapped name that the file lacks.
    """
    table = read_table(path)
    columns = columns or {}
    for name in columns.values():
        if name not in table.columns:
            raise BadInputError(
                f"{path}: the protocol's [columns] names {name!r}, which the file lacks; "
                f"it has {listing(table.columns)}."
            )
    taken = set(columns.values())
    renamed = {
        name: cells for name, cells in table.columns.items() if name not in taken and name not in columns
    }
    renamed |= {ours: table.columns[theirs] for ours, theirs in columns.items()}
    for name, translation in (values or {}).items():
        if name in renamed:
            renamed[name] = tuple(translation.get(cell, cell) for cell in renamed[name])
    named = tuple(name for name in renamed if name in contract_columns or name in columns)
    return Mapped(replace(table, columns=renamed), sha256_bytes(path.read_bytes()), named)


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
    pairs = tuple(zip(columns["image_id"], columns["reader_id"], strict=True))
    _refuse_duplicates(table, pairs, "image and reader {!r} stand twice; one verdict a reader and image.")
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
                    "none in a column 'status' (ok, failed, out_of_scope).",
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


def number(cell: str) -> float:
    """A cell as a finite float; NaN when it is anything else. No digit separators, no inf."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and "_" not in cell else math.nan


def _number_or_none(cell: str) -> float | None:
    value = number(cell)
    return None if math.isnan(value) else value


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
            there = f" (first in row {first[key] + FIRST_ROW})"
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
