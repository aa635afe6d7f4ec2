"""Cohort ``nih``: steps and tables by hand on few rows, and the real release with its known counts."""

from pathlib import Path

import pandas as pd
import pytest

from protocols.cohorts.cohort import write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.nih import nih
from protocols.cohorts.sources.rsna import rsna
from protocols.errors import BadInputError

HEADER = "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position"
ROWS = (
    "a1.png,Pneumonia|Edema,0,1,57,M,PA",
    "a2.png,No Finding,1,1,58,M,AP",
    "b1.png,No Finding,0,2,411,F,PA",
    "c1.png,Pneumonia,0,3,34,F,PA",
)


def written(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    """Four images of three patients."""
    return written(tmp_path, "Data_Entry_2017.csv", HEADER, *ROWS)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """All but a2.png, in two of NIH's folders."""
    folder = tmp_path / "nih"
    for place in ("images_001/images/a1.png", "images_001/images/b1.png", "images_002/images/c1.png"):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).touch()
    return folder


def test_metadata_alone_by_hand(metadata: Path, tmp_path: Path) -> None:
    cohort = nih(metadata, CohortRequest(out=tmp_path / "out"))
    assert list(cohort.studies) == ["image_id", "patient_id", "age_years", "sex", "view"]
    assert cohort.studies["age_years"] == ("57", "58", "411", "34")  # unknown later, counted there
    assert cohort.reads is None  # a label mined from a report is no reader
    assert cohort.labels is not None
    assert (cohort.labels["image_id"], cohort.labels["Pneumonia"], cohort.labels["No Finding"]) == (
        ("a1.png", "a2.png", "b1.png", "c1.png"),
        ("1", "0", "0", "1"),
        ("0", "1", "1", "0"),
    )


def test_images_that_are_not_there_leave_by_hand(metadata: Path, images: Path, tmp_path: Path) -> None:
    cohort = nih(metadata, CohortRequest(images=images, out=tmp_path / "out"))
    assert cohort.studies["image_path"] == (
        "../nih/images_001/images/a1.png",
        "../nih/images_001/images/b1.png",
        "../nih/images_002/images/c1.png",
    )
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [
        ("source", 4, 3),
        ("no_image_file", 1, 1),
    ]
    assert [(left.image_id, left.step) for left in cohort.exclusions] == [("a2.png", "no_image_file")]


def test_official_lists_by_hand(metadata: Path, tmp_path: Path) -> None:
    train_val = written(tmp_path, "train_val_list.txt", "b1.png", "elsewhere.png")
    test = written(tmp_path, "test_list.txt", "a1.png", "a2.png")
    cohort = nih(metadata, CohortRequest(out=tmp_path / "out"), train_val_list=train_val, test_list=test)
    assert cohort.studies["split"] == ("test", "test", "train")
    assert cohort.labels is not None
    assert cohort.labels["image_id"] == ("b1.png",)
    assert cohort.flow[-1].step == "not_listed"


def test_only_the_test_list_by_hand(metadata: Path, tmp_path: Path) -> None:
    cohort = nih(
        metadata, CohortRequest(out=tmp_path / "out"), test_list=written(tmp_path, "test_list.txt", "a1.png")
    )
    assert (cohort.studies["split"], cohort.labels) == (("test",), None)


def test_held_out_with_reads_by_hand(metadata: Path, tmp_path: Path) -> None:
    # a1 is the test; a2 is its patient's other image; the read of b1's image stays with it
    reads = written(tmp_path, "reads.csv", "image_id,reader_id,verdict", "a1.png,r,positive")
    cohort = nih(metadata, CohortRequest(hold_out=reads, reads=reads, out=tmp_path / "out"))
    assert dict(zip(cohort.studies["image_id"], cohort.studies["split"], strict=True)) == {
        "a1.png": "test",
        "b1.png": "train",
        "c1.png": "train",
    }
    assert cohort.reads == {"image_id": ("a1.png",), "reader_id": ("r",), "verdict": ("positive",)}
    assert cohort.labels is not None
    assert cohort.labels["image_id"] == ("b1.png", "c1.png")


