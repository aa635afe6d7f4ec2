"""Metrics of a confusion matrix in one row: values, replicates, jackknife and every interval that applies.

Owns which intervals apply to which metric, and how weighted units enter them. Definitions are `counts`, formulas
`proportions` and `bootstrap`; who decides is `estimates`. Source: the contract ("Statistics", 2 and 3).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from protocols.schema.protocol import Protocol
from validation.cohort.outcomes import Sample
from validation.estimates.metric_result import Computed, Intervals
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import NoInterval, bca_interval, percentile_interval
from validation.intervals.proportions import (
    ClusteredProportion,
    Interval,
    clopper_pearson,
    clustered_proportion,
    exact_clustered,
    korn_graubard,
    mover_mean,
    mover_ratio,
    wilson,
)
from validation.metrics.counts import (
    Confusion,
    CountMetric,
    Fraction,
    called_of_negatives,
    called_of_positives,
    confusion,
)

PROPORTION_INTERVALS = (
    "percentile",
    "bca",
    "exact_clustered",
    "korn_graubard",
    "wilson_effective",
    "clopper_pearson",
)
PAIR_INTERVALS = ("percentile", "bca", "mover")


def count_estimate(
    metric: CountMetric, sample: Sample, replicates: Replicates, protocol: Protocol
) -> Computed:
    """One metric of counts; of weighted units without numerator and denominator."""
    total = confusion(sample.counts.sum(axis=0))
    value = float(metric.value(total))
    values = metric.value(confusion(replicates.counts))
    fraction = metric.fraction(total) if metric.fraction else None
    counted = metric.name != "f1" and sample.squared_weights is None
    intervals: Intervals
    clustered = None
    if np.isnan(value):
        names = PROPORTION_INTERVALS if metric.fraction else PAIR_INTERVALS
        intervals = dict.fromkeys(names, NoInterval("not estimable: the denominator is 0"))
    else:
        level = protocol.bootstrap.confidence_level
        intervals = {
            "percentile": percentile_interval(value, values, level),
            "bca": bca_interval(value, values, lambda: _jackknife(metric, sample), level),
        }
        if metric.fraction:
            closed, clustered = _proportion_intervals(metric, sample, level)
            intervals |= closed
        else:
            intervals |= {"mover": _mover(metric.name, sample, level)}
    return Computed(
        metric=metric.name,
        value=value,
        intervals=intervals,
        preferred=protocol.decision.proportion if metric.fraction else protocol.decision.of_pairs,
        tally=sample.tally,
        undefined_replicates=int(np.isnan(values).sum()),
        needs_positives=metric.needs_positives,
        needs_negatives=metric.needs_negatives,
        numerator=int(fraction.numerator) if counted and fraction else None,
        denominator=int(fraction.denominator) if counted and fraction else None,
        clustered=clustered,
    )


def _jackknife(metric: CountMetric, sample: Sample) -> NDArray[np.float64]:
    """The metric without each patient that contributes to its denominator."""
    by_patient = confusion(sample.counts)
    contributes = (
        metric.fraction(by_patient).denominator > 0 if metric.fraction else sample.counts.any(axis=1)
    )
    return metric.value(confusion(sample.counts.sum(axis=0) - sample.counts[contributes]))


def _proportion_intervals(
    metric: CountMetric, sample: Sample, level: float
) -> tuple[dict[str, Interval | NoInterval], ClusteredProportion]:
    assert metric.fraction is not None
    successes, trials = _by_patient(metric.fraction, sample)
    clustered = clustered_proportion(successes, trials, level)
    effective = clustered.effective_trials
    intervals: dict[str, Interval | NoInterval] = {
        "exact_clustered": exact_clustered(clustered, level),
        "korn_graubard": korn_graubard(clustered, level)
        or NoInterval("the variance between patients is 0 or not estimable"),
        "wilson_effective": wilson(clustered.proportion, effective, level)
        if effective is not None
        else NoInterval("one patient alone"),
        "clopper_pearson": clopper_pearson(float(successes.sum()), float(trials.sum()), level),
    }
    mapped = {
        name: interval if isinstance(interval, NoInterval) else metric.mapped(interval)
        for name, interval in intervals.items()
    }
    return mapped, clustered


def _by_patient(fraction: Callable[[Confusion], Fraction], sample: Sample) -> Fraction:
    """Successes and trials of each patient; weighted ones as Kish's effective number, so that unequal weights cost."""
    successes, trials = fraction(confusion(sample.counts))
    if sample.squared_weights is None:
        return Fraction(successes, trials)
    scale = trials.sum() / fraction(confusion(sample.squared_weights)).denominator
    return Fraction(successes * scale, trials * scale)


def _mover(name: str, sample: Sample, level: float) -> Interval | NoInterval:
    """From the exact intervals of two shares on their effective sizes; 1 - share is a share of its own."""
    sensitivity, specificity = (
        _by_patient(fraction, sample) for fraction in (called_of_positives, called_of_negatives)
    )
    first = _errors(sensitivity) if name == "lr_negative" else sensitivity
    second = _errors(specificity) if name == "lr_positive" else specificity
    of_first, of_second = (clustered_proportion(*fraction, level) for fraction in (first, second))
    combine = mover_mean if name == "balanced_accuracy" else mover_ratio
    interval = combine(
        of_first.proportion,
        exact_clustered(of_first, level),
        of_second.proportion,
        exact_clustered(of_second, level),
    )
    return NoInterval("the upper bound is not finite") if interval is None else interval


def _errors(fraction: Fraction) -> Fraction:
    """The complement of a share from its own counts, whose small bounds 1 - bound would lose."""
    return Fraction(fraction.denominator - fraction.numerator, fraction.denominator)
