"""Saliency: class activation maps, and the point and region derived from them.

Owns the maps and the table ``marks`` as text. In both networks the last feature map is averaged and weighted into a
logit; the map of evidence is the weighted feature map without the averaging, and equals Grad-CAM up to a positive
factor. Drawing is `overlays`; agreement with the readers' boxes is measured by `validation`.
Sources: Zhou et al. 2016, arXiv 1512.04150 (class activation maps); Selvaraju et al. 2017, arXiv 1610.02391 (Grad-CAM).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from model.inference.predict import BATCH
from model.inference.prepare import prepare
from model.runtime import keras
from protocols.images.folder import ImageFolder
from protocols.model_folder import DeviceName
from protocols.progress import Progress
from protocols.storage.canonical import csv_text
from protocols.tables.column_rules import MARKS
from protocols.tables.records import Studies

FEATURES, LOGITS = "features", "logits"
REGION_FRACTION = 0.5  # of the strongest evidence; the connected pixels that reach it are the region
PLACES = 6


@dataclass(frozen=True, slots=True)
class Area:
    """The image's place in the square it was fitted into, in pixels of the square."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Pointed:
    """Point and region of the strongest evidence in one image.

    Attributes:
        x, y: the strongest point, in fractions of the image from its upper left corner, 0 to 1.
        region: bool of shape (size, size), pixels of the square.
        bounds: left, top, width and height of the region, in fractions of the image.
    """

    x: float
    y: float
    region: NDArray[np.bool_]
    bounds: tuple[float, float, float, float]


def mark(
    model_dir: Path,
    studies: Studies,
    images: ImageFolder,
    *,
    work: Path,
    device: DeviceName,
    progress: Progress,
) -> str:
    """Mark the point and region of strongest evidence in every image that `predict` scores.

    Args:
        model_dir: a folder as `train` writes it.
        studies: the cohort.
        images: the folder of the files.
        work: the folder that `predict` packed the images into; they are read from there.
        device: as for `predict`.
        progress: called after each image.

    Returns:
        The table ``marks`` as CSV, in the order of the studies. An image without evidence for the finding has a
        row without numbers; one that was refused or cannot be decoded has no row.

    Raises:
        BadInputError, NotPossibleHereError: as `predict`.
    """
    ready = prepare(model_dir, studies, images, work=work, device=device, progress=progress)
    packed = ready.packed
    training = ready.loaded.plan.training
    lines = []
    maps = evidence(ready.loaded.model, packed.pixels, packed.usable, head=training.primary)
    for done, (position, found) in enumerate(zip(packed.usable.tolist(), maps, strict=True), start=1):
        record = packed.records[position]
        pointed = point_at(found, picture_area(record.rows, record.columns, training.image_size))
        cells = (pointed.x, pointed.y, *pointed.bounds) if pointed else ()
        numbers = [f"{cell:.{PLACES}f}" for cell in cells] or [""] * (len(MARKS.required) - 1)
        lines.append([ready.image_id[position], *numbers])
        progress("mark", done, len(packed.usable))
    return csv_text(MARKS.required, lines)


def evidence(
    model: keras.Model, pixels: NDArray[np.uint8], positions: NDArray[np.int64], *, head: int
) -> Iterator[NDArray[np.float64]]:
    """Compute the evidence for a finding at each cell of the last feature map; its mean is the logit less the bias.

    Args:
        model: as `network.build` makes it.
        pixels: uint8 of shape (images, size, size); read in batches.
        positions: the images to evaluate.
        head: position of the finding among the logits.

    Yields:
        An array of shape (cells down, cells across) for each position.
    """
    trunk = keras.Model(model.input, model.get_layer(FEATURES).output)
    weights = keras.ops.convert_to_numpy(model.get_layer(LOGITS).kernel)[:, head].astype(np.float64)
    for start in range(0, len(positions), BATCH):
        here = positions[start : start + BATCH]
        batch = np.zeros((BATCH, *pixels.shape[1:], 1), dtype=np.float32)
        batch[: len(here), ..., 0] = pixels[here]
        features = keras.ops.convert_to_numpy(trunk.predict_on_batch(batch))
        yield from features[: len(here)].astype(np.float64) @ weights


def picture_area(rows: int, columns: int, size: int) -> Area:
    """Return the place of an image of ``rows`` x ``columns`` in the square that `pack.fitted` makes of it."""
    width = size if columns >= rows else round(columns / rows * size)
    height = size if rows >= columns else round(rows / columns * size)
    return Area(round((size - width) / 2), round((size - height) / 2), width, height)


def enlarged(found: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Interpolate evidence for the finding (negative values set to 0) bilinearly on the pixels of the square."""
    positive = Image.fromarray(np.maximum(found, 0.0).astype(np.float32))
    return np.asarray(positive.resize((size, size), Image.Resampling.BILINEAR), dtype=np.float64)


def point_at(found: NDArray[np.float64], area: Area) -> Pointed | None:
    """Return the strongest point of a map and the region around it; None without evidence for the finding.

    The point is that of the strongest cell whose centre lies in the image, refined along each axis by the parabola
    through it and its two neighbours, so that of two equally strong neighbours it is the border between them. The
    region is the pixels of the image with at least half of the strongest cell's evidence that are connected to it
    by their sides.

    Args:
        found: shape (cells down, cells across).
        area: the image's place in the square.
    """
    positive = np.maximum(found, 0.0)
    size = max(area.width, area.height)
    down, across = ((np.arange(cells) + 0.5) * size / cells for cells in positive.shape)
    inside = ((down >= area.top) & (down < area.top + area.height))[:, None] & (
        (across >= area.left) & (across < area.left + area.width)
    )
    row, column = np.unravel_index(np.argmax(np.where(inside, positive, 0.0)), positive.shape)
    strongest = float(positive[row, column])
    if not inside[row, column] or strongest == 0.0:
        return None
    reached = np.zeros((size, size), dtype=np.bool_)
    frame = slice(area.top, area.top + area.height), slice(area.left, area.left + area.width)
    reached[frame] = enlarged(found, size)[frame] >= REGION_FRACTION * strongest
    parts, _ = ndimage.label(reached)
    start = int(down[row]), int(across[column])
    region = parts == parts[start] if reached[start] else np.zeros_like(reached)
    region[start] = True
    lines, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    x = (column + 0.5 + _refined(positive[row], int(column))) * size / positive.shape[1]
    y = (row + 0.5 + _refined(positive[:, column], int(row))) * size / positive.shape[0]
    return Pointed(
        x=min(1.0, max(0.0, (x - area.left) / area.width)),
        y=min(1.0, max(0.0, (y - area.top) / area.height)),
        region=region,
        bounds=(
            (int(columns[0]) - area.left) / area.width,
            (int(lines[0]) - area.top) / area.height,
            len(range(int(columns[0]), int(columns[-1]) + 1)) / area.width,
            len(range(int(lines[0]), int(lines[-1]) + 1)) / area.height,
        ),
    )


def _refined(line: NDArray[np.float64], place: int) -> float:
    """Return the vertex of the parabola through a cell and its neighbours, in cells from the centre, -0.5 to 0.5."""
    if not 0 < place < len(line) - 1:
        return 0.0
    before, here, after = line[place - 1 : place + 2].tolist()
    bend = before - 2 * here + after
    return float((before - after) / (2 * bend)) if bend < 0 else 0.0
