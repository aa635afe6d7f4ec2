"""The area under the ROC curve on the tuning split, which selects the best epoch.

A point estimate for training only; the estimate of record, with its intervals, is `validation.metrics.auroc`.
Source: Mann and Whitney 1947; Bamber 1975.
"""

import numpy as np
from numpy.typing import NDArray


def auroc(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Compute the proportion of (positive, negative) pairs in which the positive scores higher, ties half.

    Range 0 to 1.

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


def auroc_of_heads(scores: NDArray[np.float64], labels: NDArray[np.float64]) -> tuple[float | None, ...]:
    """Compute `auroc` of each head over the images on which it is known; None where those are of one class.

    Args:
        scores: finite, of shape (images, heads).
        labels: 1, 0 or NaN for unknown, of the same shape.
    """
    found: list[float | None] = []
    for head in range(labels.shape[1]):
        known = ~np.isnan(labels[:, head])
        truth = labels[known, head].astype(np.int64)
        found.append(auroc(scores[known, head], truth) if 0 < truth.sum() < len(truth) else None)
    return tuple(found)
