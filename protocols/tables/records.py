"""Studies, labels, reads and predictions as checked, typed records, and the vocabularies of their columns.

Rows become records, or are refused, in `checks`; records are joined in `validation.cohort.join`. Source: the contract
("Tables").
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.tables.reading import listing

UNKNOWN = ""
PLAIN_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
OF_STUDIES = ("image_id", "patient_id", "age_years", "sex", "view", "split", "image_path")
PHANTOM = "PHANTOM"  # prefix of the manufacturer of a synthetic radiograph


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
    """The permitted use of a patient's images."""

    TRAIN = "train"
    TUNE = "tune"
    TEST = "test"


class Verdict(StrEnum):
    """The verdict of one reader on one image, or of the reference standard."""

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
    """The identity of an input: hashes of its bytes, and of its content in any order of rows."""

    file_sha256: str
    content_sha256: str


class _Record:
    """A checked table: a frame with one row per entry, numbered from 0."""

    frame: pd.DataFrame

    def __len__(self) -> int:
        return len(self.frame)

    def _text(self, name: str) -> tuple[str, ...]:
        return tuple(self.frame[name])


@dataclass(frozen=True)
class Studies(_Record):
    """One row per image.

    Attributes:
        source: the file, as refusals name it.
        frame: identifiers and further columns as text, ``age_years`` as float64 (NaN where unknown), ``sex`` and
            ``view`` as text (empty where unknown), ``split`` and ``image_path`` only where the file has them.
        given: the cells of ``age_years``, ``sex`` and ``view`` as they were given, in the same order.
    """

    source: str
    frame: pd.DataFrame
    given: pd.DataFrame

    @cached_property
    def image_id(self) -> tuple[str, ...]:
        """The identifiers of the images."""
        return self._text("image_id")

    @cached_property
    def patient_id(self) -> tuple[str, ...]:
        """The identifier of each image's patient."""
        return self._text("patient_id")

    @cached_property
    def age_years(self) -> NDArray[np.float64]:
        """The age at each image, 0 to 120; NaN where unknown."""
        return self.frame["age_years"].to_numpy()

    @cached_property
    def sex(self) -> tuple[str, ...]:
        """A value of `Sex` for each image; empty where unknown."""
        return self._text("sex")

    @cached_property
    def view(self) -> tuple[str, ...]:
        """A value of `View` for each image; empty where unknown."""
        return self._text("view")

    @cached_property
    def split(self) -> tuple[str, ...] | None:
        """A value of `Split` for each image; None where the file has no such column."""
        return self._text("split") if "split" in self.frame else None

    @cached_property
    def image_path(self) -> tuple[str, ...] | None:
        """The path of each image, relative to the file; None where the file has no such column."""
        return self._text("image_path") if "image_path" in self.frame else None

    @cached_property
    def further(self) -> Mapping[str, tuple[str, ...]]:
        """All other columns by name."""
        return {name: self._text(name) for name in map(str, self.frame) if name not in OF_STUDIES}

    @property
    def in_test_split(self) -> NDArray[np.bool_]:
        """Which images belong to the test split: all where there is no column ``split``; shape (images,)."""
        if "split" not in self.frame:
            return np.ones(len(self), dtype=np.bool_)
        return (self.frame["split"] == Split.TEST.value).to_numpy(dtype=np.bool_)

    @property
    def phantom(self) -> NDArray[np.bool_]:
        """Which images are synthetic according to ``manufacturer``; shape (images,)."""
        if "manufacturer" not in self.frame:
            return np.zeros(len(self), dtype=np.bool_)
        return self.frame["manufacturer"].str.startswith(PHANTOM).to_numpy(dtype=np.bool_)

    def by_image_id(self) -> "Studies":
        """Return the same studies in the code-point order of image_id, whatever the order of the file."""
        order = np.argsort(self.frame["image_id"].to_numpy(dtype=object), kind="stable")
        frame, given = (one.iloc[order].reset_index(drop=True) for one in (self.frame, self.given))
        return replace(self, frame=frame, given=given)

    def cells(self, name: str) -> pd.Series:
        """Return a column of text by name; empty cells are unknown.

        Raises:
            BadInputError: there is no such column; the message lists the columns.
        """
        if name not in self.frame or (name in OF_STUDIES and name not in ("sex", "view")):
            there = listing(["age_years", "sex", "view", *self.further])
            raise BadInputError(
                f"{self.source}: axis {name!r} is not a column of the studies; there are {there}."
            )
        return self.frame[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """Return a numeric column by name; NaN where a cell is empty or not a finite number."""
        return self.age_years if name == "age_years" else numbers_of(self.cells(name))


@dataclass(frozen=True)
class Reads(_Record):
    """One row per reader and image: ``image_id``, ``reader_id`` and ``verdict`` as text."""

    source: str
    frame: pd.DataFrame

    @cached_property
    def image_id(self) -> tuple[str, ...]:
        """The image of each read."""
        return self._text("image_id")

    @cached_property
    def reader_id(self) -> tuple[str, ...]:
        """The reader of each read."""
        return self._text("reader_id")

    @cached_property
    def verdict(self) -> tuple[Verdict, ...]:
        """The verdict of each read."""
        return tuple(map(Verdict, self._text("verdict")))

    def without(self, reader: str) -> "Reads":
        """Return the reads of all other readers."""
        return replace(self, frame=self.frame[self.frame["reader_id"] != reader].reset_index(drop=True))


@dataclass(frozen=True)
class Predictions(_Record):
    """One row per image: ``image_id`` and ``status`` as text, ``score`` in [0, 1], NaN unless ok."""

    source: str
    frame: pd.DataFrame

    @cached_property
    def image_id(self) -> tuple[str, ...]:
        """The image of each row."""
        return self._text("image_id")

    @cached_property
    def score(self) -> NDArray[np.float64]:
        """The score of each row; NaN where the status is not ok."""
        return self.frame["score"].to_numpy()

    @cached_property
    def status(self) -> tuple[Status, ...]:
        """The status of each row."""
        return tuple(map(Status, self._text("status")))


@dataclass(frozen=True, slots=True)
class Labels:
    """One entry per image for training: 1, 0 or NaN (unknown) for each finding."""

    source: str
    image_id: tuple[str, ...]
    findings: Mapping[str, NDArray[np.float64]]


def number(cell: str) -> float:
    """Return a cell as a finite float; NaN when it is anything else. No digit separators, no inf."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and "_" not in cell else math.nan


def numbers_of(cells: pd.Series) -> NDArray[np.float64]:
    """Return `number` of each cell, shape (cells,)."""
    text = cells.to_numpy(dtype=object)
    plain = cells.str.fullmatch(PLAIN_NUMBER).to_numpy(dtype=np.bool_)
    values = np.full(len(text), np.nan)
    values[plain] = text[plain].astype(np.float64)
    odd = np.flatnonzero(~plain & (text != UNKNOWN))
    values[odd] = [number(cell) for cell in text[odd]]
    return np.where(np.isfinite(values), values, np.nan)
