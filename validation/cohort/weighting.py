"""Inverse-probability weights, which restore the population that an enriched test set was sampled from.

Owns the check of the weights and their exact form. Weighted counts are `outcomes`, weighted estimates `estimates`.
Source: Horvitz & Thompson 1952; Kish 1965 (effective number of weighted units).
"""

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.schema.statistical_analysis import Weights
from protocols.tables.records import Studies

STEPS = 2**24


def whole_weights(weights: Weights, studies: Studies, analysed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Scale the weights to whole numbers with exact sums, the largest 2^24, shape (studies,); 0 where not analysed.

    Raises:
        BadInputError: the column is missing, or the weight of an analysed image is not a number above 0.
    """
    given = studies.numbers(weights.column)
    wrong = np.flatnonzero(analysed & ~(given > 0))
    if len(wrong):
        row = int(wrong[0])
        raise BadInputError(
            f"{studies.source}: {weights.column} of image {studies.image_id[row]!r} must be a number above 0, the "
            f"inverse of the probability with which it was sampled; received {studies.cells(weights.column)[row]!r}."
        )
    whole = np.zeros(len(studies))
    whole[analysed] = np.maximum(1.0, np.rint(given[analysed] / given[analysed].max() * STEPS))
    return whole
