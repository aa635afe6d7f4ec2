"""Cohort source ``dicom``: a folder of DICOM files, by their headers alone; no pixel is decoded.

Owns which tags become which columns and which files cannot be an image. CT, lateral views and children stay: the input
gate decides on scope when the image is scored.

Privacy. Only these are copied: SOP Instance UID (image_id), Patient ID (patient_id), Patient's Age (in
years), Patient's Sex, the projection and its tag (view, view_tag), Manufacturer, Institution Name (site),
Modality, Body Part Examined, and the file's place in the folder (image_path, and in exclusions.csv). Birth date and
study date are read where the age is not stated, to compute it, and never kept. Names, accession numbers and
descriptions are never read. De-identify a folder before its tables are shared.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydicom.dataset import Dataset

from protocols.cohorts.assembly import finish_cohort
from protocols.cohorts.cohort import Cohort, Exclusion, FlowStep
from protocols.cohorts.image_paths import relative_paths
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import SOURCE, Selection
from protocols.errors import BadInputError
from protocols.images.dicom_header import (
    FOR_PROCESSING,
    Header,
    header_of,
    is_dicom,
    read_dataset,
    text,
    value,
)
from protocols.images.folder import UndecodableImageError
from protocols.progress import Progress
from protocols.tables.ages import years
from protocols.tables.input_account import MOST_EXAMPLES, Notice
from protocols.tables.notices import counted, quoted
from protocols.tables.records import Sex

NO_IMAGE = "no_image"
NO_PATIENT = "no_patient_id"
SAME_IMAGE = "same_sop_instance"
HEADER_BYTES = 1 << 20  # for a longer header the whole file is read
INDEX = "DICOMDIR"
HEADERS = "headers"  # the stage, as progress names it
WHERE_STATED = ("manufacturer", "site")  # columns that are written where an image states them
NOTHING_SAID = Header()


@dataclass(frozen=True, slots=True)
class Found:
    """One file of the folder: the content of its header, or why it cannot be an image.

    ``image_id`` is the SOP Instance UID; the file's place where there is none or the file is not an image. ``newborn``
    states that Patient's Age is 0 years.
    """

    path: Path
    image_id: str
    patient_id: str = ""
    sex: str = ""
    manufacturer: str = ""
    site: str = ""
    header: Header = NOTHING_SAID
    newborn: bool = False
    fault: str = ""


def dicom(folder: Path, request: CohortRequest) -> Cohort:
    """Make a cohort of the DICOM files in a folder and the folders below it.

    Every file counts, whatever its name, but a DICOMDIR and hidden files. Excluded are files that are not DICOM or
    cannot be an image; images without a patient id, since their patient could be in two splits; and all but the first
    file, by its place in the folder, of one SOP Instance UID.

    Args:
        folder: the folder of the files.
        request: the output folder, the images to take, and the further tables; image ids are SOP Instance UIDs.

    Returns:
        Studies in the order of the files' places in the folder.

    Raises:
        BadInputError: ``folder`` is not a folder or is empty, no image is left, or a list or table breaks its rule.
    """
    found = _read(folder, request.progress)
    selection = _usable(found, f"files of {folder.resolve().name}")
    cohort = finish_cohort(
        selection,
        {
            "image_id": selection.image_id,
            "patient_id": selection.patient_id,
            "age_years": [_age(one.header.age_years) for one in found],
            "sex": [one.sex for one in found],
            "view": [one.header.view for one in found],
            "image_path": relative_paths([one.path for one in found], request.out),
            "modality": [one.header.modality for one in found],
            "body_part": [one.header.body_part for one in found],
            "view_tag": [one.header.view_tag for one in found],
        },
        request,
        further={name: [getattr(one, name) for one in found] for name in WHERE_STATED},
    )
    of_id = {found[row].image_id: found[row] for row in selection.kept}
    staying = [of_id[image_id] for image_id in cohort.studies["image_id"]]
    studies = {
        name: cells for name, cells in cohort.studies.items() if name not in WHERE_STATED or any(cells)
    }
    notices = [*cohort.notices, *_of_newborns(staying), *_of_pairs(staying)]
    return replace(cohort, studies=studies, notices=notices)


def _read(folder: Path, progress: Progress) -> list[Found]:
    if not folder.is_dir():
        raise BadInputError(f"{folder}: is not a folder; name the folder of the DICOM files.")
    files = sorted(
        (
            Path(home) / name
            for home, _, names in os.walk(folder)
            for name in names
            if not name.startswith(".") and name != INDEX
        ),
        key=lambda path: path.relative_to(folder).as_posix(),
    )
    if not files:
        raise BadInputError(f"{folder}: contains no file; name the folder of the DICOM files.")
    found = []
    for number, path in enumerate(files, start=1):
        found.append(_found(path, path.relative_to(folder).as_posix()))
        progress(HEADERS, number, len(files))
    return found


def _found(path: Path, place: str) -> Found:
    try:
        dataset = _dataset(path)
    except OSError as error:
        return Found(path, place, fault=f"cannot be read ({error.strerror})")
    except UndecodableImageError as refused:
        return Found(path, place, fault=refused.reason)
    if not value(dataset, "Rows") or not value(dataset, "Columns"):
        return Found(path, place, fault="holds no image: it states no rows and columns")
    sex = text(dataset, "PatientSex").upper()
    return Found(
        path,
        text(dataset, "SOPInstanceUID") or place,
        patient_id=text(dataset, "PatientID"),
        sex=sex if sex in set(Sex) else "",
        manufacturer=text(dataset, "Manufacturer"),
        site=text(dataset, "InstitutionName"),
        header=header_of(dataset),
        newborn=years(text(dataset, "PatientAge")) == "0",
    )


def _dataset(path: Path) -> Dataset:
    """Read the header from the beginning of the file, or from the whole file where the header is very long."""
    with path.open("rb") as file:
        start = file.read(HEADER_BYTES)
        long = bool(file.read(1))
    try:
        dataset = read_dataset(start, pixels=False)
        if "Rows" in dataset or not long:
            return dataset
    except UndecodableImageError:
        if not long or not is_dicom(start):
            raise
    return read_dataset(path.read_bytes(), pixels=False)


def _usable(found: Sequence[Found], source: str) -> Selection:
    """Return the usable files; the flow counts no patient for files without a patient id."""
    steps = (
        (
            NO_IMAGE,
            "not DICOM, damaged, or without an image",
            {row: one.fault for row, one in enumerate(found) if one.fault},
        ),
        (
            NO_PATIENT,
            "no Patient ID, so the patient could stand in two splits",
            {
                row: f"{one.path.name} states no Patient ID (0010,0020)"
                for row, one in enumerate(found)
                if not one.fault and not one.patient_id
            },
        ),
    )
    patients = {one.patient_id for one in found if one.patient_id}
    flow = [FlowStep(SOURCE, len(found), len(patients), source)]
    exclusions: list[Exclusion] = []
    for step, reason, leaving in steps:
        if leaving:
            flow.append(FlowStep(step, len(leaving), 0, reason))
            exclusions += [Exclusion(found[row].image_id, step, why) for row, why in leaving.items()]
    kept = tuple(row for row, one in enumerate(found) if one.patient_id)
    if not kept:
        raise BadInputError(
            f"No image is left of {len(found)} {source}: {exclusions[0].image_id} {exclusions[0].reason}; "
            "name a folder of DICOM images with patient ids."
        )
    selection = Selection(
        [one.image_id for one in found],
        [one.patient_id for one in found],
        kept,
        tuple(flow),
        tuple(exclusions),
    )
    again = _repeated(found, kept)
    reason = "another file has the same SOP Instance UID"
    return selection.without(SAME_IMAGE, reason, again) if again else selection


def _repeated(found: Sequence[Found], kept: Sequence[int]) -> dict[int, str]:
    first: dict[str, Found] = {}
    again = {}
    for row in kept:
        earlier = first.setdefault(found[row].image_id, found[row])
        if earlier is not found[row]:
            again[row] = f"{found[row].path.name} has the SOP Instance UID of {earlier.path.name}"
    return again


def _of_newborns(images: Sequence[Found]) -> Iterator[Notice]:
    """Yield a notice where an age is 0 years among older patients: a newborn's is written in days or weeks."""
    newborns = [one.image_id for one in images if one.newborn and one.header.age_years == 0]
    if newborns and any((one.header.age_years or 0) >= 1 for one in images):
        yield Notice(
            kind="age_of_0_years",
            text=f"studies: {counted(len(newborns), 'image')} aged 000Y among older patients ({_some(newborns)}); "
            "0 stands where an age was removed as well as for a newborn: complete age_years, or empty it.",
            table="studies",
            column="age_years",
            count=len(newborns),
            examples=tuple(newborns[:MOST_EXAMPLES]),
            cause="age removed",
        )


def _of_pairs(images: Sequence[Found]) -> Iterator[Notice]:
    """Yield a notice of raw images of patients who have another image of the same view: both may be one exposure."""
    shown = {(one.patient_id, one.header.view) for one in images if one.header.intent != FOR_PROCESSING}
    raw = [one for one in images if one.header.intent == FOR_PROCESSING]
    paired = [one.image_id for one in raw if (one.patient_id, one.header.view) in shown]
    if paired:
        yield Notice(
            kind="for_processing_pairs",
            text=f"studies: {counted(len(paired), 'image')} FOR PROCESSING ({_some(paired)}) beside another one of the "
            "same patient and view, so that one exposure may stand twice; FOR PROCESSING is out of scope when scored.",
            table="studies",
            count=len(paired),
            examples=tuple(paired[:MOST_EXAMPLES]),
            cause="one exposure twice",
        )


def _some(names: Sequence[str]) -> str:
    return quoted(names[:MOST_EXAMPLES])


def _age(age: float | None) -> str:
    if age is None or math.isnan(age):
        return ""
    return str(int(age)) if age.is_integer() else repr(age)
