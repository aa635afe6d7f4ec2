"""Brier score: the mean squared distance of scores from truth, 0 perfect, 1 worst.

Squared distances are held as whole multiples of 2^-30, so that their sums are exact in any order; what that
rounds away is below the sixth decimal, to which the score is given. What it is made of is `calibration`.
Source: Brier 1950.
"""

import numpy as np
from numpy.typing import NDArray

from validation.cohort.outcomes import Sample, Units
from validation.metrics.counts import divide

RESOLUTION = 2.0**30


def squares_by_cluster(
    units: Units, clusters: int, squared: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the sum of squared distances (in 2^-30) and number of units per cluster, shape (clusters, 2).

    Args:
        units: determinate and processed, unless their distances are given.
        clusters: that are resampled.
        squared: the squared distance of each unit, shape (units,), where it is not (score - truth)^2.
    """
    squared = (units.score - units.truth) ** 2 if squared is None else squared
    sums = np.bincount(units.cluster, np.rint(squared * RESOLUTION), clusters)
    return np.stack([sums, np.bincount(units.cluster, minlength=clusters).astype(np.float64)], axis=1)


def squares_of(sample: Sample) -> NDArray[np.float64]:
    """Return the sums of a sample, shape (clusters, 2)."""
    if sample.squares is not None:
        return sample.squares
    return squares_by_cluster(sample.scored, sample.drawn.count)


def brier(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score, in [0, 1], of sums whose last axis is (squared distances, units); NaN without units."""
    return divide(squares[..., 0], squares[..., 1] * RESOLUTION)


def brier_jackknife(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score without each cluster that has a unit."""
    contributing = squares[:, 1] > 0
    return brier(squares.sum(axis=0) - squares[contributing])
