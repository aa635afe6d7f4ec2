"""The range of a picture's values without its outliers: a burnt-in marker must not squeeze the lungs into few shades.

Owns the rule; it serves only where neither a window nor a table says which values are shown.
"""

import numpy as np
from numpy.typing import NDArray

TAILS = (
    2.0,
    98.0,
)  # percentiles between which the body of the values lies; a burnt-in marker covers less than 2 %


def range_of(values: NDArray[np.number]) -> tuple[float, float]:
    """The least and the greatest value that is no outlier; 0 and 0 where there are none.

    An outlier lies beyond the body, from the 2nd to the 98th percentile, by more than the width of the body. A picture
    without any keeps its full range, so that its shades do not depend on this rule; of one with some, at least a
    third of the range is the body's.
    """
    if not values.size:
        return 0.0, 0.0
    least, greatest = float(values.min()), float(values.max())
    low, high = (float(end) for end in np.percentile(values, TAILS, method="nearest"))
    width = high - low
    if width <= 0 or (least >= low - width and greatest <= high + width):
        return least, greatest
    inner = values[(values >= low - width) & (values <= high + width)]
    return float(inner.min()), float(inner.max())
