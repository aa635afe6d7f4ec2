"""What a DICOM header says, tag by tag, by hand."""

from pathlib import Path

import numpy as np
import pytest

from protocols.images.folder import UndecodableImageError
from protocols.images.header import Header, header_of, is_dicom, read_dataset, text
from tests.protocols.cohorts.dicom_files import dataset_of, dicom_bytes

PIXELS = np.zeros((4, 4), np.uint8)


def header(**tags: object) -> Header:
    return header_of(read_dataset(dicom_bytes(dataset_of(PIXELS, **tags)), pixels=False))


VIEWS = [
    # ViewPosition, PatientPosition, view, tag, code
    ("PA", None, "PA", "ViewPosition", "PA"),
    ("ap", None, "AP", "ViewPosition", "AP"),
    ("AP SUPINE", None, "AP", "ViewPosition", "AP SUPINE"),
    ("LL", None, "LATERAL", "ViewPosition", "LL"),
    ("RL", None, "LATERAL", "ViewPosition", "RL"),
    ("LATERAL", None, "LATERAL", "ViewPosition", "LATERAL"),
    ("LLD", None, "LATERAL", "ViewPosition", "LLD"),
    (None, "PA", "PA", "PatientPosition", "PA"),  # as course material writes it
    ("", "LL", "LATERAL", "PatientPosition", "LL"),
    ("PA", "AP", "PA", "ViewPosition", "PA"),  # where both speak, ViewPosition
    ("RAO", None, "", "ViewPosition", "RAO"),
    (None, "HFS", "", "", ""),  # how a patient lies in a scanner
    (None, None, "", "", ""),
]


@pytest.mark.parametrize(("position", "patient", "view", "tag", "code"), VIEWS)
def test_view_by_hand(position: str | None, patient: str | None, view: str, tag: str, code: str) -> None:
    found = header(ViewPosition=position, PatientPosition=patient)
    assert (found.view, found.view_tag, found.view_code) == (view, tag, code)


AGES = [("062Y", 62.0), ("62", 62.0), ("013M", 13 / 12), ("002W", 14 / 365.25), ("150Y", None), ("", None)]


@pytest.mark.parametrize(("cell", "expected"), [*AGES, ("old", None), (None, None)])
def test_age_by_hand(cell: str | None, expected: float | None) -> None:
    assert header(PatientAge=cell).age_years == pytest.approx(expected)


def test_modality_and_body_part_by_hand() -> None:
    found = header(Modality="cr", BodyPartExamined="Chest ")
    assert (found.modality, found.body_part) == ("CR", "CHEST")
    assert header(Modality=None, BodyPartExamined=None).modality == ""


def test_text_is_one_line_without_padding() -> None:
    assert text(dataset_of(PIXELS, Manufacturer="  A\n B "), "Manufacturer") == "A B"


@pytest.mark.parametrize("content", [b"", b"II*\0", b"\x89PNG\r\n\x1a\n" * 30, b"image_id,patient_id\n" * 20])
def test_other_files_are_not_dicom(content: bytes) -> None:
    assert not is_dicom(content)
    with pytest.raises(UndecodableImageError):
        read_dataset(content, pixels=False)


def test_real_headers(shared_data: Path) -> None:
    for path in (shared_data / "dicom").glob("*.dcm"):
        found = header_of(read_dataset(path.read_bytes(), pixels=False))
        assert found == Header("CR", "CHEST", "PA", "ViewPosition", "PA", 62.0)
