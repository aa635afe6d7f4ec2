"""A hospital's folder of DICOM: its tables by hand, from headers alone."""

import io
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from protocols.cohorts.cohort import Cohort, write_cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.dicom import dicom
from protocols.errors import BadInputError
from protocols.images.decode import read_image
from protocols.images.folder import ImageFolder
from protocols.images.input_gate import refusal
from protocols.schema.training import InputGate
from protocols.tables.checks import studies_from
from protocols.tables.reading import read_table
from tests.protocols.cohorts.dicom_files import (
    DicomFile,
    Shades,
    dataset_of,
    dicom_bytes,
    radiograph_bytes,
    write_folder,
)

RAMP = np.tile(np.arange(256, dtype=np.uint8), (256, 1))


def ramp(patient: int, image: int) -> tuple[Shades, bool]:
    return np.roll(RAMP, 7 * patient + image, axis=1), patient % 2 == 0


def cohort_of(folder: Path, out: Path, **options: Path) -> Cohort:
    return dicom(folder, CohortRequest(out=out, **options))


@pytest.fixture
def hospital(tmp_path: Path) -> list[DicomFile]:
    return write_folder(tmp_path / "dicom", draw=ramp)


def row_of(cohort: Cohort, image_id: str) -> dict[str, str]:
    index = list(cohort.studies["image_id"]).index(image_id)
    return {name: cells[index] for name, cells in cohort.studies.items()}


def test_folder_by_hand(hospital: list[DicomFile], tmp_path: Path) -> None:
    cohort = cohort_of(tmp_path / "dicom", tmp_path / "cohorts" / "one")
    # a file that is no DICOM and one without an image leave; cut pixels are found only when they are decoded
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [
        ("source", 60, 40),
        ("no_image", 2, 0),
    ]
    assert [left.image_id for left in cohort.exclusions] == ["PAT-001/IM0002", "PAT-003/IM0002"]
    assert "is not DICOM" in cohort.exclusions[0].reason
    assert cohort.exclusions[1].reason == "holds no image: it states no rows and columns"
    staying = [one.image_id for one in hospital if one.kind not in ("not_dicom", "no_image")]
    assert list(cohort.studies["image_id"]) == staying
    assert row_of(cohort, "1.2.3.4.1") == {
        "image_id": "1.2.3.4.1",
        "patient_id": "PAT-004",
        "age_years": "24",  # written 24, without a unit
        "sex": "F",
        "view": "AP",
        "image_path": "../../dicom/PAT-004/IM0001",
        "modality": "DX",
        "body_part": "CHEST",
        "view_tag": "ViewPosition",
        "manufacturer": "PHANTOM 1",
        "site": "Hospital 1",
    }
    assert row_of(cohort, "1.2.3.4.2")["modality"] == "CT"
    assert row_of(cohort, "1.2.3.5.2")["view"] == "LATERAL"


