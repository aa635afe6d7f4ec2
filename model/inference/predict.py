"""Images -> scores: always float32, in batches of one size, so that a score does not depend on its neighbours.

Owns the predictions table as text. Images outside the device's input gate, which its plan records, get no score.
Sources: the contract ("Tables", "What reproduced means", level 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.artifact.calibration import probabilities
from model.artifact.model_folder import LoadedModel
from model.artifact.operating_point import SCORE_PLACES
from model.data.leakage import compared_images_csv
from model.data.pack.pack import Pack
from model.inference.prepare import prepare
from model.runtime import keras
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.model_folder import IMAGES, DeviceName
from protocols.progress import Progress
from protocols.storage.canonical import csv_text
from protocols.tables.records import Status, Studies

BATCH = 64
HEADER = ("image_id", "score", "status", "reason")


@dataclass(frozen=True, slots=True)
class Predicted:
    """The tables of a prediction.

    Attributes:
        predictions: the predictions table as CSV.
        images: hashes of each decoded image, and the training or tuning image it matches, as CSV.
        scored, out_of_scope, failed: numbers of images.
    """

    predictions: str
    images: str
    scored: int
    out_of_scope: int
    failed: int

    @property
    def summary(self) -> str:
        """One line for the screen."""
        return f"{self.scored} images scored, {self.out_of_scope} out of scope, {self.failed} failed"


def predict(
    model_dir: Path,
    studies: Studies,
    images: ImageFolder,
    *,
    work: Path,
    device: DeviceName,
    progress: Progress,
) -> Predicted:
    """Score the test images (all images where there is no split column), in the order of the studies.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: the folder of the files.
        work: for the pack; a folder that survives interruption.
        device: ``cpu``, ``gpu`` or ``gpus``.
        progress: called as images are packed and scored.

    Returns:
        One row per image: a score and status ``ok``, or no score, status ``out_of_scope`` or ``failed``, and the
        reason.

    Raises:
        BadInputError: the model folder is invalid, no image is marked test, or no image can be scored.
        NotPossibleHereError: the device is not available.
    """
    ready = prepare(model_dir, studies, images, work=work, device=device, progress=progress)
    packed = ready.packed
    names = ready.image_id
    if not len(packed.usable):
        raise _nothing_usable(packed, names, images)
    values = scores(ready.loaded, packed.pixels, rows=packed.usable, progress=progress)
    scored = dict(zip(packed.usable.tolist(), values.tolist(), strict=True))
    lines = []
    for position, name in enumerate(names):
        if position in scored:
            lines.append([name, f"{scored[position]:.{SCORE_PLACES}f}", Status.OK, ""])
        elif position in packed.faults:
            lines.append([name, "", Status.FAILED, packed.faults[position]])
        else:
            lines.append([name, "", Status.OUT_OF_SCOPE, packed.out_of_scope[position]])
    return Predicted(
        predictions=csv_text(HEADER, lines),
        images=compared_images_csv(packed, names, model_dir / IMAGES),
        scored=len(scored),
        out_of_scope=len(packed.out_of_scope),
        failed=len(packed.faults),
    )


def scores(
    loaded: LoadedModel,
    pixels: NDArray[np.uint8],
    *,
    rows: NDArray[np.int64] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Compute the calibrated probability of the primary finding to 6 decimals, as written and thresholded.

    Args:
        loaded: the device.
        pixels: uint8 of shape (images, size, size).
        rows: positions to score; all where None.
        progress: called after each batch.

    Returns:
        Array of shape (rows,), each in [0, 1]; NaN where the network's output is not finite.
    """
    answers = logits(loaded.model, pixels, rows=rows, progress=progress)
    return np.round(probabilities(loaded.calibration, answers[:, loaded.plan.training.primary]), SCORE_PLACES)


def logits(
    model: keras.Model,
    pixels: NDArray[np.uint8],
    *,
    rows: NDArray[np.int64] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Compute the network's outputs in batches of `BATCH`, the last one padded with black.

    Args:
        model: images -> logits of shape (n, heads).
        pixels: uint8 of shape (images, size, size).
        rows: positions to score; all where None.
        progress: called after each batch.

    Returns:
        Array of shape (rows, heads).
    """
    chosen = np.arange(len(pixels)) if rows is None else rows
    answers = []
    for start in range(0, len(chosen), BATCH):
        here = chosen[start : start + BATCH]
        batch = np.zeros((BATCH, *pixels.shape[1:], 1), dtype=np.float32)
        batch[: len(here), ..., 0] = pixels[here]
        outputs = keras.ops.convert_to_numpy(model.predict_on_batch(batch))
        answers.append(outputs[: len(here)].astype(np.float64))
        if progress is not None:
            progress("predict", start + len(here), len(chosen))
    return np.concatenate(answers) if answers else np.empty((0, model.output_shape[-1]))


def _nothing_usable(packed: Pack, names: Sequence[str], images: ImageFolder) -> BadInputError:
    if packed.faults:
        first = min(packed.faults)
        return BadInputError(
            f"{images.root}: none of the {len(names)} images can be scored; check --images. "
            f"First failure: {names[first]!r}: {packed.faults[first]}."
        )
    return BadInputError(
        f"{images.root}: all {len(names)} images are outside the device's input gate; check --images. "
        f"First refusal: {names[0]!r}: {packed.out_of_scope[0]}."
    )
