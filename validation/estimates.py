"""A sample and its replicates -> an `Estimate` for every metric, with all intervals and the one that decides.

Owns the choice of the deciding interval, the words for what could not be given, and the rule of
sufficiency. Source: the contract ("Statistics", 2, 3 and 7).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from protocols.canonical import FITTED_PLACES, PLACES, rounded
from protocols.schema import Minimum, Protocol
from validation.auroc import auroc, auroc_jackknife, delong_clustered, placements, wilson_patients
from validation.bootstrap import NoInterval, bca_interval, percentile_interval
from validation.intervals import (
    Interval,
    clopper_pearson,
    clustered_proportion,
    exact_clustered,
    mover_mean,
    mover_ratio,
    wilson,
)
from validation.metrics import COUNT_METRICS, CountMetric, confusion, f1_of_jaccard
from validation.outcomes import Sample, Tally
from validation.replication import Replicates
from validation.results import Estimate, EstimateStatus, Subgroup

PROPORTION_INTERVALS = ("percentile", "bca", "exact_clustered", "wilson_effective", "clopper_pearson")
PAIR_INTERVALS = ("percentile", "bca", "mover")
AUROC_INTERVALS = ("percentile", "bca", "delong_clustered")
FALLBACKS = ("exact_clustered", "wilson_patients", "mover", "percentile")
UNDEFINED_SHARE = 0.01
Intervals = Mapping[str, Interval | NoInterval]


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A value and its intervals before they are judged and rounded."""

    metric: str
    value: float
    intervals: Intervals
    preferred: str
    tally: Tally
    undefined_replicates: int
    needs_positives: bool = True
    needs_negatives: bool = True
    numerator: int | None = None
    denominator: int | None = None
    design_effect: float | None = None


def estimates_of(
    sample: Sample, replicates: Replicates, subgroup: Subgroup, protocol: Protocol
) -> tuple[Estimate, ...]:
    """All metrics of one row, in the contract's order."""
    computed = [_count_metric(metric, sample, replicates, protocol) for metric in COUNT_METRICS]
    computed.append(_auroc(sample, replicates, protocol))
    return tuple(_judged(item, subgroup, protocol) for item in computed)


def _count_metric(
    metric: CountMetric, sample: Sample, replicates: Replicates, protocol: Protocol
) -> Computed:
    total = confusion(sample.counts.sum(axis=0))
    value = float(metric.value(total))
    values = metric.value(confusion(replicates.counts))
    fraction = metric.fraction(total) if metric.fraction else None
    intervals: Intervals
    design_effect = None
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
            closed, design_effect = _proportion_intervals(metric, sample, level)
            intervals |= closed
        else:
            intervals |= {"mover": _mover(metric.name, sample, level)}
    return Computed(
        metric=metric.name,
        value=value,
        intervals=intervals,
        preferred=protocol.decision.proportion if metric.fraction else protocol.decision.other,
        tally=sample.tally,
        undefined_replicates=int(np.isnan(values).sum()),
        needs_positives=metric.needs_positives,
        needs_negatives=metric.needs_negatives,
        numerator=int(fraction.numerator) if fraction and metric.name != "f1" else None,
        denominator=int(fraction.denominator) if fraction and metric.name != "f1" else None,
        design_effect=design_effect,
    )


def _jackknife(metric: CountMetric, sample: Sample) -> np.ndarray:
    """The metric without each patient that contributes to its denominator."""
    by_patient = confusion(sample.counts)
    contributes = (
        metric.fraction(by_patient).denominator > 0 if metric.fraction else sample.counts.any(axis=1)
    )
    return metric.value(confusion(sample.counts.sum(axis=0) - sample.counts[contributes]))


def _proportion_intervals(
    metric: CountMetric, sample: Sample, level: float
) -> tuple[dict[str, Interval | NoInterval], float | None]:
    assert metric.fraction is not None
    successes, trials = metric.fraction(confusion(sample.counts))
    clustered = clustered_proportion(successes, trials, level)
    effective = clustered.effective_trials
    intervals: dict[str, Interval | NoInterval] = {
        "exact_clustered": exact_clustered(clustered, level),
        "wilson_effective": wilson(clustered.proportion, effective, level)
        if effective is not None
        else NoInterval("one patient alone"),
        "clopper_pearson": clopper_pearson(float(successes.sum()), float(trials.sum()), level),
    }
    if metric.name == "f1":
        intervals = {
            name: interval if isinstance(interval, NoInterval) else _mapped_to_f1(interval)
            for name, interval in intervals.items()
        }
    return intervals, clustered.design_effect


