"""Every interval of AUROC that was considered, on the same simulated studies.

The product's own functions where they are the product's. Each is given by `wilson_patients` where the AUROC is 0 or 1.
Sources: Jing, Yuan & Zhou 2009 (jackknife empirical likelihood); Owen 2001 (its bounds); Efron & Tibshirani 1993
(bootstrap-t); the others are in `validation.metrics.auroc_interval`.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.optimize import brentq

from tests.benchmarks.coverage.auroc_designs import AurocCell, decided_study
from tests.benchmarks.coverage.candidates import LEVEL
from tests.benchmarks.coverage.proportions import bounds_tally
from tests.benchmarks.coverage.tally import Tally
from validation.cohort.outcomes import Units
from validation.intervals.distributions import student_quantile
from validation.intervals.effective_size import effective_patients, units_by_patient
from validation.intervals.proportions import Interval
from validation.metrics.auroc import (
    Placements,
    auroc,
    auroc_jackknife,
    auroc_variance,
    delong_clustered,
    placements,
    wilson_patients,
)
from validation.metrics.auroc_interval import delong_newcombe, delong_student, effective_units, newcombe

AUROC_DEFAULT = "delong_newcombe"
AUROC_FORMER = "delong_student"
REPLICATES = 300


@dataclass(frozen=True, slots=True)
class Study:
    """One study: its units, and what several intervals need of them.

    Attributes:
        units: all of them.
        placed: their placements.
        area: the AUROC.
        fewer_patients: patients of the class that has fewer.
        variance: of the AUROC, None or 0 where there is none.
        student: the interval `delong_student`.
    """

    units: Units
    placed: Placements
    area: float
    fewer_patients: int
    variance: float | None
    student: Interval | None


@dataclass(frozen=True, slots=True)
class AurocCandidate:
    """An interval, None where it has none, and what it is in words."""

    title: str
    interval: Callable[[Study], Interval | None]


def student_of_fewer(study: Study) -> Interval | None:
    """As `delong_student`, with one degree of freedom fewer than patients of the smaller class."""
    if not study.variance:
        return None
    half = student_quantile(LEVEL, study.fewer_patients - 1) * math.sqrt(study.variance)
    half /= study.area * (1 - study.area)
    return _expit(_logit(study.area) - half), _expit(_logit(study.area) + half)


def newcombe_alone(study: Study) -> Interval | None:
    """Newcombe's interval on the effective numbers of units."""
    placed = study.placed
    positives, negatives = (
        effective_units(placed.positive, placed.positive_patient, grouped=False),
        effective_units(placed.negative, placed.negative_patient, grouped=False),
    )
    return newcombe(study.area, positives, negatives, LEVEL)


def union_on_patients(study: Study) -> Interval | None:
    """As `delong_newcombe`, with as many units as effective patients, as if all of a patient's were alike."""
    placed = study.placed
    sizes = (
        effective_patients(units_by_patient(patient))
        for patient in (placed.positive_patient, placed.negative_patient)
    )
    return _union(study, *sizes)


def union_on_design_effects(study: Study) -> Interval | None:
    """As `delong_newcombe`, with units divided by their design effect however few patients it comes from."""
    placed = study.placed
    positives, negatives = (
        effective_units(placed.positive, placed.positive_patient, grouped=True),
        effective_units(placed.negative, placed.negative_patient, grouped=True),
    )
    return _union(study, positives, negatives)


def empirical_likelihood(study: Study) -> Interval | None:
    """The means of patients' pseudo-values that weights of likelihood ratio above exp(-t^2 / 2) can have.

    t is Student's quantile with one degree of freedom fewer than patients of the smaller class: with that of the
    normal distribution the interval is shorter.
    """
    left_out = auroc_jackknife(study.units, study.placed)
    number = len(left_out)
    values = number * study.area - (number - 1) * left_out
    if np.isnan(values).any() or np.ptp(values) < 1e-12:
        return None
    threshold = student_quantile(LEVEL, study.fewer_patients - 1) ** 2
    low, high = -_highest_mean(-values, threshold), _highest_mean(values, threshold)
    return max(0.0, low), min(1.0, high)


CLOSED: Mapping[str, AurocCandidate] = {
    "delong_clustered": AurocCandidate(
        "DeLong's variance, normal quantile", lambda study: delong_clustered(study.placed, LEVEL)
    ),
    AUROC_FORMER: AurocCandidate(
        "logit scale; degrees of freedom: effective number of patients contributing to the variance",
        lambda study: study.student,
    ),
    "student_of_fewer": AurocCandidate(
        "logit scale; degrees of freedom: patients of the smaller class - 1", student_of_fewer
    ),
    "newcombe": AurocCandidate("Newcombe 2006, method 5, on the effective numbers of units", newcombe_alone),
    AUROC_DEFAULT: AurocCandidate(
        "union of `newcombe` and `delong_student` with the variance of sizes",
        lambda study: delong_newcombe(study.placed, LEVEL),
    ),
    "union_on_patients": AurocCandidate("the same, with effective patients for units", union_on_patients),
    "union_on_design_effects": AurocCandidate(
        "the same, with units over their design effect", union_on_design_effects
    ),
    "empirical_likelihood": AurocCandidate(
        "jackknife empirical likelihood over patients, quantile as `student_of_fewer`", empirical_likelihood
    ),
}
RESAMPLED = "bootstrap_t"


