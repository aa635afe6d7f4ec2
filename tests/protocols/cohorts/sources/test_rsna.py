"""Cohort ``rsna``: the match to NIH by hand on few rows, and the real challenge with its known counts."""

import gzip
import random
from pathlib import Path

import pandas as pd
import pytest

from protocols.cohorts.cohort import BOXES as BOXES_FILE
from protocols.cohorts.cohort import Cohort, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.rsna import rsna
from protocols.errors import BadInputError
from protocols.tables.boxes_and_marks import boxes_from
from protocols.tables.column_mapping import boxes_table

NIH = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position",
    "a1.png,Pneumonia,0,1,57,M,PA",
    "a2.png,No Finding,1,1,58,M,AP",
    "b1.png,No Finding,0,2,34,F,PA",
    "c1.png,Mass,0,3,35,F,PA",
)
HEADER = "rsna_patient_id,detailed_class,match_mse,nih_image_index"
MATCHES = (
    "r5,Lung Opacity,2.5,a1.png",
    "r4,Normal,10.25,a2.png",
    "r3,Lung Opacity,9.75,a2.png",  # numerically closer than 10.25, though not by code point
    "r2,No Lung Opacity / Not Normal,1.5,b1.png",
    "r1,Lung Opacity,1.50,b1.png",  # as close: the smaller id is kept
)


def written(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


def cohort_of(folder: Path, *matches: str) -> Cohort:
    mapping = written(folder, "mapping.csv", HEADER, *matches)
    return rsna(mapping, CohortRequest(out=folder / "out"), metadata=written(folder, "entries.csv", *NIH))


def test_the_closest_match_is_kept_by_hand(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, *MATCHES)
    assert cohort.studies == {
        "image_id": ("a1.png", "a2.png", "b1.png"),
        "patient_id": ("1", "1", "2"),  # NIH's: RSNA's own id is one an image
        "age_years": ("57", "58", "34"),
        "sex": ("M", "M", "F"),
        "view": ("PA", "AP", "PA"),
        "rsna_id": ("r5", "r3", "r1"),
        "rsna_class": ("Lung Opacity",) * 3,
        "match_mse": ("2.5", "9.75", "1.50"),
    }


def test_the_others_are_listed_by_hand(tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path, *MATCHES)
    assert [(left.image_id, left.step, left.reason) for left in cohort.exclusions] == [
        ("a2.png", "duplicate_match", "RSNA r4 (match_mse 10.25) gives way to r3 (match_mse 9.75)"),
        ("b1.png", "duplicate_match", "RSNA r2 (match_mse 1.5) gives way to r1 (match_mse 1.50)"),
    ]
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [
        ("source", 5, 2),
        ("duplicate_match", 2, 2),
    ]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_does_not_choose_against_itself(tmp_path: Path, seed: int) -> None:
    shuffled = random.Random(seed).sample(MATCHES, len(MATCHES))
    first, second = (cohort_of(tmp_path, *rows).studies for rows in (MATCHES, shuffled))
    assert set(zip(*first.values(), strict=True)) == set(zip(*second.values(), strict=True))


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("Lung Opacity", "positive"), ("No Lung Opacity / Not Normal", "negative"), ("Normal", "negative")],
)
def test_classes_by_hand(tmp_path: Path, name: str, verdict: str) -> None:
    cohort = cohort_of(tmp_path, f"r1,{name},1,a1.png")
    assert cohort.reads == {"image_id": ("a1.png",), "reader_id": ("rsna",), "verdict": (verdict,)}


def test_text_mined_labels_are_labels_by_hand(tmp_path: Path) -> None:
    labels = cohort_of(tmp_path, "r1,Normal,1,a1.png").labels
    assert labels is not None
    assert labels["Pneumonia"] == ("1",)  # the radiologists say Normal; that is a read


