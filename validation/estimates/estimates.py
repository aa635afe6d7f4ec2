"""A sample and its replicates -> an `Estimate` for every metric, with all intervals and the one that decides.

Owns the choice of the deciding interval, its level, and the rule of sufficiency. Values and intervals are
`from_counts` and `from_scores`. Source: the contract ("Statistics", 3 and 7).
"""

from collections.abc import Mapping

import numpy as np

from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Minimum
from protocols.storage.canonical import FITTED_PLACES, PLACES, rounded
from validation.cohort.clusters import FEWEST_CLUSTERS, note_on_clusters
from validation.cohort.outcomes import Sample
from validation.estimates.from_counts import count_estimate
from validation.estimates.from_scores import SCORE_METRICS
from validation.estimates.metric_result import Computed, Intervals
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import BootstrapInterval, NoInterval
from validation.intervals.proportions import Interval
from validation.results.results import ClassPatients, Estimate, EstimateStatus, Subgroup

FITTED_INTERVALS = ("delong_clustered", "delong_student", "delong_newcombe", "jackknife_student")
FALLBACKS = ("exact_clustered", "wilson_patients", "mover", "delong_newcombe", "jackknife_student")
UNDEFINED_SHARE = 0.01


def estimates_of(
    sample: Sample, replicates: Replicates, subgroup: Subgroup, protocol: Protocol
) -> tuple[Estimate, ...]:
    """Return the metrics of one row that the sample is asked for, in the registry's order."""
    names = [name for name in METRICS if sample.asks(name)]
    computed = [_computed(name, sample, replicates, protocol) for name in names]
    stricter = computed
    if protocol.looks.planned > 1:
        at_look = protocol.at_deciding_level()
        stricter = [_computed(name, sample, replicates, at_look) for name in names]
    return tuple(
        _judged(item, others.intervals, subgroup, protocol)
        for others, item in zip(computed, stricter, strict=True)
    )


def deciding_among(
    preferred: str,
    ordinary: Mapping[str, Interval | NoInterval],
    stricter: Mapping[str, Interval | NoInterval],
) -> tuple[str | None, dict[str, Interval | NoInterval]]:
    """Choose the interval that decides among those at its level, and return it with all others at theirs.

    An interval that was preferred to the deciding one and cannot be given at its level is not given at all, so that its
    note says why it does not decide.

    Args:
        preferred: the name of the interval that should decide; otherwise the first of `FALLBACKS` that is given.
        ordinary: every interval at the protocol's confidence level.
        stricter: the same at the level of the deciding one; equal to ``ordinary`` where one look is planned.
    """
    order = [name for name in dict.fromkeys((preferred, *FALLBACKS)) if name in stricter]
    given = [name for name in order if not isinstance(stricter[name], NoInterval)]
    tried = order[: order.index(given[0]) + 1] if given else order
    return (given[0] if given else None), {**ordinary, **{name: stricter[name] for name in tried}}


def _computed(name: str, sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    if name in SCORE_METRICS:
        return SCORE_METRICS[name](sample, replicates, protocol)
    return count_estimate(name, sample, replicates, protocol)


def _judged(item: Computed, others: Intervals, subgroup: Subgroup, protocol: Protocol) -> Estimate:
    """Judge a metric computed at the level that decides; ``others`` are its intervals at the protocol's."""
    deciding, written = deciding_among(
        item.preferred,
        {name: _as_written(name, one, item) for name, one in others.items()},
        {name: _as_written(name, one, item) for name, one in item.intervals.items()},
    )
    intervals = {name: None if isinstance(one, NoInterval) else one for name, one in written.items()}
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
        value=None if undefined else rounded(item.value, item.places),
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
            name: note_on_clusters(interval.reason, grouped=tally.clusters is not None)
            for name, interval in written.items()
            if isinstance(interval, NoInterval)
        },
        decision_interval=deciding,
        monte_carlo_error=None if deciding is None else _monte_carlo_error(item.intervals[deciding]),
        design_effect=_of_clusters(item, "design_effect"),
        effective_size=_of_clusters(item, "effective_trials"),
        effective_patients=_of_clusters(item, "effective_patients"),
        undefined_replicates=item.undefined_replicates,
        status=status,
        clusters=tally.clusters,
        class_patients=ClassPatients(*(rounded(one, PLACES) for one in item.class_patients))
        if item.class_patients
        else None,
    )


def _of_clusters(item: Computed, name: str) -> float | None:
    value = getattr(item.clustered, name) if item.clustered else None
    return None if value is None else rounded(value, PLACES)


def _as_written(
    name: str, interval: Interval | BootstrapInterval | NoInterval, item: Computed
) -> Interval | NoInterval:
    """Round an interval as results carry it; without width after that it is none."""
    if isinstance(interval, NoInterval):
        return interval
    low, high = interval.bounds if isinstance(interval, BootstrapInterval) else interval
    places = FITTED_PLACES if name in FITTED_INTERVALS else item.places
    low, high = rounded(low, places), rounded(high, places)
    return (low, high) if low < high else NoInterval("zero width")


def _monte_carlo_error(interval: Interval | BootstrapInterval | NoInterval) -> Interval:
    """Return the standard error of each bound due to resampling; 0 for a closed-form interval."""
    if not isinstance(interval, BootstrapInterval):
        return 0.0, 0.0
    low, high = interval.monte_carlo_error
    return rounded(low, FITTED_PLACES), rounded(high, FITTED_PLACES)


def _short_of(item: Computed, minimum: Minimum) -> bool:
    tally, classes = item.tally, METRICS[item.metric].classes
    too_few_clusters = tally.clusters is not None and any(
        clusters < FEWEST_CLUSTERS for clusters in tally.clusters.of_classes(classes).values()
    )
    # Of metrics of scores the effective numbers of patients: one with many images may hold most of the pairs.
    positive_patients, negative_patients = item.class_patients or (
        tally.positive_patients,
        tally.negative_patients,
    )
    return (
        too_few_clusters
        or tally.patients < minimum.patients
        or ("positive" in classes and positive_patients < minimum.positive_patients)
        or ("negative" in classes and negative_patients < minimum.negative_patients)
    )
