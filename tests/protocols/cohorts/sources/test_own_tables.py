"""A site's own tables: checked, restricted, passed on."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from protocols.cohorts.cohort import Cohort, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.own_tables import own_tables
from protocols.errors import BadInputError
from protocols.tables.checks import labels_from, reads_from, studies_from
from protocols.tables.reading import read_table

HEADER = "image_id,patient_id,age_years,sex,view"
ROWS = ("a1,1,062Y,F,PA", "a2,1,63,F,AP", "b1,2,018M,M,PA", "c1,3,,Female,PA")


def written(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def studies(tmp_path: Path) -> Path:
    """Four images of three patients, with a column of the site's own."""
    return written(
        tmp_path, "site/studies.csv", HEADER + ",scanner", *(f"{row},X{n}" for n, row in enumerate(ROWS))
    )


@pytest.fixture
def reads(tmp_path: Path) -> Path:
    """Two readers."""
    rows = ["a1,r1,positive", "a1,r2,negative", "b1,r1,negative", "c1,r1,indeterminate"]
    return written(tmp_path, "site/reads.csv", "image_id,reader_id,verdict", *rows)


def test_passed_on_by_hand(studies: Path, reads: Path, tmp_path: Path) -> None:
    cohort = own_tables(studies, CohortRequest(reads=reads, out=tmp_path / "out"))
    assert cohort.studies == {
        "image_id": ("a1", "a2", "b1", "c1"),
        "patient_id": ("1", "1", "2", "3"),
        "age_years": ("62", "63", "1.5", ""),
        "sex": ("F", "F", "M", "Female"),  # a protocol's [values] may still translate it
        "view": ("PA", "AP", "PA", "PA"),
        "scanner": ("X0", "X1", "X2", "X3"),
    }
    assert cohort.reads is not None
    assert len(cohort.reads["verdict"]) == 4
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [("source", 4, 3)]


def test_within_and_hold_out_by_hand(studies: Path, reads: Path, tmp_path: Path) -> None:
    # c1 is not within; a1 is the test, a2 its patient's other image, b1 trains
    labels = written(tmp_path, "labels.csv", "image_id,Pneumonia", "b1,1", "a1,0", "c1,0", "z9,1")
    cohort = own_tables(
        studies,
        CohortRequest(
            reads=reads,
            training_labels=labels,
            within=written(tmp_path, "within.csv", "image_id", "a1", "a2", "b1"),
            hold_out=written(tmp_path, "test.csv", "image_id", "a1"),
            out=tmp_path / "out",
        ),
    )
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [
        ("source", 4, 3),
        ("not_within", 1, 1),
        ("patient_held_out", 1, 1),
    ]
    assert (cohort.studies["image_id"], cohort.studies["split"]) == (("a1", "b1"), ("test", "train"))
    assert cohort.reads is not None
    assert cohort.reads["image_id"] == ("a1", "a1", "b1")
    assert cohort.labels == {"image_id": ("b1",), "Pneumonia": ("1",)}
    assert [left.image_id for left in cohort.exclusions] == ["c1", "a2"]


def test_labels_of_test_images_are_dropped_by_hand(tmp_path: Path) -> None:
    studies = written(tmp_path, "s.csv", HEADER + ",split", "a,1,,,,train", "b,2,,,,tune", "c,3,,,,test")
    labels = written(tmp_path, "l.csv", "image_id,Pneumonia", "c,1", "b,0", "a,")
    assert own_tables(studies, CohortRequest(training_labels=labels, out=tmp_path)).labels == {
        "image_id": ("b", "a"),
        "Pneumonia": ("0", ""),
    }


def test_no_labels_when_all_images_are_for_the_test_by_hand(tmp_path: Path) -> None:
    studies = written(tmp_path, "s.csv", HEADER + ",split", "c,3,,,,test")
    labels = written(tmp_path, "l.csv", "image_id,Pneumonia", "c,1")
    assert own_tables(studies, CohortRequest(training_labels=labels, out=tmp_path)).labels is None


def test_image_paths_lead_to_the_same_files_by_hand(tmp_path: Path) -> None:
    studies = written(tmp_path, "site/s.csv", HEADER + ",image_path", "a,1,,,,pictures/a.png", "b,2,,,,")
    cohort = own_tables(studies, CohortRequest(out=tmp_path / "cohorts" / "one"))
    assert cohort.studies["image_path"] == ("../../site/pictures/a.png", "")


