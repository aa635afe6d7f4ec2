"""Pairwise differences between the levels of an axis, with simultaneous intervals, and the largest of them.

Owns the critical value, taken from the replicates that all levels share, and the interval of a difference. The levels
and their joint covariance are `level_estimates`.
Sources: Zou & Donner 2008 and Newcombe 1998 (interval of a difference from those of its parts and their correlation);
Clopper & Pearson 1934 on the effective size (Korn & Graubard 1998); Dunn 1961 (Bonferroni's bound). Coverage
probabilities are in docs/evidence/homogeneity-intervals.md.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from protocols.storage.canonical import FITTED_PLACES, PLACES, rounded
from validation.homogeneity.level_estimates import LevelEstimate
from validation.intervals.bootstrap import quantile
from validation.intervals.linearisation import total
from validation.intervals.proportions import Interval, clopper_pearson, normal_quantile
from validation.results.secondary import LevelDifference

FARTHEST = 7.0  # standard errors; beyond, 1 - confidence is lost in the rounding of 1
HALVINGS = 40  # to 1e-11 of a standard error
STILL = 1e-12  # rounding error of a difference


@dataclass(frozen=True, slots=True)
class Pair:
    """Positions of two levels, and the correlation of their estimates."""

    first: int
    second: int
    correlation: float


@dataclass(frozen=True, slots=True)
class Deviations:
    """Standardised deviations of the differences of an axis over the bootstrap replicates.

    Attributes:
        largest: max over pairs of |d* - d| / s of each replicate, rising, where s is the root of the mean of
            (d* - d)^2; without replicates in which a level is undefined, and empty where no difference varies.
        pairs: number of pairs of levels of the axis.
    """

    largest: NDArray[np.float64]
    pairs: int

    def critical_value(self, confidence_level: float) -> float:
        """Return the critical value of the simultaneous intervals, in standard errors.

        The quantile of `largest`, but at least the normal one of a single pair; where `largest` is empty,
        Bonferroni's.
        """
        if len(self.largest) == 0:
            return normal_quantile(1 - (1 - confidence_level) / self.pairs)
        return max(quantile(self.largest, confidence_level), normal_quantile(confidence_level))

    def p_value(self, critical_value: float) -> float:
        """Return the error whose critical value this is: (1 + replicates as extreme) / (1 + replicates).

        Not below that of a single pair; where `largest` is empty, Bonferroni's.
        """
        alone = 2 * float(ndtr(-critical_value))
        if len(self.largest) == 0:
            return min(1.0, self.pairs * alone)
        as_extreme = len(self.largest) - int(np.searchsorted(self.largest, critical_value, "left"))
        return max((1 + as_extreme) / (1 + len(self.largest)), alone)


def largest_gap(
    levels: Mapping[str, LevelEstimate],
    covariance: Sequence[Sequence[float]],
    values: Sequence[NDArray[np.float64]],
    confidence_level: float,
) -> LevelDifference:
    """Return the largest difference between two levels; of equal ones the first pair.

    Its interval is one of the simultaneous intervals of all differences of the axis, of ``confidence_level``
    together; its p-value is the error at which that interval would begin at 0.

    Args:
        levels: two or more, by name.
        covariance: of `joint_covariance`.
        values: the metric in each level in every replicate, shape (replicates,), NaN where undefined.
        confidence_level: two-sided, of all pairs together.

    Returns:
        Interval and p-value are None, with a note, where the two levels vary as one.
    """
    names, estimates = tuple(levels), tuple(levels.values())
    pairs = pairs_of(covariance)
    pair = max(pairs, key=lambda one: abs(difference(estimates, one)))
    if difference(estimates, pair) < 0:
        pair = Pair(pair.second, pair.first, pair.correlation)
    deviations = deviations_of(estimates, pairs, values)
    interval = interval_of(estimates, pair, deviations.critical_value(confidence_level))
    low, high = (rounded(bound, FITTED_PLACES) for bound in interval)
    given = low < high
    return LevelDifference(
        names[pair.first],
        names[pair.second],
        rounded(difference(estimates, pair), PLACES),
        (low, high) if given else None,
        rounded(deviations.p_value(_touching(estimates, pair)), FITTED_PLACES) if given else None,
        None if given else "not estimable: the two levels vary as one",
    )


def pairs_of(covariance: Sequence[Sequence[float]]) -> tuple[Pair, ...]:
    """Return all pairs of levels in order."""
    return tuple(
        Pair(i, j, covariance[i][j] / math.sqrt(covariance[i][i] * covariance[j][j]))
        for i, j in itertools.combinations(range(len(covariance)), 2)
    )


def difference(levels: Sequence[LevelEstimate], pair: Pair) -> float:
    """Return the metric in the first level of the pair less that in the second."""
    return levels[pair.first].value - levels[pair.second].value


def deviations_of(
    levels: Sequence[LevelEstimate], pairs: Sequence[Pair], values: Sequence[NDArray[np.float64]]
) -> Deviations:
    """Compute the deviations of all pairs of levels; a pair whose difference does not vary is left out.

    Args:
        levels: the estimates.
        pairs: of `pairs_of`.
        values: by level, shape (replicates,), NaN where undefined.
    """
    defined = ~np.logical_or.reduce([np.isnan(value) for value in values])
    resampled = [value[defined] for value in values]
    largest = np.full(int(defined.sum()), -1.0)
    for pair in pairs:
        deviation = np.abs(resampled[pair.first] - resampled[pair.second] - difference(levels, pair))
        scale = math.sqrt(total(deviation * deviation) / max(1, len(deviation)))
        if scale > STILL:
            np.maximum(largest, deviation / scale, out=largest)
    return Deviations(np.sort(largest[largest >= 0]), len(pairs))


def interval_of(levels: Sequence[LevelEstimate], pair: Pair, critical: float) -> Interval:
    """Compute the interval of a difference from those of its two levels, each at the confidence of ``critical``.

    Lies within [-1, 1] and contains the difference.
    """
    first, second = levels[pair.first], levels[pair.second]
    low1, high1 = _level_interval(first, critical)
    low2, high2 = _level_interval(second, critical)
    centre = first.value - second.value
    return (
        max(-1.0, centre - _distance(first.value - low1, high2 - second.value, pair.correlation)),
        min(1.0, centre + _distance(high1 - first.value, second.value - low2, pair.correlation)),
    )


def _level_interval(level: LevelEstimate, critical: float) -> Interval:
    confidence = 1 - 2 * float(ndtr(-critical))
    low, high = clopper_pearson(level.effective * level.proportion, level.effective, confidence)
    return level.of(low), level.of(high)


def _distance(one: float, other: float, correlation: float) -> float:
    return math.sqrt(max(0.0, one * one + other * other - 2 * correlation * one * other))


def _touching(levels: Sequence[LevelEstimate], pair: Pair) -> float:
    """Find the critical value at which the interval of a difference of 0 or more begins at 0, at most `FARTHEST`."""
    inside, outside = 0.0, FARTHEST
    if difference(levels, pair) == 0:
        return inside
    for _ in range(HALVINGS):
        middle = (inside + outside) / 2
        if interval_of(levels, pair, middle)[0] > 0:
            inside = middle
        else:
            outside = middle
    return outside
