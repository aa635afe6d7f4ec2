"""Cohort source ``rsna``: the RSNA Pneumonia Detection Challenge 2018, read on NIH's images and patients.

Owns the match of an RSNA image to its NIH image, the meaning of the radiologists' class, and their boxes.
RSNA's patient id is one id per image, so patient, age, sex and view all come from NIH. Source: Shih et al.,
Radiology: Artificial Intelligence 2019; the matches and their pixel distance from TorchXRayVision.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.selection import Selection
from protocols.cohorts.sources.nih import cohort_of_entries
from protocols.cohorts.sources.nih_release import read_entries_of
from protocols.errors import BadInputError
from protocols.tables.boxes_and_marks import box_columns
from protocols.tables.checks import checked
from protocols.tables.column_rules import Column, Kind, TableRule
from protocols.tables.reading import TEXT, among, read_table
from protocols.tables.records import Verdict, numbers_of


class DetailedClass(StrEnum):
    """The class that RSNA's radiologists gave an image; the first is the challenge's target."""

    OPACITY = "Lung Opacity"
    ABNORMAL = "No Lung Opacity / Not Normal"
    NORMAL = "Normal"


class Target(StrEnum):
    """Whether a row of the challenge's labels is a box."""

    BOX = "1"
    NO_BOX = "0"


READER = "rsna"
DUPLICATE_MATCH = "duplicate_match"
MATCHES = TableRule(
    "mapping",
    (
        Column("rsna_patient_id", Kind.IDENTIFIER),
        Column("detailed_class", Kind.CHOICE, DetailedClass),
        Column("match_mse", Kind.NUMBER),
        Column("nih_image_index", Kind.IDENTIFIER),
    ),
    key=("rsna_patient_id",),
    one_row="RSNA image",
)
CORNERS = ("x", "y", "width", "height")  # pixels
CHALLENGE_LABELS = TableRule(
    "boxes",
    (
        Column("patientId", Kind.IDENTIFIER),
        *(Column(name, Kind.NUMBER) for name in CORNERS),
        Column("Target", Kind.CHOICE, Target),
    ),
    key=("patientId", *CORNERS),
    one_row="box",
)
SIDE = 1024  # of every RSNA image, in the pixels of its boxes


def rsna(mapping: Path, request: CohortRequest, *, metadata: Path) -> Cohort:
    """Make a cohort of the NIH images that RSNA's radiologists read.

    Where two RSNA images match one NIH image, the closer match (then the smaller RSNA id) is kept and
    the other is listed in the exclusions.

    Args:
        mapping: a table of `MATCHES`, one row per RSNA image.
        request: the output folder, and the images to take; its boxes are the challenge's labels, a table of
            `CHALLENGE_LABELS`.
        metadata: NIH's Data_Entry_2017, which has every image of ``mapping``.

    Returns:
        Studies in the order of ``mapping`` with ``rsna_id``, ``rsna_class`` and ``match_mse``; one read
        per image by the reader ``rsna``; NIH's text-mined labels of the images outside the test split.

    Raises:
        BadInputError: a file breaks its rule, an image is not in ``metadata``, or no image is left.
    """
    table = read_table(mapping)
    matches = checked(table, MATCHES)
    wrong = ~(numbers_of(matches["match_mse"]) >= 0)
    if wrong.any():
        table.refuse(
            wrong, f"match_mse {matches['match_mse'][wrong].iloc[0]!r} is not a number of 0 or more."
        )
    matched = read_entries_of(matches["nih_image_index"], table, metadata)
    selection = Selection.of_source(
        matched.studies["image_id"], matched.studies["patient_id"], f"images of {mapping.name}"
    ).without(
        DUPLICATE_MATCH,
        "matches an NIH image that another RSNA image matches more closely",
        _duplicates(matches),
    )
    opacity = matches["detailed_class"] == DetailedClass.OPACITY.value
    cohort = cohort_of_entries(
        matched,
        selection,
        replace(request, boxes=None),
        further={
            "rsna_id": matches["rsna_patient_id"],
            "rsna_class": matches["detailed_class"],
            "match_mse": matches["match_mse"],
        },
        reader=READER,
        verdicts={READER: opacity.map({True: Verdict.POSITIVE.value, False: Verdict.NEGATIVE.value})},
    )
    if request.boxes is None:
        return cohort
    image_of = dict(zip(cohort.studies["rsna_id"], cohort.studies["image_id"], strict=True))
    return replace(cohort, boxes=_boxes(request.boxes, image_of))


def _boxes(file: Path, image_of: Mapping[str, str]) -> dict[str, list[str]]:
    """Read the boxes of the images that stay, under their NIH names, in the order of the file."""
    table = read_table(file)
    frame = checked(table, CHALLENGE_LABELS)
    boxed = (frame["Target"] == Target.BOX.value).to_numpy(dtype=bool)
    corners = np.column_stack([numbers_of(frame[name]) for name in CORNERS])
    upper, size = corners[:, :2], corners[:, 2:]
    inside = ((upper >= 0) & (size > 0) & (upper + size <= SIDE)).all(axis=1)
    for wrong, sentence in (
        (boxed & ~inside, f"is not within {SIDE} x {SIDE} pixels or has no area; correct it."),
        (
            ~boxed & (frame[list(CORNERS)] != "").any(axis=1),
            "is in a row of Target 0; set Target 1 or remove it.",
        ),
    ):
        if wrong.any():
            cells = ", ".join(frame[list(CORNERS)].iloc[int(np.argmax(wrong))])
            table.refuse(wrong, f"the box with x, y, width, height {cells} {sentence}")
    kept = boxed & among(frame["patientId"], pd.Series(list(image_of), dtype=TEXT))
    if not kept.any():
        raise BadInputError(f"{file}: has no box of any image of the cohort; its patientId must be RSNA's.")
    return box_columns(
        zip(frame["patientId"][kept].map(image_of), corners[kept].tolist(), strict=True), side=SIDE
    )


def _duplicates(matches: pd.DataFrame) -> dict[int, str]:
    """Return the rows whose NIH image another row matches more closely, and why each leaves."""
    distance = numbers_of(matches["match_mse"])
    order = matches.assign(distance=distance).sort_values(["distance", "rsna_patient_id"], kind="stable")
    closest = order.groupby("nih_image_index", sort=False)["rsna_patient_id"].transform("first")
    distance_of = dict(zip(matches["rsna_patient_id"], matches["match_mse"], strict=True))
    leaving = matches.assign(closest=closest)[closest.sort_index() != matches["rsna_patient_id"]]
    return {
        row: f"RSNA {left} (match_mse {distance_of[left]}) gives way to {best} (match_mse {distance_of[best]})"
        for row, left, best in zip(leaving.index, leaving["rsna_patient_id"], leaving["closest"], strict=True)
    }
