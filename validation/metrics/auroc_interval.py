"""Interval of AUROC from clustered DeLong's variance, with Student's t for the few patients contributing to it.

Owns the step from placements to the interval. Placements, area and variance are `auroc`. A high AUROC rests on the few
patients whose units are in the wrong order: the variance is then itself uncertain, and the normal quantile too short.
Sources: Obuchowski 1997 (variance); Pepe 2003 (logit scale); Satterthwaite 1946 (degrees of freedom). The floor of
three is this suite's own; the interval's coverage probability is in docs/evidence/coverage.md.
"""

import math

import numpy as np
from numpy.typing import NDArray

from validation.intervals.distributions import student_quantile
from validation.intervals.group_degrees import degrees_by_size
from validation.intervals.proportions import Interval
from validation.metrics.auroc import Placements, auroc, auroc_variance

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
