"""PPV, NPV and F1 projected to other prevalences, with sensitivity and specificity unchanged.

Owns Bayes' theorem on counts and its intervals. The prevalences are the protocol's.
Sources: Altman & Bland 1994 (predictive values at a prevalence); Donner & Zou 2012 (MOVER-R).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction as Rational
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import PLACES, rounded
from validation.cohort.clusters import note_on_clusters
from validation.estimates.closed_form import exact_interval
from validation.estimates.estimates import deciding_among
from validation.intervals.bootstrap import BootstrapInterval, NoInterval, bca_interval, percentile_interval
from validation.intervals.mover import mover_ratio, proportion_correlation
from validation.intervals.proportions import Interval
from validation.metrics.counts import (
    Confusion,
    Fraction,
    Numbers,
    confusion,
    divide,
    sensitivity,
    specificity,
)
from validation.results.secondary import Projection

EXACT_BELOW = 2.0**53


def ppv_at(c: Confusion, prevalence: float) -> Numbers:
    """Compute sensitivity π / (sensitivity π + (1 - specificity)(1 - π)), in [0, 1].

    NaN without positives, without negatives, and where nothing would be called positive.
    """

    def parts(c: Confusion, at: Odds) -> Fraction:
        right = at.positive * c.tp * (c.fp + c.tn)
        return Fraction(right, right + at.negative * c.fp * (c.tp + c.fn))

    return _divided(parts, c, prevalence)


def npv_at(c: Confusion, prevalence: float) -> Numbers:
    """Compute specificity (1 - π) / (specificity (1 - π) + (1 - sensitivity) π), in [0, 1].

    NaN without positives, without negatives, and where nothing would be called negative.
    """

    def parts(c: Confusion, at: Odds) -> Fraction:
        right = at.negative * c.tn * (c.tp + c.fn)
        return Fraction(right, right + at.positive * c.fn * (c.fp + c.tn))

    return _divided(parts, c, prevalence)


def f1_at(c: Confusion, prevalence: float) -> Numbers:
    """Compute 2 sens π / (sens π + π + (1 - spec)(1 - π)), in [0, 1]; NaN without one of the classes."""

    def parts(c: Confusion, at: Odds) -> Fraction:
        positives, negatives = c.tp + c.fn, c.fp + c.tn
        right = at.positive * c.tp * negatives
        test_positives = right + at.negative * c.fp * positives
        return Fraction(2 * right, test_positives + at.positive * positives * negatives)

    return _divided(parts, c, prevalence)


def projections(
    counts: NDArray[np.float64],
    replicates: NDArray[np.float64],
    prevalences: Sequence[float],
    *,
    preferred: str,
    confidence_level: float,
    deciding_level: float,
    grouped: bool = False,
) -> tuple[Projection, ...]:
    """Project PPV, NPV and F1 to each prevalence.

    Args:
        counts: TP, FP, FN, TN by cluster, shape (clusters, 4).
        replicates: their sums over the clusters of each bootstrap replicate, shape (replicates, 4).
        prevalences: each above 0 and below 1.
        preferred: the interval that decides where there is one; otherwise mover.
        confidence_level: two-sided.
        deciding_level: that of the interval that decides.
        grouped: whether clusters are groups of patients.
    """
    levels = dict.fromkeys((confidence_level, deciding_level))
    rates = {level: _rates(counts, level, grouped=grouped) for level in levels}
    return tuple(
        _projection(
            metric,
            prevalence,
            counts,
            replicates,
            rates,
            preferred,
            (confidence_level, deciding_level),
            grouped=grouped,
        )
        for prevalence in prevalences
        for metric in METRICS
    )


class Odds(NamedTuple):
    """A prevalence as whole numbers of positives and negatives: 0.01 is 1 and 99."""

    positive: int
    negative: int


def _divided(parts: Callable[[Confusion, Odds], Fraction], c: Confusion, prevalence: float) -> Numbers:
    """Divide whole numbers once, so that replicates with equal values are equal in bits: BCa counts them.

    The prevalence is the decimal fraction that the protocol states. Where the products exceed float64, Python's whole
    numbers are used, whose quotient is correctly rounded too.
    """
    stated = Rational(repr(float(prevalence)))
    odds = Odds(stated.numerator, stated.denominator - stated.numerator)
    if stated.denominator * float(np.max(sum(c), initial=0)) ** 2 < EXACT_BELOW:
        return divide(*parts(c, odds))
    whole = Confusion(*(np.asarray(count).astype(np.int64).astype(object) for count in c))
    quotients = np.frompyfunc(lambda x, n: x / n if n else math.nan, 2, 1)(*parts(whole, odds))
    return np.asarray(quotients, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class _Bounded:
    """An estimate in [0, 1] with its interval."""

    value: float
    interval: Interval

    @property
    def complement(self) -> "_Bounded":
        return _Bounded(1 - self.value, (1 - self.interval[1], 1 - self.interval[0]))


@dataclass(frozen=True, slots=True)
class _Rates:
    """Sensitivity and specificity, and the correlation of one with the complement of the other."""

    sensitivity: _Bounded
    specificity: _Bounded
    correlation: float


def _ppv_mover(rates: _Rates, prevalence: float) -> Interval:
    low, high = _ratio(rates.specificity.complement, rates.sensitivity, rates.correlation)
    odds_against = (1 - prevalence) / prevalence
    return 1 / (1 + high * odds_against), 1 / (1 + low * odds_against)


def _npv_mover(rates: _Rates, prevalence: float) -> Interval:
    low, high = _ratio(rates.sensitivity.complement, rates.specificity, rates.correlation)
    odds = prevalence / (1 - prevalence)
    return 1 / (1 + high * odds), 1 / (1 + low * odds)


def _f1_mover(rates: _Rates, prevalence: float) -> Interval:
    """Compute F1 = 2 π r / (π r + 1) from r = sensitivity / (π + (1 - π) FPR), whose denominator is at least π."""

    def denominator(fpr: float) -> float:
        return prevalence + (1 - prevalence) * fpr

    fpr = rates.specificity.complement
    counted = _Bounded(denominator(fpr.value), (denominator(fpr.interval[0]), denominator(fpr.interval[1])))
    low, high = _ratio(rates.sensitivity, counted, rates.correlation)
    return 2 * prevalence * low / (prevalence * low + 1), 2 * prevalence * high / (prevalence * high + 1)


@dataclass(frozen=True, slots=True)
class _Metric:
    name: Literal["ppv", "npv", "f1"]
    value: Callable[[Confusion, float], Numbers]
    mover: Callable[[_Rates, float], Interval]


METRICS = (
    _Metric("ppv", ppv_at, _ppv_mover),
    _Metric("npv", npv_at, _npv_mover),
    _Metric("f1", f1_at, _f1_mover),
)


def _rates(counts: NDArray[np.float64], confidence_level: float, *, grouped: bool) -> _Rates | str:
    """Return sensitivity and specificity with their exact intervals, or the note that a class is missing."""
    c = confusion(counts.sum(axis=0))
    bounded = []
    for name, value, of_class in (
        ("sensitivity", float(sensitivity(c)), "positives"),
        ("specificity", float(specificity(c)), "negatives"),
    ):
        if math.isnan(value):
            return f"not estimable: 0 {of_class}"
        bounded.append(_Bounded(value, exact_interval(name, counts, confidence_level, grouped=grouped)))
    of_sensitivity, of_specificity = bounded
    parts = confusion(counts)
    correlation = proportion_correlation(parts.tp, parts.tp + parts.fn, parts.fp, parts.fp + parts.tn)
    return _Rates(of_sensitivity, of_specificity, correlation)


def _projection(
    metric: _Metric,
    prevalence: float,
    counts: NDArray[np.float64],
    replicates: NDArray[np.float64],
    rates: Mapping[float, _Rates | str],
    preferred: str,
    levels: tuple[float, float],
    *,
    grouped: bool,
) -> Projection:
    """Project one metric; ``levels`` are those of most intervals and of the one that decides, ``rates`` by level."""
    total = counts.sum(axis=0)
    value = float(metric.value(confusion(total), prevalence))
    values = metric.value(confusion(replicates), prevalence)
    contributing = counts[counts.any(axis=1)]

    def intervals_at(level: float) -> dict[str, Interval | NoInterval]:
        own = rates[level]
        if isinstance(own, str) or math.isnan(value):
            result = "positive" if metric.name == "ppv" else "negative"
            reason = own if isinstance(own, str) else f"not estimable: nothing would be called {result}"
            return dict.fromkeys(("percentile", "bca", "mover"), NoInterval(reason))
        made = {
            "percentile": percentile_interval(value, values, level),
            "bca": bca_interval(
                value, values, lambda: metric.value(confusion(total - contributing), prevalence), level
            ),
            "mover": metric.mover(own, prevalence),
        }
        return {name: _as_written(interval) for name, interval in made.items()}

    at = {level: intervals_at(level) for level in dict.fromkeys(levels)}
    deciding, written = deciding_among(preferred, *(at[level] for level in levels))
    return Projection(
        metric=metric.name,
        prevalence=prevalence,
        value=None if math.isnan(value) else rounded(value, PLACES),
        intervals={name: None if isinstance(one, NoInterval) else one for name, one in written.items()},
        interval_notes={
            name: note_on_clusters(interval.reason, grouped=grouped)
            for name, interval in written.items()
            if isinstance(interval, NoInterval)
        },
        decision_interval=deciding,
        undefined_replicates=int(np.isnan(values).sum()),
    )


def _ratio(numerator: _Bounded, denominator: _Bounded, correlation: float) -> Interval:
    """Compute MOVER-R, inverting the inverse ratio where needed; infinite above where the denominator may be 0."""
    top, bottom = (numerator.value, numerator.interval), (denominator.value, denominator.interval)
    direct = mover_ratio(*top, *bottom, correlation=correlation)
    if direct is not None:
        return direct
    inverse = mover_ratio(*bottom, *top, correlation=correlation)
    return (0.0 if inverse is None else 1 / inverse[1]), math.inf


def _as_written(interval: Interval | BootstrapInterval | NoInterval) -> Interval | NoInterval:
    """Round as in the results; an interval of zero width is then none."""
    if isinstance(interval, NoInterval):
        return interval
    low, high = interval.bounds if isinstance(interval, BootstrapInterval) else interval
    low, high = rounded(low, PLACES), rounded(high, PLACES)
    return (low, high) if low < high else NoInterval("zero width")
