"""Where a finding is and where a device points: the tables ``boxes`` and ``marks``, read and checked.

Owns both tables, whoever made them. Everything is a share of the picture's width or height, from its upper left
corner, so that no size of a picture matters. What is measured on them is `validation.localisation`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.mapping import MappedTable, read_mapped
from protocols.records import number
from protocols.tables import Table

BOX_COLUMNS = ("image_id", "x", "y", "width", "height")
MARK_COLUMNS = ("image_id", "x", "y", "left", "top", "width", "height")
BOX_SHARES = BOX_COLUMNS[1:]
MARK_SHARES = MARK_COLUMNS[1:]
REGION = MARK_COLUMNS[3:]
ROUNDING = 2e-6  # by which two shares of six decimals may pass the picture's edge

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


def boxes_table(path: Path) -> MappedTable:
    """Read a table of boxes.

    Raises:
        BadInputError: as `read_table`.
    """
    return read_mapped(path, BOX_COLUMNS)


def marks_table(path: Path) -> MappedTable:
    """Read a table of marks.

    Raises:
        BadInputError: as `read_table`.
    """
    return read_mapped(path, MARK_COLUMNS)


def boxes_from(table: Table) -> Boxes:
    """Check and type the boxes: any number of an image, each inside its picture.

    Raises:
        BadInputError: a column is missing, an id is empty, a cell is not a share of the picture, a box has no
            area or passes the picture's edge, or stands twice.
    """
    _require(table, "boxes", BOX_COLUMNS)
    rectangles = [_rectangle(table, index, BOX_SHARES) for index in range(table.rows)]
    first: dict[tuple[str, tuple[float, ...]], int] = {}
    for index, box in enumerate(zip(table.columns["image_id"], rectangles, strict=True)):
        if first.setdefault(box, index) != index:
            raise table.fault(index, f"image {box[0]!r} has this box twice; one row a box.")
    return Boxes(table.source, table.columns["image_id"], np.array(rectangles, dtype=np.float64))


def marks_from(table: Table) -> Marks:
    """Check and type the marks: one row an image; all further cells are empty where the device points at nothing.

    Raises:
        BadInputError: a column is missing, an id is empty or twice there, some cells of a row are empty and
            others not, a cell is not a share of the picture, or a region has no area or passes the edge.
    """
    _require(table, "marks", MARK_COLUMNS)
    marks: dict[str, Mark | None] = {}
    for index, image in enumerate(table.columns["image_id"]):
        if image in marks:
            raise table.fault(index, f"image_id {image!r} stands twice; one mark an image.")
        cells = [table.columns[name][index] for name in MARK_SHARES]
        if not any(cells):
            marks[image] = None
            continue
        x, y = (_share(table, index, name) for name in ("x", "y"))
        marks[image] = Mark(x, y, _rectangle(table, index, REGION))
    return Marks(table.source, marks)


def box_columns(boxes: Iterable[tuple[str, Sequence[float]]], *, side: int) -> dict[str, list[str]]:
    """The columns of the table of boxes, shares written without loss.

    Args:
        boxes: image id and x, y, width, height in pixels.
        side: rows and columns of the square picture that the pixels are of.
    """
    rows = [[image, *(repr(float(value) / side) for value in box)] for image, box in boxes]
    return {name: [row[column] for row in rows] for column, name in enumerate(BOX_COLUMNS)}


def _require(table: Table, kind: str, columns: Sequence[str]) -> None:
    for name in columns:
        if name not in table.columns:
            raise BadInputError(
                f"{table.source}: column {name!r} is missing; a table of {kind} has {', '.join(columns)}."
            )
    if "" in table.columns["image_id"]:
        raise table.fault(table.columns["image_id"].index(""), "image_id is empty; every row needs one.")


def _share(table: Table, index: int, name: str) -> float:
    cell = table.columns[name][index]
    value = number(cell)
    if not 0.0 <= value <= 1.0:
        raise table.fault(
            index,
            f"{name} is {cell!r}; it must be a share of the picture's width or height, from 0 to 1 (pixels "
            "divided by the picture's size).",
        )
    return value


def _rectangle(table: Table, index: int, names: Sequence[str]) -> tuple[float, float, float, float]:
    left, top, width, height = (_share(table, index, name) for name in names)
    for start, length, axis in ((left, width, "width"), (top, height, "height")):
        if min(length, 1.0 - start) == 0.0:
            raise table.fault(index, f"{axis} within the picture is 0; a rectangle has an area.")
        if start + length > 1.0 + ROUNDING:
            raise table.fault(
                index,
                f"the rectangle ends at {start + length:.6f} of the picture's {axis}; it must end by 1.",
            )
    return left, top, min(width, 1.0 - left), min(height, 1.0 - top)
