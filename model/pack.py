"""Pictures decoded once into one array on disk; training and prediction read only from it.

Owns the resizing, which is part of the device: the whole picture, fitted into a black square by area
averaging. How a file becomes pixels is `protocols.images`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from protocols.images.folder import ImageFolder, UndecodableImageError
from protocols.images.picture import read_picture
from protocols.progress import Progress
from protocols.records import Studies

PREPROCESSING = "fitted into a black square by area averaging, 8-bit grey"


@dataclass(frozen=True, slots=True)
class Pack:
    """Pictures in the order asked for.

    Attributes:
        pixels: uint8 of shape (images, size, size), memory-mapped; black where a picture failed.
        faults: position -> why that picture cannot be decoded.
    """

    pixels: NDArray[np.uint8]
    faults: Mapping[int, str]


def pack(
    studies: Studies,
    rows: Sequence[int],
    images: ImageFolder,
    folder: Path,
    *,
    image_size: int,
    progress: Progress,
) -> Pack:
    """Decode and resize the images of some studies into a file of ``folder``.

    Args:
        studies: the cohort.
        rows: positions in the studies, in the order that the pack is to have.
        images: where the files are.
        folder: an existing folder for the array.
        image_size: rows and columns of a packed picture.
        progress: told after each picture.

    Raises:
        BadInputError: two files bear the name of an image, or a path is absolute.
    """
    pixels = np.lib.format.open_memmap(
        folder / "pixels.npy", mode="w+", dtype=np.uint8, shape=(len(rows), image_size, image_size)
    )
    faults = {}
    for position, row in enumerate(rows):
        image_path = studies.image_path[row] if studies.image_path else ""
        try:
            picture = read_picture(images.path_of(studies.image_id[row], image_path)).pixels
            pixels[position] = fitted(picture, image_size)
        except UndecodableImageError as error:
            faults[position] = error.reason
        progress("pack", position + 1, len(rows))
    pixels.flush()
    return Pack(pixels, faults)


def fitted(picture: NDArray[np.uint8], image_size: int) -> NDArray[np.uint8]:
    """The whole picture in a square of ``image_size``, centred on black where it is not square itself."""
    size = (image_size, image_size)
    return np.asarray(ImageOps.pad(Image.fromarray(picture), size, method=Image.Resampling.BOX, color=0))
