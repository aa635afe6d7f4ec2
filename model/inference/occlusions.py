"""What the device answers when a part of the radiograph is hidden: does it read the lungs, or something beside them?

Owns the masks and the battery. Blanked pixels are given the median of the pixels that stay, which tells nothing of
those that went. The lungs are a fixed
template of two ellipses, the same for every picture: no segmentation, so that nothing here depends on a second model;
docs/methods/robustness.md says how much of the radiologists' boxes it covers.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.inference.perturbations import Perturbation, Picture
from protocols.tables.perturbation_scores import PerturbationItem, Withheld

Mask = NDArray[np.bool_]

# In shares of the side. The centres of the ellipses lie so far from either edge; wide enough for most chests.
LUNG_ACROSS, LUNG_DOWN = 0.30, 0.50
LUNG_HALF_WIDTH, LUNG_HALF_HEIGHT = 0.19, 0.38
FRAME = 0.15
CORNER_WIDTH, CORNER_HEIGHT = 0.20, 0.10
EDGE = 3  # pixels beside a corner that are taken for its background
MID_GREY = 128


@cache
def lung_template(side: int) -> Mask:
    """Where the lungs are taken to be, shape (side, side); read only."""
    down, across = (np.mgrid[:side, :side] + 0.5) / side
    both = np.zeros((side, side), dtype=np.bool_)
    for centre in (LUNG_ACROSS, 1 - LUNG_ACROSS):
        both |= ((across - centre) / LUNG_HALF_WIDTH) ** 2 + ((down - LUNG_DOWN) / LUNG_HALF_HEIGHT) ** 2 <= 1
    both.setflags(write=False)
    return both


@cache
def frame(side: int) -> Mask:
    """The outer 15 % of each side, shape (side, side); read only."""
    mask = np.ones((side, side), dtype=np.bool_)
    width = round(FRAME * side)
    mask[width : side - width, width : side - width] = False
    mask.setflags(write=False)
    return mask


def blanked(picture: Picture, hidden: Mask) -> Picture:
    """The picture with some pixels, not all, replaced by the median of the others."""
    changed = picture.copy()
    changed[hidden] = _median(picture[~hidden])
    return changed


def without_markers(picture: Picture, _: int) -> Picture:
    """The four corners filled from the strips beside them, each pixel more from the nearer strip."""
    changed = picture.copy()
    for turned_down in (False, True):
        for turned_right in (False, True):
            # The corner in question as the upper left one, seen without copying.
            seen = changed[:: -1 if turned_down else 1, :: -1 if turned_right else 1]
            _fill_corner(seen)
    return changed


def _fill_corner(picture: Picture) -> None:
    side = len(picture)
    height, width = max(1, round(CORNER_HEIGHT * side)), max(1, round(CORNER_WIDTH * side))
    below = np.median(picture[height : height + EDGE, :width], axis=0)
    beside = np.median(picture[:height, width : width + EDGE], axis=1)
    down, across = np.mgrid[height:0:-1, width:0:-1]
    mixed = (across * below[None, :] + down * beside[:, None]) / (across + down)
    picture[:height, :width] = np.rint(mixed).astype(np.uint8)


def _median(picture: Picture) -> np.uint8:
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
