"""Logistic recalibration: logit P(positive) = a + b logit(score), by maximum likelihood.

Owns the two fits, with b fixed at 1 (calibration in the large) and with b free, their patient-clustered variance, and
the conditions of their existence. Other measures of calibration are `calibration`.
Sums are correctly rounded and every step is elementwise, so that six decimals are the same on any machine.
Sources: Cox 1958 (recalibration); Liang & Zeger 1986 (sandwich variance of clusters); Albert & Anderson 1984
(when the fit exists); Sun & Tran-Dinh 2019 (the damped Newton step).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from validation.intervals.linearisation import patient_sums, student_interval, total
from validation.results.secondary import Measured

CLOSE = 1e-7  # a Newton step this small leaves an error of the order of its square, 1e-14
MOST_STEPS = 100
LONGEST = 20.0  # change of the linear predictor in one step
FARTHEST = 300.0  # largest absolute linear predictor: beyond it the weight of a unit is lost in rounding
STEEPEST = 1e4  # a steeper line is not determined to six decimals


@dataclass(frozen=True, slots=True)
class LogitUnits:
    """Units of a recalibration, shape (units,), in an order that does not depend on that of the rows.

    ``patient`` contains every index from 0 to ``patients`` - 1; ``truth`` is 1 or 0.
    """

    patient: NDArray[np.intp]
    patients: int
    truth: NDArray[np.float64]
    logit: NDArray[np.float64]

    @property
    def missing_class(self) -> str | None:
        """The note that a class is missing; None where both are present."""
        positives = int(self.truth.sum())
        if positives == 0:
            return "not estimable: 0 positives"
        return "not estimable: 0 negatives" if positives == len(self.truth) else None


@dataclass(frozen=True, slots=True)
class Line:
    """Intercept and slope of the recalibration; 0 and 1 where scores are calibrated probabilities."""

    intercept: Measured
    slope: Measured


def in_the_large(units: LogitUnits, confidence_level: float) -> Measured:
    """Fit the intercept with slope 1: above 0 the scores are too low on the logit scale, below 0 too high.

    None without one of the classes.
    """
    if units.missing_class:
        return Measured(None, None, units.missing_class)
    shift, step = 0.0, math.inf
    while abs(step) > CLOSE:
        predictor = shift + units.logit
        residual, information = _residual(units.truth, predictor), total(_weight(predictor))
        step = total(residual) / information
        shift += _damping(abs(step)) * step
    influence = patient_sums(residual, units.patient, units.patients) / information
    return student_interval(shift, influence, confidence_level)


def line(units: LogitUnits, confidence_level: float) -> Line:
    """Fit the recalibration with both coefficients free.

    None without one of the classes, where every score is the same, where the scores separate the classes (completely
    or quasi-completely: the slope is then infinite), and where they nearly do.
    """
    reason = units.missing_class or _separation(units)
    fitted = None if reason else _fit(units)
    if fitted is None:
        nothing = Measured(None, None, reason or "not estimable: the line is too steep")
        return Line(nothing, nothing)
    of_intercept, of_slope = (
        patient_sums(influence, units.patient, units.patients)
        for influence in (fitted.intercept_influence, fitted.slope_influence)
    )
    return Line(
        student_interval(fitted.intercept, of_intercept, confidence_level),
        student_interval(fitted.slope, of_slope, confidence_level),
    )


@dataclass(frozen=True, slots=True)
class _Fitted:
    intercept: float
    slope: float
    intercept_influence: NDArray[np.float64]
    slope_influence: NDArray[np.float64]


def _fit(units: LogitUnits) -> _Fitted | None:
    """Fit by Newton's method, each step about the weighted mean, where the two coefficients are orthogonal.

    None where the line becomes too steep to be determined.
    """
    origin = total(units.logit) / len(units.logit)
    x = units.logit - origin
    height, slope = float(logit(units.truth.sum() / len(units.truth))), 0.0
    for _ in range(MOST_STEPS):
        predictor = height + slope * x
        if abs(slope) > STEEPEST or np.abs(predictor).max() > FARTHEST:
            return None
        residual, weight = _residual(units.truth, predictor), _weight(predictor)
        information = total(weight)
        mean = total(weight * x) / information
        from_mean = x - mean
        slope_information = total(weight * from_mean * from_mean)
        height_step = total(residual) / information
        slope_step = total(residual * from_mean) / slope_information
        change = height_step + slope_step * from_mean
        size = _step_size(units.truth, predictor, change)
        height += size * (height_step - slope_step * mean)
        slope += size * slope_step
        if np.abs(change).max() <= CLOSE:
            of_slope = residual * from_mean / slope_information
            of_intercept = residual / information - (origin + mean) * of_slope
            return _Fitted(height - slope * origin, slope, of_intercept, of_slope)
    return None


def _damping(change: float) -> float:
    """Return a step size that certainly raises the likelihood, by the largest change of the predictor."""
    return math.log1p(change) / change if change > 0 else 1.0


def _step_size(
    truth: NDArray[np.float64], predictor: NDArray[np.float64], change: NDArray[np.float64]
) -> float:
    """Return the step size: full, up to `LONGEST`, where that raises the likelihood, else damped."""
    largest = float(np.abs(change).max())
    full = LONGEST / max(largest, LONGEST)
    rises = _log_likelihood(truth, predictor + full * change) >= _log_likelihood(truth, predictor)
    return full if rises else _damping(largest)


def _log_likelihood(truth: NDArray[np.float64], predictor: NDArray[np.float64]) -> float:
    return -total(np.logaddexp(0.0, (1 - 2 * truth) * predictor))


def _residual(truth: NDArray[np.float64], predictor: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute truth less probability, without loss of digits where the probability is near 0 or 1."""
    sign = 2 * truth - 1
    residual: NDArray[np.float64] = sign * expit(-sign * predictor)
    return residual


def _weight(predictor: NDArray[np.float64]) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = expit(predictor) * expit(-predictor)
    return weight


def _separation(units: LogitUnits) -> str | None:
    """Return why no finite maximum-likelihood fit exists, in words; None where one does."""
    positive, negative = units.logit[units.truth == 1], units.logit[units.truth == 0]
    if units.logit.min() == units.logit.max():
        return "not estimable: every score is the same"
    if positive.min() >= negative.max() or negative.min() >= positive.max():
        return "not estimable: the scores separate the classes"
    return None
