"""Where a finding is and where a device points: the tables ``boxes`` and ``marks``, read and checked.

Owns both tables, whoever made them. Everything is a share of the picture's width or height, from its upper left
corner, so that no size of a picture matters. What is measured on them is `validation.analyses.localisation`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.tables.checks import checked
from protocols.tables.column_rules import BOXES, MARKS
from protocols.tables.reading import Table
from protocols.tables.records import numbers_of

REGION = ("left", "top", "width", "height")
BOX_SIZE = "box_size"  # the column of studies
NO_BOX = "no box"
SIZES = {
    "small (to 5 %)": 0.05,
    "medium (to 15 %)": 0.15,
    "large (above 15 %)": float("inf"),
}  # shares of the image
ROUNDING = 2e-6  # by which two proportions of six decimals may pass the image's edge

Rectangles = NDArray[np.float64]  # left, top, width, height of each, shape (n, 4)


@dataclass(frozen=True, slots=True)
class Boxes:
    """One entry a box of the reference standard; ``rectangles`` has shape (boxes, 4), within the picture."""

    source: str
    image_id: tuple[str, ...]
    rectangles: Rectangles

    def by_image(self) -> Mapping[str, Rectangles]:
        """The boxes of each image that has any, in an order that does not depend on the file's."""
        rows: dict[str, list[list[float]]] = {}
        for image, rectangle in zip(self.image_id, self.rectangles.tolist(), strict=True):
            rows.setdefault(image, []).append(rectangle)
        return {image: np.array(sorted(found)) for image, found in rows.items()}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a device points in one image: a point, and the region that it stands for as left, top, width, height."""

    x: float
    y: float
    region: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Marks:
    """One entry an image that the device looked at; None where it points at nothing."""

    source: str
    by_image: Mapping[str, Mark | None]


def boxes_from(table: Table) -> Boxes:
    """Check and type the boxes: any number of an image, each inside its picture.

    Raises:
        BadInputError: a column is missing, an id is empty, a cell is not a proportion of the image, a box has no
            area, passes the image's edge or is a duplicate.
    """
    frame = checked(table, BOXES)
    rectangles = _rectangles(table, ("x", "y", "width", "height"))
    again = pd.concat([frame["image_id"], pd.DataFrame(rectangles)], axis=1).duplicated()
    if again.any():
        image = frame["image_id"][again.argmax()]
        table.refuse(again, f"image {image!r} has this box already; expected one row per box.")
    return Boxes(table.source, tuple(frame["image_id"]), rectangles)


def marks_from(table: Table) -> Marks:
    """Check and type the marks: one row per image; all further cells are empty where the device points at nothing.

    Raises:
        BadInputError: a column is missing, an id is empty or a duplicate, some cells of a row are empty and
            others not, a cell is not a proportion of the image, or a region has no area or passes the edge.
    """
    frame = checked(table, MARKS)
    pointing = (frame[["x", "y", *REGION]] != "").any(axis=1)
    there = table.only(pointing.to_numpy(dtype=bool))
    points = np.column_stack([_proportions(there, name) for name in ("x", "y")])
    regions = _rectangles(there, REGION)
    marks: dict[str, Mark | None] = dict.fromkeys(frame["image_id"])
    for image, (x, y), region in zip(there.frame["image_id"], points.tolist(), regions.tolist(), strict=True):
        marks[image] = Mark(x, y, tuple(region))
    return Marks(table.source, marks)


def box_columns(boxes: Iterable[tuple[str, Sequence[float]]], *, side: int) -> dict[str, list[str]]:
    """The columns of the table of boxes, shares written without loss.

    Args:
        boxes: image id and x, y, width, height in pixels.
        side: rows and columns of the square picture that the pixels are of.
    """
    rows = [[image, *(repr(float(value) / side) for value in box)] for image, box in boxes]
    return {name: [row[column] for row in rows] for column, name in enumerate(BOXES.required)}


def box_sizes(images: Sequence[str], boxes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return how much of each image its boxes cover together, as one of `NO_BOX` and `SIZES`.

    Args:
        images: the ids.
        boxes: columns of the table of boxes; what several boxes share counts once for each.
    """
    areas = numbers_of(pd.Series(boxes["width"])) * numbers_of(pd.Series(boxes["height"]))
    covered = pd.Series(areas).groupby(list(boxes["image_id"])).sum()
    return tuple(NO_BOX if image not in covered else _size(float(covered[image])) for image in images)


def _size(share: float) -> str:
    return next(name for name, largest in SIZES.items() if share <= largest)


def _proportions(table: Table, name: str) -> NDArray[np.float64]:
    values = numbers_of(table.frame[name])
    wrong = ~((values >= 0) & (values <= 1))
    if wrong.any():
        table.refuse(
            wrong,
            f"{name} is {table.frame[name].iloc[int(wrong.argmax())]!r}; it must be a proportion of the image's width "
            "or height, from 0 to 1 (pixels divided by the image's size).",
        )
    return values


def _rectangles(table: Table, names: Sequence[str]) -> Rectangles:
    left, top, width, height = (_proportions(table, name) for name in names)
    for start, length, axis in ((left, width, "width"), (top, height, "height")):
        table.refuse(
            np.minimum(length, 1 - start) == 0, f"{axis} within the image is 0; a rectangle has an area."
        )
        beyond = start + length > 1 + ROUNDING
        if beyond.any():
            end = (start + length)[beyond][0]
            table.refuse(beyond, f"the rectangle ends at {end:.6f} of the image's {axis}; it must end by 1.")
    return np.column_stack([left, top, np.minimum(width, 1 - left), np.minimum(height, 1 - top)])
