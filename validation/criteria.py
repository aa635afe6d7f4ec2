"""Estimates against the goals that were set before: a verdict for each criterion and one for the study.

Owns the decision and its words. Judged on the numbers as results.json carries them, so that a reader
with that file comes to the same verdict. Source: the contract ("Statistics", 8); Berger 1982
(intersection-union: several criteria joined by AND need no adjustment of alpha).
"""

from collections.abc import Mapping, Sequence

from protocols.schema import EVERY_LEVEL, Criterion, Level, Minimum, Protocol
from validation.results import (
    OVERALL_AXIS,
    OVERALL_LEVEL,
    CriterionResult,
    CriterionVerdict,
    Estimate,
    Subgroup,
    Verdict,
)
from validation.subgroups import Axis

LOWER_IS_BETTER = ("lr_negative", "brier")


def judge(
    protocol: Protocol, estimates: Sequence[Estimate], axes: Sequence[Axis]
) -> tuple[tuple[CriterionResult, ...], Verdict]:
    """Every criterion's verdict in the protocol's order, ``*`` spread over its levels, and the study's."""
    by_row = {(estimate.metric, estimate.subgroup): estimate for estimate in estimates}
    results = tuple(
        _judge_one(criterion, name, by_row[criterion.metric, subgroup], protocol)
        for criterion in protocol.criteria
        for name, subgroup in _spread(criterion, by_row, axes)
    )
    return results, overall_verdict(results)


def overall_verdict(criteria: Sequence[CriterionResult]) -> Verdict:
    """Fail if any acceptance criterion is not met, else inconclusive if any is, else pass; none without any."""
    verdicts = [criterion.verdict for criterion in criteria if criterion.role == "acceptance"]
    if not verdicts:
        return "none"
    if "not_met" in verdicts:
        return "fail"
    return "inconclusive" if "inconclusive" in verdicts else "pass"


def _spread(
    criterion: Criterion, by_row: Mapping[tuple[str, Subgroup], Estimate], axes: Sequence[Axis]
) -> list[tuple[str, Subgroup]]:
    wanted = criterion.subgroup
    if not isinstance(wanted, Level):
        return [(criterion.id, Subgroup(OVERALL_AXIS, OVERALL_LEVEL))]
    if wanted.level != EVERY_LEVEL:
        return [(criterion.id, Subgroup(wanted.axis, wanted.level))]
    axis = next(axis for axis in axes if axis.name == wanted.axis)
    rows = [
        subgroup
        for metric, subgroup in by_row
        if metric == criterion.metric and subgroup.axis == axis.name and subgroup.level in axis.known
    ]
    # Emptiness is of the subgroup: sensitivity counts every image of a row, AUROC only the scored ones.
    return [
        (f"{criterion.id}[{row.axis}={row.level}]", row)
        for row in rows
        if by_row["sensitivity", row].images > 0
    ]


def _judge_one(criterion: Criterion, name: str, estimate: Estimate, protocol: Protocol) -> CriterionResult:
    observed = _observed(criterion.bound, estimate)
    verdict: CriterionVerdict
    if protocol.reference_standard.kind == "text_mined":
        verdict, why = "inconclusive", "labels mined from text are no reference standard"
    elif estimate.status == "undefined":
        verdict, why = "inconclusive", f"{estimate.metric} is not estimable: {_what_is_missing(estimate)}"
    elif estimate.status == "insufficient" or observed is None:
        verdict, why = "inconclusive", _why_insufficient(estimate, protocol.minimum)
    else:
        verdict, why = _compare(criterion, observed)
    return CriterionResult(
        id=name,
        role=criterion.role,
        metric=criterion.metric,
        subgroup=estimate.subgroup,
        bound=criterion.bound,
        observed=observed,
        monte_carlo_error=_monte_carlo_error(criterion.bound, estimate),
        goal=criterion.goal,
        verdict=verdict,
        why=why,
    )


def _observed(bound: str, estimate: Estimate) -> float | None:
    if bound == "estimate" or estimate.decision is None:
        return estimate.value if bound == "estimate" else None
    return estimate.decision[0 if bound == "lower" else 1]


def _monte_carlo_error(bound: str, estimate: Estimate) -> float | None:
    if bound == "estimate" or estimate.monte_carlo_error is None:
        return None
    return estimate.monte_carlo_error[0 if bound == "lower" else 1]


def _compare(criterion: Criterion, observed: float) -> tuple[CriterionVerdict, str]:
    goal = criterion.goal
    if criterion.bound == "lower":
        met, rule = observed > goal, ("above", "not above")
    elif criterion.bound == "upper":
        met, rule = observed < goal, ("below", "not below")
    elif criterion.metric in LOWER_IS_BETTER:
        met, rule = observed <= goal, ("at or below", "above")
    else:
        met, rule = observed >= goal, ("at or above", "below")
    what = "the estimate" if criterion.bound == "estimate" else f"the {criterion.bound} bound"
    return "met" if met else "not_met", f"{what} is {rule[0] if met else rule[1]} the goal"


def _what_is_missing(estimate: Estimate) -> str:
    if estimate.positives == 0:
        return "0 positives"
    return "0 negatives" if estimate.negatives == 0 else "its denominator is 0"


def _why_insufficient(estimate: Estimate, minimum: Minimum) -> str:
    shortfalls = [
        f"{there} patient{'' if there == 1 else 's'}{what}, {needed} needed"
        for there, what, needed in (
            (estimate.patients, "", minimum.patients),
            (estimate.positive_patients, " with a positive image", minimum.positive_patients),
            (estimate.negative_patients, " with a negative image", minimum.negative_patients),
        )
        if there < needed
    ]
    if shortfalls:
        return "; ".join(shortfalls)
    if estimate.decision is None:
        return "no interval could be given"
    return f"undefined in {estimate.undefined_replicates} replicates"
