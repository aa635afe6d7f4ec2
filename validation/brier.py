"""Brier score: the mean squared distance of scores from truth, 0 perfect, 1 worst.

Squared distances are held as whole multiples of 2^-30, so that their sums are exact in any order; what that
rounds away is below the sixth decimal, to which the score is given. What it is made of is `calibration`.
Source: Brier 1950.
"""

import numpy as np
from numpy.typing import NDArray

from validation.metrics import divide
from validation.outcomes import Units

RESOLUTION = 2.0**30


def squares_by_patient(ranked: Units, patients: int) -> NDArray[np.float64]:
    """Sum of squared distances (in 2^-30) and number of units of each patient of the draw, shape (patients, 2)."""
    squares = np.rint((ranked.score - ranked.truth) ** 2 * RESOLUTION)
    return np.stack(
        [
            np.bincount(ranked.patient, squares, patients),
            np.bincount(ranked.patient, minlength=patients).astype(np.float64),
        ],
        axis=1,
    )


def brier(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums whose last axis is (squared distances, units) -> score in [0, 1]; NaN without units."""
    return divide(squares[..., 0], squares[..., 1] * RESOLUTION)


def brier_jackknife(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    """The score without each patient that has a unit."""
    contributing = squares[:, 1] > 0
    return brier(squares.sum(axis=0) - squares[contributing])
