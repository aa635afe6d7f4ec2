"""The quantities that may decide, a second time: plain Python, exact where it can be, one quantity a function.

Owns formulas of counts and shares: numbers in, a number out. Written from the contract, docs/methods and the
papers, without NumPy or SciPy and without a line of the first implementation. What needs scores is
`scores`, draws and the intervals from them are `draws`, which images are counted is
`cohort`, rows and verdicts are `rows` and `study`, the comparison with
results.json is `comparison`.

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

HALVINGS = 64  # of [0, 1]: far below what a float can tell apart
PATIENTS_TO_BELIEVE = 20  # on so many must a variance rest


class Counts(NamedTuple):
    """How many units came out how."""

    tp: int
    fp: int
    fn: int
    tn: int


# Metrics of counts: each one division of whole numbers, so that equal shares are equal floats; None is 0/0.


def share_of(part: int, whole: int) -> float | None:
    """A quotient of whole numbers, 0 or more; None for no whole."""
    return part / whole if whole else None


def sensitivity(c: Counts) -> float | None:
    """TP / (TP + FN)."""
    return share_of(c.tp, c.tp + c.fn)


def specificity(c: Counts) -> float | None:
    """TN / (TN + FP)."""
    return share_of(c.tn, c.tn + c.fp)


def f1(c: Counts) -> float | None:
    """2 TP / (2 TP + FP + FN)."""
    return share_of(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def ppv(c: Counts) -> float | None:
    """TP / (TP + FP)."""
    return share_of(c.tp, c.tp + c.fp)


def npv(c: Counts) -> float | None:
    """TN / (TN + FN)."""
    return share_of(c.tn, c.tn + c.fn)


def accuracy(c: Counts) -> float | None:
    """(TP + TN) / all."""
    return share_of(c.tp + c.tn, sum(c))


def prevalence(c: Counts) -> float | None:
    """(TP + FN) / all."""
    return share_of(c.tp + c.fn, sum(c))


def balanced_accuracy(c: Counts) -> float | None:
    """(TP / (TP + FN) + TN / (TN + FP)) / 2, over one denominator."""
    positives, negatives = c.tp + c.fn, c.tn + c.fp
    return share_of(c.tp * negatives + c.tn * positives, 2 * positives * negatives)


def lr_positive(c: Counts) -> float | None:
    """(TP / (TP + FN)) / (FP / (TN + FP)), over one denominator."""
    return share_of(c.tp * (c.tn + c.fp), c.fp * (c.tp + c.fn))


def lr_negative(c: Counts) -> float | None:
    """(FN / (TP + FN)) / (TN / (TN + FP)), over one denominator."""
    return share_of(c.fn * (c.tn + c.fp), c.tn * (c.tp + c.fn))


# Quantiles of the normal, beta and Student distributions.


def normal_share(z: float) -> float:
    """Share of a standard normal below z."""
    return math.erfc(-z / math.sqrt(2)) / 2


def normal_quantile(share: float) -> float:
    """z with this share, above 0 and below 1, below it: one Newton step from the standard library's approximation."""
    if share > 0.5:  # the lower tail keeps its digits
        return -normal_quantile(1 - share)
    z = NormalDist().inv_cdf(share)
    return z - (normal_share(z) - share) / NormalDist().pdf(z)


def two_sided_normal(confidence: float) -> float:
    """z with ``confidence`` between -z and z."""
    return -normal_quantile((1 - confidence) / 2)


def beta_share(x: float, a: float, b: float) -> float:
    """Share of a beta(a, b) below x: the regularised incomplete beta function, a and b above 0."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1 - beta_share(1 - x, b, a)
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


def beta_quantile(share: float, a: float, b: float) -> float:
    """x with this share of a beta(a, b) below it, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if beta_share(middle, a, b) < share else (low, middle)
    return (low + high) / 2


@cache
def two_sided_student(confidence: float, freedom: float) -> float:
    """t with ``confidence`` of Student's distribution between -t and t: t^2 / (freedom + t^2) is a beta variable."""
    y = beta_quantile(confidence, 0.5, freedom / 2)
    return math.sqrt(freedom * y / (1 - y))


# Proportions: x and n are lists, one entry a patient with n > 0, of successes and of units.


def clopper_pearson(x: float, n: float, confidence: float) -> Interval:
    """Exact binomial interval of x of n, neither need be whole."""
    tail = (1 - confidence) / 2
    low = beta_quantile(tail, x, n - x + 1) if x > 0 else 0.0
    high = beta_quantile(1 - tail, x + 1, n - x) if x < n else 1.0
    return low, high


def wilson(share: float, n: float, confidence: float) -> Interval:
    """Score interval of a share of n."""
    z = two_sided_normal(confidence)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def design_effect(x: Sequence[int], n: Sequence[int]) -> Fraction | None:
    """K / (K - 1) * sum (x_k - p n_k)^2 / (sum n_k)^2, over p (1 - p) / sum n_k.

    None for one patient, and without errors or without successes. It is 1 where every patient has one unit, and the
    divisor where they have one after the division of `effective_size`: there n_eff is the number of patients.
    """
    patients, successes, units = len(n), sum(x), sum(n)
    if patients < 2 or successes in (0, units):
        return None
    divisor = math.gcd(*x, *n)
    if max(n) == divisor:
        return Fraction(divisor)
    squares = sum(residual**2 for residual in _residuals(x, n))
    return Fraction(patients * squares, (patients - 1) * units * successes * (units - successes))


