"""Intervals with Student's t on the logit scale, of an estimate with a variance, and the jackknife's among them.

Owns the scale, the degrees of freedom of a variance between patients, and `jackknife_student`. What the estimate is,
say `validation.metrics.auroc_interval`, `average_precision` and `brier`.
Sources: Pepe 2003 (logit scale); Satterthwaite 1946 (degrees of freedom); Quenouille 1956 and Tukey 1958 (the
jackknife's bias and variance). The floor of three degrees of freedom and the allowance for patients not seen are this
suite's own; coverage is in docs/evidence.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from validation.intervals.bootstrap import NoInterval
from validation.intervals.distributions import student_quantile
from validation.intervals.effective_size import effective_patients
from validation.intervals.group_degrees import degrees_by_size
from validation.intervals.proportions import Interval

FEWEST_DEGREES = 3.0  # below, the quantile grows without telling more: 4.3 with two, 12.7 with one
NO_VARIANCE = NoInterval("no variance between patients")
MOST_BIAS = 500.0  # its exponential is still a number
UNSEEN_PATIENTS = 4  # who differ by a standard deviation; with fewer, targets are missed (docs/evidence)


def on_logit_scale(centre: float, half: float) -> Interval:
    """Return logit centre ± half, mapped back into [0, 1].

    Args:
        centre: in (0, 1).
        half: half the length on the logit scale, above 0.
    """
    # As a factor below 1 of the odds nothing can overflow.
    factor = math.exp(-half)
    return centre * factor / (centre * factor + 1 - centre), centre / (centre + (1 - centre) * factor)


def degrees_of_influence(
    squares: NDArray[np.float64], clusters: int, group_sizes: Sequence[NDArray[np.float64]] = ()
) -> float:
    """Return the effective number of patients contributing to a variance, (sum u_k^2)^2 / sum u_k^4.

    At least 3, and below the number of clusters. Where clusters are groups of patients, no more than the sizes of the
    groups allow (`degrees_by_size`), and at least 1.

    Args:
        squares: u_k^2, the square of each patient's effect on the estimate in any unit, shape (patients,).
        clusters: their number, two or more.
        group_sizes: the units of each group, for each class, where clusters are groups of patients.
    """
    # Without any effect no patient contributes.
    resting_on = float(squares.sum()) ** 2 / float((squares * squares).sum()) if squares.any() else 0.0
    degrees = min(max(resting_on, FEWEST_DEGREES), clusters - 1.0)
    return min([degrees, *map(degrees_by_size, group_sizes)])


def jackknife_student(
    value: float,
    left_out: NDArray[np.float64],
    units_of_classes: Sequence[NDArray[np.float64]],
    confidence_level: float,
    *,
    grouped: bool = False,
) -> Interval | NoInterval:
    """Return the interval of a metric in [0, 1] from its values without each patient.

    With V_k the value without patient k of K and u_k = mean V_k - V_k, the variance is v = (K - 1) / K sum u_k^2, and
    the bias of logit V is (K - 1) (mean V_k - V) / (V (1 - V)) + (2 V - 1) v / (2 V^2 (1 - V)^2), the jackknife's of V
    and that of the curve. The interval is logit V - bias ± t sqrt(v (1 + `UNSEEN_PATIENTS` / K_e)) / (V (1 - V)),
    mapped back: as many more patients have the effect of an average one. K_e is the effective number of patients of the
    class that has fewer, the degrees of freedom are `degrees_of_influence`.

    Args:
        value: V.
        left_out: V_k of the patients with a unit, shape (K,), one or more; NaN where undefined.
        units_of_classes: the units of each patient of positives, and of negatives.
        confidence_level: two-sided.
        grouped: clusters are groups of patients, of which none is unseen; their sizes limit the degrees of freedom.

    Returns:
        The interval; where there is none, the reason.
    """
    if not all(len(units_of) for units_of in units_of_classes):
        return NoInterval("not estimable: one class has no unit")
    if np.isnan(left_out).any():
        return NoInterval("undefined without one of the patients")
    if value in (0.0, 1.0) or bool((left_out == left_out[0]).all()):
        return NO_VARIANCE
    number, mean, slope = len(left_out), float(left_out.mean()), value * (1 - value)
    squares = (mean - left_out) ** 2
    variance = (number - 1) / number * float(squares.sum())
    bias = (number - 1) * (mean - value) / slope + (2 * value - 1) * variance / (2 * slope * slope)
    centre = value / (value + (1 - value) * math.exp(min(bias, MOST_BIAS)))
    if not grouped:
        variance *= 1 + UNSEEN_PATIENTS / min(map(effective_patients, units_of_classes))
    degrees = degrees_of_influence(squares, number, units_of_classes if grouped else ())
    half = student_quantile(confidence_level, degrees) * math.sqrt(variance) / slope
    low, high = on_logit_scale(centre, half)
    return min(low, value), max(high, value)