def test_nothing_but_the_named_tags_is_written(hospital: list[DicomFile], tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_cohort(cohort_of(tmp_path / "dicom", out), out)
    assert hospital and not any(b"Secret" in path.read_bytes() for path in out.iterdir())


def test_tables_lead_to_the_pictures_against_what_was_drawn(
    hospital: list[DicomFile], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_cohort(cohort_of(tmp_path / "dicom", out), out)
    studies = studies_from(read_table(out / "studies.csv"))
    images = ImageFolder(out, search=False)
    assert studies.image_path is not None
    refused, cut = [], []
    kinds = {one.image_id: one.kind for one in hospital}
    for index, (image_id, image_path) in enumerate(zip(studies.image_id, studies.image_path, strict=True)):
        path = images.path_of(image_id, image_path)
        if kinds[image_id] == "cut":
            cut.append(image_id)
            with pytest.raises(BadInputError, match="cut short"):
                read_image(path)
            continue
        picture = read_image(path)
        patient, image = map(int, image_id.split(".")[-2:])
        if kinds[image_id] == "good":
            np.testing.assert_array_equal(picture.pixels, ramp(patient, image)[0])
        age = float(studies.age_years[index])
        if reason := refusal(picture, InputGate(), age_years=age, view=studies.view[index]):
            refused.append((kinds[image_id], reason.split(";")[0]))
    assert cut == ["1.2.3.2.2"]
    assert refused == [("ct", "its modality is CT"), ("lateral", "its view is LATERAL")]


def test_order_and_bytes_do_not_depend_on_the_file_system(hospital: list[DicomFile], tmp_path: Path) -> None:
    other = tmp_path / "other"
    for one in reversed(hospital):
        path = other / one.path.relative_to(tmp_path / "dicom")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(one.path.read_bytes())
    first = cohort_of(tmp_path / "dicom", tmp_path / "dicom")
    second = cohort_of(other, other)
    assert first.studies == second.studies and first.exclusions == second.exclusions


def test_a_file_twice_leaves_once(tmp_path: Path) -> None:
    content = radiograph_bytes(RAMP, patient=6, image=1)
    for name in ("b/copy", "a.dcm", ".hidden", "DICOMDIR"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    cohort = cohort_of(tmp_path / "in", tmp_path / "in")
    assert cohort.studies["image_path"] == ("a.dcm",)
    assert [(left.step, left.reason) for left in cohort.exclusions] == [
        ("same_sop_instance", "copy has the SOP Instance UID of a.dcm")
    ]


def test_missing_tags_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    bare = dict.fromkeys(("PatientAge", "ViewPosition", "BodyPartExamined", "Modality"))
    for name, tags in {
        "1": {"SOPInstanceUID": None, **bare, "PatientSex": "?"},
        "2": {"PatientID": None},
        "3": {"SOPInstanceUID": "1.9", "PatientID": ""},
    }.items():
        dataset = dataset_of(RAMP, **tags)
        content = dicom_bytes(dataset) if dataset.get("SOPInstanceUID") else _without_uid(dataset)
        (folder / name).write_bytes(content)
    cohort = cohort_of(folder, folder)
    assert cohort.studies == {
        "image_id": ("1",),  # its place in the folder
        "patient_id": ("P1",),
        **dict.fromkeys(("age_years", "sex", "view"), ("",)),
        "image_path": ("1",),
        **dict.fromkeys(("modality", "body_part", "view_tag"), ("",)),
    }
    assert [(step.step, step.images, step.patients) for step in cohort.flow] == [
        ("source", 3, 1),
        ("no_patient_id", 2, 0),
    ]


def _without_uid(dataset: Dataset) -> bytes:
    """An old file without file meta information, which would need the UID."""
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=False, little_endian=True, enforce_file_format=False)
    return buffer.getvalue()


def test_reads_labels_and_hold_out_by_hand(hospital: list[DicomFile], tmp_path: Path) -> None:
    (tmp_path / "reads.csv").write_text("image_id,reader_id,verdict\n1.2.3.30.1,r1,positive\n")
    (tmp_path / "labels.csv").write_text("image_id,Pneumonia\n1.2.3.31.1,1\n1.2.3.30.1,0\n")
    (tmp_path / "test.csv").write_text("image_id\n1.2.3.30.1\n")
    cohort = cohort_of(
        tmp_path / "dicom",
        tmp_path / "out",
        reads=tmp_path / "reads.csv",
        training_labels=tmp_path / "labels.csv",
        hold_out=tmp_path / "test.csv",
    )
    assert cohort.reads == {"image_id": ("1.2.3.30.1",), "reader_id": ("r1",), "verdict": ("positive",)}
    assert cohort.labels == {"image_id": ("1.2.3.31.1",), "Pneumonia": ("1",)}
    assert row_of(cohort, "1.2.3.30.1")["split"] == "test"
    assert row_of(cohort, hospital[0].image_id)["split"] == "train"


def test_very_long_header_is_read(tmp_path: Path) -> None:
    content = radiograph_bytes(
        RAMP, patient=7, image=1, ImageComments="x" * 10_000, EncapsulatedDocument=None
    )
    long = radiograph_bytes(RAMP, patient=8, image=1, ICCProfile=b"\0" * (3 << 20))
    (tmp_path / "short").write_bytes(content)
    (tmp_path / "long").write_bytes(long)
    assert cohort_of(tmp_path, tmp_path).studies["patient_id"] == ("PAT-008", "PAT-007")


def test_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="contains no file"):
        cohort_of(tmp_path, tmp_path)
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(BadInputError, match=r"No image is left of 1 files of .*: a.txt is not DICOM"):
        cohort_of(tmp_path, tmp_path)
    with pytest.raises(BadInputError, match="is not a folder"):
        cohort_of(tmp_path / "a.txt", tmp_path)


def test_real_folder(shared_data: Path, tmp_path: Path) -> None:
    # two files of one SOP Instance UID
    cohort = cohort_of(shared_data / "dicom", tmp_path)
    assert cohort.studies["age_years"] == ("62",) and cohort.studies["view"] == ("PA",)
    assert [left.step for left in cohort.exclusions] == ["same_sop_instance"]


def of_headers(folder: Path, *tags: dict[str, object]) -> Cohort:
    for number, these in enumerate(tags):
        given = {"SOPInstanceUID": f"1.2.{number}", "PatientID": f"P{number}"} | these
        (folder / f"{number}.dcm").write_bytes(dicom_bytes(dataset_of(RAMP, **given)))
    return cohort_of(folder, folder)


BORN = {"PatientBirthDate": "19600615", "StudyDate": "20240102"}
NEWBORNS = [
    ([{"PatientAge": "000Y"}, {"PatientAge": "055Y"}], 1),
    ([{"PatientAge": "000Y"}, {"PatientAge": "003D"}], 0),  # a series of newborns
    ([{"PatientAge": "000Y", **BORN}, {"PatientAge": "055Y"}], 0),  # the dates say the age
    ([{"PatientAge": "000D"}, {"PatientAge": "055Y"}], 1),
]


@pytest.mark.parametrize(("tags", "count"), NEWBORNS)
def test_0_years_among_older_patients_is_told_by_hand(
    tmp_path: Path, tags: list[dict[str, object]], count: int
) -> None:
    notices = of_headers(tmp_path, *tags).notices
    assert [one.count for one in notices if one.kind == "age_of_0_years"] == [count] * bool(count)


def test_dates_are_read_and_never_kept_by_hand(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    out.mkdir()
    cohort = of_headers(folder, {"PatientAge": None, **BORN})
    write_cohort(cohort, out)
    assert cohort.studies["age_years"] == ("63",)
    assert not any(day in path.read_bytes() for path in out.iterdir() for day in (b"1960", b"2024"))


RAW, SHOWN = {"PresentationIntentType": "FOR PROCESSING"}, {"PresentationIntentType": "FOR PRESENTATION"}
PAIRS = [
    ([{"PatientID": "A", **RAW}, {"PatientID": "A", **SHOWN}], 1),
    ([{"PatientID": "A", **RAW}, {"PatientID": "A"}], 1),  # the other says nothing of it
    ([{"PatientID": "A", **RAW}, {"PatientID": "B", **SHOWN}], 0),
    ([{"PatientID": "A", **RAW}, {"PatientID": "A", "ViewPosition": "LL", **SHOWN}], 0),
]


@pytest.mark.parametrize(("tags", "count"), PAIRS)
def test_a_raw_image_beside_its_presentation_is_told_by_hand(
    tmp_path: Path, tags: list[dict[str, object]], count: int
) -> None:
    cohort = of_headers(tmp_path, *tags)
    assert len(cohort.studies["image_id"]) == 2
    assert [one.count for one in cohort.notices if one.kind == "for_processing_pairs"] == [count] * bool(
        count
    )
