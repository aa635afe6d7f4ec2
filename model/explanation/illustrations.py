"""Images of a run for its report: the worst errors and typical true positives, bare and with the saliency map.

Owns the choice of images, and ``illustrations.csv`` with their order. Drawing is `overlays`. Files are numbered: no
file name identifies a patient or an image.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model.explanation.overlays import overlay, thumbnail
from model.explanation.saliency import evidence, picture_area, point_at
from model.inference.prepare import prepare
from protocols.images.folder import ImageFolder
from protocols.model_folder import ILLUSTRATION_COLUMNS, ILLUSTRATIONS, OVERLAYS, THUMBNAILS, DeviceName
from protocols.progress import Progress
from protocols.storage.canonical import csv_text, write_bytes, write_text
from protocols.tables.boxes_and_marks import Boxes
from protocols.tables.reading import Table, read_table
from protocols.tables.records import Studies, number

LISTED = ("image_id", "patient_id", "outcome", "score", "reference")
KINDS = {"FN": "positive", "FP": "negative", "TP": "positive"}  # with a determinate reference
OF_A_KIND = 6


@dataclass(frozen=True, slots=True)
class Case:
    """One image to show: its outcome and its score, as in the line listing."""

    image_id: str
    outcome: str
    score: str


def illustrate(
    model_dir: Path,
    studies: Studies,
    images: ImageFolder,
    listing: Path,
    boxes: Boxes | None,
    *,
    work: Path,
    device: DeviceName,
    progress: Progress,
) -> None:
    """Write the table and the images into the model folder.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: the folder of the files.
        listing: line_listing.csv of the run.
        boxes: of the reference standard, where it has any.
        work: the folder that `predict` packed the images into; they are read from there.
        device: as for `predict`.
        progress: called after each image.

    Raises:
        BadInputError, NotPossibleHereError: as `predict`, or the file is not a line listing.
    """
    ready = prepare(model_dir, studies, images, work=work, device=device, progress=progress)
    packed = ready.packed
    training = ready.loaded.plan.training
    position = {ready.image_id[place]: place for place in packed.usable.tolist()}
    shown = [case for case in cases(read_table(listing)) if case.image_id in position]
    places = np.array([position[case.image_id] for case in shown], dtype=np.int64)
    drawn = boxes.by_image() if boxes else {}
    for folder in (THUMBNAILS, OVERLAYS):
        (model_dir / folder).mkdir()
    lines = []
    maps = evidence(ready.loaded.model, packed.pixels, places, head=training.primary)
    for order, (case, place, found) in enumerate(zip(shown, places.tolist(), maps, strict=True), start=1):
        record = packed.records[place]
        area = picture_area(record.rows, record.columns, training.image_size)
        of_image = drawn.get(case.image_id, np.empty((0, 4)))
        pixels = packed.pixels[place]
        files = [f"{folder}/{order:02}.png" for folder in (THUMBNAILS, OVERLAYS)]
        write_bytes(model_dir / files[0], thumbnail(pixels, area))
        write_bytes(model_dir / files[1], overlay(pixels, area, found, point_at(found, area), of_image))
        lines.append([case.image_id, case.outcome, case.score, str(len(of_image)), *files])
        progress("illustrate", order, len(shown))
    write_text(model_dir / ILLUSTRATIONS, csv_text(ILLUSTRATION_COLUMNS, lines))


def cases(listing: Table) -> tuple[Case, ...]:
    """Return the false negatives of lowest score, false positives of highest and true positives near the median.

    At most `OF_A_KIND` of each and one image per patient within a kind; of equal scores the smaller image id.
    """
    listing.require(LISTED)
    scored = [
        row
        for row in zip(*(listing.columns[name] for name in LISTED), strict=True)
        if KINDS.get(row[2]) == row[4] and row[3]
    ]
    found: list[Case] = []
    for kind in KINDS:
        members = sorted((row for row in scored if row[2] == kind), key=lambda row: (number(row[3]), row[0]))
        if kind == "FP":
            members.sort(key=lambda row: -number(row[3]))
        elif kind == "TP" and members:
            middle = number(members[len(members) // 2][3])
            members.sort(key=lambda row: abs(number(row[3]) - middle))
        found += [Case(image, kind, score) for image, _, _, score, _ in _first_of_each(members)]
    return tuple(found)


def _first_of_each(members: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    by_patient: dict[str, tuple[str, ...]] = {}
    for row in members:
        by_patient.setdefault(row[1], row)
    return list(by_patient.values())[:OF_A_KIND]
