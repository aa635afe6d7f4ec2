"""Closed intervals for proportions and their ratios, for independent units and for patients with several images.

Owns Clopper-Pearson, Wilson, both on the effective sample size, and MOVER for what is made of two
proportions. Bootstrap intervals are `bootstrap`; those of AUROC are `auroc`.
Sources: Clopper & Pearson 1934; Wilson 1927; Korn & Graubard 1998 (exact interval on the effective
size); Rao & Scott 1992 (ratio-estimator variance); Kish 1965 (effective number); Donner & Zou 2012
(MOVER, MOVER-R). The shrinkage towards the worst case is this suite's own, proven in docs/evidence/coverage.md.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from protocols.storage.canonical import rounded
from validation.intervals.distributions import student_quantile
from validation.results.results import TRUSTED_PATIENTS

Interval = tuple[float, float]


def normal_quantile(confidence_level: float) -> float:
    """Two-sided standard normal quantile, 1.959964 at 0.95."""
    return float(ndtri((1 + confidence_level) / 2))


def clopper_pearson(successes: float, trials: float, confidence_level: float) -> Interval:
    """Exact binomial interval, for whole or effective (fractional) counts; [0, 1] for no trials."""
    tail = (1 - confidence_level) / 2
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures > 0 else 1.0
    return low, high


def wilson(proportion: float, trials: float, confidence_level: float) -> Interval:
    """Score interval for ``proportion`` of ``trials`` (whole or effective, above 0)."""
    z = normal_quantile(confidence_level)
    centre = (proportion + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = math.sqrt(proportion * (1 - proportion) / trials + z * z / (4 * trials * trials))
    half = z * spread / (1 + z * z / trials)
    low = 0.0 if proportion == 0 else centre - half
    high = 1.0 if proportion == 1 else centre + half
    return low, high


@dataclass(frozen=True, slots=True)
class ClusteredProportion:
    """x of n over patients, and how many independent units that is worth.

    ``design_effect`` is None where it is not estimable (no errors, no successes or one patient);
    ``effective_trials``, never above ``trials``, is None for one patient alone. ``effective_patients`` is the number of
    patients that the variance rests on, 0 where there is no variance, None where every patient has one unit, so that
    none is needed.
    """

    proportion: float
    trials: int
    patients: int
    design_effect: float | None
    effective_trials: float | None
    effective_patients: float | None


def clustered_proportion(
    successes: NDArray[np.float64], trials: NDArray[np.float64], confidence_level: float
) -> ClusteredProportion:
    """Design effect and effective size of a proportion from counts by patient.

    The variance between patients decides as far as it rests on enough of them; what it lacks is made up
    by the worst case of non-negative correlation, all images of a patient alike.

    Args:
        successes: x_k, one entry a patient, shape (patients,).
        trials: n_k of the same shape; patients without trials do not count. At least one has some.
        confidence_level: two-sided, for the Student correction.
    """
    contributing = trials > 0
    size = int(trials.sum())
    proportion = float(successes.sum()) / float(trials.sum())
    # Copies of every image within its patient are no further evidence: they are divided out.
    copies = _common_factor(successes[contributing], trials[contributing])
    x, n = successes[contributing] / copies, trials[contributing] / copies
    patients, total = len(n), float(n.sum())
    estimable = 0 < proportion < 1
    if patients == 1:
        return ClusteredProportion(proportion, size, patients, None, None, 0.0)
    if bool(np.all(n == 1)):
        return ClusteredProportion(proportion, size, patients, copies if estimable else None, total, None)
    all_alike = total * total / float((n * n).sum())
    if not estimable:
        return ClusteredProportion(proportion, size, patients, None, all_alike, 0.0)
    # total times x_k - p n_k: whole numbers, so that equal shares leave exactly nothing.
    squares = (total * x - float(x.sum()) * n) ** 2
    variance = patients / (patients - 1) * float(squares.sum()) / total**4
    design_effect = variance / (proportion * (1 - proportion) / total)
    believed = min(total, total / design_effect) if design_effect > 0 else total
    believed *= (normal_quantile(confidence_level) / student_quantile(confidence_level, patients - 1)) ** 2
    # Kish's effective number of the squared residuals: on how many patients their sum rests.
    resting_on = float(squares.sum()) ** 2 / float((squares * squares).sum()) if design_effect > 0 else 0.0
    trust = min(1.0, resting_on / TRUSTED_PATIENTS)
    # The error of an estimated variance is a factor: hence the mean of logarithms.
    effective = believed**trust * min(believed, all_alike) ** (1 - trust)
    return ClusteredProportion(proportion, size, patients, copies * design_effect, effective, resting_on)


def _common_factor(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> float:
    """Greatest common divisor of all counts; 1 for weighted ones, which are not whole."""
    counts = np.concatenate([successes, trials])
    return float(np.gcd.reduce(counts.astype(np.int64))) if bool(np.all(counts == np.rint(counts))) else 1.0


def exact_clustered(sample: ClusteredProportion, confidence_level: float) -> Interval:
    """Clopper-Pearson on the effective size; [0, 1] for one patient alone; never of zero width."""
    if sample.effective_trials is None:
        return 0.0, 1.0
    trials = sample.effective_trials
    return clopper_pearson(trials * sample.proportion, trials, confidence_level)


def korn_graubard(sample: ClusteredProportion, confidence_level: float) -> Interval | None:
    """Return Clopper-Pearson on the effective size as published (Korn and Graubard 1998), never more than n.

    n_eff = n / design effect * (t_{n-1} / t_{K-1})^2 over the K patients; None where the variance is 0 or not
    estimable, so that the design effect says nothing.
    """
    if not sample.design_effect:
        return None
    of_units, of_patients = (
        student_quantile(confidence_level, size - 1) for size in (sample.trials, sample.patients)
    )
    trials = min(sample.trials, sample.trials / sample.design_effect * (of_units / of_patients) ** 2)
    return clopper_pearson(trials * sample.proportion, trials, confidence_level)


def mover_mean(first: float, first_interval: Interval, second: float, second_interval: Interval) -> Interval:
    """Interval of the mean of two independent estimates from their own intervals."""
    centre = (first + second) / 2
    low = math.hypot(first - first_interval[0], second - second_interval[0]) / 2
    high = math.hypot(first_interval[1] - first, second_interval[1] - second) / 2
    return max(0.0, centre - low), min(1.0, centre + high)


def mover_ratio(
    numerator: float, numerator_interval: Interval, denominator: float, denominator_interval: Interval
) -> Interval | None:
    """Interval of a ratio of two independent proportions; None where its upper bound is not finite.

    Both bounds are written so that nothing cancels: Donner & Zou's lower bound multiplied by its
    conjugate is defined also where their denominator is 0.
    """
    l1, u1 = numerator_interval
    l2, u2 = denominator_interval
    if rounded(l2) == 0:  # as the bound itself would be written
        return None
    product = numerator * denominator
    low_term = l1 * (2 * numerator - l1)
    under_low = max(0.0, product * product - low_term * u2 * (2 * denominator - u2))
    below = product + math.sqrt(under_low)
    low = low_term / below if below > 0 else 0.0
    high_term = l2 * (2 * denominator - l2)
    under_high = max(0.0, product * product - u1 * (2 * numerator - u1) * high_term)
    return low, (product + math.sqrt(under_high)) / high_term
