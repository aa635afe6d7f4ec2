"""Locations of findings and of the device's marks: the tables ``boxes`` and ``marks``, read and checked.

All coordinates are proportions of the image's width or height, from its upper left corner, so that they do not depend
on its size. The metrics are in `validation.analyses.localisation`.
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
# largest proportion of the image
SIZES = {"small (to 5 %)": 0.05, "medium (to 15 %)": 0.15, "large (above 15 %)": float("inf")}
ROUNDING = 2e-6  # by which two proportions of six decimals may pass the image's edge

Rectangles = NDArray[np.float64]  # left, top, width, height of each, shape (n, 4)


@dataclass(frozen=True, slots=True)
class Boxes:
    """The boxes of the reference standard, one entry per box; ``rectangles`` has shape (boxes, 4), within the image."""

    source: str
    image_id: tuple[str, ...]
    rectangles: Rectangles

    def by_image(self) -> Mapping[str, Rectangles]:
        """Return the boxes of each image that has any, in an order independent of the file's."""
        rows: dict[str, list[list[float]]] = {}
        for image, rectangle in zip(self.image_id, self.rectangles.tolist(), strict=True):
            rows.setdefault(image, []).append(rectangle)
        return {image: np.array(sorted(found)) for image, found in rows.items()}


@dataclass(frozen=True, slots=True)
class Mark:
    """The device's mark in one image: a point, and its region as left, top, width, height."""

    x: float
    y: float
    region: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Marks:
    """The device's marks, one entry per image it processed; None where it marks nothing."""

    source: str
    by_image: Mapping[str, Mark | None]


def boxes_from(table: Table) -> Boxes:
    """Check and type the boxes: any number per image, each inside its image.

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
    """Check and type the marks: one row per image; all further cells are empty where the device marks nothing.

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
    """Make the columns of the table of boxes, with proportions written without loss.

    Args:
        boxes: image id and x, y, width, height in pixels.
        side: pixels per side of the square image.
    """
    rows = [[image, *(repr(float(value) / side) for value in box)] for image, box in boxes]
    return {name: [row[column] for row in rows] for column, name in enumerate(BOXES.required)}


def box_sizes(images: Sequence[str], boxes: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Classify the proportion of each image that its boxes cover together: `NO_BOX` or one of `SIZES`.

    Args:
        images: the ids.
        boxes: columns of the table of boxes; where boxes overlap, the area counts once for each.
    """
    areas = numbers_of(pd.Series(boxes["width"])) * numbers_of(pd.Series(boxes["height"]))
    covered = pd.Series(areas).groupby(list(boxes["image_id"])).sum()
    return tuple(NO_BOX if image not in covered else _size(float(covered[image])) for image in images)


def _size(proportion: float) -> str:
    return next(name for name, largest in SIZES.items() if proportion <= largest)


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
