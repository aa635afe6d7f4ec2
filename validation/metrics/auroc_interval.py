"""Intervals of AUROC from placements: DeLong's variance with Student's t, and its union with Newcombe's score interval.

Owns the steps from placements to these intervals. Placements, area and variance are `auroc`. A high AUROC rests on the
few patients whose units are in the wrong order. The variance between patients is then itself uncertain, and where none
of these patients was sampled it is far too small. Newcombe's interval takes its variance from the area instead; it is
too short where the area is near 1 in a small study. Neither suffices alone.
Sources: Obuchowski 1997 (variance); Pepe 2003 (logit scale); Satterthwaite 1946 (degrees of freedom); Newcombe 2006
(method 5); Rao & Scott 1992 (sizes divided by design effects). The floor of three degrees of freedom, the allowance
for patients not seen and the union are this suite's own; their coverage is in docs/evidence/coverage.md.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from validation.intervals.distributions import student_quantile
from validation.intervals.group_degrees import degrees_by_size
from validation.intervals.proportions import Interval, normal_quantile
from validation.metrics.auroc import Placements, auroc, auroc_variance

UNSEEN_PATIENTS = 4  # who differ by a standard deviation on every image; with fewer, targets are missed
FEWEST_DEGREES = 3.0  # below, the quantile grows without telling more: 4.3 with two, 12.7 with one


def delong_student(placed: Placements, confidence_level: float) -> Interval | None:
    """Return the interval logit A ± t sqrt(var) / (A (1 - A)), mapped back into [0, 1].

    Returns:
        None without a pair, with fewer than two patients of a class, without variance, and for an AUROC of 0 or 1.
    """
    if placed.pairs == 0:
        return None
    variance, area = auroc_variance(placed), auroc(placed)
    if variance is None or variance <= 0 or area in (0.0, 1.0):
        return None
    t = student_quantile(confidence_level, degrees_of_freedom(placed))
    # As a factor below 1 of the odds nothing can overflow.
    factor = math.exp(-t * math.sqrt(variance) / (area * (1 - area)))
    return area * factor / (area * factor + 1 - area), area / (area + (1 - area) * factor)


def delong_newcombe(placed: Placements, confidence_level: float) -> Interval | None:
    """Return the smallest interval that contains both `delong_student` and Newcombe's on the effective class sizes.

    Returns:
        None where `delong_student` is.
    """
    student = delong_student(placed, confidence_level)
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


def effective_patients(patient: NDArray[np.intp]) -> float:
    """Return m^2 / sum m_k^2, the number of patients with equally many units that weigh as much (Kish 1965).

    Args:
        patient: of each unit of a class, shape (units,); one or more.
    """
    units_of = np.bincount(patient).astype(np.float64)
    return len(patient) ** 2 / float((units_of * units_of).sum())


def effective_units(placement: NDArray[np.float64], patient: NDArray[np.intp], *, grouped: bool) -> float:
    """Return the effective number of independent units of a class, max(min(m_D, m_K), m_U).

    m_D is m divided by the design effect of the placements, at most m; m_K = m^2 / sum m_k^2 is Kish's size, as if all
    units of a patient were alike. m_U is m_D with `UNSEEN_PATIENTS` more patients in the variance, whose placements all
    differ from the mean by a standard deviation and who have as many units as the patient of a random unit:
    1 / (1 / m_D + 4 sum m_k^3 / m^3). With one unit per patient it is m; where clusters are groups of patients, m_D.

    Args:
        placement: of each unit of the class, in any unit, shape (units,).
        patient: the patient of each, or the group, of the same shape; two or more.
        grouped: whether clusters are groups of patients.
    """
    m, units_of = len(placement), np.unique(patient, return_counts=True)[1].astype(np.float64)
    patients, kish = len(units_of), effective_patients(patient)
    if patients == m:
        return float(m)
    # m times the residuals: whole numbers, since placements are counted.
    residual = m * placement - placement.sum()
    alone = float((residual * residual).sum()) / (m - 1)
    together = float((np.bincount(patient, residual) ** 2).sum()) * patients / (patients - 1)
    by_variance = min(float(m), m * m * alone / together) if together > 0 else float(m)
    if grouped:
        return by_variance
    unseen = UNSEEN_PATIENTS * float((units_of**3).sum()) / m**3
    return max(min(by_variance, kish), 1 / (1 / by_variance + unseen))


def degrees_of_freedom(placed: Placements) -> float:
    """Return the effective number of patients contributing to the variance, (sum u_k^2)^2 / sum u_k^4.

    At least 3, and below the number of patients. Where clusters are groups of patients, no more than the sizes of the
    groups in either class allow (`degrees_by_size`), and at least 1.
    """
    squares = influence(placed) ** 2
    # Without any influence no patient contributes.
    resting_on = float(squares.sum()) ** 2 / float((squares * squares).sum()) if squares.any() else 0.0
    patients = len(np.unique(np.concatenate([placed.positive_patient, placed.negative_patient])))
    degrees = min(max(resting_on, FEWEST_DEGREES), patients - 1.0)
    if not placed.grouped:
        return degrees
    of_classes = (
        np.unique(of_class, return_counts=True)[1].astype(np.float64)
        for of_class in (placed.positive_patient, placed.negative_patient)
    )
    return min(degrees, *map(degrees_by_size, of_classes))


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
