"""A cohort on disk: what is written, read back, and refused."""

from pathlib import Path

import pytest

from protocols.cohorts.cohort import Cohort, Exclusion, FlowStep, read_flow, write_cohort
from protocols.errors import BadInputError

STUDIES = {"image_id": ["a,1", "b"], "patient_id": ["1", "2"]}
FLOW = (FlowStep("source", 3, 2, "images of x.csv"), FlowStep("not_within", 1, 1, 'not in "y", sorry'))


def test_a_cohort_by_hand(tmp_path: Path) -> None:
    reads = {"image_id": ["b"], "reader_id": ["r1"], "verdict": ["positive"]}
    labels = {"image_id": ["b"], "Pneumonia": [""]}
    write_cohort(Cohort(STUDIES, reads, labels, FLOW, [Exclusion("c", "not_within", "not in y")]), tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "studies.csv": b'image_id,patient_id\n"a,1",1\nb,2\n',
        "reads.csv": b"image_id,reader_id,verdict\nb,r1,positive\n",
        "labels.csv": b"image_id,Pneumonia\nb,\n",
        "flow.csv": b'step,images,patients,reason\nsource,3,2,images of x.csv\nnot_within,1,1,"not in ""y"", sorry"\n',
        "exclusions.csv": b"image_id,step,reason\nc,not_within,not in y\n",
    }


def test_without_reads_and_labels_by_hand(tmp_path: Path) -> None:
    write_cohort(Cohort(STUDIES, None, None, FLOW, []), tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["exclusions.csv", "flow.csv", "studies.csv"]


def test_the_flow_reads_back_against_itself(tmp_path: Path) -> None:
    write_cohort(Cohort(STUDIES, None, None, FLOW, []), tmp_path)
    assert read_flow(tmp_path / "flow.csv") == FLOW


def test_columns_of_different_length_are_an_accident_by_hand(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_cohort(Cohort({"image_id": ["a", "b"], "patient_id": ["1"]}, None, None, FLOW, []), tmp_path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("step,images,reason\nsource,1,x\n", r"flow\.csv: column 'patients' is missing"),
        (
            "step,images,patients,reason\nsource,1,-1,x\n",
            r"flow\.csv, row 2: images and patients must be whole numbers",
        ),
        (
            "step,images,patients,reason\nsource,1.0,1,x\n",
            r"flow\.csv, row 2: images and patients must be whole",
        ),
        ("step,images,patients,reason\n", r"flow\.csv: the table has a header and no rows"),
    ],
)
def test_flow_refusals_by_hand(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "flow.csv").write_text(text)
    with pytest.raises(BadInputError, match=sentence):
        read_flow(tmp_path / "flow.csv")
