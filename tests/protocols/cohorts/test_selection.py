"""Which images stay: steps, the two lists and the reads, on cohorts small enough to count by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.cohorts.cohort import Exclusion, FlowStep
from protocols.cohorts.selection import Selection
from protocols.errors import BadInputError
from protocols.tables.column_mapping import boxes_table, reads_table

IMAGES = ("a1", "a2", "b1", "c1", "c2", "d1")


@pytest.fixture
def selection() -> Selection:
    """Six images of four patients."""
    return Selection.of_source(IMAGES, tuple(image[0] for image in IMAGES), "images of entries.csv")


def listing(folder: Path, *rows: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_step_by_hand(selection: Selection) -> None:
    left = selection.without("blurred", "too blurred to read", {1: "sharpness 2", 3: "sharpness 1"})
    assert left.pick(IMAGES) == ("a1", "b1", "c2", "d1")
    assert left.flow == (
        FlowStep("source", 6, 4, "images of entries.csv"),
        FlowStep("blurred", 2, 2, "too blurred to read"),
    )
    assert left.exclusions == (
        Exclusion("a2", "blurred", "sharpness 2"),
        Exclusion("c1", "blurred", "sharpness 1"),
    )


def test_an_image_leaves_once_by_hand(selection: Selection) -> None:
    twice = selection.without("first", "r", {0: "r"}).without("second", "r", {0: "r", 1: "r"})
    assert [(step.step, step.images, step.patients) for step in twice.flow] == [
        ("source", 6, 4),
        ("first", 1, 1),
        ("second", 1, 1),
    ]


def test_no_image_left_by_hand(selection: Selection) -> None:
    with pytest.raises(BadInputError, match=r"No image is left after step 'blurred' \(too blurred\)"):
        selection.without("blurred", "too blurred", dict.fromkeys(range(6), "too blurred"))


def test_within_by_hand(selection: Selection, tmp_path: Path) -> None:
    left = selection.within(listing(tmp_path, "Image Index,prob", "c2,0.5", "a1,0.1", "z9,0.2"))
    assert left.pick(IMAGES) == ("a1", "c2")
    assert left.flow[-1] == FlowStep("not_within", 4, 4, "not in list.csv")


def test_hold_out_by_hand(selection: Selection, tmp_path: Path) -> None:
    # a1 and c1 are the test; a2 and c2 belong to their patients and are used for nothing; b1 and d1 train
    left, split = selection.hold_out(listing(tmp_path, "image_id", "c1", "a1"))
    assert dict(zip(left.pick(IMAGES), split, strict=True)) == {
        "a1": "test",
        "b1": "train",
        "c1": "test",
        "d1": "train",
    }
    assert left.flow[-1] == FlowStep(
        "patient_held_out", 2, 2, "of a patient held out by list.csv, which does not list the image"
    )


def test_an_image_that_left_holds_nobody_out_by_hand(selection: Selection, tmp_path: Path) -> None:
    left, split = selection.without("gone", "r", {0: "r"}).hold_out(listing(tmp_path, "image_id", "a1", "b1"))
    assert dict(zip(left.pick(IMAGES), split, strict=True))["a2"] == "train"


@pytest.mark.parametrize("restrict", [Selection.within, Selection.hold_out])
def test_a_list_of_other_identifiers_by_hand(
    selection: Selection, tmp_path: Path, restrict: Callable[[Selection, Path], object]
) -> None:
    other = listing(tmp_path, "rsna_patient_id,nih_image_index", "0004cfab,a1")
    with pytest.raises(
        BadInputError,
        match=r"list\.csv: the first column, 'rsna_patient_id', names no image of the cohort; .* such as 'a1'\.",
    ):
        restrict(selection, other)


def test_reads_leave_with_their_image_by_hand(selection: Selection, tmp_path: Path) -> None:
    # r3's image was never in the source: validate must still count it
    rows = ["a1,r1,positive,7", "a1,r2,negative,8", "b1,r1,negative,9", "z9,r3,positive,5"]
    path = listing(tmp_path, "image_id,reader_id,verdict,minutes", *rows)
    reads = selection.without("gone", "r", {2: "r"}).reads(reads_table(path))
    assert reads == {
        "image_id": ("a1", "a1", "z9"),
        "reader_id": ("r1", "r2", "r3"),
        "verdict": ("positive", "negative", "positive"),
        "minutes": ("7", "8", "5"),
    }


def test_no_read_of_any_image_by_hand(selection: Selection, tmp_path: Path) -> None:
    path = listing(tmp_path, "image_id,reader_id,verdict", "a1.png,r1,positive")
    with pytest.raises(
        BadInputError, match=r"has no read of any image .* there look like 'a1\.png', .* like 'a1'\."
    ):
        selection.reads(reads_table(path))


def test_reads_are_checked_by_hand(selection: Selection, tmp_path: Path) -> None:
    path = listing(tmp_path, "image_id,reader_id,verdict", "a1,r1,yes")
    with pytest.raises(BadInputError, match=r"list\.csv, row 2: verdict is 'yes'"):
        selection.reads(reads_table(path))


def test_boxes_leave_with_their_image_by_hand(selection: Selection, tmp_path: Path) -> None:
    rows = ["a1,0,0,0.5,0.5", "b1,0,0,0.5,0.5", "z9,0,0,0.5,0.5"]
    path = listing(tmp_path, "image_id,x,y,width,height", *rows)
    boxes = selection.without("gone", "r", {2: "r"}).boxes(boxes_table(path))
    assert boxes["image_id"] == ("a1", "z9")
    with pytest.raises(BadInputError, match=r"has no box of any image"):
        selection.boxes(boxes_table(listing(tmp_path, "image_id,x,y,width,height", rows[2])))
