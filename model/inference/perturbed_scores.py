"""Scores under perturbation: every test image in scope, unchanged, repeated, and after each change.

Owns the perturbation set and its order. The changes are `perturbations` and `occlusions`, run time is `timing`, the
analysis of the scores `validation.analyses.robustness`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.inference.occlusions import SHORTCUTS
from model.inference.perturbations import PERTURBATIONS
from model.inference.predict import BATCH, scores
from model.inference.prepare import prepare
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.model_folder import DeviceName
from protocols.progress import Progress
from protocols.tables.perturbation_scores import REPEATED, UNCHANGED, PerturbationItem, PerturbationScores
from protocols.tables.records import Studies

BATTERY = (*PERTURBATIONS, *SHORTCUTS)
REPEATS = (
    PerturbationItem(UNCHANGED, "repeat", "", "unchanged", "The picture as the device reads it."),
    PerturbationItem(
        REPEATED, "repeat", "", "again", "The same picture once more, to see whether its score repeats."
    ),
)


def perturbed_scores(
    model_dir: Path,
    studies: Studies,
    images: ImageFolder,
    *,
    work: Path,
    device: DeviceName,
    progress: Progress,
) -> PerturbationScores:
    """Score the test images that `predict` scores, under every item of the perturbation set.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: the folder of the files.
        work: for the pack; one that `predict` left there is used.
        device: ``cpu`` or ``gpu``.
        progress: called as images are packed and scored.

    Raises:
        BadInputError: the model folder is invalid, or no test image is in scope.
        NotPossibleHereError: the device is not available.
    """
    ready = prepare(model_dir, studies, images, work=work, device=device, progress=progress)
    packed = ready.packed
    if not len(packed.usable):
        raise BadInputError(
            f"{images.root}: none of the {len(ready.image_id)} test images can be scored, so none can be perturbed; "
            "check --images."
        )
    return battery_scores(
        lambda pictures: scores(ready.loaded, pictures),
        packed.pixels,
        packed.usable,
        [ready.image_id[position] for position in packed.usable],
        progress,
    )


def battery_scores(
    score: Callable[[NDArray[np.uint8]], NDArray[np.float64]],
    pixels: NDArray[np.uint8],
    rows: NDArray[np.int64],
    image_id: Sequence[str],
    progress: Progress,
) -> PerturbationScores:
    """Score every image under every item, in batches.

    Args:
        score: images, uint8 of shape (n, side, side) with n at most `BATCH` -> their scores, shape (n,).
        pixels: of shape (images, side, side).
        rows: positions of those in scope; read in batches, so that memory use is constant.
        image_id: their names.
        progress: called after each batch.
    """
    items = (*REPEATS, *(one.item for one in BATTERY))
    found = np.empty((len(items), len(rows)))
    for start in range(0, len(rows), BATCH):
        here = np.asarray(pixels[rows[start : start + BATCH]])
        columns = slice(start, start + len(here))
        found[0, columns] = score(here)
        for row, one in enumerate(BATTERY, start=len(REPEATS)):
            changed = [one.change(picture, start + place) for place, picture in enumerate(here)]
            found[row, columns] = score(np.stack(changed))
        # Last, so that all perturbed batches are scored between the two.
        found[1, columns] = score(here)
        progress("robustness", columns.stop, len(rows))
    return PerturbationScores(items, tuple(image_id), found)
