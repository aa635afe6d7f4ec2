"""From logit to probability: a slope and an intercept fitted on the tuning split, so that a score is a probability.

Owns the fit and its refusals; the document is `protocols.model_folder`'s. A class-weighted loss trains the
network as if both classes were equally frequent, and long training makes it overconfident.
Sources: Platt 1999 (both parameters, and targets that stay inside 0 and 1); Guo et al. 2017, arXiv 1706.04599
(temperature: the slope alone). Newton's method after Lin, Lin and Weng 2007, with sums in place of BLAS.
"""

import numpy as np
from numpy.typing import NDArray

from protocols.model_folder import CalibrationMethod, ScoreCalibration
from protocols.storage.canonical import FITTED_PLACES, rounded

MOST_STEPS = 100
SMALLEST_STEP = 1e-10
SMALLEST_PART_OF_A_STEP = 2.0**-40
SMALLEST_CURVATURE = 1e-12


def fit(
    method: CalibrationMethod, logits: NDArray[np.float64], labels: NDArray[np.int64]
) -> ScoreCalibration:
    """Fit slope and intercept by Newton's method to Platt's smoothed targets.

    Args:
        method: ``none``; ``temperature``, the slope alone (1 / temperature); ``platt``, both.
        logits: finite, of shape (images,).
        labels: 1 or 0, with at least one of each.

    Returns:
        The calibration with 6 decimals, as it is written. Where the logits do not rise with the labels nothing is
        calibrated and the reason is given: the order of the scores is never reversed in silence.
    """
    slope, intercept, reason = 1.0, 0.0, None
    if method != "none" and logits.min() == logits.max():
        reason = "every tuning image has the same score, so no slope can be fitted"
    elif method != "none":
        fitted = _newton(logits, smoothed(labels), both=method == "platt")
        slope, intercept = (rounded(value, FITTED_PLACES) for value in fitted)
        if slope <= 0:
            reason = f"the fitted slope is {slope:g}: a higher score does not go with the finding on the tuning split"
            slope, intercept = 1.0, 0.0
    return ScoreCalibration(
        method="none" if reason else method,
        slope=slope,
        intercept=intercept,
        images=len(labels),
        log_loss_before=rounded(log_loss(logits, labels), FITTED_PLACES),
        log_loss_after=rounded(log_loss(slope * logits + intercept, labels), FITTED_PLACES),
        reason=reason,
    )


def probabilities(calibration: ScoreCalibration, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probabilities of logits in [0, 1], in float64; NaN stays NaN."""
    return sigmoid(calibration.slope * logits + calibration.intercept)


def smoothed(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return Platt's targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2); separated classes then keep a finite slope."""
    positives = int(labels.sum())
    negatives = len(labels) - positives
    return np.where(labels == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))


def log_loss(logits: NDArray[np.float64], targets: NDArray[np.int64] | NDArray[np.float64]) -> float:
    """Return the mean cross-entropy of targets in [0, 1], from logits so that no probability underflows."""
    return float(np.mean(np.logaddexp(0.0, logits) - targets * logits))


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-logit)) in float64; only negative magnitudes are exponentiated, so none overflows."""
    small = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1.0, small) / (1.0 + small)


def _newton(logits: NDArray[np.float64], targets: NDArray[np.float64], *, both: bool) -> tuple[float, float]:
    """Minimise the convex cross-entropy; a step that does not lower it is halved until it does."""
    scale = float(np.abs(logits).max())  # the same fit whatever the unit of the logits
    x = logits / scale
    slope, intercept = 0.0, 0.0
    loss = log_loss(slope * x + intercept, targets)
    for _ in range(MOST_STEPS):
        p = sigmoid(slope * x + intercept)
        error, weight = p - targets, p * (1.0 - p)
        step = _step(x, error, weight, both=both)
        part = 1.0
        while part > SMALLEST_PART_OF_A_STEP:
            nearer = slope - part * step[0], intercept - part * step[1]
            loss_there = log_loss(nearer[0] * x + nearer[1], targets)
            if loss_there <= loss:
                break
            part /= 2
        else:
            break  # no way down is left: the loss is flat to the last bit
        (slope, intercept), loss = nearer, loss_there
        if max(abs(part * step[0]), abs(part * step[1])) < SMALLEST_STEP:
            break
    return slope / scale, intercept


def _step(
    x: NDArray[np.float64], error: NDArray[np.float64], weight: NDArray[np.float64], *, both: bool
) -> tuple[float, float]:
    """Return the Newton step, inverse Hessian times gradient, in closed form for one or two parameters."""
    slope_1 = float(np.sum(error * x))
    slope_2 = float(np.sum(weight * x * x)) + SMALLEST_CURVATURE
    if not both:
        return slope_1 / slope_2, 0.0
    intercept_1 = float(np.sum(error))
    intercept_2 = float(np.sum(weight)) + SMALLEST_CURVATURE
    across = float(np.sum(weight * x))
    determinant = slope_2 * intercept_2 - across * across
    return (
        (intercept_2 * slope_1 - across * intercept_1) / determinant,
        (slope_2 * intercept_1 - across * slope_1) / determinant,
    )