def test_within_and_images_by_hand(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    for name in ("a1.png", "b1.png", "c1.png"):
        (tmp_path / "images" / name).touch()
    cohort = rsna(
        written(tmp_path, "mapping.csv", HEADER, *MATCHES),
        CohortRequest(
            images=tmp_path / "images",
            within=written(tmp_path, "device.csv", "image,score", "b1.png,0.5"),
            out=tmp_path / "out",
        ),
        metadata=written(tmp_path, "entries.csv", *NIH),
    )
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [
        ("source", 5, 2),
        ("duplicate_match", 2, 2),
        ("no_image_file", 1, 1),
        ("not_within", 1, 1),
    ]
    assert cohort.studies["image_path"] == ("../images/b1.png",)


def test_hold_out_by_hand(tmp_path: Path) -> None:
    cohort = rsna(
        written(tmp_path, "mapping.csv", HEADER, *MATCHES),
        CohortRequest(hold_out=written(tmp_path, "test.csv", "image", "a1.png"), out=tmp_path / "out"),
        metadata=written(tmp_path, "entries.csv", *NIH),
    )
    assert (cohort.studies["image_id"], cohort.studies["split"]) == (("a1.png", "b1.png"), ("test", "train"))
    assert cohort.labels is not None
    assert cohort.labels["image_id"] == ("b1.png",)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            ["rsna_patient_id,detailed_class,nih_image_index", "r1,Normal,a1.png"],
            r"column 'match_mse' is missing",
        ),
        (
            [HEADER, "r1,Opacity,1,a1.png"],
            r"row 2: detailed_class is 'Opacity'; it must be one of Lung Opacity, No Lung",
        ),
        ([HEADER, "r1,Normal,,a1.png"], r"row 2: match_mse '' is not a number of 0 or more"),
        ([HEADER, "r1,Normal,nan,a1.png"], r"row 2: match_mse 'nan' is not a number"),
        ([HEADER, "r1,Normal,-1,a1.png"], r"row 2: match_mse '-1' is not a number"),
        (
            [HEADER, "r1,Normal,1,a1.png", "r1,Normal,1,a2.png"],
            r"row 3: duplicate rsna_patient_id 'r1' \(first in row 2\); expected one row per RSNA image",
        ),
        ([HEADER, ",Normal,1,a1.png"], r"row 2: rsna_patient_id is empty"),
        (
            [HEADER, "r1,Normal,1,z9.png"],
            r"row 2: image 'z9\.png' is not in .*entries\.csv; give NIH's complete",
        ),
    ],
)
def test_refusals_by_hand(tmp_path: Path, rows: list[str], sentence: str) -> None:
    mapping = written(tmp_path, "mapping.csv", *rows)
    with pytest.raises(BadInputError, match=r"mapping\.csv.*" + sentence):
        rsna(mapping, CohortRequest(out=tmp_path / "out"), metadata=written(tmp_path, "entries.csv", *NIH))


BOXES = "patientId,x,y,width,height,Target"


def boxes_of(folder: Path, *rows: str, matches: tuple[str, ...] = MATCHES) -> Cohort:
    return rsna(
        written(folder, "mapping.csv", HEADER, *matches),
        CohortRequest(out=folder / "out", boxes=written(folder, "boxes.csv", BOXES, *rows)),
        metadata=written(folder, "entries.csv", *NIH),
    )


def test_boxes_are_those_of_the_image_that_is_kept_by_hand(tmp_path: Path) -> None:
    cohort = boxes_of(
        tmp_path,
        "r3,264.0,152.0,256.0,512.0,1",
        "r3,562.0,152.0,256.0,453.0,1",
        "r4,1,1,1,1,1",  # a2.png is r3's, whose match is closer
        "r9,1,1,1,1,1",  # in no row of the mapping
        "r5,,,,,0",
    )
    assert cohort.boxes == {
        "image_id": ["a2.png", "a2.png"],
        "x": ["0.2578125", "0.548828125"],
        "y": ["0.1484375", "0.1484375"],
        "width": ["0.25", "0.25"],
        "height": ["0.5", "0.4423828125"],
    }


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("r3,264,152,761,10,1", "row 2: the box with .* 264, 152, 761, 10 is not within 1024 x 1024"),
        ("r3,264,,761,10,1", "row 2: the box with .* is not within"),
        ("r3,264,152,0,10,1", "row 2: the box with .* is not within"),
        ("r3,,,,,1", "row 2: the box with .* is not within"),
        ("r3,1,1,1,1,0", "row 2: the box with .* 1, 1, 1, 1 is in a row of Target 0"),
        ("r3,1,1,1,1,yes", "row 2: Target is 'yes'; it must be one of 0, 1"),
        ("a2.png,1,1,1,1,1", "has no box of any image of the cohort"),
    ],
)
def test_refusals_of_boxes_by_hand(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=r"boxes\.csv.*" + sentence):
        boxes_of(tmp_path, row)


def test_boxes_without_a_column_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="column 'Target' is missing; the file has 'height'"):
        rsna(
            written(tmp_path, "mapping.csv", HEADER, *MATCHES),
            CohortRequest(
                out=tmp_path / "out",
                boxes=written(tmp_path, "boxes.csv", "patientId,x,y,width,height", "r3,1,1,1,1"),
            ),
            metadata=written(tmp_path, "entries.csv", *NIH),
        )


