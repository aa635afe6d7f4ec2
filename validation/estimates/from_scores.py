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
from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Sample, Tally, Units
from validation.estimates.metric_result import BOOTSTRAP_INTERVALS, Computed, Intervals
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import NoInterval, bca_interval, percentile_interval
from validation.intervals.effective_size import effective_patients, units_by_patient
from validation.intervals.logit_student import NO_VARIANCE, jackknife_student
from validation.metrics.auroc import auroc, auroc_jackknife, delong_clustered, placements, wilson_patients
from validation.metrics.auroc_interval import delong_newcombe, delong_student
from validation.metrics.average_precision import average_precision, average_precision_jackknife
from validation.metrics.brier import brier, brier_jackknife, squares_of

MEAN_INTERVALS = (*BOOTSTRAP_INTERVALS, "jackknife_student")
AUROC_INTERVALS = (*BOOTSTRAP_INTERVALS, "delong_clustered", "delong_student", "delong_newcombe")


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
        if np.isnan(value)
        else _class_patients(_units_of_classes(sample.ranked), grouped=placed.grouped),
    )


def _average_precision(sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    value, values = average_precision(sample.ranked), replicates.average_precision
    computed = _computed("average_precision", value, values, sample.ranked_tally, protocol)
    return _left_out(
        computed, values, lambda: average_precision_jackknife(sample.ranked), sample.ranked, protocol
    )


def _brier(sample: Sample, replicates: Replicates, protocol: Protocol) -> Computed:
    squares, values = squares_of(sample), brier(replicates.squares)
    value = float(brier(squares.sum(axis=0)))
    computed = _computed("brier", value, values, sample.scored_tally, protocol)
    left_out = _left_out(computed, values, lambda: brier_jackknife(squares), sample.scored, protocol)
    return replace(left_out, places=FITTED_PLACES)


def _computed(
    metric: str, value: float, values: NDArray[np.float64], tally: Tally, protocol: Protocol
) -> Computed:
    return Computed(
        metric=metric,
        value=value,
        intervals=dict.fromkeys(MEAN_INTERVALS, NoInterval("not estimable: no unit that it needs")),
        preferred=protocol.decision.of_means,
        tally=tally,
        undefined_replicates=int(np.isnan(values).sum()),
    )


def _left_out(
    computed: Computed,
    values: NDArray[np.float64],
    jackknife: Callable[[], NDArray[np.float64]],
    units: Units,
    protocol: Protocol,
) -> Computed:
    """Return a metric with the intervals made of its values on replicates and without each patient."""
    if np.isnan(computed.value):
        return computed
    left_out, level = jackknife(), protocol.bootstrap.confidence_level
    of_classes = _units_of_classes(units)
    return replace(
        computed,
        intervals={
            "percentile": percentile_interval(computed.value, values, level),
            "bca": bca_interval(computed.value, values, lambda: left_out, level),
            "jackknife_student": jackknife_student(
                computed.value, left_out, of_classes, level, grouped=units.grouped
            ),
        },
        class_patients=_class_patients(of_classes, grouped=units.grouped),
    )


def _units_of_classes(units: Units) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the units of each patient of each class, positive and negative."""
    positive = units.truth == POSITIVE
    return units_by_patient(units.cluster[positive]), units_by_patient(units.cluster[~positive])


def _class_patients(
    of_classes: tuple[NDArray[np.float64], NDArray[np.float64]], *, grouped: bool
) -> tuple[float, float] | None:
    """Return the effective numbers of patients of positives and negatives; None where these are not the clusters."""
    positive, negative = map(effective_patients, of_classes)
    return None if grouped else (positive, negative)


SCORE_METRICS: Mapping[str, Callable[[Sample, Replicates, Protocol], Computed]] = {
    "auroc": _auroc,
    "average_precision": _average_precision,
    "brier": _brier,
}
