"""Every metric as a pure function of a confusion matrix; 0/0 is NaN, which the results call undefined.

Owns definitions alone. Intervals are `proportions` and `bootstrap`; AUROC, which needs scores, is `auroc`.
All functions broadcast over arrays of counts, so that an estimate, its bootstrap replicates and its
jackknife are one expression. Source: FDA 2007, Statistical Guidance on Reporting Results from Studies
Evaluating Diagnostic Tests; van Rijsbergen 1979 for F1.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
LOWER_IS_BETTER = ("lr_negative", "brier")


class Confusion(NamedTuple):
    """Counts of true positives, false positives, false negatives and true negatives, any one shape."""

    tp: Numbers
    fp: Numbers
    fn: Numbers
    tn: Numbers


def confusion(counts: NDArray[np.float64] | NDArray[np.int64]) -> Confusion:
    """Counts whose last axis is (TP, FP, FN, TN) -> `Confusion` of float64."""
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    return Confusion(tp, fp, fn, tn)


def divide(numerator: Numbers, denominator: Numbers) -> Numbers:
    """Elementwise quotient; NaN where the denominator is 0."""
    quotient: Numbers = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) != 0)
    return quotient


def sensitivity(c: Confusion) -> Numbers:
    """Share of positives that are called positive, in [0, 1]; NaN without positives. Also recall."""
    return divide(c.tp, c.tp + c.fn)


def specificity(c: Confusion) -> Numbers:
    """Share of negatives that are called negative, in [0, 1]; NaN without negatives."""
    return divide(c.tn, c.tn + c.fp)


def f1(c: Confusion) -> Numbers:
    """2TP / (2TP + FP + FN), in [0, 1]; NaN when nothing is positive and nothing is called so.

    Depends on prevalence: compare it only between cohorts of the same prevalence.
    """
    return divide(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def ppv(c: Confusion) -> Numbers:
    """Share of positive calls that are right, in [0, 1]; NaN without positive calls. Also precision."""
    return divide(c.tp, c.tp + c.fp)


def npv(c: Confusion) -> Numbers:
    """Share of negative calls that are right, in [0, 1]; NaN without negative calls."""
    return divide(c.tn, c.tn + c.fn)


def accuracy(c: Confusion) -> Numbers:
    """Share of calls that are right, in [0, 1]; NaN without units."""
    return divide(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)


def balanced_accuracy(c: Confusion) -> Numbers:
    """Mean of sensitivity and specificity, in [0, 1]; NaN when either is."""
    # One division of whole numbers, so that draws with equal values are equal in bits: BCa counts them.
    positives, negatives = c.tp + c.fn, c.fp + c.tn
    return divide(c.tp * negatives + c.tn * positives, 2 * positives * negatives)


def lr_positive(c: Confusion) -> Numbers:
    """Sensitivity / (1 - specificity), 0 or more; NaN without false positives or without positives."""
    return divide(c.tp * (c.fp + c.tn), c.fp * (c.tp + c.fn))


def lr_negative(c: Confusion) -> Numbers:
    """(1 - sensitivity) / specificity, 0 or more; NaN without true negatives or without positives."""
    return divide(c.fn * (c.fp + c.tn), c.tn * (c.tp + c.fn))


def prevalence(c: Confusion) -> Numbers:
    """Share of units that are positive, in [0, 1]; NaN without units."""
    return divide(c.tp + c.fn, c.tp + c.fp + c.fn + c.tn)


class Fraction(NamedTuple):
    """The counts whose quotient a metric is, or is a function of."""

    numerator: Numbers
    denominator: Numbers


@dataclass(frozen=True, slots=True)
class CountMetric:
    """A metric of the confusion matrix and what its intervals need to know.

    ``fraction`` is given where the metric is x/n, and for F1 as the Jaccard index J = TP/(TP+FP+FN), of which
    F1 = 2J/(1+J) is ``of_fraction``; it rises, so that it maps the bounds of an interval. ``needs_positives`` and
    ``needs_negatives`` say which classes the metric uses.
    """

    name: str
    value: Callable[[Confusion], Numbers]
    fraction: Callable[[Confusion], Fraction] | None
    of_fraction: Callable[[float], float] = float
    needs_positives: bool = True
    needs_negatives: bool = True

    def mapped(self, interval: tuple[float, float]) -> tuple[float, float]:
        """The interval of the metric from that of its fraction."""
        return self.of_fraction(interval[0]), self.of_fraction(interval[1])


def called_of_positives(c: Confusion) -> Fraction:
    """What sensitivity is made of."""
    return Fraction(c.tp, c.tp + c.fn)


def called_of_negatives(c: Confusion) -> Fraction:
    """What specificity is made of."""
    return Fraction(c.tn, c.tn + c.fp)


def f1_of_jaccard(jaccard: float) -> float:
    """F1 = 2J / (1 + J)."""
    return 2 * jaccard / (1 + jaccard)


COUNT_METRICS = (
    CountMetric("sensitivity", sensitivity, called_of_positives, needs_negatives=False),
    CountMetric("specificity", specificity, called_of_negatives, needs_positives=False),
    CountMetric("f1", f1, lambda c: Fraction(c.tp, c.tp + c.fp + c.fn), f1_of_jaccard),
    CountMetric("ppv", ppv, lambda c: Fraction(c.tp, c.tp + c.fp)),
    CountMetric("npv", npv, lambda c: Fraction(c.tn, c.tn + c.fn)),
    CountMetric("accuracy", accuracy, lambda c: Fraction(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)),
    CountMetric("balanced_accuracy", balanced_accuracy, None),
    CountMetric("lr_positive", lr_positive, None),
    CountMetric("lr_negative", lr_negative, None),
    CountMetric("prevalence", prevalence, lambda c: Fraction(c.tp + c.fn, c.tp + c.fp + c.fn + c.tn)),
)
