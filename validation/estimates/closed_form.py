"""Closed-form estimates, for rows that only show how a number moves.

Owns the choice of one closed-form interval per metric: `exact_clustered` for proportions and F1, for AUROC
`auroc_interval`, or at 0 and 1 `wilson_patients`. The intervals are `proportions` and `auroc`; rows that may decide are
`estimates`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import FITTED_PLACES, PLACES, rounded
from validation.cohort.clusters import FEWEST_CLUSTERS, note_on_clusters
from validation.cohort.outcomes import Sample
from validation.intervals.proportions import Interval, clustered_proportion, exact_clustered
from validation.metrics.auroc import auroc, placements, wilson_patients
from validation.metrics.auroc_interval import delong_newcombe
from validation.metrics.counts import confusion, proportion_of
from validation.results.secondary import ClosedEstimate


def closed_estimates(
    sample: Sample, metrics: Sequence[str], confidence_level: float
) -> tuple[ClosedEstimate, ...]:
    """Return metrics of a sample in the order asked for; undefined ones are None with a note.

    Args:
        sample: of one row.
        metrics: proportions and F1, or ``auroc``.
        confidence_level: two-sided.

    Raises:
        KeyError: a metric has no closed-form interval of its own.
    """
    return tuple(
        _auroc(sample, confidence_level)
        if name == "auroc"
        else closed_estimate(name, sample.counts, confidence_level, grouped=sample.drawn.grouped)
        for name in metrics
    )


def closed_estimate(
    name: str, counts: NDArray[np.float64], confidence_level: float, *, grouped: bool = False
) -> ClosedEstimate:
    """Return one metric of counts (TP, FP, FN, TN) per cluster, shape (clusters, 4).

    Without an interval where clusters are groups of patients (``grouped``) and fewer than 5 contribute.
    """
    value = float(proportion_of(name).value(confusion(counts.sum(axis=0))))
    if math.isnan(value):
        return ClosedEstimate(name, None, None, "not estimable: the denominator is 0")
    contributing = int((proportion_of(name).fraction(confusion(counts)).denominator > 0).sum())
    if grouped and contributing < FEWEST_CLUSTERS:
        return ClosedEstimate(name, rounded(value, PLACES), None, too_few_clusters(contributing))
    low, high = exact_interval(name, counts, confidence_level, grouped=grouped)
    return ClosedEstimate(name, rounded(value, PLACES), (rounded(low, PLACES), rounded(high, PLACES)))


def exact_interval(
    name: str, counts: NDArray[np.float64], confidence_level: float, *, grouped: bool = False
) -> Interval:
    """Return `exact_clustered` of a metric of counts per cluster, shape (clusters, 4); the denominator is not 0."""
    metric = proportion_of(name)
    clustered = clustered_proportion(*metric.fraction(confusion(counts)), confidence_level, grouped=grouped)
    return metric.mapped(exact_clustered(clustered, confidence_level))


def too_few_clusters(there: int) -> str:
    """Return the note on an interval that so few clusters allow no."""
    return f"{there} cluster{'' if there == 1 else 's'}, {FEWEST_CLUSTERS} needed"


def _auroc(sample: Sample, confidence_level: float) -> ClosedEstimate:
    placed, tally = placements(sample.ranked), sample.ranked_tally
    area = auroc(placed)
    if math.isnan(area):
        return ClosedEstimate("auroc", None, None, "not estimable: one class has no unit")
    value = rounded(area, PLACES)
    if tally.clusters and (fewest := min(tally.clusters.positive, tally.clusters.negative)) < FEWEST_CLUSTERS:
        return ClosedEstimate("auroc", value, None, too_few_clusters(fewest))
    at_boundary = wilson_patients(area, tally.fewer_clusters, confidence_level)
    if at_boundary is not None:
        return ClosedEstimate(
            "auroc", value, (rounded(at_boundary[0], PLACES), rounded(at_boundary[1], PLACES))
        )
    low, high = (
        rounded(bound, FITTED_PLACES) for bound in delong_newcombe(placed, confidence_level) or (area, area)
    )
    if low == high:
        note = note_on_clusters("no variance between patients", grouped=placed.grouped)
        return ClosedEstimate("auroc", value, None, note)
    return ClosedEstimate("auroc", value, (low, high))
