"""The range of an image's values without outliers, so that a burnt-in marker does not compress the lungs' contrast.

Used only where neither a window nor a look-up table states which values are shown.
"""

import numpy as np
from numpy.typing import NDArray

TAILS = (2.0, 98.0)  # percentiles; a burnt-in marker covers less than 2 % of the pixels


def range_of(values: NDArray[np.number]) -> tuple[float, float]:
    """Return the smallest and the largest value that is no outlier; 0 and 0 where there are no values.

    An outlier is farther from the interval between the 2nd and the 98th percentile than that interval is wide. An
    image without outliers keeps its full range; in any other, the interval covers at least a third of the range.
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
