"""A metric in several levels of an axis: how much each patient moves each level, and how the levels vary together.

Owns the effective size of a level and the joint covariance, which hold for levels that share patients as for levels
that do not. What is asked of them is `homogeneity` and `gaps`.
Sources: Rao & Scott 1992 (variance of a ratio over patients); Obuchowski 1997 (AUROC); Kish 1965 (effective number);
Agresti & Caffo 2000 (one success and one failure added); Bamber 1975 (the largest variance an AUROC can have). The
mean of what is believed and of the worst case is this suite's own, chosen by simulation (docs/methods/homogeneity.md).
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
    """Why a level, a test or a gap could not be given."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelEstimate:
    """A metric in one level and what its patients say about its uncertainty.

    Attributes:
        metric: its name.
        share: in [0, 1]; the metric itself, for F1 the Jaccard index that it rises with.
        influence: by how much each patient of the draw moves the share to first order, shape (patients,), 0 for one
            without a part in it; scaled such that the sum of squares is the share's variance.
        contributing: which patients have a part, shape (patients,).
        effective: how many independent units the level is worth, above 0.
        degrees_of_freedom: of its variance, patients less one.
    """

    metric: str
    share: float
    influence: NDArray[np.float64]
    contributing: NDArray[np.bool_]
    effective: float
    degrees_of_freedom: int

    @property
    def value(self) -> float:
        """The metric, in [0, 1]."""
        return self.of(self.share)

    def of(self, share: float) -> float:
        """The metric where the share is another; rises with it."""
        return share if self.metric == "auroc" else proportion_of(self.metric).of_fraction(share)

    @property
    def share_variance(self) -> float:
        """p~ (1 - p~) / n_eff with p~ of one success and one failure more: above 0 also for a share of 0 or 1."""
        shrunk = (self.share * self.effective + 1) / (self.effective + 2)
        return shrunk * (1 - shrunk) / self.effective

    @property
    def slope(self) -> float:
        """Change of the metric with its share: 2 / (1 + J)^2 for F1, else 1."""
        return 2 / (1 + self.share) ** 2 if self.metric == "f1" else 1.0

    @property
    def variance(self) -> float:
        """Of the metric, above 0."""
        return self.slope * self.slope * self.share_variance


def level_estimate(metric: str, counts: NDArray[np.float64], ranked: Units) -> LevelEstimate | NotGiven:
    """A metric in one level.

    Args:
        metric: a proportion or F1, or ``auroc``.
        counts: TP, FP, FN, TN of the level by patient of the draw, shape (patients, 4).
        ranked: its determinate units in order of score.

    Returns:
        `NotGiven` where the metric is undefined, and where one patient alone stands behind it or behind a class.
    """
    if metric == "auroc":
        return _of_scores(ranked, len(counts))
    return _of_counts(metric, counts)


def joint_covariance(levels: Sequence[LevelEstimate]) -> list[list[float]]:
    """Covariance of the metric in the levels: `LevelEstimate.variance` on the diagonal, beside it what they share.

    Where a level's variance was made smaller than that between its patients, its covariances shrink with it; where it
    was made larger they stay: what was added is the level's own. So the matrix is never indefinite.

    Args:
        levels: of one metric over one draw.
    """
    scales = []
    for level in levels:
        between = total(level.influence * level.influence)
        within = min(1.0, math.sqrt(level.share_variance / between)) if between > 0 else 0.0
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
    """u_k = (x_k - p n_k) / n, of whole numbers until the last division."""
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
        share=successes / size,
        influence=(size * x - successes * n) * spread,
        contributing=contributing,
        largest=size,
        worst=size * size / float((n * n).sum()),
        degrees_of_freedom=patients - 1,
    )


def _of_scores(ranked: Units, patients: int) -> LevelEstimate | NotGiven:
    """Obuchowski's residuals of the placements, each class with its own number of patients as DeLong has it."""
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
        share=area,
        influence=(positive + negative) / (2 * m * n),
        contributing=(m_k > 0) | (n_k > 0),
        largest=math.inf,
        worst=min(m * m / float((m_k * m_k).sum()), n * n / float((n_k * n_k).sum())),
        degrees_of_freedom=min(with_positive, with_negative) - 1,
    )


def _level(
    metric: str,
    *,
    share: float,
    influence: NDArray[np.float64],
    contributing: NDArray[np.bool_],
    largest: float,
    worst: float,
    degrees_of_freedom: int,
) -> LevelEstimate:
    """The effective size: the variance between patients decides as far as it rests on enough of them, else the worst.

    Args:
        metric: its name.
        share: the estimate.
        influence: by patient.
        contributing: which patients have a part.
        largest: what the effective size cannot exceed.
        worst: what it is when all units of a patient are alike; for AUROC that of the smaller class, as its variance
            is at most A (1 - A) / min(m, n).
        degrees_of_freedom: patients less one.
    """
    squares = influence * influence
    variance, effective = total(squares), worst
    if variance > 0:
        believed = min(largest, share * (1 - share) / variance)
        # Kish's effective number of the squared influences.
        trust = min(1.0, variance * variance / total(squares * squares) / TRUSTED_PATIENTS)
        effective = believed**trust * min(believed, worst) ** (1 - trust)
    return LevelEstimate(
        metric=metric,
        share=share,
        influence=influence,
        contributing=contributing,
        effective=effective,
        degrees_of_freedom=degrees_of_freedom,
    )
