"""Cohort ``google``: adjudicated labels by hand on few rows, what is refused, and the real file."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.google import google
from protocols.errors import BadInputError
from tests.conftest import Outcome

NIH = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position",
    "a1.png,Pneumonia,0,1,56,M,PA",
    "a2.png,No Finding,1,1,57,M,AP",
    "b1.png,No Finding,0,2,34,F,PA",
)
HEADER = "Image Index,Patient ID,Patient Age,Fracture,Airspace opacity"
LABELS = ("b1.png,2,34,NO,NO", "a1.png,1,155,NO,YES")


def written(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


def cohort_of(folder: Path, *labels: str, finding: str = "Airspace opacity", within: str = "") -> Cohort:
    return google(
        written(folder, "labels.csv", HEADER, *labels),
        CohortRequest(
            out=folder / "out", within=written(folder, "within.csv", "image", within) if within else None
        ),
        finding=finding,
        metadata=written(folder, "entries.csv", *NIH),
    )


def test_studies_and_reads_by_hand(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, *LABELS)
    assert cohort.studies == {
        "image_id": ("b1.png", "a1.png"),
        "patient_id": ("2", "1"),
        "age_years": ("34", "56"),  # NIH's, not the file's own 155
        "sex": ("F", "M"),
        "view": ("PA", "PA"),
    }
    assert cohort.reads == {
        "image_id": ("b1.png", "a1.png"),
        "reader_id": ("consensus", "consensus"),
        "verdict": ("negative", "positive"),
    }
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [("source", 2, 2)]


def test_another_finding_by_hand(tmp_path: Path) -> None:
    reads = cohort_of(tmp_path, *LABELS, finding="Fracture").reads
    assert reads and reads["verdict"] == ("negative", "negative")


def test_within_by_hand(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, *LABELS, within="a1.png")
    assert cohort.reads and cohort.reads["verdict"] == ("positive",)
    assert [(left.image_id, left.step) for left in cohort.exclusions] == [("b1.png", "not_within")]


@pytest.mark.parametrize(
    ("label", "sentence"),
    [
        ("a1.png,1,56,NO,MAYBE", r"row 2: Airspace opacity is 'MAYBE'; it must be one of NO, YES"),
        ("a1.png,1,56,NO,", r"row 2: Airspace opacity is ''; it must be one of NO, YES"),
        ("c1.png,1,56,NO,NO", r"row 2: image 'c1.png' is not in .*; give NIH's complete Data_Entry_2017"),
    ],
)
def test_refusals_by_hand(tmp_path: Path, label: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        cohort_of(tmp_path, label)


def test_an_image_twice_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"row 4: duplicate Image Index 'b1.png'"):
        cohort_of(tmp_path, *LABELS, LABELS[0])


def test_a_finding_that_was_not_adjudicated_by_hand(tmp_path: Path) -> None:
    sentence = r"'Pneumonia' was not adjudicated; those are 'Airspace opacity', 'Fracture'"
    with pytest.raises(BadInputError, match=sentence):
        cohort_of(tmp_path, *LABELS, finding="Pneumonia")


def test_the_command_by_hand(tmp_path: Path, command: Callable[..., Outcome]) -> None:
    cohort_of(tmp_path, *LABELS)
    tables = (tmp_path / "labels.csv", "--metadata", tmp_path / "entries.csv")
    ended = command("cohort", "google", *tables, "--finding", "Airspace opacity", "--out", tmp_path / "made")
    assert (ended.code, ended.out.split()[:5]) == (0, ["source", "2", "images", "2", "patients"])


# --- the real labels -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    return google(
        shared_data / "google" / "four_findings_val.csv.gz",
        CohortRequest(out=tmp_path_factory.mktemp("out")),
        finding="Airspace opacity",
        metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
    )


def test_the_real_counts_against_published(real: Cohort) -> None:
    assert (real.flow[0].images, real.flow[0].patients) == (2414, 835)
    assert real.reads and real.reads["verdict"].count("positive") == 1031


def test_the_files_own_metadata_differ_in_age_alone_against_pandas(real: Cohort, shared_data: Path) -> None:
    own = pd.read_csv(shared_data / "google" / "four_findings_val.csv.gz", dtype=str)
    names = {
        "patient_id": "Patient ID",
        "sex": "Patient Gender",
        "view": "View Position",
        "age_years": "Patient Age",
    }
    differ = {name: sum(own[column] != list(real.studies[name])) for name, column in names.items()}
    assert differ == {"patient_id": 0, "sex": 0, "view": 0, "age_years": 1067}
    assert (own["Patient Age"].astype(int).max(), max(map(int, real.studies["age_years"]))) == (155, 88)