def test_boxes_are_carried_along_by_hand(metadata: Path, tmp_path: Path) -> None:
    boxes = written(tmp_path, "boxes.csv", "image_id,x,y,width,height", "a1.png,0,0,0.5,0.5", "z.png,0,0,1,1")
    cohort = nih(metadata, CohortRequest(boxes=boxes, out=tmp_path / "out"))
    assert cohort.boxes is not None
    assert cohort.boxes["image_id"] == ("a1.png", "z.png")


def test_reads_of_the_text_mined_label_by_hand(metadata: Path, tmp_path: Path) -> None:
    cohort = nih(metadata, CohortRequest(out=tmp_path / "out"), findings=["Pneumonia"])
    assert cohort.reads == {
        "image_id": ("a1.png", "a2.png", "b1.png", "c1.png"),
        "reader_id": ("text-mined",) * 4,
        "verdict": ("positive", "negative", "negative", "positive"),
    }


def test_reads_of_several_findings_are_told_apart_by_hand(metadata: Path, tmp_path: Path) -> None:
    cohort = nih(metadata, CohortRequest(out=tmp_path / "out"), findings=["Pneumonia", "Hernia"])
    assert cohort.reads is not None
    assert cohort.reads["finding"] == ("Pneumonia",) * 4 + ("Hernia",) * 4
    assert cohort.reads["image_id"] == ("a1.png", "a2.png", "b1.png", "c1.png") * 2
    assert cohort.reads["verdict"][:4] == ("positive", "negative", "negative", "positive")


def test_a_finding_twice_is_refused_by_hand(metadata: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="Each finding can be given once; received Mass, Mass"):
        nih(metadata, CohortRequest(out=tmp_path), findings=["Mass", "Mass"])


def test_an_unknown_label_is_an_indeterminate_read_by_hand(tmp_path: Path) -> None:
    header = (
        "Image,Atelectasis,Cardiomegaly,Consolidation,Edema,Effusion,Emphysema,Fibrosis,Hernia,Infiltration,"
        "Mass,Nodule,PatientId,Pleural_Thickening,Pneumonia,Pneumothorax"
    )
    binary = written(tmp_path, "train-small.csv", header, "x.png,0,0,0,0,0,0,0,0,0,0,0,8270,0,,0")
    cohort = nih(binary, CohortRequest(out=tmp_path / "out"), findings=["Pneumonia"])
    assert cohort.reads is not None
    assert cohort.reads["verdict"] == ("indeterminate",)


def test_contradicting_options_by_hand(metadata: Path, tmp_path: Path) -> None:
    reads = written(tmp_path, "reads.csv", "image_id,reader_id,verdict", "a1.png,r,positive")
    names = written(tmp_path, "list.txt", "a1.png")
    with pytest.raises(
        BadInputError, match="Give either reads or a finding as the reference standard, not both"
    ):
        nih(metadata, CohortRequest(reads=reads, out=tmp_path), findings=["Edema"])
    with pytest.raises(BadInputError, match="Give either the official lists or a hold-out list, not both"):
        nih(metadata, CohortRequest(hold_out=reads, out=tmp_path), test_list=names)


def test_a_finding_that_nih_lacks_by_hand(metadata: Path, tmp_path: Path) -> None:
    with pytest.raises(
        BadInputError, match=r"Finding 'pneumonia' is not NIH's; those are 'Atelectasis', .* 'Pneumothorax'\."
    ):
        nih(metadata, CohortRequest(out=tmp_path), findings=["pneumonia"])


def test_a_patient_in_both_lists_by_hand(metadata: Path, tmp_path: Path) -> None:
    train_val = written(tmp_path, "train_val_list.txt", "a1.png")
    test = written(tmp_path, "test_list.txt", "a2.png")
    with pytest.raises(BadInputError, match="Patient '1' has images in both official lists"):
        nih(metadata, CohortRequest(out=tmp_path), train_val_list=train_val, test_list=test)


def test_no_image_left_by_hand(metadata: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match="No image is left after step 'no_image_file'"):
        nih(metadata, CohortRequest(images=tmp_path / "empty", out=tmp_path))


# --- the real release ------------------------------------------------------------------------------


