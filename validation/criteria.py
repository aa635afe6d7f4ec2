"""Estimates against the goals that were set before: a verdict for each criterion and one for the study.

Owns the decision and its words. Judged on the numbers as results.json carries them, so that a reader
with that file comes to the same verdict. Source: the contract ("Statistics", 8); Berger 1982
(intersection-union: several criteria joined by AND need no adjustment of alpha).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from protocols.schema.criteria import Criterion
from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Minimum
from protocols.schema.subgroups import EVERY_LEVEL, SubgroupLevel
from validation.cohort.clusters import FEWEST_CLUSTERS
from validation.cohort.subgroups import Axis
from validation.results.results import WHOLE, AgainstGoal, CriterionResult, Estimate, Subgroup, Verdict
from validation.results.secondary import CriterionVerdict, Interval


def judge(
    protocol: Protocol, estimates: Sequence[Estimate], axes: Sequence[Axis], members: NDArray[np.bool_]
) -> tuple[tuple[CriterionResult, ...], Verdict]:
    """Return each criterion's verdict in the protocol's order, ``*`` spread over its levels, and the study's.

    Args:
        protocol: the plan.
        estimates: of one analysis. What this has no row for is left out; the primary one has all.
        axes: the protocol's.
        members: the images of the analysis, shape (studies,).
    """
    by_row = {(estimate.metric, estimate.subgroup): estimate for estimate in estimates}
    results = []
    for criterion in protocol.criteria:
        axis = _axis_of(criterion, axes)
        too_many = None if axis is None else _too_many_unknown(axis, members, protocol.minimum)
        for name, subgroup in _spread(criterion, axis, members):
            if subgroup.level == EVERY_LEVEL and axis is not None:
                results.append(_without_level(criterion, axis, members))
            elif estimate := by_row.get((criterion.metric, subgroup)):
                results.append(_judge_one(criterion, name, estimate, protocol, too_many))
    return tuple(results), overall_verdict(results)


def rows_judged(
    protocol: Protocol, axes: Sequence[Axis], members: NDArray[np.bool_]
) -> dict[Subgroup, frozenset[str]]:
    """Return the levels with criteria in an analysis of some images, each with its metrics; not the whole cohort."""
    metrics: dict[Subgroup, set[str]] = {}
    for criterion in protocol.criteria:
        if axis := _axis_of(criterion, axes):
            for _, row in _spread(criterion, axis, members):
                if row.level != EVERY_LEVEL:
                    metrics.setdefault(row, set()).add(criterion.metric)
    return {row: frozenset(named) for row, named in metrics.items()}


def overall_verdict(criteria: Sequence[CriterionResult]) -> Verdict:
    """Return fail if any acceptance criterion is not met, else inconclusive if any is, else pass; none without any."""
    verdicts = [criterion.verdict for criterion in criteria if criterion.role == "acceptance"]
    if not verdicts:
        return "none"
    if "not_met" in verdicts:
        return "fail"
    return "inconclusive" if "inconclusive" in verdicts else "pass"


def _axis_of(criterion: Criterion, axes: Sequence[Axis]) -> Axis | None:
    wanted = criterion.subgroup
    return (
        next(axis for axis in axes if axis.name == wanted.axis) if isinstance(wanted, SubgroupLevel) else None
    )


def _spread(
    criterion: Criterion, axis: Axis | None, members: NDArray[np.bool_]
) -> list[tuple[str, Subgroup]]:
    """Return a criterion's rows, each with its verdict's name; the subgroup as written where ``*`` finds no level."""
    wanted = criterion.subgroup
    if axis is None or not isinstance(wanted, SubgroupLevel):
        return [(criterion.id, WHOLE)]
    there = [level for level in axis.levels if level in axis.known and (members & axis.members(level)).any()]
    if wanted.level != EVERY_LEVEL or not there:
        return [(criterion.id, Subgroup(axis.name, wanted.level))]
    return [(f"{criterion.id}[{axis.name}={level}]", Subgroup(axis.name, level)) for level in there]


def _unknown(axis: Axis, members: NDArray[np.bool_]) -> int:
    """Count the images without a level of an axis, or with an unknown part of an intersection."""
    known = np.array([level in axis.known for level in axis.levels], dtype=np.bool_)
    return int((members & ~known[axis.codes]).sum())


def _too_many_unknown(axis: Axis, members: NDArray[np.bool_], minimum: Minimum) -> str | None:
    unknown, images = _unknown(axis, members), int(members.sum())
    if images == 0 or unknown / images <= minimum.unknown_at_most:
        return None
    return (
        f"{axis.name} is unknown for {unknown} of {images} images, more than minimum.unknown_at_most = "
        f"{minimum.unknown_at_most:g} allows; {_remedy(axis)}"
    )


def _remedy(axis: Axis) -> str:
    named = " and ".join(f"[values.{part}]" for part in axis.name.split(","))
    return f"complete {axis.name} in the studies table, or name the values of the file in {named}"


def _without_level(criterion: Criterion, axis: Axis, members: NDArray[np.bool_]) -> CriterionResult:
    return _result(
        criterion,
        criterion.id,
        Subgroup(axis.name, EVERY_LEVEL),
        "inconclusive",
        f"{axis.name} has no known level: it is unknown for {_unknown(axis, members)} of {int(members.sum())} images; "
        f"{_remedy(axis)}",
    )


def _judge_one(
    criterion: Criterion, name: str, estimate: Estimate, protocol: Protocol, too_many_unknown: str | None
) -> CriterionResult:
    observed = bound_of(criterion.bound, estimate.value, estimate.decision)
    verdict: CriterionVerdict = "inconclusive"
    if protocol.reference_standard.kind == "text_mined":
        why = "labels mined from text are no reference standard"
    elif too_many_unknown:
        why = too_many_unknown
    elif estimate.status == "undefined":
        why = f"{estimate.metric} is not estimable: {_what_is_missing(estimate)}"
    elif estimate.status == "insufficient" or observed is None:
        why = _why_insufficient(estimate, protocol)
    else:
        verdict, why = compared(criterion, observed)
    return _result(criterion, name, estimate.subgroup, verdict, why, estimate)


def _result(
    criterion: Criterion,
    name: str,
    subgroup: Subgroup,
    verdict: CriterionVerdict,
    why: str,
    estimate: Estimate | None = None,
) -> CriterionResult:
    return CriterionResult(
        id=name,
        role=criterion.role,
        metric=criterion.metric,
        subgroup=subgroup,
        bound=criterion.bound,
        observed=None if estimate is None else bound_of(criterion.bound, estimate.value, estimate.decision),
        monte_carlo_error=None
        if estimate is None
        else bound_of(criterion.bound, None, estimate.monte_carlo_error),
        goal=criterion.goal,
        verdict=verdict,
        why=why,
        against_goal=None
        if estimate is None or verdict != "not_met"
        else _against_goal(criterion.bound, criterion.goal, estimate),
    )


def _against_goal(bound: str, goal: float, estimate: Estimate) -> AgainstGoal | None:
    """Say whether a goal not met is refuted: the whole deciding interval is strictly on the wrong side of it."""
    if bound == "estimate" or estimate.decision is None:
        return None
    low, high = estimate.decision
    return "refuted" if (high < goal if bound == "lower" else low > goal) else "not_shown"


def bound_of(bound: str, value: float | None, interval: Interval | None) -> float | None:
    """Return what a criterion is judged on: the value, or a bound of the interval; None where there is none."""
    if bound == "estimate":
        return value
    return interval and interval[0 if bound == "lower" else 1]


def compared(criterion: Criterion, observed: float) -> tuple[CriterionVerdict, str]:
    """Return the verdict of a number against a criterion's goal, and why."""
    goal = criterion.goal
    if criterion.bound == "lower":
        met, rule = observed > goal, ("above", "not above")
    elif criterion.bound == "upper":
        met, rule = observed < goal, ("below", "not below")
    elif METRICS[criterion.metric].lower_is_better:
        met, rule = observed <= goal, ("at or below", "above")
    else:
        met, rule = observed >= goal, ("at or above", "below")
    what = "the estimate" if criterion.bound == "estimate" else f"the {criterion.bound} bound"
    return "met" if met else "not_met", f"{what} is {rule[0] if met else rule[1]} the goal"


