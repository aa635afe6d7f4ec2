"""What a DICOM header says of a picture and its patient, in the suite's words.

Owns the reading of a DICOM file's data set and the tags that the suite looks at. Pixels are `dicom`'s.
The words of a projection are `projection`'s, those of a body part `body_part`'s.
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
IDENTIFYING = ("SOPClassUID", "Modality", "Rows")  # one of them stands in every file of an image
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
    """What a DICOM header says of a picture; text is empty and the age None where it says nothing.

    Attributes:
        modality: (0008,0060), such as ``DX``.
        body_part: what (0018,0015), or else the code of the anatomic region, names, such as ``CHEST``.
        view: the projection, one of `View`, or empty.
        view_tag: where it stood: ``ViewPosition``, ``ViewCodeSequence``, ``PatientPosition``,
            ``BodyPartExamined`` or empty.
        view_code: what stood there, such as ``LL``; also where it is no projection of `View`, such as ``RAO``.
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
    """Whether bytes are a DICOM file's: with the mark after the preamble, or beginning with a data element.

    The second form, of old archives, has neither preamble nor file meta information: it begins with an element
    of group 0002 or 0008, little endian, whose length is short.
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
        pixels: also the pixel data; without, the data set ends before them.

    Returns:
        The data set with a transfer syntax, taken from how it is written where the file does not state it.

    Raises:
        UndecodableImageError: it is no DICOM file, or nothing can be read behind its preamble.
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
                # pydicom gives nothing at all back where compressed pixel data have no end
                raise UndecodableImageError("image", "is cut short: the end of its pixel data is missing")
        except PYDICOM_FAULTS as error:
            raise UndecodableImageError("image", "is DICOM that cannot be parsed; it is damaged") from error
        if not any(name in dataset for name in IDENTIFYING):
            raise UndecodableImageError("image", "is no whole DICOM file: nothing is said of an image in it")
        _state_transfer_syntax(dataset)
    return dataset


def header_of(dataset: Dataset) -> Header:
    """The header of a picture; what cannot be read counts as not said.

    The view is that of the first of these that names a projection: `ViewPosition`, unless the code contradicts it by a
    view that is neither PA nor AP; `ViewCodeSequence`;
    `PatientPosition`, as course material writes it (a CT has its own codes there, such as ``HFS``, which say nothing
    of a projection); `BodyPartExamined`, such as ``CHEST LAT``. The age is `PatientAge`, or the one on the day of the
    study by the birth date, where the age is not said, impossible, or 0 years against that date; no date is kept.
    """
    codes = _codes(dataset, "ViewCodeSequence")
    tags = {
        name: text(dataset, name).upper() for name in ("ViewPosition", "PatientPosition", "BodyPartExamined")
    }
    said = {
        "ViewPosition": (tags["ViewPosition"], projection(tags["ViewPosition"])),
        "ViewCodeSequence": (
            " ".join(code for code, _ in codes),
            coded_projection(code for code, _ in codes),
        ),
        "PatientPosition": (tags["PatientPosition"], projection(tags["PatientPosition"])),
        "BodyPartExamined": (tags["BodyPartExamined"], projection(tags["BodyPartExamined"])),
    }
    tag = next((name for name, (_, view) in said.items() if view), "")
    coded = said["ViewCodeSequence"][1]
    if tag == "ViewPosition" and coded and coded not in UPRIGHT:
        tag = "ViewCodeSequence"
    code, view = said[tag] if tag else (tags["ViewPosition"], "")
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
    said = number(years(text(dataset, "PatientAge")))
    age = said if 0 <= said <= OLDEST else None
    if age:
        return age
    days = (text(dataset, name) for name in STUDY_DAYS)
    counted = years_between(text(dataset, "PatientBirthDate"), next(filter(None, days), ""))
    return counted if counted is not None and counted <= OLDEST else age


def _codes(dataset: Dataset, keyword: str) -> list[tuple[str, str]]:
    """Code and meaning of each item of a sequence of codes."""
    items = value(dataset, keyword)
    return [
        (text(item, "CodeValue") or text(item, "LongCodeValue"), text(item, "CodeMeaning"))
        for item in (items if hasattr(items, "append") else ())
        if isinstance(item, Dataset)
    ]


def text(dataset: Dataset, keyword: str) -> str:
    """An element as text on one line, without padding or control characters; empty where absent or damaged."""
    found = value(dataset, keyword)
    return "" if found is None else one_line(str(found))


def one_line(words: str) -> str:
    """Words of a file as they may stand in a sentence or a table."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


def value(dataset: Dataset, keyword: str) -> Any:
    """An element's value; None where it is absent, empty or damaged."""
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
