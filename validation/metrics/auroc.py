"""Area under the ROC curve with patients as clusters: value, jackknife, DeLong variance and interval.

Owns what compares scores of positives with scores of negatives, on the sample itself or on a few resamples; ties count
half. Replicates on all resamples are `ranking`. All sums before the last division are whole numbers in float64, exact
below 2**53, so that neither the order of rows nor that of threads can change a bit.
Sources: DeLong, DeLong & Clarke-Pearson 1988; Obuchowski 1997 (clustered data).
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Units
from validation.intervals.proportions import Interval, normal_quantile
from validation.metrics.counts import divide

NO_SKILL = 0.5  # of scores that do not tell the classes apart
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Placements:
    """For each unit twice the number of opposite units it is rightly ordered against, ties counting one.

    ``positive`` and ``negative`` have one entry per unit of that class; ``positive_patient`` and
    ``negative_patient`` number the clusters they belong to, ``grouped`` says whether these are groups of patients.
    """

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]
    positive_patient: NDArray[np.intp]
    negative_patient: NDArray[np.intp]
    grouped: bool = False

    @property
    def pairs(self) -> float:
        """The number of pairs of a positive and a negative unit."""
        return float(len(self.positive) * len(self.negative))


def placements(ranked: Units) -> Placements:
    """Return the placements of ranked units, by one sort."""
    is_positive = ranked.truth == POSITIVE
    positive, negative = ranked.score[is_positive], ranked.score[~is_positive]
    sorted_positive, sorted_negative = np.sort(positive), np.sort(negative)
    below = np.searchsorted(sorted_negative, positive, "left") + np.searchsorted(
        sorted_negative, positive, "right"
    )
    at_or_below = np.searchsorted(sorted_positive, negative, "left") + np.searchsorted(
        sorted_positive, negative, "right"
    )
    return Placements(
        positive=below.astype(np.float64),
        negative=2.0 * len(positive) - at_or_below,
        positive_patient=ranked.cluster[is_positive],
        negative_patient=ranked.cluster[~is_positive],
        grouped=ranked.grouped,
    )


def auroc(placed: Placements) -> float:
    """Return the probability that a positive scores above a negative, ties half, in [0, 1]; NaN without a class."""
    return float(divide(np.asarray(placed.positive.sum()), np.asarray(2 * placed.pairs)))


def resampled_auroc(ranked: Units, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return AUROC with each cluster counted as often as resampled; faster than `ranking` for few replicates.

    Args:
        ranked: the units.
        weights: how often each cluster was resampled, shape (clusters, replicates), whole numbers.

    Returns:
        Shape (replicates,); NaN where a class is absent. Equal in bits to the replicates of `ranking`.
    """
    order = np.argsort(ranked.score, kind="stable")
    cluster, score, positive = ranked.cluster[order], ranked.score[order], ranked.truth[order] == POSITIVE
    of_positives = weights[cluster[positive]].astype(np.int64)
    up_to = np.zeros((1 + int((~positive).sum()), weights.shape[1]), dtype=np.int64)
    np.cumsum(weights[cluster[~positive]].astype(np.int64), axis=0, out=up_to[1:])
    below, not_above = (
        np.searchsorted(score[~positive], score[positive], side) for side in ("left", "right")
    )
    twice_won = (of_positives * (up_to[below] + up_to[not_above])).sum(axis=0)
    twice_pairs = 2 * of_positives.sum(axis=0) * up_to[-1]
    return divide(twice_won.astype(np.float64), twice_pairs.astype(np.float64))


def auroc_jackknife(ranked: Units, placed: Placements) -> NDArray[np.float64]:
    """Return AUROC without each patient that has a unit, in patient order; NaN where a class is then gone."""
    contributing = np.unique(ranked.cluster)
    size = int(contributing.max()) + 1 if len(contributing) else 0
    of_positives = np.bincount(placed.positive_patient, placed.positive, size)
    of_negatives = np.bincount(placed.negative_patient, placed.negative, size)
    left = placed.positive.sum() - (of_positives + of_negatives - _pairs_within_patients(ranked, size))
    positives = len(placed.positive) - np.bincount(placed.positive_patient, minlength=size)
    negatives = len(placed.negative) - np.bincount(placed.negative_patient, minlength=size)
    return divide(left, np.asarray(2.0 * positives * negatives))[contributing]


def delong_clustered(placed: Placements, confidence_level: float) -> Interval | None:
    """Return Obuchowski's interval; with one unit per patient it is DeLong's. None where it has no variance.

    Symmetric while it stays inside [0, 1]; where it would not, symmetric on the logit scale.
    """
    if placed.pairs == 0:
        return None
    variance = auroc_variance(placed)
    area = auroc(placed)
    if variance is None or variance <= 0 or area in (0.0, 1.0):
        return None
    half = normal_quantile(confidence_level) * math.sqrt(variance)
    if area - half >= 0 and area + half <= 1:
        return area - half, area + half
    odds, factor = area / (1 - area), math.exp(half / (area * (1 - area)))
    return odds / factor / (1 + odds / factor), odds * factor / (1 + odds * factor)


def auroc_variance(placed: Placements) -> float | None:
    """Return the variance of AUROC, patients independent, units of a patient not; None with one patient per class."""
    area = auroc(placed)
    size = 1 + int(max(placed.positive_patient.max(), placed.negative_patient.max()))
    m, n = len(placed.positive), len(placed.negative)
    m_k = np.bincount(placed.positive_patient, minlength=size)
    n_k = np.bincount(placed.negative_patient, minlength=size)
    positive_residual = np.bincount(placed.positive_patient, placed.positive / (2 * n), size) - m_k * area
    negative_residual = np.bincount(placed.negative_patient, placed.negative / (2 * m), size) - n_k * area
    with_positive, with_negative = int((m_k > 0).sum()), int((n_k > 0).sum())
    both = int(((m_k > 0) | (n_k > 0)).sum())
    if with_positive < 2 or with_negative < 2:
        return None
    s10 = with_positive / ((with_positive - 1) * m) * float((positive_residual * positive_residual).sum())
    s01 = with_negative / ((with_negative - 1) * n) * float((negative_residual * negative_residual).sum())
    s11 = both / (both - 1) * float((positive_residual * negative_residual).sum())
    within_classes = s10 / m + s01 / n
    variance = within_classes + 2 * s11 / (m * n)
    # What cancels within every patient leaves only rounding.
    return variance if variance > ROUNDING * within_classes else 0.0


def wilson_patients(area: float, patients: int, confidence_level: float) -> Interval | None:
    """Return the interval of an AUROC of exactly 1 or 0, from the smaller class's number of patients; else None."""
    z_squared = normal_quantile(confidence_level) ** 2
    if area == 1:
        return patients / (patients + z_squared), 1.0
    if area == 0:
        return 0.0, z_squared / (patients + z_squared)
    return None


def _pairs_within_patients(ranked: Units, size: int) -> NDArray[np.float64]:
    """Count twice the rightly ordered pairs, ties once, whose two units are of one patient, shape (size,)."""
    positive = ranked.truth == POSITIVE
    scores, rank = np.unique(ranked.score, return_inverse=True)
    # Units by patient and within one by score: of the negatives below a positive those of other patients come first.
    place = ranked.cluster * len(scores) + rank
    patient, mine, theirs = ranked.cluster[positive], place[positive], np.sort(place[~positive])
    below = np.searchsorted(theirs, mine, "left") + np.searchsorted(theirs, mine, "right")
    of_others = np.searchsorted(theirs, patient * len(scores), "left")
    return np.bincount(patient, below - 2 * of_others, size).astype(np.float64)
