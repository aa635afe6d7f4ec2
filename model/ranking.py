"""The area under the ROC curve on the tuning split, which tells the best epoch.

A plain estimate for training alone; the one of record, with its intervals, is `validation.auroc`.
Source: Mann and Whitney 1947; Bamber 1975.
"""

import numpy as np
from numpy.typing import NDArray


def auroc(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Share of (positive, negative) pairs in which the positive scores higher, ties half. Range 0 to 1.

    Args:
        scores: finite, of shape (images,).
        labels: 1 or 0, with at least one of each.
    """
    values, places = np.unique(scores, return_inverse=True)
    positives = np.bincount(places[labels == 1], minlength=len(values))
    negatives = np.bincount(places[labels == 0], minlength=len(values))
    below = np.cumsum(negatives) - negatives
    doubled = int(np.sum(positives * (2 * below + negatives)))
    return doubled / (2 * int(positives.sum()) * int(negatives.sum()))
