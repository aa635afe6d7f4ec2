"""A metric in several levels of an axis: influence of each patient on each level, and joint covariance of the levels.

Owns the effective sample size of a level and the joint covariance, for levels with and without patients in common.
They are used by `wald_test` and `level_differences`.
Sources: Rao & Scott 1992 (variance of a ratio over patients); Obuchowski 1997 (AUROC); Kish 1965 (effective number);
Agresti & Caffo 2000 (one success and one failure added); Bamber 1975 (the largest variance an AUROC can have). The
weighted mean of the estimated and the worst-case size is this suite's own (simulations: docs/methods/homogeneity.md).
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.cohort.outcomes import Units
from validation.intervals.linearisation import total
from validation.metrics.auroc import auroc, placements
from validation.metrics.counts import confusion, proportion_of

TRUSTED_PATIENTS = 10  # on so many must a variance rest; of 20 the test finds little, of 5 too much


@dataclass(frozen=True, slots=True)
class NotGiven:
    """The reason why a level, a test or a difference is not available."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEstimate:
    """A metric in one level and its uncertainty.

    Attributes:
        metric: its name.
        proportion: in [0, 1]; the metric itself, for F1 the Jaccard index that it rises with.
        influence: first-order change of the proportion by each resampled patient, shape (patients,), 0 for one who
            does not contribute; scaled such that the sum of squares is the variance of the proportion.
        contributing: whether each patient contributes, shape (patients,).
        effective: effective sample size, above 0.
        degrees_of_freedom: of its variance, patients less one.
    """

    metric: str
    proportion: float
    influence: NDArray[np.float64]
    contributing: NDArray[np.bool_]
    effective: float
    degrees_of_freedom: int

    @property
    def value(self) -> float:
        """The metric, in [0, 1]."""
        return self.of(self.proportion)

    def of(self, share: float) -> float:
        """Return the metric at a proportion; it rises with it."""
        return share if self.metric == "auroc" else proportion_of(self.metric).of_fraction(share)

    @property
    def proportion_variance(self) -> float:
        """p~ (1 - p~) / n_eff, p~ with one success and one failure added: above 0 also for a proportion of 0 or 1."""
        shrunk = (self.proportion * self.effective + 1) / (self.effective + 2)
        return shrunk * (1 - shrunk) / self.effective

    @property
    def slope(self) -> float:
        """Derivative of the metric by its proportion: 2 / (1 + J)^2 for F1, else 1."""
        return 2 / (1 + self.proportion) ** 2 if self.metric == "f1" else 1.0

    @property
    def variance(self) -> float:
        """Variance of the metric, above 0."""
        return self.slope * self.slope * self.proportion_variance


def level_estimate(metric: str, counts: NDArray[np.float64], ranked: Units) -> LevelEstimate | NotGiven:
    """Estimate a metric in one level.

    Args:
        metric: a name in `COUNT_METRICS`, or ``auroc``.
        counts: TP, FP, FN, TN of the level by resampled patient, shape (patients, 4).
        ranked: its determinate units, ranked by score.

    Returns:
        `NotGiven` where the metric is undefined, and where only one patient contributes to it or to a class.
    """
    if metric == "auroc":
        return _of_scores(ranked, len(counts))
    return _of_counts(metric, counts)


def joint_covariance(levels: Sequence[LevelEstimate]) -> list[list[float]]:
    """Compute the covariance matrix of the metric in the levels, with `LevelEstimate.variance` on the diagonal.

    Where a level's variance is smaller than that between its patients, its covariances shrink with it; where it is
    larger they are unchanged, since the addition is the level's own. So the matrix is never indefinite.

    Args:
        levels: of one metric and the same resampled patients.
    """
    scales = []
    for level in levels:
        between = total(level.influence * level.influence)
        within = min(1.0, math.sqrt(level.proportion_variance / between)) if between > 0 else 0.0
        scales.append(level.slope * within)
    covariance = [[0.0] * len(levels) for _ in levels]
    for i, level in enumerate(levels):
        covariance[i][i] = level.variance
    for i, j in itertools.combinations(range(len(levels)), 2):
        products = levels[i].influence * levels[j].influence
        together = scales[i] * scales[j] * total(products[products != 0])
        covariance[i][j] = covariance[j][i] = together
    return covariance