def closed_auroc(cell: AurocCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Every candidate in closed form."""
    return _tallied(cell, studies, np.random.default_rng(seed), CLOSED)


def default_auroc(cell: AurocCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """The interval that decides, alone: so many studies are for its judgement."""
    return _tallied(cell, studies, np.random.default_rng(seed), {AUROC_DEFAULT: CLOSED[AUROC_DEFAULT]})


def resampled_auroc(cell: AurocCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """The bootstrap-t, beside the former and the present interval on the same studies."""
    random = np.random.default_rng(seed)
    candidates = {name: CLOSED[name] for name in (AUROC_FORMER, AUROC_DEFAULT)}
    resampled = AurocCandidate(
        "bootstrap-t over patients on the logit scale", lambda study: bootstrap_t(study, random)
    )
    return _tallied(cell, studies, random, candidates | {RESAMPLED: resampled})


def bootstrap_t(study: Study, random: Generator) -> Interval | None:
    """Logit A less quantiles of the studentised replicates times its standard error, patients resampled."""
    if not study.variance:
        return None
    patients = 1 + int(study.units.patient.max())
    weights = random.multinomial(patients, np.full(patients, 1 / patients), size=REPLICATES).T.astype(
        np.float64
    )
    areas, variances = replicates(study.units, weights)
    given = (areas > 0) & (areas < 1) & (variances > 0)
    if given.sum() < REPLICATES / 2:
        return None
    areas, variances = areas[given], variances[given]
    logit, error = _logit(study.area), math.sqrt(study.variance) / (study.area * (1 - study.area))
    standardised = (np.log(areas / (1 - areas)) - logit) / (np.sqrt(variances) / (areas * (1 - areas)))
    low, high = np.quantile(standardised, [(1 + LEVEL) / 2, (1 - LEVEL) / 2])
    return _expit(logit - low * error), _expit(logit - high * error)


def replicates(units: Units, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUROC and its variance with each patient counted as often as resampled, weights of shape (patients, replicates).

    Copies of a patient are patients of their own.
    """
    positive = units.truth == 1
    score, patient = units.score, units.patient
    order = (np.sign(score[positive][:, None] - score[~positive]) + 1) / 2
    member = np.eye(len(weights))
    of_positives, of_negatives = member[:, patient[positive]], member[:, patient[~positive]]
    with np.errstate(invalid="ignore", divide="ignore"):
        m, n = of_positives.sum(axis=1) @ weights, of_negatives.sum(axis=1) @ weights
        placed = order @ weights[patient[~positive]] / n
        placed_negative = order.T @ weights[patient[positive]] / m
        area = (weights[patient[positive]] * placed).sum(axis=0) / m
        p, q = of_positives @ (placed - area), of_negatives @ (placed_negative - area)
        first, second, either = (
            (weights * has[:, None]).sum(axis=0)
            for has in (
                of_positives.any(axis=1),
                of_negatives.any(axis=1),
                of_positives.any(axis=1) | of_negatives.any(axis=1),
            )
        )
        variance = (
            first / (first - 1) * (weights * p * p).sum(axis=0) / m**2
            + second / (second - 1) * (weights * q * q).sum(axis=0) / n**2
            + 2 * either / (either - 1) * (weights * p * q).sum(axis=0) / (m * n)
        )
    return area, variance


def studied(units: Units) -> Study:
    """A study with what several intervals need."""
    placed = placements(units)
    fewer = min(
        int(np.count_nonzero(np.bincount(patient)))
        for patient in (placed.positive_patient, placed.negative_patient)
    )
    return Study(units, placed, auroc(placed), fewer, auroc_variance(placed), delong_student(placed, LEVEL))


def bounds_of(study: Study, candidates: Iterable[AurocCandidate]) -> list[Interval]:
    """The interval of each, NaN where it has none."""
    if study.area in (0.0, 1.0):
        at_boundary = wilson_patients(study.area, study.fewer_patients, LEVEL)
        return [at_boundary or (np.nan, np.nan) for _ in candidates]
    return [candidate.interval(study) or (np.nan, np.nan) for candidate in candidates]


def _tallied(
    cell: AurocCell, studies: int, random: Generator, candidates: Mapping[str, AurocCandidate]
) -> dict[str, Tally]:
    bounds = np.empty((studies, len(candidates), 2))
    insufficient = 0
    for number in range(studies):
        units, passed_over = decided_study(cell, random)
        insufficient += passed_over
        bounds[number] = bounds_of(studied(units), candidates.values())
    return {
        name: replace(bounds_tally(bounds[:, which], cell.truth), insufficient=insufficient)
        for which, name in enumerate(candidates)
    }


def _union(study: Study, positives: float, negatives: float) -> Interval | None:
    if study.student is None:
        return None
    low, high = newcombe(study.area, positives, negatives, LEVEL)
    return min(study.student[0], low), max(study.student[1], high)


def _highest_mean(values: NDArray[np.float64], threshold: float) -> float:
    """The mean sum w_k v_k, highest among weights with -2 sum log(K w_k) at most the threshold.

    Such weights are proportional to 1 / (a - v_k) with an a above all values: the nearer, the higher the mean.
    """
    top, number = float(values.max()), len(values)
    below = top - values
    spread = float(below.max())

    def inverse(log_gap: float) -> NDArray[np.float64]:
        apart: NDArray[np.float64] = 1 / (spread * math.exp(log_gap) + below)
        return apart

    def beyond(log_gap: float) -> float:
        weights = inverse(log_gap)
        return 2 * number * math.log(weights.sum() / number) - 2 * float(np.log(weights).sum()) - threshold

    weights = inverse(float(brentq(beyond, -60.0, 20.0, xtol=1e-4)))
    return top - float(weights @ below) / float(weights.sum())


def _logit(area: float) -> float:
    return math.log(area / (1 - area))


def _expit(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
