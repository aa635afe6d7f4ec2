"""Cohort source ``rsna``: the RSNA Pneumonia Detection Challenge 2018, read on NIH's images and patients.

Owns the match of an RSNA image to its NIH image, what the radiologists' class means and where their boxes are.
RSNA's own patient id is one id an image, so patient, age, sex and view all come from NIH. Source: Shih et al.,
Radiology: Artificial Intelligence 2019; the matches and their pixel distance from TorchXRayVision.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from protocols.boxes import box_columns
from protocols.cohorts.folder import Cohort
from protocols.cohorts.nih import cohort_of
from protocols.cohorts.nih_release import read_entries
from protocols.cohorts.selection import Selection
from protocols.errors import BadInputError
from protocols.records import Verdict, number
from protocols.tables import Table, listing, read_table

READER = "rsna"
DUPLICATE_MATCH = "duplicate_match"
POSITIVE = "Lung Opacity"
CLASSES = {
    POSITIVE: Verdict.POSITIVE,
    "No Lung Opacity / Not Normal": Verdict.NEGATIVE,
    "Normal": Verdict.NEGATIVE,
}
COLUMNS = ("rsna_patient_id", "detailed_class", "match_mse", "nih_image_index")
BOX_COLUMNS = ("patientId", "x", "y", "width", "height", "Target")
SIDE = 1024  # pixels of every RSNA image, which are what its boxes count


def rsna(
    mapping: Path,
    *,
    metadata: Path,
    out: Path,
    images: Path | None = None,
    within: Path | None = None,
    hold_out: Path | None = None,
    boxes: Path | None = None,
) -> Cohort:
    """Make a cohort of the NIH images that RSNA's radiologists read.

    Where two RSNA images match one NIH image, the closer match (then the smaller RSNA id) is kept and
    the other is listed in the exclusions.

    Args:
        mapping: a table of `COLUMNS`, one row an RSNA image.
        metadata: NIH's Data_Entry_2017, which has every image of ``mapping``.
        out: the folder the cohort will be written to; image paths are relative to it.
        images: the image folder; images without a file there leave.
        within: a table whose first column names the images to keep.
        hold_out: a table whose first column names the test images; see `Selection.hold_out`.
        boxes: the challenge's labels, a table of `BOX_COLUMNS`, for where the opacities are.

    Returns:
        Studies in the order of ``mapping`` with ``rsna_id``, ``rsna_class`` and ``match_mse``; one read
        an image by the reader ``rsna``; NIH's text-mined labels of the images that are not for the test.

    Raises:
        BadInputError: a file breaks its rule, an image is not in ``metadata``, or no image is left.
    """
    table = read_table(mapping)
    _check(table)
    images_matched = table.columns["nih_image_index"]
    entries = read_entries(metadata)
    place = {image: row for row, image in enumerate(entries.studies["image_id"])}
    for row, image in enumerate(images_matched):
        if image not in place:
            raise table.fault(
                row, f"image {image!r} is not in {metadata}; give NIH's complete Data_Entry_2017 file."
            )
    matched = entries.take([place[image] for image in images_matched])
    selection = Selection.of_source(
        matched.studies["image_id"], matched.studies["patient_id"], f"images of {mapping.name}"
    ).without(
        DUPLICATE_MATCH,
        "matches an NIH image that another RSNA image matches more closely",
        _duplicates(table),
    )
    cohort, selection = cohort_of(
        matched,
        selection,
        out=out,
        images=images,
        within=within,
        hold_out=hold_out,
        further={
            "rsna_id": table.columns["rsna_patient_id"],
            "rsna_class": table.columns["detailed_class"],
            "match_mse": table.columns["match_mse"],
        },
    )
    classes = selection.pick(table.columns["detailed_class"])
    reads = {
        "image_id": cohort.studies["image_id"],
        "reader_id": (READER,) * len(classes),
        "verdict": tuple(str(CLASSES[name]) for name in classes),
    }
    image_of = dict(zip(cohort.studies["rsna_id"], cohort.studies["image_id"], strict=True))
    return replace(cohort, reads=reads, boxes=None if boxes is None else _boxes(boxes, image_of))


def _boxes(file: Path, image_of: Mapping[str, str]) -> dict[str, list[str]]:
    """The boxes of the images that stay, under their NIH names, in the order of the file."""
    table = read_table(file)
    for name in BOX_COLUMNS:
        if name not in table.columns:
            raise BadInputError(
                f"{table.source}: column {name!r} is missing; the file has {listing(table.columns)}. "
                "Give the challenge's stage_2_train_labels."
            )
    found = []
    for row in range(table.rows):
        rsna_id, *cells, target = (table.columns[name][row] for name in BOX_COLUMNS)
        if target == "1":
            x, y, width, height = pixels = [number(cell) for cell in cells]
            inside = x >= 0 and y >= 0 and x + width <= SIDE and y + height <= SIDE
            if not (inside and width > 0 and height > 0):
                raise table.fault(
                    row, f"a box with x, y, width, height {cells} does not lie in {SIDE} x {SIDE} pixels."
                )
            if rsna_id in image_of:
                found.append((image_of[rsna_id], pixels))
        elif target != "0" or any(cells):
            raise table.fault(
                row, f"Target is {target!r} with box {cells}; it must be 1 with a box or 0 without."
            )
    if not found:
        raise BadInputError(f"{file}: has no box of any image of the cohort; its patientId must be RSNA's.")
    return box_columns(found, side=SIDE)


def _check(table: Table) -> None:
    for name in COLUMNS:
        if name not in table.columns:
            raise BadInputError(
                f"{table.source}: column {name!r} is missing; the file has {listing(table.columns)}."
            )
    first: dict[str, int] = {}
    for row in range(table.rows):
        rsna_id, name, distance, _ = (table.columns[column][row] for column in COLUMNS)
        if not rsna_id or first.setdefault(rsna_id, row) != row:
            raise table.fault(
                row, f"rsna_patient_id {rsna_id!r} is empty or stands twice; one row an RSNA image."
            )
        if name not in CLASSES:
            raise table.fault(row, f"class {name!r} is not RSNA's; those are {listing(list(CLASSES))}.")
        if not number(distance) >= 0:
            raise table.fault(row, f"match_mse {distance!r} is not a number of 0 or more.")


def _duplicates(table: Table) -> dict[int, str]:
    """Rows whose NIH image another row matches more closely -> why each leaves."""
    rsna_id, _, distance, image = (table.columns[name] for name in COLUMNS)
    best: dict[str, int] = {}
    for row in sorted(range(table.rows), key=lambda row: (number(distance[row]), rsna_id[row])):
        best.setdefault(image[row], row)
    return {
        row: f"RSNA {rsna_id[row]} (match_mse {distance[row]}) gives way to {rsna_id[best[image[row]]]} "
        f"(match_mse {distance[best[image[row]]]})"
        for row in range(table.rows)
        if best[image[row]] != row
    }
