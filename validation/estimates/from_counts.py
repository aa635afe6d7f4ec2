"""Metrics of a confusion matrix in one row: values, replicates, jackknife and every interval that applies.

Owns which intervals apply to which metric, and how weighted units enter them. Definitions are `counts`, formulas
`proportions` and `bootstrap`; who decides is `estimates`. Source: the contract ("Statistics", 2 and 3).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Decision
from validation.cohort.outcomes import Sample
from validation.estimates.metric_result import BOOTSTRAP_INTERVALS, Computed, Intervals
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import NoInterval, bca_interval, percentile_interval
from validation.intervals.mover import mover_mean, mover_ratio, proportion_correlation
from validation.intervals.proportions import (
    ClusteredProportion,
    Interval,
    clopper_pearson,
    clustered_proportion,
    exact_clustered,
    korn_graubard,
    wilson,
)
from validation.metrics.counts import (
    COUNT_METRICS,
    Confusion,
    CountMetric,
    Fraction,
    PairOfProportions,
    Proportion,
    confusion,
)

PAIR_INTERVALS = (*BOOTSTRAP_INTERVALS, "mover")
PROPORTION_INTERVALS = (
    *BOOTSTRAP_INTERVALS,
    "exact_clustered",
    "korn_graubard",
    "wilson_effective",
    "clopper_pearson",
)


def count_estimate(name: str, sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    """Return one metric of counts; of weighted units without numerator and denominator."""
    metric = COUNT_METRICS[name]
    total = confusion(sample.counts.sum(axis=0))
    value, values = float(metric.value(total)), metric.value(confusion(replicates.counts))
    preferred, applicable = _choice(metric, protocol.decision)
    counted = METRICS[name].kind == "proportion" and sample.squared_weights is None
    fraction = metric.fraction(total) if isinstance(metric, Proportion) and counted else None
    intervals: Intervals
    clustered = None
    if np.isnan(value):
        intervals = dict.fromkeys(applicable, NoInterval("not estimable: the denominator is 0"))
    else:
        level = protocol.bootstrap.confidence_level
        intervals = {
            "percentile": percentile_interval(value, values, level),
            "bca": bca_interval(value, values, lambda: _jackknife(metric, sample), level),
        }
        if isinstance(metric, Proportion):
            closed, clustered = _proportion_intervals(metric, sample, level)
            intervals |= closed
        elif isinstance(metric, PairOfProportions):
            intervals |= {"mover": _mover(metric, sample, level)}
    return Computed(
        metric=name,
        value=value,
        intervals=intervals,
        preferred=preferred,
        tally=sample.tally,
        undefined_replicates=int(np.isnan(values).sum()),
        numerator=int(fraction.numerator) if fraction else None,
        denominator=int(fraction.denominator) if fraction else None,
        clustered=clustered,
    )


def _choice(metric: CountMetric, decision: Decision) -> tuple[str, tuple[str, ...]]:
    """Return which interval decides, and all that apply."""
    if isinstance(metric, Proportion):
        return decision.proportion, PROPORTION_INTERVALS
    if isinstance(metric, PairOfProportions):
        return decision.of_pairs, PAIR_INTERVALS
    return decision.bootstrap_alone, BOOTSTRAP_INTERVALS


def _jackknife(metric: CountMetric, sample: Sample) -> NDArray[np.float64]:
    """Return the metric without each cluster that contributes to its denominator."""
    by_cluster = confusion(sample.counts)
    contributes = (
        metric.fraction(by_cluster).denominator > 0
        if isinstance(metric, Proportion)
        else sample.counts.any(axis=1)
    )
    return metric.value(confusion(sample.counts.sum(axis=0) - sample.counts[contributes]))


def _proportion_intervals(
    metric: Proportion, sample: Sample, level: float
) -> tuple[dict[str, Interval | NoInterval], ClusteredProportion]:
    successes, trials = _by_cluster(metric.fraction, sample)
    clustered = clustered_proportion(successes, trials, level, grouped=sample.drawn.grouped)
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


def _by_cluster(fraction: Callable[[Confusion], Fraction], sample: Sample) -> Fraction:
    """Return successes and trials per cluster; weighted ones as Kish's effective number, so unequal weights cost."""
    successes, trials = fraction(confusion(sample.counts))
    if sample.squared_weights is None:
        return Fraction(successes, trials)
    scale = trials.sum() / fraction(confusion(sample.squared_weights)).denominator
    return Fraction(successes * scale, trials * scale)


def _mover(metric: PairOfProportions, sample: Sample, level: float) -> Interval | NoInterval:
    """Compute MOVER from the exact intervals of both proportions and the correlation of clusters' influences."""
    counts = [_by_cluster(part, sample) for part in (metric.first, metric.second)]
    first, second = (clustered_proportion(*one, level, grouped=sample.drawn.grouped) for one in counts)
    combine = mover_mean if metric.combined == "mean" else mover_ratio
    interval = combine(
        first.proportion,
        exact_clustered(first, level),
        second.proportion,
        exact_clustered(second, level),
        correlation=proportion_correlation(*counts[0], *counts[1]),
    )
    return NoInterval("the upper bound is not finite") if interval is None else interval
