"""The phantom cohort: the same seed gives the same bytes, and the tables are what the rest of the suite reads."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from protocols.cohorts.cohort import (
    BOXES,
    EXCLUSIONS,
    FLOW,
    LABELS,
    READS,
    STUDIES,
    Cohort,
    FlowStep,
    read_flow,
)
from protocols.cohorts.phantom.generate import TRUTH, draw_image, draw_patient, generate, splits
from protocols.errors import BadInputError
from protocols.storage.canonical import sha256_file
from protocols.tables.boxes_and_marks import boxes_from
from protocols.tables.checks import labels_from, reads_from, studies_from
from protocols.tables.column_mapping import boxes_table, reads_table, studies_table
from protocols.tables.reading import read_table
from protocols.tables.records import Split
from validation.readers.consensus import reference_verdicts

PATIENTS = 14
FULL = 700


def made(folder: Path, *, seed: int = 510, patients: int = PATIENTS, workers: int = 1) -> Cohort:
    return generate(folder, seed=seed, patients=patients, workers=workers, progress=lambda done, total: None)


def hashes(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantom")
    made(folder)
    return folder


def test_two_workers_write_the_same_bytes_as_one_against_itself(cohort: Path, tmp_path: Path) -> None:
    made(tmp_path / "new", workers=2)
    assert hashes(tmp_path / "new") == hashes(cohort)


def test_a_larger_cohort_keeps_the_images_against_itself(cohort: Path) -> None:
    for number in (1, PATIENTS):
        _, picture = draw_image(510, number, 1)
        with Image.open(cohort / "images" / f"ph-{number:05d}-01.png") as image:
            np.testing.assert_array_equal(np.asarray(image), picture.pixels)


def test_another_seed_gives_another_image_against_itself() -> None:
    assert not np.array_equal(draw_image(510, 1, 1)[1].pixels, draw_image(511, 1, 1)[1].pixels)


def test_the_files_of_a_cohort_by_hand(cohort: Path) -> None:
    tables = {path.name for path in cohort.iterdir()} - {"images"}
    assert tables == {STUDIES, READS, BOXES, LABELS, FLOW, EXCLUSIONS, TRUTH}


def test_progress_is_told_in_the_parent_by_hand(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    generate(tmp_path, patients=10, workers=1, progress=lambda done, total: told.append((done, total)))
    assert told == [(done, told[0][1]) for done in range(1, told[0][1] + 1)]


def test_studies_are_read_as_the_contract_says_by_hand(cohort: Path) -> None:
    studies = studies_from(studies_table(cohort / STUDIES).table)
    assert studies.image_path is not None
    for path in studies.image_path:
        with Image.open(cohort / path) as image:
            assert (image.mode, image.size) == ("L", (256, 256))
    assert set(studies.further) == {"site", "manufacturer", "box_size"}


def test_labels_stand_where_reads_do_not_by_hand(cohort: Path) -> None:
    studies = studies_from(studies_table(cohort / STUDIES).table)
    reads = reads_from(reads_table(cohort / READS).table)
    labels = labels_from(read_table(cohort / LABELS))
    assert studies.split is not None
    tested = {
        image for image, split in zip(studies.image_id, studies.split, strict=True) if split == Split.TEST
    }
    assert set(reads.image_id) == tested
    assert set(labels.image_id) == set(studies.image_id) - tested


def test_the_flow_begins_at_the_source_by_hand(cohort: Path) -> None:
    images = len(list((cohort / "images").iterdir()))
    assert read_flow(cohort / FLOW) == (FlowStep("source", images, PATIENTS, "phantom generator, seed 510"),)


def test_the_reference_standard_follows_the_truth_against_itself(cohort: Path) -> None:
    truth_table = read_table(cohort / TRUTH).columns
    truth = dict(zip(truth_table["image_id"], truth_table["opacity"], strict=True))
    reads = reads_from(reads_table(cohort / READS).table)
    reference = reference_verdicts(reads, "majority")
    agreeing = [(verdict == "positive") == (truth[image] == "1") for image, verdict in reference.items()]
    assert np.mean(agreeing) > 0.8


def test_boxes_stand_where_disease_is_by_hand(cohort: Path) -> None:
    truth = read_table(cohort / TRUTH).columns
    for opacity, conspicuity, x, width in zip(
        truth["opacity"], truth["conspicuity"], truth["x"], truth["width"], strict=True
    ):
        assert (opacity == "1") == (x != "") == (float(conspicuity) > 0)
        assert not x or 0 <= int(x) < int(x) + int(width) <= 256


def test_boxes_of_test_images_are_the_truth_in_shares_against_itself(cohort: Path) -> None:
    truth = read_table(cohort / TRUTH).columns
    places = zip(*(truth[name] for name in ("image_id", "x", "y", "width", "height")), strict=True)
    tested = set(reads_from(reads_table(cohort / READS).table).image_id)
    expected = [(image, *map(int, cells)) for image, *cells in places if image in tested and cells[0]]
    boxes = boxes_from(boxes_table(cohort / BOXES).table)
    found = [(image, *box) for image, box in zip(boxes.image_id, boxes.rectangles * 256, strict=True)]
    assert found == expected
    assert found


def test_splits_are_shares_of_the_patients_by_hand() -> None:
    assert Counter(splits(510, FULL).values()) == {Split.TRAIN: 280, Split.TUNE: 105, Split.TEST: 315}


def test_the_full_cohort_has_the_planned_make_up_by_hand() -> None:
    patients = {number: draw_patient(510, number) for number in range(1, FULL + 1)}
    images = Counter(patient.images for patient in patients.values())
    split = splits(510, FULL)
    by_split = Counter(dict.fromkeys(Split, 0))
    for number, patient in patients.items():
        by_split[split[number]] += patient.images
    total = by_split.total()
    assert set(images) == {1, 2, 3, 4, 5}
    assert 1400 < total < 1600
    assert [by_split[kind] / total for kind in Split] == pytest.approx([0.40, 0.15, 0.45], abs=0.04)
    assert 0.30 < np.mean([bool(patient.foci) for patient in patients.values()]) < 0.42
    ages = [int(patient.age_cell) for patient in patients.values() if patient.age_cell]
    assert 1 <= min(ages) < 17 < max(ages) <= 95
    assert {patient.sex_cell for patient in patients.values()} == {"F", "M", ""}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"patients": 9}, "patients must be between 10 and 99999; received 9"),  # a split would be empty
        ({"workers": 0}, "workers must be between 1 and 61; received 0"),  # nobody to draw
        ({"seed": -1}, "seed must be between 0 and"),  # Philox keys are not negative
    ],
)
def test_what_is_out_of_range_is_refused_by_hand(
    tmp_path: Path, options: dict[str, int], sentence: str
) -> None:
    with pytest.raises(BadInputError, match=sentence):
        made(tmp_path, **options)
    assert not list(tmp_path.iterdir())