# --- the real challenge ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(shared_data: Path) -> Cohort:
    """All RSNA images."""
    return rsna(
        shared_data / "rsna" / "rsna_to_nih.csv.gz",
        CohortRequest(out=shared_data),
        metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
    )


@pytest.fixture(scope="module")
def within(shared_data: Path) -> Cohort:
    """Those that the published CheXNet did not train on."""
    return rsna(
        shared_data / "rsna" / "rsna_to_nih.csv.gz",
        CohortRequest(within=shared_data / "chexnet" / "preds.csv.gz", out=shared_data),
        metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
    )


def test_the_real_flow_against_published(within: Cohort) -> None:
    # 26,684 images in the challenge (Shih et al.); 21 duplicate matches leave 26,663; 5,366 within the list
    assert [(step.step, step.images) for step in within.flow] == [
        ("source", 26_684),
        ("duplicate_match", 21),
        ("not_within", 21_297),
    ]
    assert (len(within.studies["image_id"]), len(set(within.studies["patient_id"]))) == (5_366, 2_331)


def test_the_real_verdicts_against_published(within: Cohort) -> None:
    assert within.reads is not None
    assert within.reads["verdict"].count("positive") == 1_108
    assert sum(float(distance) > 50 for distance in within.studies["match_mse"]) == 17


def test_the_real_classes_against_published(shared_data: Path) -> None:
    # Shih et al.: 6,012 Lung Opacity, 11,821 No Lung Opacity / Not Normal, 8,851 Normal before any leaves
    with gzip.open(shared_data / "rsna" / "rsna_to_nih.csv.gz", "rt") as file:
        counts = pd.read_csv(file)["detailed_class"].value_counts().to_dict()
    assert counts == {"Lung Opacity": 6_012, "No Lung Opacity / Not Normal": 11_821, "Normal": 8_851}


def test_the_real_join_against_pandas(shared_data: Path, whole: Cohort) -> None:
    matches = pd.read_csv(shared_data / "rsna" / "rsna_to_nih.csv.gz", dtype={"rsna_patient_id": str})
    entries = pd.read_csv(shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz", dtype=str)
    kept = matches.sort_values(["match_mse", "rsna_patient_id"]).drop_duplicates("nih_image_index")
    joined = kept.merge(entries, left_on="nih_image_index", right_on="Image Index").set_index("Image Index")
    ours = pd.DataFrame(whole.studies).set_index("image_id").loc[joined.index]
    for mine, theirs in {
        "patient_id": "Patient ID",
        "age_years": "Patient Age",
        "sex": "Patient Gender",
        "view": "View Position",
        "rsna_id": "rsna_patient_id",
        "rsna_class": "detailed_class",
    }.items():
        assert (ours[mine] == joined[theirs]).all(), mine
    assert len(ours) == len(whole.studies["image_id"]) == 26_663


def test_rsnas_own_ids_are_no_patients_by_hand(whole: Cohort) -> None:
    assert len(set(whole.studies["rsna_id"])) == 26_663
    assert len(set(whole.studies["patient_id"])) == 11_439


def test_every_real_positive_has_a_box_against_published(shared_data: Path, tmp_path: Path) -> None:
    """Of the 340 images at hand that RSNA read, the 129 with Lung Opacity have 205 boxes."""
    cohort = rsna(
        shared_data / "rsna" / "rsna_to_nih.csv.gz",
        CohortRequest(
            images=shared_data / "nih" / "images-320",
            boxes=shared_data / "rsna" / "stage_2_train_labels.csv.gz",
            out=tmp_path / "out",
        ),
        metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
    )
    assert cohort.reads is not None and cohort.boxes is not None
    verdicts = dict(zip(cohort.reads["image_id"], cohort.reads["verdict"], strict=True))
    positive = {image for image, verdict in verdicts.items() if verdict == "positive"}
    assert set(cohort.boxes["image_id"]) == positive
    assert (len(verdicts), len(positive), len(cohort.boxes["image_id"])) == (340, 129, 205)
    write_cohort(cohort, tmp_path)
    boxes = boxes_from(boxes_table(tmp_path / BOXES_FILE).table)
    ends = boxes.rectangles[:, :2] + boxes.rectangles[:, 2:]
    assert ends.max() <= 1.0 and boxes.rectangles.min() > 0.0
