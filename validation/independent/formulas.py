"""The quantities that may decide, independently: plain Python, exact where possible, one quantity per function.

Owns formulas of counts and proportions: numbers in, a number out. Written from the contract, docs/methods and the
papers, without NumPy or SciPy and without a line of the first implementation. Metrics of scores are `scores`,
resamples and their intervals `draws`, the cohort `cohort`, rows and verdicts `estimate_rows` and `verdicts`, the
comparison with results.json `comparison`.

Sources: Clopper and Pearson 1934; Wilson 1927; Korn and Graubard 1998; Donner and Zou 2012; the incomplete beta
function by the continued fraction of DLMF 8.17.22.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import count
from statistics import NormalDist
from typing import NamedTuple

Interval = tuple[float, float]

HALVINGS = 64  # of [0, 1]: far below the resolution of a float
UNSEEN = 2  # patients who may have been missed


class Counts(NamedTuple):
    """Numbers of units of each outcome."""

    tp: int
    fp: int
    fn: int
    tn: int


# Metrics of counts: each one division of whole numbers, so that equal proportions are equal floats; None is 0/0.


def quotient(part: int, whole: int) -> float | None:
    """Divide whole numbers, 0 or more; None for 0/0."""
    return part / whole if whole else None


def sensitivity(c: Counts) -> float | None:
    """TP / (TP + FN)."""
    return quotient(c.tp, c.tp + c.fn)


def specificity(c: Counts) -> float | None:
    """TN / (TN + FP)."""
    return quotient(c.tn, c.tn + c.fp)


def f1(c: Counts) -> float | None:
    """2 TP / (2 TP + FP + FN)."""
    return quotient(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def ppv(c: Counts) -> float | None:
    """TP / (TP + FP)."""
    return quotient(c.tp, c.tp + c.fp)


def npv(c: Counts) -> float | None:
    """TN / (TN + FN)."""
    return quotient(c.tn, c.tn + c.fn)


def accuracy(c: Counts) -> float | None:
    """(TP + TN) / all."""
    return quotient(c.tp + c.tn, sum(c))


def prevalence(c: Counts) -> float | None:
    """(TP + FN) / all."""
    return quotient(c.tp + c.fn, sum(c))


def balanced_accuracy(c: Counts) -> float | None:
    """(TP / (TP + FN) + TN / (TN + FP)) / 2, over one denominator."""
    positives, negatives = c.tp + c.fn, c.tn + c.fp
    return quotient(c.tp * negatives + c.tn * positives, 2 * positives * negatives)


def lr_positive(c: Counts) -> float | None:
    """(TP / (TP + FN)) / (FP / (TN + FP)), over one denominator."""
    return quotient(c.tp * (c.tn + c.fp), c.fp * (c.tp + c.fn))


def lr_negative(c: Counts) -> float | None:
    """(FN / (TP + FN)) / (TN / (TN + FP)), over one denominator."""
    return quotient(c.fn * (c.tn + c.fp), c.tn * (c.tp + c.fn))


# Quantiles of the normal, beta and Student distributions.


def normal_cdf(z: float) -> float:
    """Compute P(Z <= z) of the standard normal distribution."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_quantile(probability: float) -> float:
    """Compute z with P(Z <= z) = ``probability`` in (0, 1): one Newton step from the standard library's value."""
    if probability > 0.5:  # the lower tail keeps its digits
        return -normal_quantile(1 - probability)
    z = NormalDist().inv_cdf(probability)
    return z - (normal_cdf(z) - probability) / NormalDist().pdf(z)


def two_sided_normal(confidence: float) -> float:
    """Compute z with probability ``confidence`` between -z and z."""
    return -normal_quantile((1 - confidence) / 2)


def beta_cdf(x: float, a: float, b: float) -> float:
    """Compute P(X <= x) of beta(a, b): the regularised incomplete beta function, a and b above 0."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - beta_cdf(1 - x, b, a)
    front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    # Convergents p / q of 1 + d1 / (1 + d2 / (1 + ...)), each divided by its q so that nothing overflows.
    p_before, p, q_before, previous = 1.0, 1.0, 0.0, 0.0
    for j in count(1):
        m = j // 2
        if j % 2 == 0:
            d = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        q = 1 + d * q_before
        p_before, p, q_before = p / q, (p + d * p_before) / q, 1 / q
        if abs(p - previous) <= 1e-16 * abs(p):
            break
        previous = p
    return math.exp(front) / (a * p)


def beta_quantile(probability: float, a: float, b: float) -> float:
    """Compute x with P(X <= x) = ``probability`` of beta(a, b), by bisection."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_cdf(middle, a, b) < probability else (low, middle)
    return (low + high) / 2


