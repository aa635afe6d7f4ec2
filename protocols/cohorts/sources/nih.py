"""Cohort source ``nih``: NIH ChestX-ray14, its text-mined labels and, where given, readers' verdicts.

Owns the conversion of the release to studies, labels, reads and split; its files are read by `nih_release`.
A text-mined label is not a read: it becomes one only where its finding is asked for by name.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd

from protocols.cohorts.assembly import NONE, finish_cohort
from protocols.cohorts.cohort import Cohort
from protocols.cohorts.image_paths import relative_paths
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import Cells, Selection
from protocols.cohorts.sources.nih_release import (
    LABELS,
    Entries,
    find_images,
    read_entries,
    read_official_lists,
)
from protocols.errors import BadInputError
from protocols.tables.reading import listing
from protocols.tables.records import Verdict

TEXT_MINED = "text-mined"
NO_IMAGE_FILE = "no_image_file"
NOT_LISTED = "not_listed"
VERDICTS = {"1": Verdict.POSITIVE.value, "0": Verdict.NEGATIVE.value, "": Verdict.INDETERMINATE.value}


def nih(
    metadata: Path,
    request: CohortRequest,
    *,
    train_val_list: Path | None = None,
    test_list: Path | None = None,
    findings: Sequence[str] | None = None,
) -> Cohort:
    """Make a cohort of NIH's images.

    Args:
        metadata: Data_Entry_2017 of either release, the sample set's labels, or a 0/1 table.
        request: the output folder, the images to take, and the further tables.
        train_val_list: NIH's list of training images; images in no list are excluded.
        test_list: NIH's list of test images; images in no list are excluded.
        findings: names of `LABELS` whose text-mined labels become the verdicts of a reader
            ``text-mined``, for protocols of kind text_mined.

    Returns:
        Studies in the order of ``metadata``; labels of the images outside the test split.

    Raises:
        BadInputError: a file breaks its rule, no image is left, or two options contradict each other.
    """
    findings = findings or ()
    if request.reads is not None and findings:
        raise BadInputError("Give either reads or a finding as the reference standard, not both.")
    for finding in findings:
        if finding not in LABELS:
            raise BadInputError(f"Finding {finding!r} is not NIH's; those are {listing(LABELS)}.")
    if len(set(findings)) < len(findings):
        raise BadInputError(f"Each finding can be given once; received {', '.join(findings)}.")
    lists = read_official_lists(train_val_list, test_list)
    if lists and request.hold_out is not None:
        raise BadInputError("Give either the official lists or a hold-out list, not both; each is a split.")
    entries = read_entries(metadata)
    selection = Selection.of_source(
        entries.studies["image_id"], entries.studies["patient_id"], f"images of {metadata.name}"
    )
    verdicts = {finding: entries.findings[finding].map(VERDICTS) for finding in findings}
    return cohort_of_entries(
        entries,
        selection,
        request,
        split=partial(_official_split, lists) if lists else None,
        reader=TEXT_MINED,
        verdicts=verdicts,
    )


def cohort_of_entries(
    entries: Entries,
    selection: Selection,
    request: CohortRequest,
    *,
    split: Callable[[Selection], tuple[Selection, Sequence[str]]] | None = None,
    further: Mapping[str, Cells] = NONE,
    reader: str,
    verdicts: Mapping[str, Cells],
) -> Cohort:
    """Make a cohort of NIH images with their text-mined labels; only images with a file if the request has a folder.

    Args:
        entries: one entry per row of ``selection``.
        selection: the remaining rows.
        request: the user's options.
        split: as in `finish_cohort`.
        further: more columns of studies, one cell per row of ``selection``.
        reader: as in `finish_cohort`.
        verdicts: as in `finish_cohort`.
    """
    paths: dict[str, Cells] = {}
    if request.images is not None:
        found = find_images(request.images, selection.image_id)
        reason = "no file of this name in the image folders"
        missing = {row: reason for row in selection.kept if selection.image_id[row] not in found}
        selection = selection.without(NO_IMAGE_FILE, reason, missing)
        path_of = dict(zip(found, relative_paths(list(found.values()), request.out), strict=True))
        paths["image_path"] = [path_of.get(image, "") for image in selection.image_id]
    return finish_cohort(
        selection,
        entries.studies,
        request,
        split=split,
        further=paths | dict(further),
        labels=pd.concat([entries.studies["image_id"], entries.findings], axis=1),
        reader=reader,
        verdicts=verdicts,
    )


def _official_split(lists: Mapping[str, str], selection: Selection) -> tuple[Selection, Sequence[str]]:
    reason = "in none of the official lists given"
    unlisted = {row: reason for row in selection.kept if selection.image_id[row] not in lists}
    selection = selection.without(NOT_LISTED, reason, unlisted)
    split = tuple(lists[image] for image in selection.pick(selection.image_id))
    home: dict[str, str] = {}
    for patient, part in zip(selection.pick(selection.patient_id), split, strict=True):
        if home.setdefault(patient, part) != part:
            raise BadInputError(
                f"Patient {patient!r} has images in both official lists; all images of a patient belong "
                "to one of them."
            )
    return selection, split
