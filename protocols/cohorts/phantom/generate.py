"""Cohort source ``phantom``: simulated patients, their radiographs, true values and readers' verdicts.

Owns how often patients are imaged, which are ill, and the tables. Pixels are `radiograph`'s, verdicts are
`simulated_readers`'. All follows from the seed: an image is a function of (seed, patient, image), whatever the
number of processes. Random numbers are Philox's with the purpose in the key, apart from the bootstrap's streams.
NumPy's elementary functions differ in the last bit between processors: equal bytes are promised on one machine.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from protocols.cohorts.cohort import Cohort, FlowStep, write_cohort
from protocols.cohorts.phantom.anatomy.attachments import Attachments, draw_attachments
from protocols.cohorts.phantom.anatomy.opacity import FULLEST, Focus, draw_foci
from protocols.cohorts.phantom.anatomy.person import Person, Pose, draw_pose, person
from protocols.cohorts.phantom.anatomy.shapes import SIZE
from protocols.cohorts.phantom.radiograph import Box, Radiograph, radiograph
from protocols.cohorts.phantom.simulated_readers import Evidence, verdicts
from protocols.cohorts.phantom.sites import SITE_SHARES, SITES, Site
from protocols.errors import BadInputError
from protocols.parallel.local import spread
from protocols.storage.canonical import csv_text, write_text
from protocols.tables.boxes_and_marks import box_columns
from protocols.tables.records import Sex, Split, View

IMAGES = "images"
TRUTH = "truth.csv"
FINDING = "opacity"
FEWEST_PATIENTS, MOST_PATIENTS = 10, 99_999
TRAIN_SHARE, TUNE_SHARE = 0.40, 0.15
IMAGES_SHARES = (0.42, 0.25, 0.17, 0.10, 0.06)  # of patients with 1, 2, ... images
ILL_SHARE = 0.36  # of patients
PERSISTS, ARISES = 0.90, 0.03  # chance that an image of an ill, of a healthy patient shows disease
CHILD_SHARE = 0.07
PORTABLE_ILL, PORTABLE_WELL = 0.58, 0.32
AGE_UNKNOWN, SEX_UNKNOWN = 0.015, 0.005
MOST_WORKERS = 61  # the most that a process pool can wait for on every system
FAST_COMPRESSION = 1
DIVISION, PATIENT, IMAGE, READING = 1, 2, 3, 4  # purposes of the random streams


@dataclass(frozen=True, slots=True)
class Patient:
    """A sampled patient, and the cells of the tables; ``foci`` is empty for a healthy one."""

    who: Person
    age_cell: str
    sex_cell: str
    images: int
    site: Site
    foci: tuple[Focus, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """The true values of one image; ``patient`` and ``image`` count from 1."""

    patient: int
    image: int
    view: View
    evidence: Evidence
    boxes: tuple[Box, ...]

    @property
    def image_id(self) -> str:
        """Such as ``ph-00012-03``."""
        return f"{patient_id(self.patient)}-{self.image:02d}"


def generate(
    folder: Path, *, seed: int = 510, patients: int = 700, workers: int, progress: Callable[[int, int], None]
) -> Cohort:
    """Make the cohort in a folder: ``images/``, the cohort's tables and ``truth.csv``.

    Args:
        folder: created if absent.
        seed: 0 or more; the same seed gives the same bytes on the same machine.
        patients: 10 to 99,999, with about 2.1 images each.
        workers: processes that make images, 1 to 61.
        progress: called in this process as images finish, with the number done and the total.

    Returns:
        The tables that were written, without ``truth.csv``.

    Raises:
        BadInputError: seed, patients or workers is out of range.
    """
    for name, value, low, high in (
        ("seed", seed, 0, 2**63 - 1),
        ("patients", patients, FEWEST_PATIENTS, MOST_PATIENTS),
        ("workers", workers, 1, MOST_WORKERS),
    ):
        if not low <= value <= high:
            raise BadInputError(f"cohort phantom: {name} must be between {low} and {high}; received {value}.")
    (folder / IMAGES).mkdir(parents=True, exist_ok=True)
    sampled = {number: draw_patient(seed, number) for number in range(1, patients + 1)}
    places = [(number, image) for number in sampled for image in range(1, sampled[number].images + 1)]
    findings: list[Finding] = []
    with closing(spread(partial(_write_image, folder, seed), places, workers=workers)) as written:
        for finding in written:
            findings.append(finding)
            progress(len(findings), len(places))
    cohort = _cohort(findings, sampled, seed)
    write_cohort(cohort, folder)
    write_text(folder / TRUTH, _truth_text(findings))
    return cohort


def draw_patient(seed: int, number: int) -> Patient:
    """Sample the patient of this number, independent of the size of the cohort."""
    rng = _stream(seed, PATIENT, number)
    child = rng.random() < CHILD_SHARE
    age = int(rng.integers(1, 17)) if child else int(np.clip(rng.normal(56, 18), 17, 95))
    female = bool(rng.random() < 0.47)
    return Patient(
        who=person(rng, age_years=float(age), female=female),
        age_cell="" if rng.random() < AGE_UNKNOWN else str(age),
        sex_cell="" if rng.random() < SEX_UNKNOWN else str(Sex.FEMALE if female else Sex.MALE),
        images=1 + int(rng.choice(len(IMAGES_SHARES), p=IMAGES_SHARES)),
        site=SITES[int(rng.choice(len(SITES), p=SITE_SHARES))],
        foci=draw_foci(rng) if rng.random() < ILL_SHARE else (),
    )


def draw_image(seed: int, number: int, image: int) -> tuple[Finding, Radiograph]:
    """Make one image of one patient and its true values: a function of its three numbers."""
    patient = draw_patient(seed, number)
    rng = _stream(seed, IMAGE, number, image)
    active = rng.random() < (PERSISTS if patient.foci else ARISES)
    course = float(rng.uniform(0.65, 1.15))
    foci = [
        replace(focus, density=min(FULLEST, course * focus.density))
        for focus in ((patient.foci or draw_foci(rng)) if active else ())
    ]
    portable = bool(rng.random() < (PORTABLE_ILL if active else PORTABLE_WELL))
    pose = draw_pose(rng, patient.who, portable=portable)
    worn = draw_attachments(rng, patient.who, portable=portable)
    mimicry = _mimicry(patient.who, pose, worn, crossing=abs(float(rng.standard_normal())))
    technique = patient.site.technique_for(portable=portable)
    picture = radiograph(patient.who, pose, foci=foci, worn=worn, technique=technique, rng=rng)
    evidence = Evidence(bool(active), picture.conspicuity, mimicry)
    return Finding(number, image, View.AP if portable else View.PA, evidence, picture.boxes), picture


def splits(seed: int, patients: int) -> dict[int, Split]:
    """Return each patient's split: 40, 15 and 45 % of the patients, in an order that the seed gives."""
    order = (_stream(seed, DIVISION).permutation(patients) + 1).tolist()
    train, tune = round(TRAIN_SHARE * patients), round((TRAIN_SHARE + TUNE_SHARE) * patients)
    marks = [Split.TRAIN] * train + [Split.TUNE] * (tune - train) + [Split.TEST] * (patients - tune)
    return dict(zip(order, marks, strict=True))


