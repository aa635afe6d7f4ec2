"""Cohort source ``vindr``: annotations with one row per box and reader, as VinDr-CXR and VinBigData publish them.

Owns the meaning of such rows: a reader with a row of an image has read it for every finding. Patient, age, sex
and view come from a studies table of the user's. Source: Nguyen et al., Scientific Data 2022 (three radiologists per
image).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from protocols.cohorts.cohort import Cohort
from protocols.cohorts.request import CohortRequest
from protocols.cohorts.sources.own_tables import own_tables
from protocols.errors import BadInputError
from protocols.tables.column_mapping import read_mapped
from protocols.tables.column_rules import BOXES, IMAGE_ID, READS, Column, Kind, TableRule
from protocols.tables.input_account import Notice
from protocols.tables.reading import Table, listing
from protocols.tables.records import Verdict, numbers_of

NO_FINDING = "No finding"
EDGES = ("x_min", "y_min", "x_max", "y_max")  # pixels
SIZE = ("width", "height")  # columns of the studies, pixels
NAMES = (IMAGE_ID, Column("rad_id", Kind.IDENTIFIER), Column("class_name", Kind.IDENTIFIER))
ANNOTATIONS = TableRule(
    "annotations", (*NAMES, *(Column(name, Kind.NUMBER) for name in EDGES)), key=(), one_row="box and reader"
)


def vindr(annotations: Path, request: CohortRequest, *, studies: Path, finding: str) -> Cohort:
    """Make a cohort of images that several readers annotated.

    Args:
        annotations: one row per image, reader and box: ``image_id``, ``rad_id``, ``class_name`` and `EDGES`.
        request: the output folder, and the images to take.
        studies: one row per image, in the suite's columns; with `SIZE` the boxes are written too.
        finding: a ``class_name``; a reader with other rows only of an image reads it as negative.

    Returns:
        The studies as `own_tables` makes them, one read per image and reader, and the boxes of the finding
        without duplicates.

    Raises:
        BadInputError: a file breaks its rule, no row is of the finding or of an image of the studies, a reader has both
            a finding and `NO_FINDING` on an image, or a box is not within its image.
    """
    given = read_mapped(annotations, ANNOTATIONS)
    frame = given.table.frame
    given.table.require(ANNOTATIONS.required)
    for name in (column.name for column in NAMES):
        given.table.refuse(frame[name] == "", f"{name} is empty; every row needs one.")
    there = set(frame["class_name"]) - {NO_FINDING}
    if finding not in there:
        raise BadInputError(f"{annotations}: has no finding {finding!r}; those are {listing(there)}.")
    reader = frame.groupby(["image_id", "rad_id"], sort=False)["class_name"]
    given.table.refuse(
        (frame["class_name"] == NO_FINDING) & (reader.transform("nunique") > 1),
        f"the reader has {NO_FINDING!r} and findings on this image; it can be one of the two.",
    )
    cohort = own_tables(studies, request)
    if frame["image_id"].isin(cohort.studies["image_id"]).sum() == 0:
        raise BadInputError(
            f"{annotations}: has no row of any image of the cohort; image ids there look like "
            f"{frame['image_id'].iloc[0]!r}, those of the cohort like {cohort.studies['image_id'][0]!r}."
        )
    left = [exclusion.image_id for exclusion in cohort.exclusions]
    positive = (
        (frame["class_name"] == finding).groupby([frame["image_id"], frame["rad_id"]], sort=False).any()
    )
    reads = positive.map({True: Verdict.POSITIVE.value, False: Verdict.NEGATIVE.value}).reset_index()
    boxes, notices = _boxes(given.table, finding, cohort.studies)
    return replace(
        cohort,
        reads=_columns(reads[~reads["image_id"].isin(left)], READS.required),
        boxes=boxes,
        notices=[*cohort.notices, *given.notices, *notices],
    )


def _boxes(
    table: Table, finding: str, studies: Mapping[str, Sequence[str]]
) -> tuple[dict[str, tuple[str, ...]] | None, list[Notice]]:
    """Return a finding's boxes on a cohort's images, in proportions of the image; None where sizes are unknown."""
    frame = table.frame
    pointing = (frame[list(EDGES)] != "").any(axis=1) & frame["image_id"].isin(studies["image_id"])
    boxed = ((frame["class_name"] == finding) & pointing).to_numpy(dtype=np.bool_)
    if not boxed.any():
        return None, []
    if not set(SIZE) <= set(studies):
        text = (
            f"annotations: the boxes of {finding!r} are left out, because the studies have no columns 'width' and "
            "'height' with the size of each image in pixels."
        )
        return None, [Notice(kind="boxes_left_out", text=text, table="annotations", count=int(boxed.sum()))]
    sizes = pd.DataFrame(
        {name: numbers_of(pd.Series(studies[name]).astype(frame["rad_id"].dtype)) for name in SIZE}
    )
    size = sizes.set_axis(pd.Index(studies["image_id"])).reindex(frame["image_id"]).to_numpy()
    upper, lower = (
        np.column_stack([numbers_of(frame[name]) for name in names]) for names in (EDGES[:2], EDGES[2:])
    )
    within = ((upper >= 0) & (upper < lower) & (lower <= size)).all(axis=1)
    table.refuse(
        boxed & ~within, "the box is not within the width and height that the studies state for the image."
    )
    proportions = pd.DataFrame(np.hstack([upper / size, (lower - upper) / size])[boxed]).map(repr)
    proportions.insert(0, "image_id", frame["image_id"][boxed].to_numpy())
    return _columns(proportions.drop_duplicates(), BOXES.required), []


def _columns(frame: pd.DataFrame, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(frame.iloc[:, position]) for position, name in enumerate(names)}
