"""Metrics of scores in one row: AUROC, average precision and Brier score with every interval that applies.

Owns which intervals apply to which metric. Definitions are `auroc`, `average_precision` and `brier`; who decides is
`estimates`. Source: the contract ("Statistics", 3).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from protocols.schema.protocol import Protocol
from protocols.storage.canonical import FITTED_PLACES
from validation.cohort.outcomes import Sample
from validation.estimates.metric_result import BOOTSTRAP_INTERVALS, Computed, Intervals
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import NoInterval, bca_interval, percentile_interval
from validation.metrics.auroc import auroc, auroc_jackknife, delong_clustered, placements, wilson_patients
from validation.metrics.auroc_interval import delong_newcombe, delong_student, effective_patients
from validation.metrics.average_precision import average_precision, average_precision_jackknife
from validation.metrics.brier import brier, brier_jackknife, squares_of

AUROC_INTERVALS = (*BOOTSTRAP_INTERVALS, "delong_clustered", "delong_student", "delong_newcombe")
NO_VARIANCE = NoInterval("no variance between patients")


def _auroc(sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    placed = placements(sample.ranked)
    value, level = auroc(placed), protocol.bootstrap.confidence_level
    tally = sample.ranked_tally
    intervals: Intervals
    if np.isnan(value):
        intervals = dict.fromkeys(AUROC_INTERVALS, NoInterval("not estimable: one class has no unit"))
    else:
        intervals = {
            "percentile": percentile_interval(value, replicates.auroc, level),
            "bca": bca_interval(
                value, replicates.auroc, lambda: auroc_jackknife(sample.ranked, placed), level
            ),
            "delong_clustered": delong_clustered(placed, level) or NO_VARIANCE,
            "delong_student": delong_student(placed, level) or NO_VARIANCE,
            "delong_newcombe": delong_newcombe(placed, level) or NO_VARIANCE,
        }
        at_boundary = wilson_patients(value, tally.fewer_clusters, level)
        if at_boundary is not None:
            intervals |= {"wilson_patients": at_boundary}
    return Computed(
        metric="auroc",
        value=value,
        intervals=intervals,
        preferred=protocol.decision.other,
        tally=tally,
        undefined_replicates=int(np.isnan(replicates.auroc).sum()),
        class_patients=None
        if np.isnan(value) or placed.grouped
        else (effective_patients(placed.positive_patient), effective_patients(placed.negative_patient)),
    )


def _average_precision(sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    return _from_replicates(
        "average_precision",
        average_precision(sample.ranked),
        replicates.average_precision,
        lambda: average_precision_jackknife(sample.ranked),
        sample,
        protocol,
    )


def _brier(sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    squares = squares_of(sample)
    computed = _from_replicates(
        "brier",
        float(brier(squares.sum(axis=0))),
        brier(replicates.squares),
        lambda: brier_jackknife(squares),
        sample,
        protocol,
    )
    return replace(computed, places=FITTED_PLACES, tally=sample.scored_tally)


def _from_replicates(
    metric: str,
    value: float,
    values: NDArray[np.float64],
    jackknife: Callable[[], NDArray[np.float64]],
    sample: Sample,
    protocol: Protocol,
) -> Computed:
    """Return a metric of scores that has no interval but the bootstrap's."""
    level = protocol.bootstrap.confidence_level
    nothing = NoInterval("not estimable: no unit that it needs")
    return Computed(
        metric=metric,
        value=value,
        intervals=dict.fromkeys(BOOTSTRAP_INTERVALS, nothing)
        if np.isnan(value)
        else {
            "percentile": percentile_interval(value, values, level),
            "bca": bca_interval(value, values, jackknife, level),
        },
        preferred=protocol.decision.bootstrap_alone,
        tally=sample.ranked_tally,
        undefined_replicates=int(np.isnan(values).sum()),
    )


SCORE_METRICS: Mapping[str, Callable[[Sample, Replicates, Protocol], Computed]] = {
    "auroc": _auroc,
    "average_precision": _average_precision,
    "brier": _brier,
}
