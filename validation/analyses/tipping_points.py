"""Tipping points: how many unresolved results must count otherwise before a criterion changes.

Owns the order in which units turn against the device and the search. What counts for and against it is
`best_and_worst_case`, so that nothing turned is `all_best` and everything turned `all_worst`; intervals are
`estimates`. It decides nothing. Source: docs/methods/sensitivity-analyses.md; Yan, Lee & Li 2009 (tipping point of
missing binary outcomes).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.progress import Progress
from protocols.schema.criteria import Criterion
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Decision
from validation.analyses.best_and_worst_case import extreme_outcomes, extreme_ranks
from validation.cohort.join import INDETERMINATE
from validation.cohort.outcomes import Sample, counts_by_cluster, incomplete_units, tally_of
from validation.criteria import bound_of, compared
from validation.estimates.estimates import estimates_of
from validation.estimates.metric_result import BOOTSTRAP_INTERVALS
from validation.estimates.replication import Replicates
from validation.metrics.counts import COUNT_METRICS, CountMetric, PairOfProportions, Proportion, confusion
from validation.results.results import OVERALL_AXIS, WHOLE, CriterionResult, Estimate, Verdict
from validation.results.verdict_sensitivity import TippingPoint, TippingPoints

MOST_TRIED = 200  # numbers of units against the device; with more units, only every k-th number is tried
NOTHING = np.empty(0)
NO_REPLICATES = Replicates(np.empty((0, 4)), np.empty((0, 2)), NOTHING, NOTHING)


def tipping_points(
    everything: Sample,
    criteria: Sequence[CriterionResult],
    verdict: Verdict,
    protocol: Protocol,
    progress: Progress,
) -> TippingPoints:
    """Return the tipping point of each criterion on the whole cohort, and that of a study that passes.

    Args:
        everything: every image of the test split with a reference, by the rules of the primary analysis.
        criteria: the primary results.
        verdict: the primary one.
        protocol: the plan.
        progress: called before the first criterion and after each.
    """
    by_id = {result.id: result for result in criteria}
    units = everything.units
    unresolved = (units.truth == INDETERMINATE) | incomplete_units(units, everything.images)
    asked = [one for one in protocol.criteria if unresolved.any() and one.subgroup == OVERALL_AXIS]
    points = []
    for number, criterion in enumerate(asked):
        progress("tipping", number, len(asked))
        points.append(_tipping_point(everything, criterion, by_id[criterion.id], protocol))
    if asked:
        progress("tipping", len(asked), len(asked))
    accepted = {result.id for result in criteria if result.role == "acceptance"}
    # Of equal counts the criterion that comes first.
    found = min(
        (
            (one.count, place)
            for place, one in enumerate(points)
            if one.count is not None and one.id in accepted
        ),
        default=None,
    )
    unit, number = protocol.analysis.unit, int(unresolved.sum())
    if not number:
        note = f"every {unit} has a determinate reference and a score"
    elif verdict != "pass":
        note = f"the study does not pass: {verdict}"
    elif found is None:
        note = "no criterion of acceptance changes"
    else:
        count, place = found
        return TippingPoints(
            unit=unit, unresolved=number, criteria=tuple(points), count=count, id=points[place].id
        )
    return TippingPoints(unit=unit, unresolved=number, criteria=tuple(points), count=None, id=None, note=note)


@dataclass(frozen=True, slots=True)
class _Turned:
    """A metric with any number of its unresolved units counted against the device.

    Attributes:
        units: the unresolved units that enter the metric, in the order in which they turn, shape (unresolved,).
        sample: returns the sample with some of the units counted against the device, and all others for it.
    """

    units: NDArray[np.intp]
    sample: Callable[[NDArray[np.bool_]], Sample]


def _tipping_point(
    everything: Sample, criterion: Criterion, result: CriterionResult, protocol: Protocol
) -> TippingPoint:
    def point(
        unresolved: int = 0, count: int | None = None, step: int = 1, note: str | None = None
    ) -> TippingPoint:
        return TippingPoint(
            id=criterion.id,
            metric=criterion.metric,
            verdict=result.verdict,
            unresolved=unresolved,
            direction={"met": "against", "not_met": "for", "inconclusive": None}[result.verdict],
            count=count,
            step=step,
            note=note,
        )

    if reason := _not_given(criterion, protocol.decision):
        return point(note=reason)
    turned = turned_units(everything, criterion.metric)
    size = len(turned.units)
    if result.verdict == "inconclusive":
        return point(size, note="the criterion is inconclusive")
    if not size:
        return point(note=f"no unresolved {protocol.analysis.unit} enters the metric")
    against = result.verdict == "met"
    step = -(-size // MOST_TRIED)
    for number in [*range(0, size, step), size]:
        estimate = turned_estimate(
            everything, turned, criterion.metric, number if against else size - number, protocol
        )
        if _met(criterion, estimate) != against:
            return point(size, number, step)
    always = "met even if all" if against else "not met even if all"
    return point(size, step=step, note=f"{always} {size} count {'against' if against else 'for'} the device")


def _not_given(criterion: Criterion, decision: Decision) -> str | None:
    """Return why a criterion has no tipping point."""
    metric = COUNT_METRICS.get(criterion.metric)
    if criterion.metric == "prevalence":
        return "prevalence has no best or worst case"
    if metric is None and criterion.metric != "auroc":
        return "given for metrics of counts and AUROC"
    deciding = _deciding(metric, decision)
    if criterion.bound != "estimate" and deciding in BOOTSTRAP_INTERVALS:
        return f"given for closed-form intervals; {deciding} decides"
    return None


def _deciding(metric: CountMetric | None, decision: Decision) -> str:
    """Return the interval that should decide; without a metric of counts, for AUROC."""
    if metric is None:
        return decision.other
    if isinstance(metric, Proportion):
        return decision.proportion
    return decision.of_pairs if isinstance(metric, PairOfProportions) else decision.bootstrap_alone


def turned_units(everything: Sample, metric: str) -> _Turned:
    """Return the unresolved units of a metric of counts or ``auroc``, and what turning them does.

    A unit is unresolved where best and worst case differ in what enters the metric. Units of patients with most of them
    turn first, which widens the interval most; then by patient, then by image.
    """
    units, size = everything.units, everything.drawn.count
    if metric == "auroc":
        best, worst = (extreme_ranks(everything, case) for case in ("best", "worst"))
        differ = (best.truth != worst.truth) | (best.score != worst.score)

        def sample(against: NDArray[np.bool_]) -> Sample:
            truth = np.where(against, worst.truth, best.truth)
            ranked = replace(units, truth=truth, score=np.where(against, worst.score, best.score))
            return replace(everything, ranked=ranked, ranked_tally=tally_of(ranked, everything.tally.images))
    else:
        cells = [extreme_outcomes(everything, case, metric) for case in ("best", "worst")]
        differ = _entering(metric, cells[0]) != _entering(metric, cells[1])

        def sample(against: NDArray[np.bool_]) -> Sample:
            outcomes = np.where(against, cells[1], cells[0])
            return replace(everything, counts=counts_by_cluster(units, outcomes, size))

    places = np.flatnonzero(differ)
    patient = units.patient[places]
    # Units come by image_id, patients are numbered by patient_id.
    order = np.lexsort((places, patient, -np.bincount(patient)[patient]))
    return _Turned(places[order], sample)


def _entering(metric: str, cells: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return a code of what each outcome adds to a metric; equal codes leave its value and interval as they are."""
    one_each = confusion(np.eye(4))
    definition = COUNT_METRICS[metric]
    if not isinstance(definition, Proportion):
        return cells
    numerator, denominator = definition.fraction(one_each)
    return (2 * numerator + denominator).astype(np.int64)[cells]


def turned_estimate(
    everything: Sample, turned: _Turned, metric: str, number: int, protocol: Protocol
) -> Estimate:
    """Return the estimate of a metric with the first ``number`` of its unresolved units against the device.

    Its intervals are closed-form; where none can be given, its status is insufficient.
    """
    against = np.zeros(len(everything.units.patient), dtype=np.bool_)
    against[turned.units[:number]] = True
    sample = replace(turned.sample(against), metrics={metric: None})
    (estimate,) = estimates_of(sample, NO_REPLICATES, WHOLE, protocol)
    return estimate


def _met(criterion: Criterion, estimate: Estimate) -> bool:
    observed = bound_of(criterion.bound, estimate.value, estimate.decision)
    return estimate.status == "ok" and observed is not None and compared(criterion, observed)[0] == "met"
