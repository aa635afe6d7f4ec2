"""Annotations with one row per box and reader: who read what, and where the finding is."""

from pathlib import Path

import pytest

from protocols.cohorts.cohort import Cohort, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.vindr import vindr
from protocols.errors import BadInputError
from protocols.tables.column_mapping import boxes_table, reads_table
from tests.protocols.cohorts.sources.test_own_tables import HEADER, written

ANNOTATIONS = "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max"
ROWS = (
    "a,Pneumonia,4,R8,100,200,300,400",
    "a,Pneumonia,4,R8,600.5,200,700,400",  # two boxes are one read
    "a,Pneumonia,4,R9,100,200,300,400",  # the same box as the first
    "a,No finding,14,R10,,,,",
    "b,No finding,14,R8,,,,",
    "b,Cardiomegaly,3,R9,1,2,3,4",  # another finding: negative
    "b,Pneumonia ,4,R10,,,,",  # without a box: positive all the same
    "c,No finding,14,R1,,,,",
)
STUDIES = (HEADER + ",width,height", "a,1,50,F,PA,1000,800", "b,1,51,F,PA,500,500", "c,2,,M,AP,500,500")


def made(
    folder: Path, *, rows: tuple[str, ...] = ROWS, studies: tuple[str, ...] = STUDIES, **options: Path
) -> Cohort:
    annotations = written(folder, "train.csv", ANNOTATIONS, *rows)
    table = written(folder, "studies.csv", *studies)
    return vindr(
        annotations, CohortRequest(out=folder / "out", **options), studies=table, finding="Pneumonia"
    )


def test_reads_and_boxes_by_hand(tmp_path: Path) -> None:
    cohort = made(tmp_path)
    assert cohort.reads == {
        "image_id": ("a", "a", "a", "b", "b", "b", "c"),
        "reader_id": ("R8", "R9", "R10", "R8", "R9", "R10", "R1"),
        "verdict": ("positive", "positive", *["negative"] * 3, "positive", "negative"),
    }
    assert cohort.boxes == {
        "image_id": ("a", "a"),
        "x": ("0.1", "0.6005"),
        "y": ("0.25", "0.25"),
        "width": ("0.2", "0.0995"),
        "height": ("0.25", "0.25"),
    }
    assert [notice.kind for notice in cohort.notices] == ["cells_trimmed"]  # of "Pneumonia "


def test_what_is_written_is_read_again_against_itself(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write_cohort(made(tmp_path), tmp_path / "out")
    assert reads_table(tmp_path / "out" / "reads.csv").table.rows == 7
    assert boxes_table(tmp_path / "out" / "boxes.csv").table.rows == 2


def test_images_that_leave_take_their_reads_along_by_hand(tmp_path: Path) -> None:
    further = "x,Pneumonia,4,R8,1,2,3,4"  # of an image that the studies never had: passed on, unused
    cohort = made(tmp_path, rows=(*ROWS, further), within=written(tmp_path, "within.csv", "image_id", "b"))
    assert cohort.reads is not None
    assert cohort.reads["image_id"] == ("b", "b", "b", "x")
    assert (cohort.boxes, [left.image_id for left in cohort.exclusions]) == (None, ["a", "c"])


def test_without_the_size_of_images_no_boxes_by_hand(tmp_path: Path) -> None:
    cohort = made(tmp_path, studies=tuple(row.rsplit(",", 2)[0] for row in STUDIES))
    assert (cohort.boxes, [notice.kind for notice in cohort.notices][-1]) == (None, "boxes_left_out")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a,Pneumonia,4,,1,2,3,4", r"train\.csv, row 10: rad_id is empty; every row needs one\."),
        ("c,Pneumonia,4,R1,1,2,3,4", r"row 9: the reader has 'No finding' and findings on this image"),
        ("c,Pneumonia,4,R2,1,2,501,4", r"row 10: the box is not within the width and height"),
        ("c,Pneumonia,4,R2,3,2,3,4", r"row 10: the box is not within"),
        ("c,Pneumonia,4,R2,1,2,,4", r"row 10: the box is not within"),
    ],
)
def test_refusals_by_hand(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        made(tmp_path, rows=(*ROWS, row))


def test_a_finding_or_images_that_nobody_annotated_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"has no finding 'Pneumonia'; those are 'Cardiomegaly'\."):
        made(tmp_path, rows=(ROWS[3], ROWS[5]))
    with pytest.raises(
        BadInputError, match="has no row of any image of the cohort; image ids there look like 'z'"
    ):
        made(tmp_path, rows=("z,Pneumonia,4,R8,1,2,3,4",))


def test_a_column_is_missing_by_hand(tmp_path: Path) -> None:
    annotations = written(tmp_path, "train.csv", "image_id,class_name", "a,Pneumonia")
    studies = written(tmp_path, "studies.csv", *STUDIES)
    with pytest.raises(BadInputError, match="column 'rad_id' is missing"):
        vindr(annotations, CohortRequest(out=tmp_path / "out"), studies=studies, finding="Pneumonia")