def patient_id(number: int) -> str:
    """Such as ``ph-00012``."""
    return f"ph-{number:05d}"


def _stream(seed: int, purpose: int, patient: int = 0, image: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[seed, purpose], counter=[0, 0, image, patient]))


def _write_image(folder: Path, seed: int, place: tuple[int, int]) -> Finding:
    finding, picture = draw_image(seed, *place)
    path = folder / IMAGES / f"{finding.image_id}.png"
    try:
        Image.fromarray(picture.pixels).save(path, compress_level=FAST_COMPRESSION)
    except OSError as error:  # the error of a full disk has no file name
        raise OSError(error.errno, error.strerror, str(path)) from error
    return finding


def _mimicry(who: Person, pose: Pose, worn: Attachments, *, crossing: float) -> float:
    """Return how much a healthy image resembles disease, 0 to 1: vessels, effusion, scar, leads, crossing ribs."""
    effusion = 0.10 if pose.fluid else 0.0
    scar = 0.08 if who.scar else 0.0
    return min(1.0, 0.14 * pose.congestion + effusion + scar + 0.012 * worn.leads + 0.04 * crossing)


def _cohort(findings: Sequence[Finding], sampled: Mapping[int, Patient], seed: int) -> Cohort:
    split = splits(seed, len(sampled))
    tested = [finding for finding in findings if split[finding.patient] == Split.TEST]
    known = [finding for finding in findings if split[finding.patient] != Split.TEST]
    reads = [
        (finding.image_id, reader, str(verdict))
        for finding in tested
        for reader, verdict in verdicts(
            finding.evidence, _stream(seed, READING, finding.patient, finding.image)
        ).items()
    ]
    of = [sampled[finding.patient] for finding in findings]
    return Cohort(
        studies={
            "image_id": [finding.image_id for finding in findings],
            "patient_id": [patient_id(finding.patient) for finding in findings],
            "age_years": [patient.age_cell for patient in of],
            "sex": [patient.sex_cell for patient in of],
            "view": [str(finding.view) for finding in findings],
            "image_path": [f"{IMAGES}/{finding.image_id}.png" for finding in findings],
            "split": [str(split[finding.patient]) for finding in findings],
            "site": [patient.site.name for patient in of],
            "manufacturer": [patient.site.manufacturer for patient in of],
        },
        reads={
            name: [read[column] for read in reads]
            for column, name in enumerate(("image_id", "reader_id", "verdict"))
        },
        labels={
            "image_id": [finding.image_id for finding in known],
            FINDING: [str(int(finding.evidence.opacity)) for finding in known],
        },
        flow=[FlowStep("source", len(findings), len(sampled), f"phantom generator, seed {seed}")],
        exclusions=[],
        boxes=_boxes(tested),
    )


def _boxes(tested: Sequence[Finding]) -> dict[str, list[str]] | None:
    """Return the true boxes of visible disease in the test images, whatever the reads; None if there are none."""
    found = [
        (finding.image_id, (box.x, box.y, box.width, box.height))
        for finding in tested
        for box in finding.boxes
    ]
    return box_columns(found, side=SIZE) if found else None


def _truth_text(findings: Sequence[Finding]) -> str:
    """Return one row per box; an image without visible disease has one row without a box."""
    rows = [
        [
            finding.image_id,
            str(int(finding.evidence.opacity)),
            f"{finding.evidence.conspicuity:.4f}",
            *(("", "", "", "") if box is None else map(str, (box.x, box.y, box.width, box.height))),
        ]
        for finding in findings
        for box in finding.boxes or (None,)
    ]
    return csv_text(["image_id", FINDING, "conspicuity", "x", "y", "width", "height"], rows)
