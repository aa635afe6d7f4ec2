"""Images whose score lies so near the threshold that their decision may flip on another machine.

Owns the width of the band and who is in it. It is told before anything is recomputed, so that a flip inside is
foreseen and one outside is a finding. What a rerun makes of a flip is `comparisons`.
Source: DESIGN.md, "What reproduced means", level 2: scores are promised within `metrics.SCORE_TOLERANCE`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from protocols.errors import BadInputError
from protocols.schema.metrics import SCORE_TOLERANCE
from protocols.storage.canonical import PLACES


@dataclass(frozen=True, slots=True)
class GuardBand:
    """What lies near the threshold.

    Attributes:
        tolerance: largest distance from the threshold of a score in the band; what level 2 lets a score move by.
        scores: how many scores there are in all.
        image_id: the images in the band, by code point.
    """

    tolerance: float
    scores: int
    image_id: tuple[str, ...]

    def __str__(self) -> str:
        """As it is printed, without the names."""
        return f"{len(self.image_id):,} of {self.scores:,} scores lie within {self.tolerance:.0e} of the threshold"


def guard_band(image_ids: Sequence[str], scores: ArrayLike, threshold: float) -> GuardBand:
    """The images whose decision a difference that level 2 allows may flip.

    Args:
        image_ids: of all images.
        scores: in the same order; NaN where an image has none.
        threshold: positive when score >= threshold.

    Raises:
        BadInputError: not one score for each image.
    """
    values = np.asarray(scores, dtype=np.float64)
    if values.shape != (len(image_ids),):
        raise BadInputError(
            f"the guard band needs one score for each image; received {values.size} for {len(image_ids)}."
        )
    # The difference of two decimals carries the error of binary fractions: exactly 1e-5 away is within.
    near = np.round(np.abs(values - threshold), PLACES) <= SCORE_TOLERANCE
    return GuardBand(
        tolerance=SCORE_TOLERANCE,
        scores=int(np.count_nonzero(~np.isnan(values))),
        image_id=tuple(sorted(image_ids[row] for row in np.flatnonzero(near).tolist())),
    )
