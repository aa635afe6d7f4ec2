"""Profile a cohort folder before training: profile.json and montage.png.

Owns the order of the work and the reading of the folder's tables. The other files of this folder count each part; the
page is `reports.pages.profile`'s. The order of rows does not change the bytes.
"""

import os
from functools import partial
from pathlib import Path

from protocols.cohorts.cohort import read_flow, tables_of
from protocols.cohorts.profile.image_class import chosen_finding, image_classes
from protocols.cohorts.profile.labels_and_reads import by_number, findings_of, label_profile, reads_profile
from protocols.cohorts.profile.montage import montage
from protocols.cohorts.profile.people import age_profile, images_a_patient, levels, missing, parts
from protocols.cohorts.profile.pictures import files_of, picture_profile
from protocols.cohorts.profile.profile_parts import Step
from protocols.cohorts.profile.profile_record import MONTAGE, PROFILE, SCHEMA, Profile
from protocols.cohorts.profile.remarks import remarks
from protocols.images.folder import ImageFolder
from protocols.progress import Progress
from protocols.storage.canonical import sha256_bytes, write_bytes, write_text
from protocols.tables.checks import labels_from, reads_from, studies_from
from protocols.tables.column_rules import FINDING
from protocols.tables.reading import Table, read_table
from protocols.tables.records import Reads

STAGE = "profile"


def write_profile(
    folder: Path, image_root: Path, *, finding: str | None, progress: Progress, workers: int | None = None
) -> Profile:
    """Write profile.json and, where there are images, montage.png into a cohort folder.

    Args:
        folder: the cohort's tables.
        image_root: the folder that the studies' ``image_path`` is relative to.
        finding: whose class the parts are by; None for pneumonia or opacity, else the first.
        progress: called with the number of images decoded and the total.
        workers: processes that decode, by default one per core; their number does not change the bytes.

    Returns:
        The profile that was written.

    Raises:
        BadInputError: a table is missing or breaks the contract, or there is no such finding.
    """
    tables = tables_of(folder, ("studies",), optional=("reads", "labels", "flow"))
    table = read_table(tables["studies"])
    studies = studies_from(table).by_image_id()
    labels = labels_from(read_table(tables["labels"])) if "labels" in tables else None
    read = read_table(tables["reads"]) if "reads" in tables else None
    of_reads = findings_of(read.columns.get(FINDING, ())) if read else ()
    finding = chosen_finding(finding, labels, of_reads)
    reads = _reads(read, finding)

    classes = image_classes(studies.image_id, labels, reads, finding)
    files = files_of(studies, ImageFolder(image_root, search=False))
    workers = workers or os.cpu_count() or 1
    pictures = picture_profile(
        studies, classes.names, files, workers=workers, progress=partial(progress, STAGE)
    )
    tiles, sheet = montage(studies, classes.names, files)
    identity = "".join(f"{image}\n" for image in studies.image_id)
    counted = Profile(
        schema=SCHEMA,
        images_sha256=sha256_bytes(identity.encode("utf-8")),
        finding=finding,
        images=len(studies),
        patients=len(set(studies.patient_id)),
        phantoms=int(studies.phantom.sum()),
        images_a_patient=by_number(images_a_patient(studies)),
        classes=classes.counted(),
        class_sources=classes.by_source(),
        label_and_reads=classes.label_and_reads,
        splits=parts(studies, classes.names),
        labels=label_profile(studies, labels) if labels else None,
        reads=reads_profile(studies, reads, finding if of_reads else None) if reads else None,
        ages=age_profile(studies, classes.names),
        levels=levels(studies, classes.names),
        missing=missing(table, studies, labels),
        flow=_flow(tables.get("flow")),
        pictures=pictures,
        montage=tiles,
        remarks=(),
    )
    profile = counted.model_copy(update={"remarks": remarks(counted)})
    if sheet:
        write_bytes(folder / MONTAGE, sheet)
    write_text(folder / PROFILE, profile.to_json())
    return profile


def _reads(table: Table | None, finding: str | None) -> Reads | None:
    """Return the reads of the finding; None where there are none."""
    if table is None:
        return None
    if FINDING not in table.columns:
        return reads_from(table)
    of_finding = table.only((table.frame[FINDING] == finding).to_numpy())
    return reads_from(of_finding) if of_finding.rows else None


def _flow(path: Path | None) -> tuple[Step, ...]:
    steps = read_flow(path) if path else ()
    return tuple(
        Step(step=step.step, images=step.images, patients=step.patients, reason=step.reason) for step in steps
    )
