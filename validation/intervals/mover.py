"""Intervals of the mean and the ratio of two proportions, from the interval of each and their correlation (MOVER).

Owns the two combinations and the correlation of two proportions of the same patients. The intervals of one proportion
are `proportions`. Sources: Zou & Donner 2008 (sum, correlated); Donner & Zou 2012 (ratio, MOVER-R).
"""

import math

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import rounded
from validation.intervals.proportions import Interval


def proportion_correlation(
    successes: NDArray[np.float64],
    trials: NDArray[np.float64],
    other_successes: NDArray[np.float64],
    other_trials: NDArray[np.float64],
) -> float:
    """Compute the correlation of two proportions over the same patients, in [-1, 1].

    sum u_k v_k / sqrt(sum u_k^2 sum v_k^2), where u_k = (x_k - p n_k) / n and v_k are the influences of patient k on
    the two. It is 0 where no patient contributes to both, and where a proportion does not vary between patients.

    Args:
        successes: x_k, one entry per patient, shape (patients,).
        trials: n_k of the same shape, 0 for a patient who does not contribute; the sum is above 0.
        other_successes, other_trials: those of the other proportion, for the same patients.
    """
    # Whole numbers, so that a patient whose images are as many successes as expected has exactly 0.
    first = trials.sum() * successes - successes.sum() * trials
    second = other_trials.sum() * other_successes - other_successes.sum() * other_trials
    product = float((first * first).sum()) * float((second * second).sum())
    return float((first * second).sum()) / math.sqrt(product) if product > 0 else 0.0


def mover_mean(
    first: float, first_interval: Interval, second: float, second_interval: Interval, *, correlation: float
) -> Interval:
    """Compute the interval of the mean of two proportions; within [0, 1].

    Args:
        first, second: the proportions, in [0, 1].
        first_interval, second_interval: of each.
        correlation: of the two estimates, in [-1, 1].
    """
    centre = (first + second) / 2
    low = _length(first - first_interval[0], second - second_interval[0], correlation) / 2
    high = _length(first_interval[1] - first, second_interval[1] - second, correlation) / 2
    return max(0.0, centre - low), min(1.0, centre + high)


def mover_ratio(
    numerator: float,
    numerator_interval: Interval,
    denominator: float,
    denominator_interval: Interval,
    *,
    correlation: float,
) -> Interval | None:
    """Compute the interval of a ratio of two proportions; None where its upper bound is infinite.

    Both bounds are written without cancellation: Donner & Zou's lower bound multiplied by its conjugate is defined
    also where their denominator is 0.

    Args:
        numerator, denominator: the proportions, in [0, 1].
        numerator_interval, denominator_interval: of each.
        correlation: of the two estimates, in [-1, 1].
    """
    l1, u1 = numerator_interval
    l2, u2 = denominator_interval
    if rounded(l2) == 0:  # with the decimals of the results
        return None
    product = numerator * denominator
    low_term = l1 * (2 * numerator - l1)
    low_product = product - correlation * (numerator - l1) * (u2 - denominator)
    root = math.sqrt(max(0.0, low_product * low_product - low_term * u2 * (2 * denominator - u2)))
    low = low_term / (low_product + root) if low_product + root > 0 else 0.0
    high_term, top_term = l2 * (2 * denominator - l2), u1 * (2 * numerator - u1)
    high_product = product - correlation * (u1 - numerator) * (denominator - l2)
    root = math.sqrt(max(0.0, high_product * high_product - top_term * high_term))
    if high_product < 0:
        return low, top_term / (high_product - root)
    return low, (high_product + root) / high_term


def _length(first: float, second: float, correlation: float) -> float:
    """Return the length of the sum of two distances at an angle whose cosine is the correlation."""
    return math.sqrt(max(0.0, first * first + second * second + 2 * correlation * first * second))
