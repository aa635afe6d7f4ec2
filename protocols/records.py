"""Studies, labels, reads and predictions as typed records, and the small vocabularies of their columns.

Owns what a record is once it may be trusted. How rows become records, and which are refused, is
`admission`; how records are joined is `validation.cohort`. Source: the contract ("Tables").
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.tables import listing

UNKNOWN = ""
PHANTOM = "PHANTOM"  # how the manufacturer of a synthetic radiograph begins


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


def number(cell: str) -> float:
    """A cell as a finite float; NaN when it is anything else. No digit separators, no inf."""
    try:
        value = float(cell)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) and "_" not in cell else math.nan