def _what_is_missing(estimate: Estimate) -> str:
    if estimate.positives == 0:
        return "0 positives"
    return "0 negatives" if estimate.negatives == 0 else "its denominator is 0"


def _why_insufficient(estimate: Estimate, protocol: Protocol) -> str:
    minimum = protocol.minimum
    shortfalls = [
        f"{there} patient{'' if there == 1 else 's'}{what}, {needed} needed"
        for there, what, needed in (
            (estimate.patients, "", minimum.patients),
            (estimate.positive_patients, " with a positive image", minimum.positive_patients),
            (estimate.negative_patients, " with a negative image", minimum.negative_patients),
        )
        if there < needed
    ]
    if of_classes := estimate.class_patients:
        shortfalls += [
            f"the patients with a {name} image count as {there:.1f}, as their numbers of images differ, "
            f"{needed} needed"
            for name, there, needed in (
                ("positive", of_classes.positive, minimum.positive_patients),
                ("negative", of_classes.negative, minimum.negative_patients),
            )
            if there < needed and getattr(estimate, f"{name}_patients") >= needed
        ]
    if estimate.clusters:
        words = {"any": "", "positive": " with a positive image", "negative": " with a negative image"}
        counts = estimate.clusters.of_classes(METRICS[estimate.metric].classes)
        shortfalls += [
            f"{there} {'cluster' if there == 1 else 'clusters'} ({protocol.bootstrap.cluster}){words[kind]}, "
            f"{FEWEST_CLUSTERS} needed"
            for kind, there in counts.items()
            if there < FEWEST_CLUSTERS
        ]
    if shortfalls:
        return "; ".join(shortfalls)
    if estimate.decision is None:
        return "no interval could be given"
    return f"undefined in {estimate.undefined_replicates} replicates"
