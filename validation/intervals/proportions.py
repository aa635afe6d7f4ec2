"""Closed-form intervals for proportions, for independent units and for patients with several images.

Owns Clopper-Pearson and Wilson, both also on the effective sample size. Bootstrap intervals are `bootstrap`, those of
functions of two proportions `mover`, those of AUROC `validation.metrics.auroc_interval`.
Sources: Clopper & Pearson 1934; Wilson 1927; Korn & Graubard 1998 (exact interval on the effective
size); Rao & Scott 1992 (ratio-estimator variance); Kish 1965 (effective number). The allowance
for patients not seen is this suite's own: docs/methods/proportions.md, evaluated in docs/evidence/coverage.md.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

from validation.intervals.distributions import student_quantile
from validation.intervals.effective_size import effective_patients, effective_size
from validation.intervals.group_degrees import degrees_of_groups

Interval = tuple[float, float]

UNSEEN_PATIENTS = (
    2  # who would differ on every image; with fewer, targets are missed (docs/evidence/coverage.md)
)


def normal_quantile(confidence_level: float) -> float:
    """Compute the two-sided standard normal quantile, 1.959964 at 0.95."""
    return float(ndtri((1 + confidence_level) / 2))


def clopper_pearson(successes: float, trials: float, confidence_level: float) -> Interval:
    """Compute the exact binomial interval, for whole or effective (fractional) counts; [0, 1] for no trials."""
    tail = (1 - confidence_level) / 2
    failures = trials - successes
    low = float(betaincinv(successes, failures + 1, tail)) if successes > 0 else 0.0
    high = float(betaincinv(successes + 1, failures, 1 - tail)) if failures > 0 else 1.0
    return low, high


def wilson(proportion: float, trials: float, confidence_level: float) -> Interval:
    """Compute the score interval of ``proportion`` of ``trials`` (whole or effective, above 0)."""
    z = normal_quantile(confidence_level)
    centre = (proportion + z * z / (2 * trials)) / (1 + z * z / trials)
    spread = math.sqrt(proportion * (1 - proportion) / trials + z * z / (4 * trials * trials))
    half = z * spread / (1 + z * z / trials)
    low = 0.0 if proportion == 0 else centre - half
    high = 1.0 if proportion == 1 else centre + half
    return low, high


@dataclass(frozen=True, slots=True)
class ClusteredProportion:
    """A proportion of clustered units and its effective sample size.

    ``design_effect`` is None where it is not estimable (no errors, no successes or one patient);
    ``effective_trials``, never above ``trials``, is None for a single patient. ``effective_patients`` is the effective
    number of patients contributing to the variance, 0 where there is no variance, None where every patient has one
    unit, so that it is not needed.
    """

    proportion: float
    trials: int
    patients: int
    design_effect: float | None
    effective_trials: float | None
    effective_patients: float | None


def clustered_proportion(
    successes: NDArray[np.float64],
    trials: NDArray[np.float64],
    confidence_level: float,
    *,
    grouped: bool = False,
) -> ClusteredProportion:
    """Compute the design effect and effective sample size of a proportion from counts by patient.

    n_eff = max(min(n_D, n_K), n_U). n_D is the sample size divided by the design effect, at most n. n_K =
    (sum n_k)^2 / sum n_k^2 is Kish's size for complete within-patient correlation, the worst case of non-negative
    correlation. n_U is n_D with `UNSEEN_PATIENTS` more patients in the variance, who differ from p as far as possible
    on all their images and have as many as the patient of a random image: max(p, 1 - p)^2 sum n_k^3 / n^3 each. All
    are multiplied by (z/t)^2, with n_K - 1 degrees of freedom. Of groups of patients n_eff is n_D with the degrees of
    freedom of `degrees_of_groups` (n_K without a variance), and copies are not looked for.

    Args:
        successes: x_k, one entry per patient, shape (patients,).
        trials: n_k of the same shape; patients without trials do not count. At least one has trials.
        confidence_level: two-sided, for the Student correction.
        grouped: clusters are groups of many patients, such as sites, and "patient" above is a group.
    """
    contributing = trials > 0
    size = int(trials.sum())
    proportion = float(successes.sum()) / float(trials.sum())
    # Copies of every image within its patient add no information: they are divided out.
    copies = 1.0 if grouped else _common_factor(successes[contributing], trials[contributing])
    x, n = successes[contributing] / copies, trials[contributing] / copies
    patients, total = len(n), float(n.sum())
    estimable = 0 < proportion < 1
    if patients == 1:
        return ClusteredProportion(proportion, size, patients, None, None, 0.0)
    if bool(np.all(n == 1)):
        return ClusteredProportion(proportion, size, patients, copies if estimable else None, total, None)
    all_alike = effective_patients(n)
    if not estimable:
        return ClusteredProportion(proportion, size, patients, None, all_alike, 0.0)
    # total times x_k - p n_k: whole numbers, so that equal proportions give exactly 0.
    squares = (total * x - float(x.sum()) * n) ** 2
    variance = patients / (patients - 1) * float(squares.sum()) / total**4
    design_effect = variance / (proportion * (1 - proportion) / total)
    if design_effect == 0 and grouped:
        return ClusteredProportion(proportion, size, patients, 0.0, all_alike, 0.0)
    # Kish's effective number of patients contributing to the sum of squared residuals.
    contributors = float(squares.sum()) ** 2 / float((squares * squares).sum()) if design_effect > 0 else 0.0
    degrees = degrees_of_groups(n, squares) if grouped else max(1.0, all_alike - 1)
    factor = (normal_quantile(confidence_level) / student_quantile(confidence_level, degrees)) ** 2
    # The two differ from p as far as possible on every image.
    unseen = UNSEEN_PATIENTS * max(proportion, 1 - proportion) ** 2 / (proportion * (1 - proportion))
    effective = (
        total / max(1.0, design_effect) if grouped else effective_size(n, design_effect, unseen=unseen)
    )
    return ClusteredProportion(
        proportion, size, patients, copies * design_effect, effective * factor, contributors
    )


def _common_factor(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> float:
    """Return the greatest common divisor of all counts; 1 for weighted ones, which are not whole."""
    counts = np.concatenate([successes, trials])
    return float(np.gcd.reduce(counts.astype(np.int64))) if bool(np.all(counts == np.rint(counts))) else 1.0


def exact_clustered(sample: ClusteredProportion, confidence_level: float) -> Interval:
    """Compute Clopper-Pearson on the effective sample size; [0, 1] for a single patient; never of zero width."""
    if sample.effective_trials is None:
        return 0.0, 1.0
    trials = sample.effective_trials
    return clopper_pearson(trials * sample.proportion, trials, confidence_level)


def korn_graubard(sample: ClusteredProportion, confidence_level: float) -> Interval | None:
    """Compute Clopper-Pearson on the effective size as published (Korn and Graubard 1998), at most n.

    n_eff = n / design effect * (t_{n-1} / t_{K-1})^2 over the K patients; None where the variance is 0 or not
    estimable.
    """
    if not sample.design_effect:
        return None
    of_units, of_patients = (
        student_quantile(confidence_level, size - 1) for size in (sample.trials, sample.patients)
    )
    trials = min(sample.trials, sample.trials / sample.design_effect * (of_units / of_patients) ** 2)
    return clopper_pearson(trials * sample.proportion, trials, confidence_level)
