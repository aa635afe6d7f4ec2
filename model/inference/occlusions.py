"""Occlusions for shortcut detection: does the device use the lungs, or something outside them?

Owns the masks and their perturbations. Masked pixels take the median of the remaining ones, which carries no
information about those removed. The lungs are a fixed template of two ellipses, the same for every image: without
segmentation nothing here depends on a second model. Its coverage of radiologists' boxes: docs/methods/robustness.md
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.inference.perturbations import GreyImage, Perturbation
from protocols.tables.perturbation_scores import PerturbationItem, Withheld

Mask = NDArray[np.bool_]

# In fractions of the side: distance of the ellipses' centres from either edge; wide enough for most chests.
LUNG_ACROSS, LUNG_DOWN = 0.30, 0.50
LUNG_HALF_WIDTH, LUNG_HALF_HEIGHT = 0.19, 0.38
FRAME = 0.15
CORNER_WIDTH, CORNER_HEIGHT = 0.20, 0.10
EDGE = 3  # pixels beside a corner that define its background
MID_GREY = 128


@cache
def lung_template(side: int) -> Mask:
    """Return the mask of the lung template, shape (side, side); read only."""
    down, across = (np.mgrid[:side, :side] + 0.5) / side
    both = np.zeros((side, side), dtype=np.bool_)
    for centre in (LUNG_ACROSS, 1 - LUNG_ACROSS):
        both |= ((across - centre) / LUNG_HALF_WIDTH) ** 2 + ((down - LUNG_DOWN) / LUNG_HALF_HEIGHT) ** 2 <= 1
    both.setflags(write=False)
    return both


@cache
def frame(side: int) -> Mask:
    """Return the mask of the outer 15 % of each side, shape (side, side); read only."""
    mask = np.ones((side, side), dtype=np.bool_)
    width = round(FRAME * side)
    mask[width : side - width, width : side - width] = False
    mask.setflags(write=False)
    return mask


def blanked(picture: GreyImage, hidden: Mask) -> GreyImage:
    """Replace some pixels, not all, by the median of the others."""
    changed = picture.copy()
    changed[hidden] = _median(picture[~hidden])
    return changed


def without_markers(picture: GreyImage, _: int) -> GreyImage:
    """Fill the four corners from the adjacent strips, each pixel weighted towards the nearer strip."""
    changed = picture.copy()
    for turned_down in (False, True):
        for turned_right in (False, True):
            # A view in which this corner is the upper left one.
            _fill_corner(changed[:: -1 if turned_down else 1, :: -1 if turned_right else 1])
    return changed


def _fill_corner(picture: GreyImage) -> None:
    side = len(picture)
    height, width = max(1, round(CORNER_HEIGHT * side)), max(1, round(CORNER_WIDTH * side))
    below = np.median(picture[height : height + EDGE, :width], axis=0)
    beside = np.median(picture[:height, width : width + EDGE], axis=1)
    down, across = np.mgrid[height:0:-1, width:0:-1]
    mixed = (across * below[None, :] + down * beside[:, None]) / (across + down)
    picture[:height, :width] = np.rint(mixed).astype(np.uint8)


def _median(picture: GreyImage) -> np.uint8:
    return np.uint8(np.median(picture))


def _hiding(id_: str, withholds: Withheld, name: str, does: str, mask: Callable[[int], Mask]) -> Perturbation:
    return Perturbation(
        PerturbationItem(id_, "shortcut", withholds, name, does),
        lambda picture, _: blanked(picture, mask(len(picture))),
    )


SHORTCUTS = (
    _hiding(
        "lungs_masked",
        "lungs",
        "lungs masked",
        "Two fixed ellipses where lungs usually are, no segmentation, are blanked with the median of the rest.",
        lung_template,
    ),
    _hiding(
        "lungs_only",
        "",
        "lungs only",
        "Everything outside these two ellipses is blanked with the median of the rest.",
        lambda side: ~lung_template(side),
    ),
    _hiding(
        "borders_only",
        "lungs",
        "borders only",
        "Everything but a frame of 15 % of the side is blanked with the median of the rest.",
        lambda side: ~frame(side),
    ),
    _hiding(
        "centre_only",
        "",
        "centre only",
        "A frame of 15 % of the side is blanked with the median of the rest.",
        frame,
    ),
    Perturbation(
        PerturbationItem(
            "markers_removed",
            "shortcut",
            "markers",
            "markers removed",
            "The four corners, 20 % of the side wide and 10 % high, where side markers and burnt-in text stand, "
            "are filled from the picture beside them.",
        ),
        without_markers,
    ),
    Perturbation(
        PerturbationItem(
            "median_only",
            "shortcut",
            "everything",
            "median alone",
            "Every pixel is given the picture's median, so that nothing but its exposure is left.",
        ),
        lambda picture, _: np.full_like(picture, _median(picture)),
    ),
    Perturbation(
        PerturbationItem(
            "flat",
            "shortcut",
            "everything",
            "no picture",
            "Every pixel of every picture is 128: the score of no picture at all.",
        ),
        lambda picture, _: np.full_like(picture, MID_GREY),
    ),
)
