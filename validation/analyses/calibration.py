"""Calibration of the scores as probabilities: recalibration, Brier score and its parts, reliability, Spiegelhalter.

Of determinate, processed units. Owns the bins and their statistics; the logistic fits are `recalibration`, the Brier
score as a metric is `validation.metrics.brier`. All numbers are rounded to 6 decimals.
Sources: Van Calster et al. 2019 (what to report); Murphy 1973 and Stephenson, Coelho & Jolliffe 2008 (parts of the
Brier score); Spiegelhalter 1986 (the test).
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, ndtr

from protocols.storage.canonical import FITTED_PLACES, rounded
from validation.analyses.recalibration import LogitUnits, in_the_large, line
from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Units
from validation.intervals.linearisation import patient_sums, total
from validation.intervals.proportions import clustered_proportion, exact_clustered
from validation.metrics.brier import brier, squares_by_cluster
from validation.results.secondary import BrierParts, Calibration, Measured, ReliabilityBin, Spiegelhalter

MOST_BINS = 10
LOWEST, HIGHEST = 1e-6, 0.999999  # beyond them the logit of a score of six decimals is not determined
NO_VARIANCE = 1e-12  # a design effect below it is rounding error: deviations cancel within every patient
NO_UNITS = "not estimable: 0 determinate, processed units"


def calibration(ranked: Units, confidence_level: float) -> Calibration:
    """Compute the calibration of determinate, processed units.

    Args:
        ranked: units with truth 1 or 0 and a score in [0, 1]; their order does not matter.
        confidence_level: two-sided.

    Returns:
        Without units every number is None and ``bins`` is empty.
    """
    present, cluster = np.unique(ranked.cluster, return_inverse=True)
    truth = (ranked.truth == POSITIVE).astype(np.float64)
    order = np.lexsort((truth, ranked.score, cluster))
    cluster, truth, score = cluster[order], truth[order], ranked.score[order]
    clipped = np.clip(score, LOWEST, HIGHEST)
    units = LogitUnits(cluster, len(present), truth, logit(clipped))
    nothing = Measured(None, None, NO_UNITS)
    fitted = line(units, confidence_level) if len(truth) else None
    bin_of = bins_of(score)
    return Calibration(
        units=len(truth),
        patients=len(np.unique(ranked.patient)),
        positives=int(truth.sum()),
        clipped=int((clipped != score).sum()),
        in_the_large=in_the_large(units, confidence_level) if len(truth) else nothing,
        intercept=fitted.intercept if fitted else nothing,
        slope=fitted.slope if fitted else nothing,
        brier=_brier_parts(ranked, bin_of, score, truth) if len(truth) else None,
        spiegelhalter=_spiegelhalter(cluster, score, truth),
        bins=tuple(
            _reliability_bin(ranked.at(order[bin_of == number]), confidence_level)
            for number in np.unique(bin_of)
        ),
    )


def bins_of(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Assign each unit to a bin, 0 to 9 from the lowest scores to the highest, shape (units,).

    Ten bins of equal size by rank; equal scores are in the bin of their mid-rank, so that some may be larger or empty.
    """
    _, position, count = np.unique(score, return_inverse=True, return_counts=True)
    twice_middle = 2 * np.cumsum(count) - count
    bins: NDArray[np.int64] = (MOST_BINS * twice_middle // (2 * max(1, len(score))))[position]
    return bins


def _brier_parts(
    ranked: Units, bin_of: NDArray[np.int64], score: NDArray[np.float64], truth: NDArray[np.float64]
) -> BrierParts:
    """Decompose the Brier score into reliability, resolution, uncertainty and a term within bins.

    With f the score, o the truth and bars for means over a bin, the last is the mean of (f - f̄)² - 2 (f - f̄)(o - ō).
    """
    size = np.bincount(bin_of, minlength=MOST_BINS)
    filled = size > 0
    mean_score, observed = np.zeros(MOST_BINS), np.zeros(MOST_BINS)
    mean_score[filled] = [total(score[bin_of == number]) for number in np.flatnonzero(filled)]
    mean_score[filled] /= size[filled]
    observed[filled] = np.bincount(bin_of, truth, MOST_BINS)[filled] / size[filled]
    n, prevalence = len(truth), float(truth.sum()) / len(truth)
    of_score, of_truth = score - mean_score[bin_of], truth - observed[bin_of]
    squares = squares_by_cluster(ranked, int(ranked.cluster.max()) + 1).sum(axis=0)
    return BrierParts(
        brier=rounded(float(brier(squares)), FITTED_PLACES),
        reliability=rounded(total((mean_score - observed) ** 2 * size) / n, FITTED_PLACES),
        resolution=rounded(total((observed - prevalence) ** 2 * size) / n, FITTED_PLACES),
        uncertainty=rounded(prevalence * (1 - prevalence), FITTED_PLACES),
        within_bins=rounded(total(of_score * of_score - 2 * of_score * of_truth) / n, FITTED_PLACES),
    )


def _spiegelhalter(
    patient: NDArray[np.intp], score: NDArray[np.float64], truth: NDArray[np.float64]
) -> Spiegelhalter:
    """Compute z = sum e / sqrt(V) with e = (o - f)(1 - 2f) and V the sum of (1 - 2f)² f (1 - f).

    For clusters V is multiplied by the design effect sum e_k² / sum e², e_k being the sum over patient k, so that it
    is the same test where every patient has one unit.
    """
    excess = (truth - score) * (1 - 2 * score)
    variance, squares = total((1 - 2 * score) ** 2 * score * (1 - score)), total(excess * excess)
    if variance == 0 or squares == 0:
        reason = "not estimable: every score is 0, 0.5 or 1, or as good as that" if len(score) else NO_UNITS
        return Spiegelhalter(None, None, None, None, reason)
    z = total(excess) / math.sqrt(variance)
    of_patient = patient_sums(excess, patient, int(patient[-1]) + 1)
    design_effect = total(of_patient * of_patient) / squares
    alone = len(of_patient) == 1
    if alone or design_effect < NO_VARIANCE:
        reason = "one patient alone" if alone else "no variance between patients"
        return Spiegelhalter(rounded(z, FITTED_PLACES), _two_sided(z), None, None, f"clustered: {reason}")
    clustered = z / math.sqrt(design_effect)
    return Spiegelhalter(
        rounded(z, FITTED_PLACES), _two_sided(z), rounded(clustered, FITTED_PLACES), _two_sided(clustered)
    )


def _two_sided(z: float) -> float:
    return rounded(2 * float(ndtr(-abs(z))), FITTED_PLACES)


def _reliability_bin(units: Units, confidence_level: float) -> ReliabilityBin:
    present, position = np.unique(units.cluster, return_inverse=True)
    score, truth = units.score, (units.truth == POSITIVE).astype(np.float64)
    sample = clustered_proportion(
        patient_sums(truth, position, len(present)),
        patient_sums(np.ones(len(truth)), position, len(present)),
        confidence_level,
        grouped=units.grouped,
    )
    low, high = exact_clustered(sample, confidence_level)
    return ReliabilityBin(
        low=rounded(float(score.min()), FITTED_PLACES),
        high=rounded(float(score.max()), FITTED_PLACES),
        units=len(score),
        patients=len(np.unique(units.patient)),
        positives=int(truth.sum()),
        mean_score=rounded(total(score) / len(score), FITTED_PLACES),
        share=rounded(sample.proportion, FITTED_PLACES),
        interval=(rounded(low, FITTED_PLACES), rounded(high, FITTED_PLACES)),
    )
