"""Pictures -> scores: always float32, in batches of one size, so that a score does not depend on its neighbours.

Owns the predictions table as text. Sources: the contract ("Tables", "What reproduced means", level 2).
"""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import checkpoint, runtime
from model.operating_point import SCORE_PLACES
from model.pack import pack
from model.runtime import Device, keras
from protocols.canonical import csv_text
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.progress import Progress
from protocols.records import Split, Status, Studies

BATCH = 64
HEADER = ("image_id", "score", "status", "reason")


def predict(
    model_dir: Path, studies: Studies, images: ImageFolder, *, device: Device, progress: Progress
) -> str:
    """Score the test images (all images where there is no split column), in the order of the studies.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: where the files are.
        device: ``cpu`` or ``gpu``.
        progress: told as pictures are packed and scored.

    Returns:
        The predictions table as CSV; an image that cannot be decoded has no score, status ``failed`` and the
        reason.

    Raises:
        BadInputError: the model folder is not sound, no image is marked test, or not one image can be read.
        NotPossibleHereError: the device is not there.
    """
    rows = _rows(studies)
    runtime.start(device)
    model, plan = checkpoint.load(model_dir)
    with tempfile.TemporaryDirectory(prefix="cxr510k-") as folder:
        size = plan.training.image_size
        packed = pack(studies, rows, images, Path(folder), image_size=size, progress=progress)
        if len(packed.faults) == len(rows):
            raise BadInputError(
                f"{images.root}: not one of the {len(rows)} images can be read, so this may be the wrong folder; "
                f"of the first, {studies.image_id[rows[0]]!r}, is said: {packed.faults[0]}."
            )
        values = scores(model, packed.pixels, progress=progress)
    lines = []
    for position, row in enumerate(rows):
        fault = packed.faults.get(position)
        if fault is None:
            lines.append([studies.image_id[row], f"{values[position]:.{SCORE_PLACES}f}", Status.OK, ""])
        else:
            lines.append([studies.image_id[row], "", Status.FAILED, fault])
    return csv_text(HEADER, lines)


def scores(
    model: keras.Model, pixels: NDArray[np.uint8], *, progress: Progress | None = None
) -> NDArray[np.float64]:
    """Probability of the finding with 6 decimals, as written and as thresholds are chosen on.

    Args:
        model: pictures -> logit.
        pixels: uint8 of shape (images, size, size).
        progress: told after each batch.

    Returns:
        Array of shape (images,), each in [0, 1]; NaN where the network's answer is not finite.
    """
    logits = np.empty(len(pixels), dtype=np.float64)
    for start in range(0, len(pixels), BATCH):
        batch = np.zeros((BATCH, *pixels.shape[1:], 1), dtype=np.float32)
        here = pixels[start : start + BATCH]
        batch[: len(here), ..., 0] = here
        answers = keras.ops.convert_to_numpy(model.predict_on_batch(batch))
        logits[start : start + len(here)] = answers[: len(here), 0]
        if progress is not None:
            progress("predict", start + len(here), len(pixels))
    return np.round(_sigmoid(logits), SCORE_PLACES)


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """In float64 and of the negative magnitude only, so that no logit overflows."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, small) / (1.0 + small)


def _rows(studies: Studies) -> list[int]:
    if studies.split is None:
        return list(range(len(studies)))
    rows = [row for row, split in enumerate(studies.split) if split == Split.TEST]
    if not rows:
        raise BadInputError(f"{studies.source}: no image is marked test, so there is nothing to predict.")
    return rows
