"""The header of a DICOM file: image and patient in the suite's terms.

Owns the parsing of the data set and the choice of tags. Pixels are decoded in `dicom`; the words of projections are in
`projection`, those of body parts in `body_part`.
Source: DICOM PS3.3 2024d, C.7.1 (patient), C.7.3.1.1.1 (modality), C.8.1 and C.8.11.5 (view and position), C.8.11.1
(presentation intent); PS3.10, 7.1 (preamble); PS3.5, 6.2 (value representations).
"""

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import (
    DigitalXRayImageStorageForProcessing,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from protocols.images.body_part import body_part, coded_body_part
from protocols.images.folder import UndecodableImageError
from protocols.images.projection import OTHERS, coded_projection, projection
from protocols.tables.ages import years, years_between
from protocols.tables.records import View, number

PREAMBLE = 128
MARK = b"DICM"
OLDEST = 120.0
IDENTIFYING = ("SOPClassUID", "Modality", "Rows")  # every image file has one of them
UPRIGHT = (str(View.PA), str(View.AP))
FOR_PROCESSING = "FOR PROCESSING"
STUDY_DAYS = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
PYDICOM_FAULTS = (
    InvalidDicomError,
    BytesLengthException,
    AttributeError,
    LookupError,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    TypeError,
    ValueError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a DICOM header states of an image; where it is silent, text is empty and the age None.

    Attributes:
        modality: (0008,0060), such as ``DX``.
        body_part: what (0018,0015), or else the code of the anatomic region, names, such as ``CHEST``.
        view: the projection, one of `View`, or empty.
        view_tag: the tag it was found in: ``ViewPosition``, ``ViewCodeSequence``, ``PatientPosition``,
            ``BodyPartExamined`` or empty.
        view_code: the value of that tag, such as ``LL``; also where it is no projection of `View`, such as ``RAO``.
        age_years: of the patient, 0 to 120.
        intent: (0008,0068), such as ``FOR PROCESSING``.
    """

    modality: str = ""
    body_part: str = ""
    view: str = ""
    view_tag: str = ""
    view_code: str = ""
    age_years: float | None = None
    intent: str = ""


def is_dicom(content: bytes) -> bool:
    """Return whether bytes are of a DICOM file: ``DICM`` after the preamble, or a data element at the beginning.

    The second form, of old archives, has neither preamble nor file meta information: it begins with a short
    little-endian element of group 0002 or 0008.
    """
    if content[PREAMBLE : PREAMBLE + 4] == MARK:
        return True
    if len(content) < 8:
        return False
    group, element, length = struct.unpack_from("<HHI", content)
    explicit = content[4:6] in (b"UL", b"CS", b"UI", b"OB", b"SH", b"LO", b"DA", b"TM")
    return group in (0x0002, 0x0008) and element < 0x1000 and (explicit or length < 1024)


def read_dataset(content: bytes, *, pixels: bool) -> Dataset:
    """Parse a DICOM file.

    Args:
        content: the bytes of the file.
        pixels: whether to read the pixel data too.

    Returns:
        The data set with a transfer syntax, derived from its encoding where the file does not state it.

    Raises:
        UndecodableImageError: it is not a DICOM file, or nothing after its preamble can be read.
    """
    if not content:
        raise UndecodableImageError("image", "is empty (0 bytes)")
    if not is_dicom(content):
        raise UndecodableImageError("image", f"is not DICOM (it begins with {content[:9]!r})")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of every oddity; what matters is checked here
        try:
            dataset = _parsed(content, pixels=pixels)
            if not dataset and pixels and _parsed(content, pixels=False):
                # pydicom returns an empty data set where compressed pixel data have no end
                raise UndecodableImageError("image", "is cut short: the end of its pixel data is missing")
        except PYDICOM_FAULTS as error:
            raise UndecodableImageError("image", "is DICOM that cannot be parsed; it is damaged") from error
        if not any(name in dataset for name in IDENTIFYING):
            raise UndecodableImageError("image", "is not a complete DICOM file: it describes no image")
        _state_transfer_syntax(dataset)
    return dataset


def header_of(dataset: Dataset) -> Header:
    """Return the header of an image; what cannot be read counts as absent.

    The view is that of the first of these tags that names a projection: `ViewPosition`, unless the code sequence names
    a view that is neither PA nor AP; `ViewCodeSequence`; `PatientPosition`, as teaching files use it (a CT has its own
    codes there, such as ``HFS``, which name no projection); `BodyPartExamined`, such as ``CHEST LAT``. The age is
    `PatientAge`; where that is absent, impossible or 0 years, it is computed from birth date and study date. No date
    is kept.
    """
    codes = _codes(dataset, "ViewCodeSequence")
    tags = {
        name: text(dataset, name).upper() for name in ("ViewPosition", "PatientPosition", "BodyPartExamined")
    }
    views = {
        "ViewPosition": (tags["ViewPosition"], projection(tags["ViewPosition"])),
        "ViewCodeSequence": (
            " ".join(code for code, _ in codes),
            coded_projection(code for code, _ in codes),
        ),
        "PatientPosition": (tags["PatientPosition"], projection(tags["PatientPosition"])),
        "BodyPartExamined": (tags["BodyPartExamined"], projection(tags["BodyPartExamined"])),
    }
    tag = next((name for name, (_, view) in views.items() if view), "")
    coded = views["ViewCodeSequence"][1]
    if tag == "ViewPosition" and coded and coded not in UPRIGHT:
        tag = "ViewCodeSequence"
    code, view = views[tag] if tag else (tags["ViewPosition"], "")
    part = body_part(tags["BodyPartExamined"])
    by_class = FOR_PROCESSING if value(dataset, "SOPClassUID") == DigitalXRayImageStorageForProcessing else ""
    return Header(
        modality=text(dataset, "Modality").upper(),
        body_part=part or coded_body_part(_codes(dataset, "AnatomicRegionSequence")),
        view="" if view in OTHERS else view,
        view_tag=tag or ("ViewPosition" if code else ""),
        view_code=code,
        age_years=_age(dataset),
        intent=text(dataset, "PresentationIntentType").upper() or by_class,
    )


def _age(dataset: Dataset) -> float | None:
    stated = number(years(text(dataset, "PatientAge")))
    age = stated if 0 <= stated <= OLDEST else None
    if age:
        return age
    days = (text(dataset, name) for name in STUDY_DAYS)
    counted = years_between(text(dataset, "PatientBirthDate"), next(filter(None, days), ""))
    return counted if counted is not None and counted <= OLDEST else age


def _codes(dataset: Dataset, keyword: str) -> list[tuple[str, str]]:
    """Return code and meaning of each item of a code sequence."""
    items = value(dataset, keyword)
    return [
        (text(item, "CodeValue") or text(item, "LongCodeValue"), text(item, "CodeMeaning"))
        for item in (items if hasattr(items, "append") else ())
        if isinstance(item, Dataset)
    ]


def text(dataset: Dataset, keyword: str) -> str:
    """Return an element as one line of text without control characters; empty where absent or damaged."""
    found = value(dataset, keyword)
    return "" if found is None else one_line(str(found))


def one_line(words: str) -> str:
    """Return text as one line of printable characters."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


def value(dataset: Dataset, keyword: str) -> Any:
    """Return an element's value; None where it is absent, empty or damaged."""
    return _quietly(lambda: dataset.get(keyword))


def _parsed(content: bytes, *, pixels: bool) -> Dataset:
    return pydicom.dcmread(io.BytesIO(content), force=True, stop_before_pixels=not pixels)


def _quietly(read: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return read()
        except PYDICOM_FAULTS:
            return None


def _state_transfer_syntax(dataset: Dataset) -> None:
    meta = getattr(dataset, "file_meta", None)
    if meta is None:
        meta = dataset.file_meta = FileMetaDataset()
    if not meta.get("TransferSyntaxUID"):
        implicit, little = dataset.original_encoding
        endian = ExplicitVRLittleEndian if little else ExplicitVRBigEndian
        meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else endian
