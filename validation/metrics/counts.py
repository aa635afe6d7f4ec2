"""Every metric as a pure function of a confusion matrix; 0/0 is NaN, which the results call undefined.

Owns definitions alone, under the names of `protocols.schema.metrics`. Intervals are `proportions` and `bootstrap`;
AUROC, which needs scores, is `auroc`.
All functions broadcast over arrays of counts, so that an estimate, its bootstrap replicates and its
jackknife are one expression. Source: FDA 2007, Statistical Guidance on Reporting Results from Studies
Evaluating Diagnostic Tests; van Rijsbergen 1979 for F1.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


class Confusion(NamedTuple):
    """Counts of true positives, false positives, false negatives and true negatives, any one shape."""

    tp: Numbers
    fp: Numbers
    fn: Numbers
    tn: Numbers


def confusion(counts: NDArray[np.float64] | NDArray[np.int64]) -> Confusion:
    """Return the `Confusion` of float64 of counts whose last axis is (TP, FP, FN, TN)."""
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    return Confusion(tp, fp, fn, tn)


def divide(numerator: Numbers, denominator: Numbers) -> Numbers:
    """Return the elementwise quotient; NaN where the denominator is 0."""
    quotient: Numbers = np.full(np.broadcast_shapes(np.shape(numerator), np.shape(denominator)), np.nan)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) != 0)
    return quotient


def sensitivity(c: Confusion) -> Numbers:
    """Return the proportion of positives that test positive, in [0, 1]; NaN without positives. Also recall."""
    return divide(c.tp, c.tp + c.fn)


def specificity(c: Confusion) -> Numbers:
    """Return the proportion of negatives that test negative, in [0, 1]; NaN without negatives."""
    return divide(c.tn, c.tn + c.fp)


def f1(c: Confusion) -> Numbers:
    """Return 2TP / (2TP + FP + FN), in [0, 1]; NaN when nothing is positive and nothing tests positive.

    Depends on prevalence: compare it only between cohorts of the same prevalence.
    """
    return divide(2 * c.tp, 2 * c.tp + c.fp + c.fn)


def ppv(c: Confusion) -> Numbers:
    """Return the proportion of test positives that are positive, in [0, 1]; NaN without any. Also precision."""
    return divide(c.tp, c.tp + c.fp)


def npv(c: Confusion) -> Numbers:
    """Return the proportion of test negatives that are negative, in [0, 1]; NaN without any."""
    return divide(c.tn, c.tn + c.fn)


def accuracy(c: Confusion) -> Numbers:
    """Return the proportion of units whose test result is right, in [0, 1]; NaN without units."""
    return divide(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)


def balanced_accuracy(c: Confusion) -> Numbers:
    """Return the mean of sensitivity and specificity, in [0, 1]; NaN when either is."""
    # One division of whole numbers, so that replicates with equal values are equal in bits: BCa counts them.
    positives, negatives = c.tp + c.fn, c.fp + c.tn
    return divide(c.tp * negatives + c.tn * positives, 2 * positives * negatives)


def lr_positive(c: Confusion) -> Numbers:
    """Return sensitivity / (1 - specificity), 0 or more; NaN without false positives or without positives."""
    return divide(c.tp * (c.fp + c.tn), c.fp * (c.tp + c.fn))


def lr_negative(c: Confusion) -> Numbers:
    """Return (1 - sensitivity) / specificity, 0 or more; NaN without true negatives or without positives."""
    return divide(c.fn * (c.fp + c.tn), c.tn * (c.tp + c.fn))


def prevalence(c: Confusion) -> Numbers:
    """Return the proportion of units that are positive, in [0, 1]; NaN without units."""
    return divide(c.tp + c.fn, c.tp + c.fp + c.fn + c.tn)


class Fraction(NamedTuple):
    """The counts whose quotient a metric is, or is a function of."""

    numerator: Numbers
    denominator: Numbers


@dataclass(frozen=True, slots=True)
class CountMetric:
    """A metric of the confusion matrix; where it is no more than that, its intervals are the bootstrap's alone."""

    value: Callable[[Confusion], Numbers]


@dataclass(frozen=True, slots=True)
class Proportion(CountMetric):
    """A metric that is x/n, its ``fraction``, or ``of_fraction`` of that; every interval of proportions applies.

    F1 is of the second kind: of the Jaccard index J = TP/(TP+FP+FN) it is 2J/(1+J). ``of_fraction`` rises, so that it
    maps the bounds of an interval.
    """

    fraction: Callable[[Confusion], Fraction]
    of_fraction: Callable[[float], float] = float

    def mapped(self, interval: tuple[float, float]) -> tuple[float, float]:
        """Return the interval of the metric from that of its fraction."""
        return self.of_fraction(interval[0]), self.of_fraction(interval[1])


@dataclass(frozen=True, slots=True)
class PairOfProportions(CountMetric):
    """A metric that is the mean or the ratio of two proportions, one of each class; MOVER applies."""

    first: Callable[[Confusion], Fraction]
    second: Callable[[Confusion], Fraction]
    combined: Literal["mean", "ratio"]


def called_of_positives(c: Confusion) -> Fraction:
    """Return what sensitivity is made of."""
    return Fraction(c.tp, c.tp + c.fn)


def called_of_negatives(c: Confusion) -> Fraction:
    """Return what specificity is made of."""
    return Fraction(c.tn, c.tn + c.fp)


def complement(fraction: Callable[[Confusion], Fraction]) -> Callable[[Confusion], Fraction]:
    """Return 1 - x/n from its own counts, whose small bounds 1 - bound would lose."""

    def errors(c: Confusion) -> Fraction:
        numerator, denominator = fraction(c)
        return Fraction(denominator - numerator, denominator)

    return errors


def f1_of_jaccard(jaccard: float) -> float:
    """Return F1 = 2J / (1 + J)."""
    return 2 * jaccard / (1 + jaccard)


COUNT_METRICS: Mapping[str, CountMetric] = {
    "sensitivity": Proportion(sensitivity, called_of_positives),
    "specificity": Proportion(specificity, called_of_negatives),
    "f1": Proportion(f1, lambda c: Fraction(c.tp, c.tp + c.fp + c.fn), f1_of_jaccard),
    "ppv": Proportion(ppv, lambda c: Fraction(c.tp, c.tp + c.fp)),
    "npv": Proportion(npv, lambda c: Fraction(c.tn, c.tn + c.fn)),
    "accuracy": Proportion(accuracy, lambda c: Fraction(c.tp + c.tn, c.tp + c.fp + c.fn + c.tn)),
    "balanced_accuracy": PairOfProportions(
        balanced_accuracy, called_of_positives, called_of_negatives, "mean"
    ),
    "lr_positive": PairOfProportions(
        lr_positive, called_of_positives, complement(called_of_negatives), "ratio"
    ),
    "lr_negative": PairOfProportions(
        lr_negative, complement(called_of_positives), called_of_negatives, "ratio"
    ),
    "prevalence": Proportion(prevalence, lambda c: Fraction(c.tp + c.fn, c.tp + c.fp + c.fn + c.tn)),
}


def proportion_of(name: str) -> Proportion:
    """Return a metric that is made of one proportion.

    Raises:
        KeyError: it is another kind of metric, or none.
    """
    metric = COUNT_METRICS[name]
    if not isinstance(metric, Proportion):
        raise KeyError(name)
    return metric