def _of_counts(metric: str, counts: NDArray[np.float64]) -> LevelEstimate | NotGiven:
    """Estimate from counts: u_k = (x_k - p n_k) / n, of whole numbers until the last division."""
    x, n = proportion_of(metric).fraction(confusion(counts))
    successes, size = float(x.sum()), float(n.sum())
    contributing = n > 0
    patients = int(contributing.sum())
    if patients == 0:
        return NotGiven("not estimable: the denominator is 0")
    if patients == 1:
        return NotGiven("one patient alone")
    spread = math.sqrt(patients / (patients - 1)) / (size * size)
    return _level(
        metric,
        proportion=successes / size,
        influence=(size * x - successes * n) * spread,
        contributing=contributing,
        largest=size,
        worst=size * size / float((n * n).sum()),
        degrees_of_freedom=patients - 1,
    )


def _of_scores(ranked: Units, patients: int) -> LevelEstimate | NotGiven:
    """Estimate the AUROC from Obuchowski's placement residuals, each class with its own number of patients (DeLong)."""
    placed = placements(ranked)
    area, m, n = auroc(placed), len(placed.positive), len(placed.negative)
    if math.isnan(area):
        return NotGiven("not estimable: one class has no unit")
    m_k = np.bincount(placed.positive_patient, minlength=patients)
    n_k = np.bincount(placed.negative_patient, minlength=patients)
    with_positive, with_negative = int((m_k > 0).sum()), int((n_k > 0).sum())
    if min(with_positive, with_negative) < 2:
        return NotGiven("one patient alone in a class")
    # Placements are twice the ordered pairs, whole: all residuals are whole numbers over 2 m n.
    ordered = float(placed.positive.sum())
    of_positives = np.bincount(placed.positive_patient, placed.positive, patients)
    of_negatives = np.bincount(placed.negative_patient, placed.negative, patients)
    positive = (m * of_positives - m_k * ordered) * math.sqrt(with_positive / (with_positive - 1)) / m
    negative = (n * of_negatives - n_k * ordered) * math.sqrt(with_negative / (with_negative - 1)) / n
    return _level(
        "auroc",
        proportion=area,
        influence=(positive + negative) / (2 * m * n),
        contributing=(m_k > 0) | (n_k > 0),
        largest=math.inf,
        worst=min(m * m / float((m_k * m_k).sum()), n * n / float((n_k * n_k).sum())),
        degrees_of_freedom=min(with_positive, with_negative) - 1,
    )


def _level(
    metric: str,
    *,
    proportion: float,
    influence: NDArray[np.float64],
    contributing: NDArray[np.bool_],
    largest: float,
    worst: float,
    degrees_of_freedom: int,
) -> LevelEstimate:
    """Compute the effective sample size n^w min(n, worst)^(1-w), and return the estimate.

    n = min(largest, p (1 - p) / variance), and w = min(1, m / `TRUSTED_PATIENTS`) with m the effective number of
    patients contributing to the variance. Without variance it is ``worst``.

    Args:
        metric: its name.
        proportion: the estimate p.
        influence: by patient.
        contributing: whether each patient contributes.
        largest: upper limit of the effective size.
        worst: effective size with complete correlation within patients; for AUROC that of the smaller class, as its
            variance is at most A (1 - A) / min(m, n).
        degrees_of_freedom: patients less one.
    """
    squares = influence * influence
    variance, effective = total(squares), worst
    if variance > 0:
        estimated = min(largest, proportion * (1 - proportion) / variance)
        # Kish's effective number of patients contributing to the sum of squared influences.
        weight = min(1.0, variance * variance / total(squares * squares) / TRUSTED_PATIENTS)
        effective = estimated**weight * min(estimated, worst) ** (1 - weight)
    return LevelEstimate(
        metric=metric,
        proportion=proportion,
        influence=influence,
        contributing=contributing,
        effective=effective,
        degrees_of_freedom=degrees_of_freedom,
    )
