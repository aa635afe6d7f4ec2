"""Cohort source ``google``: readers' adjudicated labels of four findings on NIH's images and patients.

Owns the meaning of a published label. The file's copy of NIH's metadata is of the earlier release, whose ages differ
from the corrected one, so patient, age, sex and view all come from NIH. The labels are already adjudicated, so they
become one reader, ``consensus``. Source: Majkowska et al., Radiology 2020.
"""

from enum import StrEnum
from pathlib import Path

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import Selection
from protocols.cohorts.sources.nih import cohort_of_entries
from protocols.cohorts.sources.nih_release import read_entries_of
from protocols.errors import BadInputError
from protocols.tables.checks import checked
from protocols.tables.column_rules import Column, Kind, TableRule
from protocols.tables.reading import listing, read_table
from protocols.tables.records import Verdict


class Label(StrEnum):
    """The adjudicated label of one finding."""

    PRESENT = "YES"
    ABSENT = "NO"


FINDINGS = ("Airspace opacity", "Fracture", "Nodule or mass", "Pneumothorax")
IMAGE = "Image Index"
READER = "consensus"
VERDICTS = {Label.PRESENT.value: Verdict.POSITIVE.value, Label.ABSENT.value: Verdict.NEGATIVE.value}


def google(labels: Path, request: CohortRequest, *, finding: str, metadata: Path) -> Cohort:
    """Make a cohort of the NIH images that the readers adjudicated.

    Args:
        labels: the published labels of the validation or the test part, one row per image.
        request: the output folder, and the images to take.
        finding: one of `FINDINGS`.
        metadata: NIH's Data_Entry_2017, which has every image of ``labels``.

    Returns:
        Studies in the order of ``labels``; one read per image by the reader ``consensus``; NIH's text-mined labels.

    Raises:
        BadInputError: a file breaks its rule, the finding is not one of the four, an image is not in ``metadata`` or
            has no label of the finding, or no image is left.
    """
    if finding not in FINDINGS:
        raise BadInputError(f"Finding {finding!r} was not adjudicated; those are {listing(FINDINGS)}.")
    table = read_table(labels)
    columns = (Column(IMAGE, Kind.IDENTIFIER), Column(finding, Kind.CHOICE, Label))
    settled = checked(table, TableRule("labels", columns, key=(IMAGE,), one_row="image"))
    entries = read_entries_of(settled[IMAGE], table, metadata)
    selection = Selection.of_source(
        entries.studies["image_id"], entries.studies["patient_id"], f"images of {labels.name}"
    )
    verdicts = {finding: settled[finding].map(VERDICTS)}
    return cohort_of_entries(entries, selection, request, reader=READER, verdicts=verdicts)
