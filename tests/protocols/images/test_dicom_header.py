"""The DICOM header, tag by tag, by hand."""

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr._cid_dict import cid_concepts
from pydicom.sr._concepts_dict import concepts
from pydicom.sr._snomed_dict import mapping
from pydicom.uid import DigitalXRayImageStorageForPresentation, DigitalXRayImageStorageForProcessing

from protocols.images.body_part import body_part
from protocols.images.dicom_header import Header, header_of, is_dicom, read_dataset, text
from protocols.images.folder import UndecodableImageError
from protocols.images.projection import coded_projection, projection
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
    (None, "PA", "PA", "PatientPosition", "PA"),  # as teaching files write it
    ("", "LL", "LATERAL", "PatientPosition", "LL"),
    ("PA", "AP", "PA", "ViewPosition", "PA"),  # where both are given, ViewPosition
    ("RAO", None, "", "ViewPosition", "RAO"),
    # MIMIC-CXR
    ("AP LLD", None, "LATERAL", "ViewPosition", "AP LLD"),
    ("PA RLD", None, "LATERAL", "ViewPosition", "PA RLD"),
    ("AP AXIAL", None, "", "ViewPosition", "AP AXIAL"),
    ("XTABLE LATERAL", None, "LATERAL", "ViewPosition", "XTABLE LATERAL"),
    # PadChest
    ("POSTEROANTERIOR", None, "PA", "ViewPosition", "POSTEROANTERIOR"),
    ("ANTEROPOSTERIOR", None, "AP", "ViewPosition", "ANTEROPOSTERIOR"),
    ("AP_horizontal", None, "AP", "ViewPosition", "AP_HORIZONTAL"),
    ("L", None, "LATERAL", "ViewPosition", "L"),
    # OpenI
    ("Frontal", None, "", "ViewPosition", "FRONTAL"),
    ("Lateral", None, "LATERAL", "ViewPosition", "LATERAL"),
    ("P.A.", None, "PA", "ViewPosition", "P.A."),
    ("A-P", None, "AP", "ViewPosition", "A-P"),
    ("PA/AP", None, "", "ViewPosition", "PA/AP"),
    (None, "HFS", "", "", ""),  # how a patient lies in a scanner
    (None, None, "", "", ""),
]


@pytest.mark.parametrize(("position", "patient", "view", "tag", "code"), VIEWS)
def test_view_by_hand(position: str | None, patient: str | None, view: str, tag: str, code: str) -> None:
    found = header(ViewPosition=position, PatientPosition=patient)
    assert (found.view, found.view_tag, found.view_code) == (view, tag, code)


CODES = [
    ("399067008", "SCT", "LATERAL"),
    ("R-10236", "SRT", "LATERAL"),
    ("R-10232", "SRT", "LATERAL"),
    ("399348003", "SCT", "AP"),
    ("R-10206", "SRT", "AP"),
    ("272479007", "SCT", "PA"),
    ("R-10214", "SRT", "PA"),
    ("102536004", "SCT", "LATERAL"),  # lying on the left side
    ("399356000", "SCT", ""),  # right anterior oblique
    ("399033003", "SCT", ""),  # frontal: PA or AP
]


def coded(code: str, scheme: str = "SCT", meaning: str = "words") -> Sequence:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code, scheme, meaning
    return Sequence([item])


@pytest.mark.parametrize(("code", "scheme", "view"), CODES)
@pytest.mark.parametrize("position", [None, ""])
def test_view_code_by_hand(code: str, scheme: str, view: str, position: str | None) -> None:
    assert header(ViewPosition=position, ViewCodeSequence=coded(code, scheme)).view == view


@pytest.mark.parametrize(("position", "view"), [("PA", "LATERAL"), ("AP", "LATERAL"), ("LL", "LATERAL")])
def test_code_of_a_lateral_has_precedence_over_an_upright_position_by_hand(position: str, view: str) -> None:
    assert header(ViewPosition=position, ViewCodeSequence=coded("399067008")).view == view
    assert header(ViewPosition=position, ViewCodeSequence=coded("399348003")).view == (
        "LATERAL" if position == "LL" else position
    )