def _mapped_to_f1(interval: Interval) -> Interval:
    return f1_of_jaccard(interval[0]), f1_of_jaccard(interval[1])


def _mover(name: str, sample: Sample, level: float) -> Interval | NoInterval:
    """From the exact intervals of sensitivity and specificity on their effective sizes."""
    counts = confusion(sample.counts)
    by_sensitivity = clustered_proportion(counts.tp, counts.tp + counts.fn, level)
    by_specificity = clustered_proportion(counts.tn, counts.tn + counts.fp, level)
    sensitivity, specificity = by_sensitivity.proportion, by_specificity.proportion
    of_sensitivity, of_specificity = (
        exact_clustered(by_sensitivity, level),
        exact_clustered(by_specificity, level),
    )
    if name == "balanced_accuracy":
        return mover_mean(sensitivity, of_sensitivity, specificity, of_specificity)
    ratio = (
        mover_ratio(sensitivity, of_sensitivity, 1 - specificity, _complement(of_specificity))
        if name == "lr_positive"
        else mover_ratio(1 - sensitivity, _complement(of_sensitivity), specificity, of_specificity)
    )
    return NoInterval("the upper bound is not finite") if ratio is None else ratio


def _complement(interval: Interval) -> Interval:
    return 1 - interval[1], 1 - interval[0]


def _auroc(sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    placed = placements(sample.ranked)
    value, level = auroc(placed), protocol.bootstrap.confidence_level
    tally = sample.ranked_tally
    intervals: Intervals
    if np.isnan(value):
        intervals = dict.fromkeys(AUROC_INTERVALS, NoInterval("not estimable: one class has no scored unit"))
    else:
        intervals = {
            "percentile": percentile_interval(value, replicates.auroc, level),
            "bca": bca_interval(
                value, replicates.auroc, lambda: auroc_jackknife(sample.ranked, placed), level
            ),
            "delong_clustered": delong_clustered(placed, level) or NoInterval("no variance between patients"),
        }
        at_boundary = wilson_patients(value, min(tally.positive_patients, tally.negative_patients), level)
        if at_boundary is not None:
            intervals |= {"wilson_patients": at_boundary}
    return Computed(
        metric="auroc",
        value=value,
        intervals=intervals,
        preferred=protocol.decision.other,
        tally=tally,
        undefined_replicates=int(np.isnan(replicates.auroc).sum()),
    )


def _judged(item: Computed, subgroup: Subgroup, protocol: Protocol) -> Estimate:
    intervals = {
        name: None if isinstance(interval, NoInterval) else _rounded_interval(name, interval)
        for name, interval in item.intervals.items()
    }
    deciding = next((name for name in (item.preferred, *FALLBACKS) if intervals.get(name)), None)
    undefined = bool(np.isnan(item.value))
    too_many_undefined = item.undefined_replicates > UNDEFINED_SHARE * protocol.bootstrap.replicates
    status: EstimateStatus = "ok"
    if undefined:
        status = "undefined"
    elif deciding is None or too_many_undefined or _short_of(item, protocol.minimum):
        status = "insufficient"
    tally = item.tally
    return Estimate(
        metric=item.metric,
        subgroup=subgroup,
        value=None if undefined else rounded(item.value, PLACES),
        numerator=item.numerator,
        denominator=item.denominator,
        images=tally.images,
        patients=tally.patients,
        positives=tally.positives,
        negatives=tally.negatives,
        positive_patients=tally.positive_patients,
        negative_patients=tally.negative_patients,
        intervals=intervals,
        interval_notes={
            name: interval.reason
            for name, interval in item.intervals.items()
            if isinstance(interval, NoInterval)
        },
        decision_interval=deciding,
        design_effect=None if item.design_effect is None else rounded(item.design_effect, PLACES),
        undefined_replicates=item.undefined_replicates,
        status=status,
    )


def _rounded_interval(name: str, interval: Interval) -> Interval:
    places = FITTED_PLACES if name == "delong_clustered" else PLACES
    return rounded(interval[0], places), rounded(interval[1], places)


def _short_of(item: Computed, minimum: Minimum) -> bool:
    tally = item.tally
    return (
        tally.patients < minimum.patients
        or (item.needs_positives and tally.positive_patients < minimum.positive_patients)
        or (item.needs_negatives and tally.negative_patients < minimum.negative_patients)
    )
