"""The effective number of units, or of patients, where patients have several units and some were not sampled.

Owns sizes alone: Kish's number of patients, the size by design effect with its lower limit, and the variance of sizes.
Whose variance it is, and how much patients not seen differ, say `proportions` and `validation.metrics.auroc_interval`.
Sources: Kish 1965 (effective number); Rao & Scott 1992 (size divided by the design effect); the allowance for patients
not seen is this suite's own (docs/decisions/0021-patients-not-seen.md).
"""

import numpy as np
from numpy.typing import NDArray


def units_by_patient(patient: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return how many units each patient with a unit has, shape (patients,), from the patient of each unit."""
    units_of = np.bincount(patient)
    return units_of[units_of > 0].astype(np.float64)


def effective_patients(units_of: NDArray[np.float64]) -> float:
    """Return m^2 / sum m_k^2, the number of patients with equally many units that weigh as much (Kish 1965).

    Args:
        units_of: m_k, the units of each patient, shape (patients,); without patients the number is 0.
    """
    squares = float((units_of * units_of).sum())
    return float(units_of.sum()) ** 2 / squares if squares else 0.0


def effective_size(units_of: NDArray[np.float64], design_effect: float, *, unseen: float) -> float:
    """Return the effective number of independent units, max(min(m_D, m_K), m_U), at most m.

    m_D = m / design effect, at most m. m_K is `effective_patients`, as if all units of a patient were alike: the worst
    case of correlation within patients that is not negative. m_U is m_D with patients not seen in the variance, who
    have as many units as the patient of a random unit: 1 / (design effect / m + unseen sum m_k^3 / m^3), at most m_D.

    Args:
        units_of: m_k, the units of each patient, above 0, shape (patients,).
        design_effect: the variance over patients relative to that of m independent units, 0 or more.
        unseen: the number of patients not seen times the square of their deviation, in variances of one unit; above 0.
    """
    m = float(units_of.sum())
    by_variance = m / max(1.0, design_effect)
    with_unseen = 1 / (design_effect / m + unseen * float((units_of**3).sum()) / m**3)
    return max(min(by_variance, effective_patients(units_of)), min(by_variance, with_unseen))


def variance_of_sizes(units_of: NDArray[np.float64]) -> float:
    """Return the variance, over random units, of the proportion of all units that are of the same patient.

    sum m_k^3 / m^3 - (sum m_k^2 / m^2)^2; 0 where all patients have equally many units.

    Args:
        units_of: m_k, the units of each patient, shape (patients,); not all 0.
    """
    # m^4 times as much: whole numbers, so that equal sizes give exactly 0.
    m, squares, cubes = (float((units_of**power).sum()) for power in (1, 2, 3))
    return (cubes * m - squares * squares) / m**4