@cache
def two_sided_student(confidence: float, freedom: float) -> float:
    """Compute Student's t with probability ``confidence`` in [-t, t]; t^2 / (freedom + t^2) is a beta variable."""
    y = beta_quantile(confidence, 0.5, freedom / 2)
    return math.sqrt(freedom * y / (1 - y))


# Proportions: x and n are lists of successes and of units, one entry per patient with n > 0.


def clopper_pearson(x: float, n: float, confidence: float) -> Interval:
    """Compute the exact binomial interval of x of n, which may be fractional."""
    tail = (1 - confidence) / 2
    low = beta_quantile(tail, x, n - x + 1) if x > 0 else 0.0
    high = beta_quantile(1 - tail, x + 1, n - x) if x < n else 1.0
    return low, high


def wilson(p: float, n: float, confidence: float) -> Interval:
    """Compute the score interval of a proportion p of n."""
    z = two_sided_normal(confidence)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def design_effect(x: Sequence[int], n: Sequence[int], grouped: bool = False) -> Fraction | None:
    """Compute K / (K - 1) * sum (x_k - p n_k)^2 / (sum n_k)^2, over p (1 - p) / sum n_k.

    None for one patient, and without errors or without successes. It is 1 where every patient has one unit, and the
    divisor where they have one after the division of `effective_size`: there n_eff is the number of patients. Of groups
    of patients nothing is divided out.
    """
    patients, successes, units = len(n), sum(x), sum(n)
    if patients < 2 or successes in (0, units):
        return None
    divisor = 1 if grouped else math.gcd(*x, *n)
    if max(n) == divisor:
        return Fraction(divisor)
    squares = sum(residual**2 for residual in _residuals(x, n))
    return Fraction(patients * squares, (patients - 1) * units * successes * (units - successes))


