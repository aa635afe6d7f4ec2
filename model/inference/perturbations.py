"""Perturbations that a radiograph may undergo before it reaches the device, as functions of a packed image.

Owns the changes of the whole image; masks of a part of it are `occlusions`. Every change acts on the 8-bit square
that the network reads, after the input gate. It is a pure function uint8 -> uint8 of one shape and reproducible to
the bit: randomness is Philox of (`SEED`, the image's position), and grey levels are rounded to whole numbers.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from scipy.special import ndtri

from protocols.tables.perturbation_scores import PerturbationItem

GreyImage = NDArray[np.uint8]
SEED = 510
LEVELS = 256


@dataclass(frozen=True, slots=True)
class Perturbation:
    """An item of the perturbation set and its function.

    ``change`` takes an image, uint8 of shape (side, side), and its position among those scored, which only noise
    uses; it returns a new image of the same shape.
    """

    item: PerturbationItem
    change: Callable[[GreyImage, int], GreyImage]


def noise(picture: GreyImage, position: int, *, deviation: float) -> GreyImage:
    """Add normal noise of a standard deviation in grey levels."""
    key = np.array([SEED, round(LEVELS * deviation)], dtype=np.uint64)
    words = Philox(key=key, counter=[0, 0, 0, position]).random_raw((picture.size + 1) // 2)
    # Low half of each word first, on machines of either byte order.
    uniform = (words.astype("<u8").view("<u4")[: picture.size] + 0.5) / 2**32
    return _grey(picture + deviation * ndtri(uniform).reshape(picture.shape))


def crop(picture: GreyImage, _: int, *, fraction: float) -> GreyImage:
    """Cut a fraction of the side off each edge and enlarge the rest to the original size."""
    side = len(picture)
    cut = round(fraction * side)
    rest = Image.fromarray(picture[cut : side - cut, cut : side - cut])
    return np.asarray(rest.resize((side, side), Image.Resampling.BILINEAR))


def rotation(picture: GreyImage, _: int, *, degrees: float) -> GreyImage:
    """Rotate anticlockwise about the centre, filling with black."""
    turned = Image.fromarray(picture).rotate(degrees, resample=Image.Resampling.BILINEAR, fillcolor=0)
    return np.asarray(turned)


def jpeg(picture: GreyImage, _: int, *, quality: int) -> GreyImage:
    """Compress as JPEG and decompress."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def bit_depth(picture: GreyImage, _: int, *, bits: int) -> GreyImage:
    """Keep 2^bits evenly spaced grey levels, black and white among them."""
    steps = 2**bits - 1
    return _grey(np.rint(picture * (steps / 255)) * (255 / steps))


def contrast(picture: GreyImage, _: int, *, factor: float) -> GreyImage:
    """Multiply the difference of every pixel from the image's median."""
    middle = float(np.median(picture))
    return _grey(middle + factor * (picture - middle))


def brightness(picture: GreyImage, _: int, *, levels: float) -> GreyImage:
    """Add grey levels to every pixel."""
    return _grey(picture + np.float64(levels))


def blur(picture: GreyImage, _: int, *, fraction: float) -> GreyImage:
    """Blur with a Gaussian whose standard deviation is a fraction of the side."""
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(fraction * len(picture))))


def half_resolution(picture: GreyImage, _: int) -> GreyImage:
    """Reduce to half the side by area averaging and enlarge again."""
    side = len(picture)
    small = Image.fromarray(picture).resize((max(1, side // 2),) * 2, Image.Resampling.BOX)
    return np.asarray(small.resize((side, side), Image.Resampling.BILINEAR))


def inversion(picture: GreyImage, _: int) -> GreyImage:
    """Invert the grey levels: 255 less every pixel."""
    return np.uint8(255) - picture


def flip(picture: GreyImage, _: int) -> GreyImage:
    """Mirror left and right."""
    return picture[:, ::-1].copy()


def _grey(levels: NDArray[np.floating]) -> GreyImage:
    grey: GreyImage = np.clip(np.rint(levels), 0, 255).astype(np.uint8)
    return grey


def _of(id_: str, name: str, does: str, change: Callable[[GreyImage, int], GreyImage]) -> Perturbation:
    return Perturbation(PerturbationItem(id_, "perturbation", "", name, does), change)


PERTURBATIONS = (
    *(
        _of(
            f"noise_{deviation}",
            f"noise, {deviation} grey levels",
            f"Normal noise with a standard deviation of {deviation} of 255 grey levels is added.",
            partial(noise, deviation=deviation),
        )
        for deviation in (4, 12)
    ),
    *(
        _of(
            f"crop_{percent}",
            f"crop {percent} %",
            f"{percent} % of the side are cut off each edge and the rest is enlarged.",
            partial(crop, fraction=percent / 100),
        )
        for percent in (5, 10)
    ),
    *(
        _of(
            f"rotation_{direction}_{degrees}",
            f"turned {degrees}° {direction}",
            f"The picture is turned {degrees} degrees {word}; what comes in is black.",
            partial(rotation, degrees=degrees if direction == "left" else -degrees),
        )
        for degrees in (5, 10)
        for direction, word in (("left", "anticlockwise"), ("right", "clockwise"))
    ),
    *(
        _of(
            f"jpeg_{quality}",
            f"JPEG quality {quality}",
            f"The picture is compressed as JPEG of quality {quality} and decompressed.",
            partial(jpeg, quality=quality),
        )
        for quality in (50, 20)
    ),
    *(
        _of(
            f"bits_{bits}",
            f"{bits} bits a pixel",
            f"Grey levels are rounded to {2**bits} evenly spaced ones.",
            partial(bit_depth, bits=bits),
        )
        for bits in (6, 4)
    ),
    *(
        _of(
            f"contrast_{word}",
            f"contrast × {factor}",
            f"The distance of every pixel from the picture's median is multiplied by {factor}.",
            partial(contrast, factor=factor),
        )
        for word, factor in (("lower", 0.7), ("higher", 1.3))
    ),
    *(
        _of(
            word,
            f"{word} by {abs(levels)} levels",
            f"Every pixel is made {abs(levels)} of 255 grey levels {word}.",
            partial(brightness, levels=levels),
        )
        for word, levels in (("darker", -25), ("brighter", 25))
    ),
    _of(
        "blur",
        "blur",
        "It is blurred by a Gaussian with a standard deviation of 1 % of its side.",
        partial(blur, fraction=0.01),
    ),
    _of(
        "half_resolution",
        "half resolution",
        "The picture is reduced to half its side and enlarged again.",
        half_resolution,
    ),
    _of(
        "inversion",
        "black for white",
        "A wrong photometric interpretation: 255 less every grey level.",
        inversion,
    ),
    _of("flip", "left for right", "The picture is mirrored, so that the heart lies on the other side.", flip),
)
