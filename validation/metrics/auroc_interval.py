"""Intervals of AUROC from placements: DeLong's variance with Student's t, and its union with Newcombe's score interval.

Owns the steps from placements to these intervals. Placements, area and variance are `auroc`. A high AUROC rests on the
few patients whose units are in the wrong order. The variance between patients is then itself uncertain, and where none
of these patients was sampled it is far too small. Newcombe's interval takes its variance from the area instead; it is
too short where the area is near 1 in a small study. Neither suffices alone.
Sources: Obuchowski 1997 (variance); Pepe 2003 (logit scale); Satterthwaite 1946 (degrees of freedom); Newcombe 2006
(method 5); Rao & Scott 1992 (sizes divided by design effects). The floor of three degrees of freedom, the allowances
for patients not seen and the union are this suite's own; their coverage is in docs/evidence/coverage-auroc.md.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from validation.intervals.distributions import student_quantile
from validation.intervals.effective_size import effective_size, units_by_patient, variance_of_sizes
from validation.intervals.logit_student import UNSEEN_PATIENTS, degrees_of_influence, on_logit_scale
from validation.intervals.proportions import Interval, normal_quantile
from validation.metrics.auroc import Placements, auroc, auroc_variance

UNSEEN_SIZES = 6  # patients whose numbers of images differ from those sampled; with fewer, targets are missed


def delong_student(placed: Placements, confidence_level: float) -> Interval | None:
    """Return the interval logit A ± t sqrt(var) / (A (1 - A)), mapped back into [0, 1].

    Returns:
        None without a pair, with fewer than two patients of a class, without variance, and for an AUROC of 0 or 1.
    """
    return _student(placed, confidence_level, with_sizes=False)


def delong_newcombe(placed: Placements, confidence_level: float) -> Interval | None:
    """Return the smallest interval that contains both `delong_student`'s and Newcombe's on the effective class sizes.

    The variance of the former is increased by that of the numbers of units per patient: for each class by
    `UNSEEN_SIZES` s^2 Var(m_k / m), with s^2 the variance of the class's placements and Var(m_k / m) that of the
    proportion of the class's units that are of the same patient as a random unit. With equally many units per patient,
    and where clusters are groups of patients, nothing is added.

    Returns:
        None where `delong_student` is.
    """
    student = _student(placed, confidence_level, with_sizes=True)
    if student is None:
        return None
    low, high = newcombe(
        auroc(placed),
        effective_units(placed.positive, placed.positive_patient, grouped=placed.grouped),
        effective_units(placed.negative, placed.negative_patient, grouped=placed.grouped),
        confidence_level,
    )
    return min(student[0], low), max(student[1], high)


def newcombe(area: float, positives: float, negatives: float, confidence_level: float) -> Interval:
    """Return Newcombe's score interval (method 5): the t with (A - t)^2 <= z^2 V(t).

    V(t) = t (1 - t) (1 + (N - 1) ((1 - t) / (2 - t) + t / (1 + t))) / (m n), Hanley and McNeil's variance of an area t
    with both classes of size N = (m + n) / 2 in its second factor.

    Args:
        area: in (0, 1).
        positives, negatives: m and n, above 0; effective sizes need not be whole.
        confidence_level: two-sided.
    """
    z, average = normal_quantile(confidence_level), (positives + negatives) / 2

    def beyond(t: float) -> float:
        spread = 1 + (average - 1) * ((1 - t) / (2 - t) + t / (1 + t))
        return (area - t) ** 2 - z * z * t * (1 - t) * spread / (positives * negatives)

    return float(brentq(beyond, 0.0, area, xtol=1e-15)), float(brentq(beyond, area, 1.0, xtol=1e-15))


def effective_units(placement: NDArray[np.float64], patient: NDArray[np.intp], *, grouped: bool) -> float:
    """Return the effective number of independent units of a class (`effective_size`).

    The design effect is that of the placements. `UNSEEN_PATIENTS` more patients are in the variance, whose placements
    all differ from the mean by a standard deviation.

    Args:
        placement: of each unit of the class, in any unit, shape (units,).
        patient: the patient of each, or the group, of the same shape; two or more.
        grouped: whether clusters are groups of patients, of which none is unseen.
    """
    units_of = units_by_patient(patient)
    m, patients = len(placement), len(units_of)
    if patients == m:
        return float(m)
    residual = _residuals(placement)
    alone = float((residual * residual).sum()) / (m - 1)
    together = float((np.bincount(patient, residual) ** 2).sum()) * patients / (patients - 1)
    design_effect = together / (m * alone) if together > 0 else 0.0
    if grouped:
        return m / max(1.0, design_effect)
    return effective_size(units_of, design_effect, unseen=UNSEEN_PATIENTS)


def degrees_of_freedom(placed: Placements) -> float:
    """Return the effective number of patients contributing to the variance (`degrees_of_influence`)."""
    of_classes = (placed.positive_patient, placed.negative_patient)
    return degrees_of_influence(
        influence(placed) ** 2,
        len(np.unique(np.concatenate(of_classes))),
        [units_by_patient(of_class) for of_class in of_classes] if placed.grouped else (),
    )


def influence(placed: Placements) -> NDArray[np.float64]:
    """Return u_k, each patient's first-order effect on the area, shape (patients,), 0 for one without a unit."""
    size = 1 + int(max(placed.positive_patient.max(), placed.negative_patient.max()))
    m, n, pairs, won = len(placed.positive), len(placed.negative), placed.pairs, placed.positive.sum()
    rightly = np.bincount(placed.positive_patient, placed.positive, size)
    rightly += np.bincount(placed.negative_patient, placed.negative, size)
    units = n * np.bincount(placed.positive_patient, minlength=size)
    units += m * np.bincount(placed.negative_patient, minlength=size)
    # P_k / m + N_k / n over one denominator: whole numbers, so that who moves nothing has exactly 0.
    influences: NDArray[np.float64] = (pairs * rightly - won * units) / (2 * pairs * pairs)
    return influences


def _student(placed: Placements, confidence_level: float, *, with_sizes: bool) -> Interval | None:
    if placed.pairs == 0:
        return None
    variance, area = auroc_variance(placed), auroc(placed)
    if variance is None or variance <= 0 or area in (0.0, 1.0):
        return None
    if with_sizes and not placed.grouped:
        variance += _variance_of_sizes(placed)
    t = student_quantile(confidence_level, degrees_of_freedom(placed))
    return on_logit_scale(area, t * math.sqrt(variance) / (area * (1 - area)))


def _variance_of_sizes(placed: Placements) -> float:
    """Return what `delong_newcombe` adds to the variance of the area, 0 with equally many units per patient."""
    m, n = len(placed.positive), len(placed.negative)
    added = 0.0
    for placement, patient, opposite in (
        (placed.positive, placed.positive_patient, n),
        (placed.negative, placed.negative_patient, m),
    ):
        size = len(placement)
        if size > 1:
            # Residuals are in units of 1 / (2 size opposite).
            squares = float((_residuals(placement) ** 2).sum()) / (size - 1) / (2 * size * opposite) ** 2
            added += squares * variance_of_sizes(units_by_patient(patient))
    return UNSEEN_SIZES * added


def _residuals(placement: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the deviations from the mean times the number of units: whole numbers, since placements are counted."""
    deviations: NDArray[np.float64] = len(placement) * placement - placement.sum()
    return deviations
