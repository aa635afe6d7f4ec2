"""Quantiles of Student's t and tail probabilities of F, equal to the ninth decimal with every allowed SciPy version.

Owns their expression by the incomplete beta function. SciPy's own `stdtrit` and `fdtrc` differ between its versions
by 8e-11 and 1e-13, which bounds of likelihood ratios magnify beyond the rounding of results; its incomplete beta
function and the inverse agree within 1e-15 (docs/evidence/machines.md).
Source: Johnson, Kotz & Balakrishnan 1995, chapters 27 and 28: t^2 / (d + t^2) has a beta distribution.
"""

import math

from scipy.special import betainc, betaincinv


def student_quantile(confidence_level: float, degrees_of_freedom: float) -> float:
    """Compute the two-sided quantile of Student's t, 12.706205 at 0.95 with one degree of freedom.

    Degrees of freedom may be fractional.
    """
    half = degrees_of_freedom / 2
    beta = float(betaincinv(0.5, half, confidence_level))
    # Not 1 - beta, which would lose significant digits with few degrees of freedom.
    rest = float(betaincinv(half, 0.5, 1 - confidence_level))
    return math.sqrt(degrees_of_freedom * beta / rest)


def f_tail(statistic: float, numerator_degrees: float, denominator_degrees: float) -> float:
    """Compute P(F >= statistic), the upper tail probability of the F distribution; ``statistic`` is 0 or more."""
    rest = denominator_degrees / (denominator_degrees + numerator_degrees * statistic)
    return float(betainc(denominator_degrees / 2, numerator_degrees / 2, rest))
