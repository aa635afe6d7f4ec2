"""DICOM files made of shades, and a folder of them as a hospital would send it, for tests of any room."""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from protocols.cohorts.phantom.generate import draw_image

Shades = NDArray[np.uint8]
Kind = Literal["good", "not_dicom", "cut", "no_image", "ct", "lateral"]
PATIENTS, IMAGES = 40, 60
ODD: dict[int, Kind] = {
    1: "not_dicom",
    2: "cut",
    3: "no_image",
    4: "ct",
    5: "lateral",
}  # patient -> second image
LOWEST, STEP = 500, 8  # stored values of a windowed picture: 500 to 2,540 in steps of 8
WINDOW = {"WindowCenter": 1520.5, "WindowWidth": 2041}  # makes shade x of LOWEST + STEP * x


@dataclass(frozen=True)
class DicomFile:
    """One file of the folder and what is known of it."""

    path: Path
    image_id: str
    patient_id: str
    kind: Kind
    positive: bool


def dataset_of(
    stored: NDArray[np.integer], *, bits: int = 8, photometric: str = "MONOCHROME2", **tags: object
) -> Dataset:
    """A chest radiograph of these stored values, in 8 or 16 bits, with the tags that images need and these."""
    dataset = Dataset()
    allocated = 8 if bits <= 8 else 16
    signed = int((stored < 0).any())
    given = {
        "SOPClassUID": DigitalXRayImageStorageForPresentation,
        "SOPInstanceUID": "1.2.3.4",
        "Modality": "DX",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientID": "P1",
        "PatientAge": "062Y",
        "PatientSex": "F",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": photometric,
        "Rows": stored.shape[0],
        "Columns": stored.shape[1],
        "BitsAllocated": allocated,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": signed,
        "PixelData": stored.astype(f"<{'i' if signed else 'u'}{allocated // 8}").tobytes(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # ages such as 62 are what hospitals write, not what the standard says
        for name, cell in (given | tags).items():
            if cell is not None:
                setattr(dataset, name, cell)
    return dataset


def dicom_bytes(dataset: Dataset, *, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The bytes of a whole file."""
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = syntax
    if len(dataset.get("PixelData", b"")) % 2:
        dataset.PixelData += b"\0"
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def phantom_shades(patient: int, image: int) -> tuple[Shades, bool]:
    """The picture of a phantom and whether it shows disease."""
    finding, picture = draw_image(510, patient, image)
    return picture.pixels, finding.evidence.opacity


def radiograph_bytes(shades: Shades, *, patient: int, image: int, view: str = "PA", **tags: object) -> bytes:
    """A file of these shades: by the patient's number MONOCHROME1, with a window, or with an age such as 62."""
    inverted = patient % 3 == 0
    shown = 255 - shades if inverted else shades
    windowed = patient % 2 == 0
    stored = LOWEST + STEP * shown.astype(np.int32) if windowed else shown.astype(np.int32) * 257
    age = 20 + patient
    dataset = dataset_of(
        stored,
        bits=12 if windowed else 16,
        photometric="MONOCHROME1" if inverted else "MONOCHROME2",
        **{
            "SOPInstanceUID": image_id_of(patient, image),
            "PatientID": patient_id_of(patient),
            "PatientAge": str(age) if patient % 4 == 0 else f"{age:03d}Y",
            "PatientSex": "FM"[patient % 2],
            "PatientName": f"Secret^{patient}",
            "Manufacturer": f"PHANTOM {patient % 2 + 1}",
            "InstitutionName": f"Hospital {patient % 2 + 1}",
            "ViewPosition": view,
            **(WINDOW if windowed else {}),
            **tags,
        },
    )
    return dicom_bytes(dataset, syntax=ImplicitVRLittleEndian if patient % 5 == 0 else ExplicitVRLittleEndian)


def image_id_of(patient: int, image: int) -> str:
    """The SOP Instance UID of an image."""
    return f"1.2.3.{patient}.{image}"


def patient_id_of(patient: int) -> str:
    """The Patient ID of a patient."""
    return f"PAT-{patient:03d}"


def write_folder(folder: Path, *, draw: Callable[[int, int], tuple[Shades, bool]]) -> list[DicomFile]:
    """60 files of 40 patients in folders by patient: three broken, one CT, one lateral (`ODD`).

    Patients 1 to 20 have two images. ``draw``, such as `phantom_shades`, is asked for the shades and the truth
    of patient and image.
    """
    made = []
    for patient in range(1, PATIENTS + 1):
        for image in (1, 2) if patient <= IMAGES - PATIENTS else (1,):
            kind: Kind = ODD.get(patient, "good") if image == 2 else "good"
            shades, positive = draw(patient, image)
            path = folder / f"{patient_id_of(patient)}" / f"IM{image:04d}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_content(kind, shades, patient, image))
            made.append(DicomFile(path, image_id_of(patient, image), patient_id_of(patient), kind, positive))
    return made


def _content(kind: Kind, shades: Shades, patient: int, image: int) -> bytes:
    whole = partial(radiograph_bytes, shades, patient=patient, image=image)
    match kind:
        case "not_dicom":
            return b"<!DOCTYPE html><html>504 Gateway Timeout</html>"
        case "cut":
            return whole()[: -shades.size]
        case "no_image":
            return whole(Rows=None, Columns=None, PixelData=None, Modality="SR")
        case "ct":
            return whole(
                SOPClassUID=CTImageStorage,
                Modality="CT",
                ViewPosition=None,
                PatientPosition="HFS",
                RescaleSlope=1,
                RescaleIntercept=-1024,
            )
        case "lateral":
            return whole(view="LL", SOPClassUID=ComputedRadiographyImageStorage, Modality="CR")
        case _:
            return whole(view="AP" if patient % 3 == 1 else "PA")