def test_image_paths_of_another_system_are_led_to_their_files_and_told_by_hand(tmp_path: Path) -> None:
    rows = ("a,1,,,,pictures\\A.PNG", "b,2,,,,pictures/a2.png", "c,3,,,,pictures/a.png")
    studies = written(tmp_path, "site/s.csv", HEADER + ",image_path", *rows)
    written(tmp_path, "site/pictures/a.png", "a picture")
    cohort = own_tables(studies, CohortRequest(out=tmp_path / "site"))
    assert cohort.studies["image_path"] == ("pictures/a.png", "pictures/a2.png", "pictures/a.png")
    assert [(one.kind, one.count, one.examples) for one in cohort.notices] == [
        ("image_paths_respelt", 1, (r"'pictures\\A.PNG' for 'pictures/a.png'",)),
        ("images_not_found", 1, ("'pictures/a2.png', the nearest is 'pictures/a.png'",)),
    ]


def test_parquet_by_hand(tmp_path: Path) -> None:
    columns = {
        "image_id": ["001", "1"],
        "patient_id": [7, 8],
        "age_years": [62.5, None],
        "sex": ["F", None],
        "view": ["PA", ""],
    }
    pq.write_table(pa.table(columns), tmp_path / "s.parquet")
    cohort = own_tables(tmp_path / "s.parquet", CohortRequest(out=tmp_path))
    assert cohort.studies == {
        "image_id": ("001", "1"),
        "patient_id": ("7", "8"),
        "age_years": ("62.5", ""),
        "sex": ("F", ""),
        "view": ("PA", ""),
    }


def test_what_is_written_is_read_again_against_itself(studies: Path, reads: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    labels = written(tmp_path, "labels.csv", "image_id,Pneumonia", "b1,1")
    cohort: Cohort = own_tables(studies, CohortRequest(reads=reads, training_labels=labels, out=out))
    write_cohort(cohort, out)
    assert studies_from(read_table(out / "studies.csv")).image_id == cohort.studies["image_id"]
    assert len(reads_from(read_table(out / "reads.csv")).verdict) == 4
    assert labels_from(read_table(out / "labels.csv")).image_id == ("b1",)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (["image_id,patient_id,age_years,sex", "a,1,5,F"], r"s\.csv: column 'view' is missing"),
        ([HEADER, "a,1,5,F,PA", "a,2,5,F,PA"], r"s\.csv, row 3: duplicate image_id 'a'"),
        ([HEADER, "a,,5,F,PA"], r"s\.csv, row 2: patient_id is empty"),
        (
            [HEADER + ",split", "a,1,5,F,PA,train", "b,1,5,F,PA,test"],
            r"s\.csv, row 3: patient '1' is in split 'test' here",
        ),
        ([HEADER, "a,1,5,F"], r"s\.csv, row 2: has 4 fields; the header has 5"),
    ],
)
def test_refusals_by_hand(tmp_path: Path, rows: list[str], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        own_tables(written(tmp_path, "s.csv", *rows), CohortRequest(out=tmp_path))


def test_two_splits_at_once_by_hand(tmp_path: Path) -> None:
    studies = written(tmp_path, "s.csv", HEADER + ",split", "a,1,5,F,PA,train")
    with pytest.raises(
        BadInputError, match=r"s\.csv: already has a column 'split' and a hold-out list would write another"
    ):
        own_tables(studies, CohortRequest(hold_out=written(tmp_path, "h.csv", "image_id", "a"), out=tmp_path))


def test_labels_are_checked_by_hand(studies: Path, tmp_path: Path) -> None:
    labels = written(tmp_path, "l.csv", "image_id,Pneumonia", "a1,maybe")
    with pytest.raises(BadInputError, match=r"l\.csv, row 2: Pneumonia is 'maybe'"):
        own_tables(studies, CohortRequest(training_labels=labels, out=tmp_path))


def test_boxes_are_carried_along_by_hand(studies: Path, tmp_path: Path) -> None:
    boxes = written(tmp_path, "site/boxes.csv", "image_id,x,y,width,height", "a1,0,0,0.5,0.5")
    cohort = own_tables(studies, CohortRequest(boxes=boxes, out=tmp_path / "out"))
    assert cohort.boxes == {
        "image_id": ("a1",),
        "x": ("0",),
        "y": ("0",),
        "width": ("0.5",),
        "height": ("0.5",),
    }
