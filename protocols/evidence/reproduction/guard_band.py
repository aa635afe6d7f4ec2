"""Images whose score is so near the threshold that their decision may flip on another machine.

Owns the width of the band and its images. It is printed before anything is recomputed, so that a flip inside is
expected and one outside is a finding. Comparing decisions is `comparisons`.
Source: DESIGN.md, "What reproduced means", level 2: scores are promised within `metrics.SCORE_TOLERANCE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from protocols.errors import BadInputError
from protocols.schema.metrics import SCORE_TOLERANCE
from protocols.storage.canonical import PLACES

MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class GuardBand:
    """The images near the threshold.

    Attributes:
        tolerance: largest distance from the threshold of a score in the band; the tolerance of level 2.
        scores: number of scores in all.
        image_id: the images in the band, by code point.
    """

    tolerance: float
    scores: int
    image_id: tuple[str, ...]

    def __str__(self) -> str:
        """Return the line that is printed before a rerun: how many scores, and the first `MOST_LISTED` images."""
        shown, more = ", ".join(self.image_id[:MOST_LISTED]), len(self.image_id) - MOST_LISTED
        names = f": {shown}{f' and {more} more' if more > 0 else ''}" if shown else ""
        counts = f"{len(self.image_id):,} of {self.scores:,} scores"
        return f"{counts} lie within {self.tolerance:.0e} of the threshold{names}"


def guard_band(image_ids: Sequence[str], scores: ArrayLike, threshold: float) -> GuardBand:
    """Return the images whose decision may flip by a difference that level 2 allows.

    Args:
        image_ids: of all images.
        scores: in the same order, of shape (images,); NaN where an image has none.
        threshold: test positive when score >= threshold.

    Raises:
        BadInputError: there is not one score per image.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(image_ids),):
        raise BadInputError(
            f"the guard band needs one score per image; received {values.size} for {len(image_ids)}."
        )
    # The difference of two decimals carries the error of binary fractions: exactly 1e-5 away is within.
    near = np.round(np.abs(values - threshold), PLACES) <= SCORE_TOLERANCE
    return GuardBand(
        tolerance=SCORE_TOLERANCE,
        scores=int(np.count_nonzero(~np.isnan(values))),
        image_id=tuple(sorted(image_ids[row] for row in np.flatnonzero(near).tolist())),
    )