def effective_size(x: Sequence[int], n: Sequence[int], confidence: float) -> float | None:
    """How many independent units these are worth, n_eff; None for one patient alone.

    a = min(n, n / design effect) (z / t)^2 is what the data say, b = min(a, (sum n_k)^2 / sum n_k^2) the worst case, in
    which all units of a patient are alike. a is believed as far as the variance rests on 20 patients: with
    d = (sum r_k^2)^2 / sum r_k^4 and w = min(1, d / 20) it is a^w b^(1 - w).
    """
    divisor = math.gcd(*x, *n)  # so that images that are all there several times count once
    x, n = [x_k // divisor for x_k in x], [n_k // divisor for n_k in n]
    patients, units = len(n), sum(n)
    if patients < 2:
        return None
    if max(n) == 1:
        return float(patients)
    alike = units**2 / sum(n_k**2 for n_k in n)
    effect = design_effect(x, n)
    if effect is None:
        return alike
    ratio = two_sided_normal(confidence) / two_sided_student(confidence, patients - 1)
    said = (units / float(effect) if effect > 1 else units) * ratio**2
    believed = min(1.0, (effective_patients(x, n) or 0.0) / PATIENTS_TO_BELIEVE)
    return math.exp(believed * math.log(said) + (1 - believed) * math.log(min(said, alike)))


def effective_patients(x: Sequence[int], n: Sequence[int]) -> float | None:
    """(sum r_k^2)^2 / sum r_k^4, on how many patients the variance rests.

    0 without a variance, and None where every patient has one unit, so that none is needed.
    """
    if len(n) > 1 and max(n) == math.gcd(*x, *n):
        return None
    squares = [residual**2 for residual in _residuals(x, n)] if len(n) > 1 else []
    return float(Fraction(sum(squares) ** 2, sum(square**2 for square in squares))) if any(squares) else 0.0


def korn_graubard(x: Sequence[int], n: Sequence[int], confidence: float) -> Interval | None:
    """Clopper-Pearson on min(n, n / design effect (t_{n-1} / t_{K-1})^2); None without a variance."""
    effect, units = design_effect(x, n), sum(n)
    if not effect:
        return None
    of_units, of_patients = (two_sided_student(confidence, size - 1) for size in (units, len(n)))
    size = min(float(units), units / float(effect) * (of_units / of_patients) ** 2)
    return clopper_pearson(size * sum(x) / units, size, confidence)


def _residuals(x: Sequence[int], n: Sequence[int]) -> list[int]:
    """x_k - p n_k, times sum n_k: whole numbers, so that equal shares leave exactly nothing."""
    successes, units = sum(x), sum(n)
    return [units * x_k - successes * n_k for x_k, n_k in zip(x, n, strict=True)]


def exact_clustered(x: Sequence[int], n: Sequence[int], confidence: float) -> Interval:
    """Clopper-Pearson on the effective size; [0, 1] for one patient alone."""
    size = effective_size(x, n, confidence)
    return (0.0, 1.0) if size is None else clopper_pearson(size * sum(x) / sum(n), size, confidence)


def wilson_effective(x: Sequence[int], n: Sequence[int], confidence: float) -> Interval | None:
    """Wilson on the effective size; None for one patient alone."""
    size = effective_size(x, n, confidence)
    return None if size is None else wilson(sum(x) / sum(n), size, confidence)


def f1_of_jaccard(j: float) -> float:
    """F1 = 2J / (1 + J), where J = TP / (TP + FP + FN)."""
    return 2 * j / (1 + j)


# Ratios and means of sensitivity and specificity, from their intervals (MOVER).


def mover_mean(first: float, second: float, of_first: Interval, of_second: Interval) -> Interval:
    """Interval of (first + second) / 2, from theirs, as of two independent estimates."""
    below = math.hypot(first - of_first[0], second - of_second[0])
    above = math.hypot(of_first[1] - first, of_second[1] - second)
    return (first + second - below) / 2, (first + second + above) / 2


def mover_ratio(top: float, bottom: float, of_top: Interval, of_bottom: Interval) -> Interval | None:
    """Interval of top / bottom, from theirs, as of two independent estimates.

    None where the lower bound of the bottom is 0 to nine decimals: the upper bound is then not finite.
    """
    product = top * bottom
    low_top, high_bottom = of_top[0] * (2 * top - of_top[0]), of_bottom[1] * (2 * bottom - of_bottom[1])
    high_top, low_bottom = of_top[1] * (2 * top - of_top[1]), of_bottom[0] * (2 * bottom - of_bottom[0])
    if round(of_bottom[0], 9) == 0:
        return None
    # Donner and Zou's lower bound, (product - root) / high_bottom, with both multiplied by product + root:
    # high_bottom may be 0.
    low = low_top / (product + math.sqrt(max(product**2 - low_top * high_bottom, 0))) if low_top else 0.0
    return low, (product + math.sqrt(max(product**2 - high_top * low_bottom, 0))) / low_bottom
