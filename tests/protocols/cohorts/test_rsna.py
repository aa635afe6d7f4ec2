"""Cohort ``rsna``: the match to NIH by hand on few rows, and the real challenge with its known counts."""

import gzip
import random
from pathlib import Path

import pandas as pd
import pytest

from protocols.cohorts.folder import Cohort
from protocols.cohorts.rsna import rsna
from protocols.errors import BadInputError

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
    return rsna(mapping, metadata=written(folder, "entries.csv", *NIH), out=folder / "out")


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
        metadata=written(tmp_path, "entries.csv", *NIH),
        images=tmp_path / "images",
        within=written(tmp_path, "device.csv", "image,score", "b1.png,0.5"),
        out=tmp_path / "out",
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
        metadata=written(tmp_path, "entries.csv", *NIH),
        hold_out=written(tmp_path, "test.csv", "image", "a1.png"),
        out=tmp_path / "out",
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
            r"row 2: class 'Opacity' is not RSNA's; those are 'Lung Opacity', 'No Lung",
        ),
        ([HEADER, "r1,Normal,,a1.png"], r"row 2: match_mse '' is not a number of 0 or more"),
        ([HEADER, "r1,Normal,nan,a1.png"], r"row 2: match_mse 'nan' is not a number"),
        ([HEADER, "r1,Normal,-1,a1.png"], r"row 2: match_mse '-1' is not a number"),
        (
            [HEADER, "r1,Normal,1,a1.png", "r1,Normal,1,a2.png"],
            r"row 3: rsna_patient_id 'r1' is empty or stands twice",
        ),
        ([HEADER, ",Normal,1,a1.png"], r"row 2: rsna_patient_id '' is empty or stands twice"),
        (
            [HEADER, "r1,Normal,1,z9.png"],
            r"row 2: image 'z9\.png' is not in .*entries\.csv; give NIH's complete",
        ),
    ],
)
def test_refusals_by_hand(tmp_path: Path, rows: list[str], sentence: str) -> None:
    mapping = written(tmp_path, "mapping.csv", *rows)
    with pytest.raises(BadInputError, match=r"mapping\.csv.*" + sentence):
        rsna(mapping, metadata=written(tmp_path, "entries.csv", *NIH), out=tmp_path / "out")


# --- the real challenge ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(shared_data: Path) -> Cohort:
    """All RSNA images."""
    return rsna(
        shared_data / "rsna" / "rsna_to_nih.csv.gz",
        metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
        out=shared_data,
    )


@pytest.fixture(scope="module")
def within(shared_data: Path) -> Cohort:
    """Those that the published CheXNet did not train on."""
    return rsna(
        shared_data / "rsna" / "rsna_to_nih.csv.gz",
        metadata=shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz",
        within=shared_data / "chexnet" / "preds.csv.gz",
        out=shared_data,
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