def test_the_whole_release_against_published(shared_data: Path, tmp_path: Path) -> None:
    # Wang et al.: 112,120 images of 30,805 patients, of which 1,431 with Pneumonia in the list as it stands
    cohort = nih(shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz", CohortRequest(out=tmp_path))
    assert (len(cohort.studies["image_id"]), len(set(cohort.studies["patient_id"]))) == (112_120, 30_805)
    assert cohort.labels is not None
    assert (cohort.labels["Pneumonia"].count("1"), cohort.labels["No Finding"].count("1")) == (1_431, 60_361)


def test_trained_on_real_images_against_pandas(shared_data: Path, tmp_path: Path) -> None:
    entries = shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz"
    mapping = shared_data / "rsna" / "rsna_to_nih.csv.gz"
    images = shared_data / "nih" / "images-320"
    radiologists = tmp_path / "rsna"
    radiologists.mkdir()
    write_cohort(rsna(mapping, CohortRequest(out=radiologists), metadata=entries), radiologists)
    reads = radiologists / "reads.csv"
    cohort = nih(entries, CohortRequest(images=images, hold_out=reads, reads=reads, out=tmp_path / "nih"))

    table = pd.read_csv(entries, dtype=str).set_index("Image Index")
    table = table.loc[[file.name for file in images.iterdir()]]
    read = table.index.isin(pd.read_csv(mapping)["nih_image_index"])
    other = ~table["Patient ID"].isin(table.loc[read, "Patient ID"])
    split = pd.Series(cohort.studies["split"], index=pd.Index(cohort.studies["image_id"]))
    assert set(split.index[split == "test"]) == set(table.index[read])
    assert set(split.index[split == "train"]) == set(table.index[other])


def test_trained_on_real_images_against_published(shared_data: Path, tmp_path: Path) -> None:
    # the counts of the study's description: 340 images of 276 patients, 129 positive; 513 train; 147 for nothing
    entries = shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz"
    radiologists = tmp_path / "rsna"
    radiologists.mkdir()
    mapping = shared_data / "rsna" / "rsna_to_nih.csv.gz"
    write_cohort(rsna(mapping, CohortRequest(out=radiologists), metadata=entries), radiologists)
    reads = radiologists / "reads.csv"
    cohort = nih(
        entries,
        CohortRequest(images=shared_data / "nih" / "images-320", hold_out=reads, reads=reads, out=tmp_path),
    )
    test = [place for place, part in enumerate(cohort.studies["split"]) if part == "test"]
    assert len({cohort.studies["patient_id"][place] for place in test}) == 276
    assert cohort.reads is not None
    assert (len(cohort.reads["verdict"]), cohort.reads["verdict"].count("positive")) == (340, 129)
    assert cohort.labels is not None
    assert len(cohort.labels["image_id"]) == 513
    assert [(step.step, step.images) for step in cohort.flow] == [
        ("source", 112_120),
        ("no_image_file", 111_120),
        ("patient_held_out", 147),
    ]


def test_every_image_path_leads_to_a_file_by_hand(shared_data: Path, tmp_path: Path) -> None:
    entries = shared_data / "nih" / "Data_Entry_2017_v2020.csv.gz"
    out = tmp_path / "cohort"
    out.mkdir()
    cohort = nih(entries, CohortRequest(images=shared_data / "nih" / "images-1024", out=out))
    assert len(cohort.studies["image_path"]) == 14
    assert all((out / path).is_file() for path in cohort.studies["image_path"])


@pytest.mark.parametrize(
    ("name", "images", "patients"),
    [
        ("nih/sample_labels.csv.gz", 5_600, 4_224),
        ("nih/chexnext-format/train-small.csv", 5, 5),
        ("nih/chexnext-format/valid-small.csv", 109, 97),
    ],
)
def test_other_forms_of_the_release_by_hand(
    shared_data: Path, tmp_path: Path, name: str, images: int, patients: int
) -> None:
    cohort = nih(shared_data / name, CohortRequest(out=tmp_path))
    assert (cohort.flow[0].images, cohort.flow[0].patients) == (images, patients)


def test_ages_of_the_real_sample_set_by_hand(shared_data: Path, tmp_path: Path) -> None:
    cohort = nih(shared_data / "nih" / "sample_labels.csv.gz", CohortRequest(out=tmp_path))
    ages = [float(age) for age in cohort.studies["age_years"]]  # all of years, months and days parse
    assert sum(age != int(age) for age in ages) == 2
