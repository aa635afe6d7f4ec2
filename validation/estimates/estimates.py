"""A sample and its replicates -> an `Estimate` for every metric, with all intervals and the one that decides.

Owns the choice of the deciding interval and the rule of sufficiency. Values and intervals are `from_counts` and
`from_scores`. Source: the contract ("Statistics", 3 and 7).
"""

import numpy as np

from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Minimum
from protocols.storage.canonical import FITTED_PLACES, PLACES, rounded
from validation.cohort.clusters import FEWEST_CLUSTERS
from validation.cohort.outcomes import Sample
from validation.estimates.from_counts import count_estimate
from validation.estimates.from_scores import SCORE_METRICS
from validation.estimates.metric_result import Computed
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import BootstrapInterval, NoInterval
from validation.intervals.proportions import Interval
from validation.results.results import Estimate, EstimateStatus, Subgroup

FITTED_INTERVALS = ("delong_clustered", "delong_student")
FALLBACKS = ("exact_clustered", "wilson_patients", "mover", "percentile")
UNDEFINED_SHARE = 0.01


def estimates_of(
    sample: Sample, replicates: Replicates, subgroup: Subgroup, protocol: Protocol
) -> tuple[Estimate, ...]:
    """Return the metrics of one row that the sample is asked for, in the registry's order."""
    computed = (
        SCORE_METRICS[name](sample, replicates, protocol)
        if name in SCORE_METRICS
        else count_estimate(name, sample, replicates, protocol)
        for name in METRICS
        if sample.asks(name)
    )
    return tuple(_judged(item, subgroup, protocol) for item in computed)


def _judged(item: Computed, subgroup: Subgroup, protocol: Protocol) -> Estimate:
    written = {name: _as_written(name, item) for name in item.intervals}
    intervals = {name: None if isinstance(one, NoInterval) else one for name, one in written.items()}
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
            name: interval.reason for name, interval in written.items() if isinstance(interval, NoInterval)
        },
        decision_interval=deciding,
        monte_carlo_error=None if deciding is None else _monte_carlo_error(item.intervals[deciding]),
        design_effect=_of_clusters(item, "design_effect"),
        effective_size=_of_clusters(item, "effective_trials"),
        effective_patients=_of_clusters(item, "effective_patients"),
        undefined_replicates=item.undefined_replicates,
        status=status,
        clusters=tally.clusters,
    )


def _of_clusters(item: Computed, name: str) -> float | None:
    value = getattr(item.clustered, name) if item.clustered else None
    return None if value is None else rounded(value, PLACES)


def _as_written(name: str, item: Computed) -> Interval | NoInterval:
    """Round an interval as results carry it; without width after that it is none."""
    interval = item.intervals[name]
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
    return (
        too_few_clusters
        or tally.patients < minimum.patients
        or ("positive" in classes and tally.positive_patients < minimum.positive_patients)
        or ("negative" in classes and tally.negative_patients < minimum.negative_patients)
    )