def effective_size(
    x: Sequence[int], n: Sequence[int], confidence: float, grouped: bool = False
) -> float | None:
    """Compute the effective sample size n_eff; None for a single patient.

    With a = min(n, n / design effect), s = (sum n_k)^2 / sum n_k^2 and u = p (1 - p) / (v + 2 max(p, 1 - p)^2
    sum n_k^3 / n^3), where v is the estimated variance, it is max(min(a, s), min(a, u)) (z / t)^2 with s - 1 degrees of
    freedom; s alone without a variance. Of groups of patients it is a (z / t)^2, with the smaller of d and
    `degrees_of_sizes`.
    """
    divisor = 1 if grouped else math.gcd(*x, *n)  # so that duplicates of every image count once
    x, n = [x_k // divisor for x_k in x], [n_k // divisor for n_k in n]
    patients, units = len(n), sum(n)
    if patients < 2:
        return None
    if max(n) == 1:
        return float(patients)
    worst = units**2 / sum(n_k**2 for n_k in n)
    effect = design_effect(x, n, grouped)
    if effect is None or (grouped and effect == 0):
        return worst
    if grouped:
        own = effective_patients(x, n, grouped)
        degrees = max(1.0, min(own or 1.0, degrees_of_sizes(n)))
        shrinking = two_sided_normal(confidence) / two_sided_student(confidence, degrees)
        return min(units / float(effect), units) * shrinking**2
    shrinking = two_sided_normal(confidence) / two_sided_student(confidence, max(1.0, worst - 1))
    estimate = units / max(float(effect), 1.0)
    p = Fraction(sum(x), units)
    unseen = UNSEEN * max(p, 1 - p) ** 2 * Fraction(sum(n_k**3 for n_k in n), units**3)
    with_unseen = float(p * (1 - p) / (effect * p * (1 - p) / units + unseen))
    return max(min(estimate, worst), min(estimate, with_unseen)) * shrinking**2


def effective_patients(x: Sequence[int], n: Sequence[int], grouped: bool = False) -> float | None:
    """Compute (sum r_k^2)^2 / sum r_k^4, the effective number of patients contributing to the variance.

    0 without a variance, and None where every patient has one unit, so that it is not needed.
    """
    if len(n) > 1 and max(n) == (1 if grouped else math.gcd(*x, *n)):
        return None
    squares = [residual**2 for residual in _residuals(x, n)] if len(n) > 1 else []
    return float(Fraction(sum(squares) ** 2, sum(square**2 for square in squares))) if any(squares) else 0.0


def korn_graubard(
    x: Sequence[int], n: Sequence[int], confidence: float, grouped: bool = False
) -> Interval | None:
    """Compute Clopper-Pearson on min(n, n / design effect (t_{n-1} / t_{K-1})^2); None without a variance."""
    effect, units = design_effect(x, n, grouped), sum(n)
    if not effect:
        return None
    of_units, of_patients = (two_sided_student(confidence, size - 1) for size in (units, len(n)))
    size = min(float(units), units / float(effect) * (of_units / of_patients) ** 2)
    return clopper_pearson(size * sum(x) / units, size, confidence)


def degrees_of_sizes(n: Sequence[int]) -> float:
    """Compute (sum of eigenvalues)^2 / sum of their squares of the residuals' covariance, as if groups were uniform.

    The residuals x_k - n_k sum x / sum n have the covariance (I - h 1') D (I - 1 h') with h_k = n_k / sum n and D the
    diagonal of n_k^2: the trace of it and of its square, element by element and exactly.
    """
    if len(n) == 1:
        return 1.0
    total, rows = sum(n), range(len(n))
    squares = sum(size**2 for size in n)
    # Each element times (sum n)^2.
    covariance = [
        [
            (total**2 * n[i] ** 2 if i == j else 0)
            - total * n[i] * n[j] * (n[i] + n[j])
            + squares * n[i] * n[j]
            for j in rows
        ]
        for i in rows
    ]
    trace = sum(covariance[i][i] for i in rows)
    of_square = sum(element**2 for row in covariance for element in row)
    return max(1.0, float(Fraction(trace**2, of_square)))


def _residuals(x: Sequence[int], n: Sequence[int]) -> list[int]:
    """Return x_k - p n_k, times sum n_k: whole numbers, so that equal proportions give exactly 0."""
    successes, units = sum(x), sum(n)
    return [units * x_k - successes * n_k for x_k, n_k in zip(x, n, strict=True)]


def exact_clustered(x: Sequence[int], n: Sequence[int], confidence: float, grouped: bool = False) -> Interval:
    """Compute Clopper-Pearson on the effective size; [0, 1] for a single patient."""
    size = effective_size(x, n, confidence, grouped)
    return (0.0, 1.0) if size is None else clopper_pearson(size * sum(x) / sum(n), size, confidence)


def wilson_effective(
    x: Sequence[int], n: Sequence[int], confidence: float, grouped: bool = False
) -> Interval | None:
    """Compute Wilson on the effective size; None for a single patient."""
    size = effective_size(x, n, confidence, grouped)
    return None if size is None else wilson(sum(x) / sum(n), size, confidence)


def f1_of_jaccard(j: float) -> float:
    """Compute F1 = 2J / (1 + J), where J = TP / (TP + FP + FN)."""
    return 2 * j / (1 + j)


# Ratios and means of sensitivity and specificity, from their intervals and their correlation (MOVER).


def correlation(x: Sequence[int], n: Sequence[int], y: Sequence[int], m: Sequence[int]) -> float:
    """Correlate two proportions over the same patients, in [-1, 1], by the influence of each patient on both.

    0 where no patient contributes to both and where one of them does not vary.
    """
    u, v = _residuals(x, n), _residuals(y, m)
    together = sum(a * b for a, b in zip(u, v, strict=True))
    squares = Fraction(sum(a * a for a in u) * sum(b * b for b in v))
    if not squares:
        return 0.0
    return math.copysign(math.sqrt(Fraction(together) ** 2 / squares), together)


def mover_mean(first: float, second: float, of_first: Interval, of_second: Interval, r: float) -> Interval:
    """Compute the interval of (first + second) / 2 from theirs and the correlation r of the two."""

    def reach(a: float, b: float) -> float:
        return math.sqrt(max((a + b) ** 2 - 2 * (1 - r) * a * b, 0))

    below = reach(first - of_first[0], second - of_second[0])
    above = reach(of_first[1] - first, of_second[1] - second)
    return max((first + second - below) / 2, 0.0), min((first + second + above) / 2, 1.0)


def mover_ratio(
    top: float, bottom: float, of_top: Interval, of_bottom: Interval, r: float
) -> Interval | None:
    """Compute the interval of top / bottom from theirs and the correlation r of the two.

    The bounds are the ratios R at which the MOVER interval of top - R bottom begins or ends at 0: roots of
    a R^2 - 2 b R + c. None where the lower bound of the bottom is 0 to nine decimals: the upper bound is infinite.
    """
    if round(of_bottom[0], 9) == 0:
        return None
    a = of_bottom[1] * (2 * bottom - of_bottom[1])  # bottom^2 less the square of its distance from the bound
    b = top * bottom - r * (top - of_top[0]) * (of_bottom[1] - bottom)
    c = of_top[0] * (2 * top - of_top[0])
    # The smaller root, (b - root) / a, with both multiplied by b + root: a may be 0.
    conjugate = b + math.sqrt(max(b**2 - a * c, 0))
    low = c / conjugate if conjugate > 0 else 0.0
    a = of_bottom[0] * (2 * bottom - of_bottom[0])
    b = top * bottom - r * (of_top[1] - top) * (bottom - of_bottom[0])
    c = of_top[1] * (2 * top - of_top[1])
    root = math.sqrt(max(b**2 - a * c, 0))
    return low, (b + root) / a if b >= 0 else c / (b - root)
