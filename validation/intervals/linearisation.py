"""Confidence interval of an estimate from the influence of each patient: linearised variance and Student's t.

Owns the step from influences to an interval, for a mean, a ratio or the root of an estimating equation; the
influences are computed with the estimate. Closed-form intervals of proportions are `proportions`.
Sources: Binder 1983 (linearised variance of estimates defined by equations); Liang & Zeger 1986 (clusters).
"""

import math

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import FITTED_PLACES, rounded
from validation.intervals.distributions import student_quantile
from validation.results.secondary import Measured


def total(values: NDArray[np.float64]) -> float:
    """Return the correctly rounded sum, which does not depend on the order."""
    return math.fsum(values.tolist())


def patient_sums(
    values: NDArray[np.float64], patient: NDArray[np.intp], patients: int
) -> NDArray[np.float64]:
    """Sum the units of each patient 0 to ``patients`` - 1, in the order of the units, shape (patients,)."""
    return np.bincount(patient, values, patients).astype(np.float64)


def student_interval(value: float, influence: NDArray[np.float64], confidence_level: float) -> Measured:
    """Compute value ± t sqrt(K/(K-1) sum u_k^2), with K - 1 degrees of freedom, rounded to 6 decimals.

    Args:
        value: the estimate.
        influence: u_k, the first-order change of the estimate by patient k, shape (patients,); they sum to 0.
        confidence_level: two-sided.

    Returns:
        The interval is None, with a note, for a single patient and where it would have zero width.
    """
    patients = len(influence)
    if patients == 1:
        return Measured(rounded(value, FITTED_PLACES), None, "one patient alone")
    variance = patients / (patients - 1) * total(influence * influence)
    half = student_quantile(confidence_level, patients - 1) * math.sqrt(variance)
    low, high = rounded(value - half, FITTED_PLACES), rounded(value + half, FITTED_PLACES)
    if low == high:
        return Measured(rounded(value, FITTED_PLACES), None, "no variance between patients")
    return Measured(rounded(value, FITTED_PLACES), (low, high))
