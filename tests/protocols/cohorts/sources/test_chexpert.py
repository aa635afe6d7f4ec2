"""Cohort ``chexpert``: five readers' files by hand, what is refused, and the real test set."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from protocols.cohorts.cohort import write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.chexpert import READERS, chexpert
from protocols.errors import BadInputError
from protocols.tables.checks import reads_from, studies_from
from protocols.tables.reading import read_table
from protocols.tables.records import Verdict
from tests.conftest import Outcome
from validation.readers.consensus import reference_verdicts

STUDIES = ("CheXpert-v1.0/test/patient64742/study1", "CheXpert-v1.0/test/patient64741/study1")
HEADER = "Study,No Finding,Edema"
REQUEST = CohortRequest(out=Path("cohort"))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """Two studies; bc7 alone sees edema in the second, and its file has other orders and no last line end."""
    folder = tmp_path / "labels"
    (folder / "radiologists" / "groundtruth").mkdir(parents=True)
    for reader in READERS:
        write(folder, reader, HEADER, f"{STUDIES[0]},0,1", f"{STUDIES[1]},1,0")
    file = folder / "radiologists" / "groundtruth" / "bc7_gt.csv"
    file.write_text(f"Edema,Study\n1,{STUDIES[1]}\n1,{STUDIES[0]}")
    return folder


def write(folder: Path, reader: str, *lines: str) -> None:
    (folder / "radiologists" / "groundtruth" / f"{reader}_gt.csv").write_text("\n".join(lines) + "\n")


def test_studies_and_reads_by_hand(release: Path) -> None:
    cohort = chexpert(release, REQUEST, finding="Edema")
    assert cohort.studies == {
        "image_id": STUDIES,
        "patient_id": ("patient64742", "patient64741"),
        "age_years": ("", ""),
        "sex": ("", ""),
        "view": ("", ""),
    }
    assert cohort.reads is not None
    assert cohort.reads["image_id"] == (STUDIES[0],) * 5 + (STUDIES[1],) * 5
    assert cohort.reads["reader_id"] == READERS * 2
    assert cohort.reads["verdict"] == ("positive",) * 5 + ("negative",) * 4 + ("positive",)
    assert (cohort.labels, cohort.exclusions) == (None, ())
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [("source", 2, 2)]


def test_what_is_written_is_read_again_against_itself(release: Path, tmp_path: Path) -> None:
    write_cohort(chexpert(release, REQUEST, finding="Edema"), tmp_path)
    assert studies_from(read_table(tmp_path / "studies.csv")).image_id == STUDIES
    verdicts = reference_verdicts(reads_from(read_table(tmp_path / "reads.csv")), "majority")
    assert verdicts == {STUDIES[0]: Verdict.POSITIVE, STUDIES[1]: Verdict.NEGATIVE}


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (
            [HEADER, f"{STUDIES[0]},0,1"],
            r"has 1 studies and bc1 2, and '.*patient64741/study1' is of one of them only",
        ),
        (
            [HEADER, f"{STUDIES[0]},0,1", "other/patient1/study1,0,1"],
            r"has 2 studies and bc1 2, and '.*' is of one",
        ),
        (
            [HEADER, f"{STUDIES[0]},0,1", f"{STUDIES[0]},0,1"],
            r"row 3: duplicate Study '.*' .first in row 2.; expected one row per study",
        ),
        ([HEADER, f"{STUDIES[0]},0,", f"{STUDIES[1]},0,1"], r"row 2: Edema is ''; it must be one of 0, 1"),
        (
            [HEADER, f"{STUDIES[0]},0,-1", f"{STUDIES[1]},0,1"],
            r"row 2: Edema is '-1'; it must be one of 0, 1",
        ),
        (["Study,No Finding", f"{STUDIES[0]},0"], r"has no finding 'Edema'; those are 'No Finding'"),
        (["study,Edema", f"{STUDIES[0]},0"], r"column 'Study' is missing; the file has 'Edema', 'study'"),
    ],
)
def test_refusals_by_hand(release: Path, lines: list[str], sentence: str) -> None:
    write(release, "bc3", *lines)
    with pytest.raises(BadInputError, match=r"bc3_gt\.csv.*" + sentence):
        chexpert(release, REQUEST, finding="Edema")


def test_a_missing_reader_by_hand(release: Path) -> None:
    (release / "radiologists" / "groundtruth" / "bc5_gt.csv").unlink()
    with pytest.raises(BadInputError, match=r"bc5_gt\.csv: is missing; name the folder of the CheXpert"):
        chexpert(release, REQUEST, finding="Edema")


def test_the_column_study_is_no_finding_by_hand(release: Path) -> None:
    with pytest.raises(BadInputError, match="has no finding 'Study'; those are 'Edema', 'No Finding'"):
        chexpert(release, REQUEST, finding="Study")


def test_a_study_without_a_patient_by_hand(release: Path) -> None:
    for reader in READERS:
        write(release, reader, "Study,Edema", "somewhere/study1,1")
    with pytest.raises(BadInputError, match="study 'somewhere/study1' does not end in a patient and a study"):
        chexpert(release, REQUEST, finding="Edema")


def test_the_command_by_hand(release: Path, tmp_path: Path, command: Callable[..., Outcome]) -> None:
    ended = command("cohort", "chexpert", release, "--finding", "Edema", "--out", tmp_path / "out")
    assert ended.code == 0
    assert ended.out.startswith("source                          2 images        2 patients")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "exclusions.csv",
        "flow.csv",
        "reads.csv",
        "studies.csv",
    ]
    refused = command("cohort", "chexpert", release, "--finding", "Oedema", "--out", tmp_path / "no")
    assert (refused.code, (tmp_path / "no").exists()) == (2, False)


# --- the real test set -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("finding", "positive"), [("Consolidation", 29), ("Edema", 78), ("Lung Opacity", 264)]
)
def test_the_majority_against_published(
    shared_data: Path, tmp_path: Path, finding: str, positive: int
) -> None:
    folder = shared_data / "chexpert-test"
    write_cohort(chexpert(folder, REQUEST, finding=finding), tmp_path)
    ours = reference_verdicts(reads_from(read_table(tmp_path / "reads.csv")), "majority")
    published = pd.read_csv(folder / "groundtruth.csv", index_col="Study")[finding]
    assert published.sum() == positive
    assert ours == {
        study: Verdict.POSITIVE if label else Verdict.NEGATIVE for study, label in published.items()
    }


def test_one_study_a_patient_against_published(shared_data: Path) -> None:
    cohort = chexpert(shared_data / "chexpert-test", REQUEST, finding="Edema")
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [("source", 500, 500)]
