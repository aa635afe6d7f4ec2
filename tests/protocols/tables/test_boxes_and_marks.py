"""Boxes and marks: what is refused and accepted, independent of row order and image size."""

from pathlib import Path

import numpy as np
import pytest

from protocols.errors import BadInputError
from protocols.tables.boxes_and_marks import Mark, box_columns, box_sizes, boxes_from, marks_from
from protocols.tables.column_mapping import boxes_table, marks_table
from protocols.tables.reading import Table

BOXES = "image_id,x,y,width,height"
MARKS = "image_id,x,y,left,top,width,height"


def table(header: str, *rows: str) -> Table:
    cells = zip(*(row.split(",") for row in rows), strict=True)
    return Table.of("t.csv", dict(zip(header.split(","), map(tuple, cells), strict=True)))


def test_boxes_are_typed_by_hand() -> None:
    boxes = boxes_from(table(BOXES, "b,0.5,0,0.5,1", "a,0.25,0.5,0.25,0.125", "a,0,0.5,0.25,0.125"))
    assert boxes.image_id == ("b", "a", "a")
    assert {image: found.tolist() for image, found in boxes.by_image().items()} == {
        "b": [[0.5, 0.0, 0.5, 1.0]],
        "a": [[0.0, 0.5, 0.25, 0.125], [0.25, 0.5, 0.25, 0.125]],
    }


def test_a_rounded_box_may_end_at_the_edge_by_hand() -> None:
    boxes = boxes_from(table(BOXES, "a,0.333334,0,0.666667,1"))
    assert boxes.rectangles[0].tolist() == [0.333334, 0.0, 1 - 0.333334, 1.0]


def test_marks_are_typed_by_hand() -> None:
    marks = marks_from(table(MARKS, "a,0.5,0.25,0.25,0.125,0.5,0.25", "b,,,,,,"))
    assert marks.by_image == {"a": Mark(0.5, 0.25, (0.25, 0.125, 0.5, 0.25)), "b": None}


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["a,264,152,213,379"], "row 2: x is '264'; it must be a proportion"),
        (["a,-0.1,0,0.5,0.5"], "row 2: x is '-0.1'"),
        (["a,0,,0.5,0.5"], "row 2: y is ''"),
        (["a,0,nan,0.5,0.5"], "row 2: y is 'nan'"),
        (["a,0,0,0.5,0.5", "a,0.6,0,0.5,0.5"], "row 3: the rectangle ends at 1.100000"),
        (["a,0,0.9,0.5,0.2"], "ends at 1.100000 of the image's height"),
        (["a,0,0,0,0.5"], "row 2: width within the image is 0"),
        ([",0,0,0.5,0.5"], "row 2: image_id is empty"),
        (["a,0,0,0.5,0.5", "a,0.0,0,0.50,0.5"], "row 3: image 'a' has this box already"),
    ],
)
def test_bad_boxes_are_refused_by_hand(rows: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        boxes_from(table(BOXES, *rows))


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["a,0.5,0.5,0,0,1,1", "a,0.5,0.5,0,0,1,1"], "row 3: duplicate image_id 'a'"),
        (["a,0.5,0.5,,,,"], "row 2: left is ''"),
        (["a,,,0,0,1,1"], "row 2: x is ''"),
        (["a,0.5,1.5,0,0,1,1"], "row 2: y is '1.5'"),
        (["a,0.5,0.5,0,0,1,0"], "row 2: height within the image is 0"),
    ],
)
def test_bad_marks_are_refused_by_hand(rows: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        marks_from(table(MARKS, *rows))


def test_a_missing_column_is_named_by_hand() -> None:
    with pytest.raises(
        BadInputError, match="'height' is missing; the file has 'image_id', 'width', 'x', 'y'"
    ):
        boxes_from(table("image_id,x,y,width", "a,0,0,1"))
    with pytest.raises(BadInputError, match="'left' is missing; the file has 'image_id', 'x', 'y'"):
        marks_from(table("image_id,x,y", "a,0,0"))


def test_pixels_become_proportions_without_loss_by_hand() -> None:
    columns = box_columns([("a", (264, 152.0, 213, 379))], side=1024)
    assert columns == {
        "image_id": ["a"],
        "x": ["0.2578125"],
        "y": ["0.1484375"],
        "width": ["0.2080078125"],
        "height": ["0.3701171875"],
    }
    read = boxes_from(Table.of("t.csv", {name: tuple(cells) for name, cells in columns.items()}))
    np.testing.assert_array_equal(read.rectangles * 1024, [[264, 152, 213, 379]])


def test_the_content_is_the_same_in_another_order_against_itself(tmp_path: Path) -> None:
    rows = ["a,0,0,0.5,0.5", "b,0.50,0,0.5,0.5"]
    hashes = set()
    for name, lines in (("one", rows), ("two", ["b,0.5,0.0,0.5,0.5", rows[0]])):
        path = tmp_path / f"{name}.csv"
        path.write_text("\n".join([BOXES, *lines]) + "\n")
        hashes.add(boxes_table(path).identity().content_sha256)
    path = tmp_path / "marks.csv"
    path.write_text(f"{MARKS}\na,0.5,0.5,0,0,1,1\n")
    marks = marks_table(path).identity()
    assert len(hashes) == 1
    assert marks.content_sha256 not in hashes


def test_the_size_of_all_boxes_of_an_image_by_hand() -> None:
    """0.02, then 0.06 + 0.04, then 0.16 of the image; the last image has none."""
    boxes = {
        "image_id": ["a", "b", "b", "c"],
        "width": ["0.2", "0.3", "0.2", "0.4"],
        "height": ["0.1", "0.2", "0.2", "0.4"],
    }
    assert box_sizes(["c", "a", "b", "d"], boxes) == (
        "large (above 15 %)",
        "small (to 5 %)",
        "medium (to 15 %)",
        "no box",
    )