@pytest.mark.parametrize("scheme", ["SCT", "SRT"])
def test_view_codes_against_pydicom(scheme: str) -> None:
    """Every code of the context group has the view that its meaning names."""
    srt_of = {new: old for old, new in mapping["SRT"].items()}
    for name in cid_concepts[4010]["SCT"]:
        for code, (meaning, _) in concepts["SCT"][name].items():
            if "oblique" not in meaning and (named := projection(meaning)) in ("PA", "AP", "LATERAL"):
                assert coded_projection([code if scheme == "SCT" else srt_of[code]]) == named, meaning


def test_view_by_the_body_part_by_hand() -> None:
    found = header(ViewPosition=None, BodyPartExamined="CHEST LAT")
    assert (found.view, found.view_tag, found.body_part) == ("LATERAL", "BodyPartExamined", "CHEST")


PARTS = [
    ("CHEST_PA", "CHEST"),
    ("CHEST 1 VIEW", "CHEST"),
    ("PORT CHEST", "CHEST"),
    ("TÓRAX", "CHEST"),
    ("Brustkorb", "CHEST"),
    ("LUNG", "CHEST"),
    ("T-D3000", "CHEST"),
    ("816094009", "CHEST"),
    ("UNKNOWN", ""),  # states nothing
    ("CHESTABDOMEN", "CHESTABDOMEN"),
    ("CHEST ABDOMEN", "CHEST ABDOMEN"),
    ("THORACIC SPINE", "THORACIC SPINE"),
    ("RIBS", "RIBS"),
]


@pytest.mark.parametrize(("words", "part"), PARTS)
def test_body_part_by_hand(words: str, part: str) -> None:
    assert body_part(words) == part
    assert header(BodyPartExamined=words).body_part == part


REGIONS = [("51185008", "CHEST"), ("T-28000", "CHEST"), ("818983003", "ABDOMEN")]


@pytest.mark.parametrize(("code", "part"), REGIONS)
def test_region_code_is_used_where_no_word_is_given_by_hand(code: str, part: str) -> None:
    region = coded(code, meaning="Abdomen")
    assert header(BodyPartExamined=None, AnatomicRegionSequence=region).body_part == part
    assert header(BodyPartExamined="CHEST", AnatomicRegionSequence=region).body_part == "CHEST"


INTENTS = [
    ("FOR PROCESSING", DigitalXRayImageStorageForPresentation, "FOR PROCESSING"),
    ("FOR PRESENTATION", DigitalXRayImageStorageForProcessing, "FOR PRESENTATION"),
    (None, DigitalXRayImageStorageForProcessing, "FOR PROCESSING"),
    (None, DigitalXRayImageStorageForPresentation, ""),
]


@pytest.mark.parametrize(("said", "storage", "intent"), INTENTS)
def test_intent_by_hand(said: str | None, storage: str, intent: str) -> None:
    assert header(PresentationIntentType=said, SOPClassUID=storage).intent == intent


BORN = {"PatientBirthDate": "19600615", "StudyDate": "20240102"}
DATED = [
    ({"PatientAge": None, **BORN}, 63.0),
    ({"PatientAge": "999Y", **BORN}, 63.0),
    ({"PatientAge": "000Y", **BORN}, 63.0),  # 0 where an age was removed
    ({"PatientAge": "062Y", **BORN}, 62.0),  # the stated age has precedence
    ({"PatientAge": "", "PatientBirthDate": "19600615"}, None),
    ({"PatientAge": "000Y"}, 0.0),
]


@pytest.mark.parametrize(("tags", "expected"), DATED)
def test_age_by_dates_by_hand(tags: dict[str, str], expected: float | None) -> None:
    assert header(**tags).age_years == expected


AGES = [
    ("062Y", 62.0),
    ("45 Y", 45.0),
    ("90Y+", 90.0),
    ("062y", 62.0),
    ("0055", 55.0),
    ("62", 62.0),
    ("013M", 13 / 12),
    ("002W", 14 / 365.25),
    ("150Y", None),
    ("", None),
]


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
