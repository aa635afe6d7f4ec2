"""Tiny cohorts whose every number can be counted by hand."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from protocols.images.folder import ImageFolder
from protocols.storage.canonical import csv_text, write_text
from protocols.tables.records import Studies
from tests.records import studies

Rows = Sequence[Sequence[str]]
STUDIES: Rows = (
    ("image_id", "patient_id", "age_years", "sex", "view", "split", "site", "image_path"),
    ("a1", "A", "62", "F", "PA", "train", "north", "pictures/a1.png"),
    ("a2", "A", "63", "F", "AP", "train", "north", "pictures/a2.png"),
    ("b1", "B", "40", "M", "AP", "train", "north", "pictures/b1.png"),
    ("c1", "C", "140", "X", "", "test", "south", "pictures/c1.png"),
    ("d1", "D", "", "M", "PA", "test", "south", "pictures/d1.png"),
    ("d2", "D", "9", "M", "PA", "test", "", "pictures/gone.png"),
)
LABELS: Rows = (("image_id", "Edema", "Pneumonia"), ("a1", "1", "1"), ("a2", "0", "1"), ("b1", "", "0"))
READS: Rows = (
    ("image_id", "reader_id", "verdict"),
    ("a1", "R1", "negative"),
    ("c1", "R1", "positive"),
    ("c1", "R2", "positive"),
    ("c1", "R3", "negative"),
    ("d1", "R1", "positive"),
    ("d1", "R2", "negative"),
    ("d2", "R2", "indeterminate"),
    ("elsewhere", "R1", "positive"),
)
FLOW: Rows = (
    ("step", "images", "patients", "reason"),
    ("source", "7", "5", "images of x.csv"),
    ("not_within", "1", "1", "not in y.csv"),
)
# Grey levels of the pictures of 8 x 4 pixels: all black, half white, ...
PICTURES: Mapping[str, NDArray[np.uint8]] = {
    "a1": np.zeros((4, 8), np.uint8),
    "a2": np.repeat(np.array([[0, 255]], np.uint8), 4, axis=0).repeat(4, axis=1),
    "b1": np.full((4, 8), 100, np.uint8),
    "d1": np.full((8, 4), 200, np.uint8),
}


def write_rows(path: Path, rows: Rows) -> None:
    """A table as a file."""
    write_text(path, csv_text(rows[0], rows[1:]))


@pytest.fixture
def tiny(tmp_path: Path) -> Callable[..., Path]:
    """The cohort above as a folder, or with some of its tables replaced or, where None, absent."""

    def of(**tables: Rows | None) -> Path:
        folder = tmp_path / f"cohort-{len(list(tmp_path.iterdir()))}"
        (folder / "pictures").mkdir(parents=True)
        for name, pixels in PICTURES.items():
            Image.fromarray(pixels).save(folder / "pictures" / f"{name}.png")
        (folder / "pictures" / "c1.png").write_bytes(b"")
        chosen = {"studies": STUDIES, "labels": LABELS, "reads": READS, "flow": FLOW} | tables
        for name, rows in chosen.items():
            if rows is not None:
                write_rows(folder / f"{name}.csv", rows)
        return folder

    return of


def studies_of(
    image_id: Sequence[str], *, patient_id: Sequence[str] | None = None, manufacturer: str = ""
) -> Studies:
    """Studies of which only the ids matter, of unknown age, sex and view."""
    makers = [manufacturer] * len(image_id) if manufacturer else None
    return studies(image_id, patient_id=patient_id, manufacturer=makers)


@pytest.fixture(scope="session")
def make_studies() -> Callable[..., Studies]:
    return studies_of


@pytest.fixture
def folder_of(tmp_path: Path) -> Callable[[Mapping[str, NDArray[np.uint8]]], ImageFolder]:
    """A folder of pictures by image id."""

    def of(pictures: Mapping[str, NDArray[np.uint8]]) -> ImageFolder:
        for name, pixels in pictures.items():
            Image.fromarray(pixels).save(tmp_path / f"{name}.png")
        return ImageFolder(tmp_path, search=False)

    return of
