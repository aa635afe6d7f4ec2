"""Cohort source ``nih``: NIH ChestX-ray14, its text-mined labels and, where given, readers' verdicts.

Owns what of the release becomes studies, labels, reads and split; its files are read by `nih_release`.
A label mined from a report is no reader: it becomes a read only when a finding is asked for by name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.image_paths import relative_paths
from protocols.cohorts.selection import Cells, Selection
from protocols.cohorts.sources.nih_release import (
    LABELS,
    Entries,
    find_images,
    read_entries,
    read_official_lists,
)
from protocols.errors import BadInputError
from protocols.tables.column_mapping import boxes_table, reads_table
from protocols.tables.column_rules import FINDING
from protocols.tables.reading import listing
from protocols.tables.records import Split, Verdict

TEXT_MINED = "text-mined"
NO_IMAGE_FILE = "no_image_file"
NOT_LISTED = "not_listed"


def nih(
    metadata: Path,
    *,
    out: Path,
    images: Path | None = None,
    train_val_list: Path | None = None,
    test_list: Path | None = None,
    within: Path | None = None,
    hold_out: Path | None = None,
    reads: Path | None = None,
    findings: Sequence[str] = (),
    boxes: Path | None = None,
) -> Cohort:
    """Make a cohort of NIH's images.

    Args:
        metadata: Data_Entry_2017 of either release, the sample set's labels, or a 0/1 table.
        out: the folder the cohort will be written to; image paths are relative to it.
        images: the image folder; images without a file there leave.
        train_val_list: NIH's list of training images; images in no list leave.
        test_list: NIH's list of test images; images in no list leave.
        within: a table whose first column names the images to keep.
        hold_out: a table whose first column names the test images; see `Selection.hold_out`.
        reads: readers' verdicts to carry along, for the images that stay.
        findings: names of `LABELS` whose text-mined labels become the verdicts of a reader
            ``text-mined``, for protocols of kind text_mined.
        boxes: boxes around the finding to carry along, for the images that stay.

    Returns:
        Studies in the order of ``metadata``; labels of the images that are not for the test.

    Raises:
        BadInputError: a file breaks its rule, no image is left, or two options contradict each other.
    """
    if reads is not None and findings:
        raise BadInputError("Give either reads or a finding as the reference standard, not both.")
    for finding in findings:
        if finding not in LABELS:
            raise BadInputError(f"Finding {finding!r} is not NIH's; those are {listing(LABELS)}.")
    if len(set(findings)) < len(findings):
        raise BadInputError(f"Each finding can be given once; received {', '.join(findings)}.")
    lists = read_official_lists(train_val_list, test_list)
    if lists and hold_out is not None:
        raise BadInputError("Give either the official lists or a hold-out list, not both; each is a split.")
    entries = read_entries(metadata)
    selection = Selection.of_source(
        entries.studies["image_id"], entries.studies["patient_id"], f"images of {metadata.name}"
    )
    cohort, selection = cohort_of(
        entries, selection, out=out, images=images, lists=lists, within=within, hold_out=hold_out
    )
    if boxes is not None:
        cohort = replace(cohort, boxes=selection.boxes(boxes_table(boxes)))
    if reads is not None:
        given = reads_table(reads)
        return replace(cohort, reads=selection.reads(given), notices=given.notices)
    if findings:
        marks = {finding: entries.findings[finding] for finding in findings}
        return replace(cohort, reads=_text_mined_reads(selection, marks))
    return cohort


def cohort_of(
    entries: Entries,
    selection: Selection,
    *,
    out: Path,
    images: Path | None,
    within: Path | None,
    hold_out: Path | None,
    lists: Mapping[str, str] | None = None,
    further: Mapping[str, Cells] | None = None,
) -> tuple[Cohort, Selection]:
    """The steps that every cohort of NIH images shares: files, lists, split, studies and labels.

    Args:
        entries: one entry a row of ``selection``.
        selection: the rows still in.
        out: the folder the cohort will be written to.
        images: the image folder, where there is one.
        within: the images to keep.
        hold_out: the test images.
        lists: image -> split, as NIH's official lists say.
        further: more columns of studies, one cell a row of ``selection``.

    Returns:
        The cohort without reads, and the selection it is made of.
    """
    found: dict[str, Path] = {}
    if images is not None:
        found = find_images(images, selection.image_id)
        reason = "no file of this name in the image folders"
        missing = {row: reason for row in selection.kept if selection.image_id[row] not in found}
        selection = selection.without(NO_IMAGE_FILE, reason, missing)
    if within is not None:
        selection = selection.within(within)
    split: Sequence[str] | None = None
    if lists:
        reason = "in none of the official lists given"
        unlisted = {row: reason for row in selection.kept if selection.image_id[row] not in lists}
        selection = selection.without(NOT_LISTED, reason, unlisted)
        split = _official_split(selection, lists)
    elif hold_out is not None:
        selection, split = selection.hold_out(hold_out)

    studies: dict[str, Sequence[str]] = {
        str(name): selection.pick(cells) for name, cells in entries.studies.items()
    }
    if split is not None:
        studies["split"] = split
    if images is not None:
        studies["image_path"] = relative_paths([found[image] for image in studies["image_id"]], out)
    studies |= {name: selection.pick(cells) for name, cells in (further or {}).items()}
    return Cohort(
        studies, None, _labels(entries, selection, split), selection.flow, selection.exclusions
    ), selection


def _official_split(selection: Selection, lists: Mapping[str, str]) -> tuple[str, ...]:
    split = tuple(lists[image] for image in selection.pick(selection.image_id))
    home: dict[str, str] = {}
    for patient, part in zip(selection.pick(selection.patient_id), split, strict=True):
        if home.setdefault(patient, part) != part:
            raise BadInputError(
                f"Patient {patient!r} has images in both official lists; all images of a patient belong "
                "to one of them."
            )
    return split


def _labels(
    entries: Entries, selection: Selection, split: Sequence[str] | None
) -> dict[str, Sequence[str]] | None:
    """Text-mined labels of the images that are not for the test; None where every image is."""
    parts = split or [""] * len(selection.kept)
    rows = [row for row, part in zip(selection.kept, parts, strict=True) if part != Split.TEST]
    if not rows:
        return None
    taken = entries.take(rows)
    columns = pd.concat([taken.studies["image_id"], taken.findings], axis=1)
    return {str(name): tuple(cells.to_numpy(dtype=object)) for name, cells in columns.items()}


def _text_mined_reads(selection: Selection, marks: Mapping[str, Cells]) -> dict[str, Sequence[str]]:
    """A read an image and finding; the column that tells findings apart is there where there are several."""
    verdicts = {"1": Verdict.POSITIVE, "0": Verdict.NEGATIVE, "": Verdict.INDETERMINATE}
    images = selection.pick(selection.image_id)
    reads: dict[str, Sequence[str]] = {
        "image_id": images * len(marks),
        "reader_id": (TEXT_MINED,) * (len(images) * len(marks)),
        "verdict": tuple(str(verdicts[mark]) for cells in marks.values() for mark in selection.pick(cells)),
    }
    if len(marks) > 1:
        reads[FINDING] = tuple(finding for finding in marks for _ in images)
    return reads
