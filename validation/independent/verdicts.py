"""Criteria and the verdict, independently: every criterion has its row, whatever the data contain.

Owns the levels of a criterion, its verdict and the overall verdict. Written from the contract ("Statistics", 8)
without a line of the first implementation. The numbers are those of `estimate_rows`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from protocols.schema.criteria import Criterion
from protocols.schema.protocol import Protocol
from protocols.schema.subgroups import EVERY_LEVEL, SubgroupLevel
from validation.independent.cohort import Image
from validation.independent.estimate_rows import Row
from validation.independent.subgroup_levels import UNKNOWN, WHOLE, LevelName, unknown_on

LESS_IS_BETTER = ("lr_negative", "brier")


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion of one level: its observed value, performance goal and verdict."""

    id: str
    role: str
    metric: str
    subgroup: Mapping[str, str]
    bound: str
    observed: float | None
    goal: float
    verdict: str
    against_goal: str | None


def judged(
    levels: Mapping[LevelName, Sequence[Image]], rows: Mapping[tuple[str, LevelName], Row], protocol: Protocol
) -> tuple[Judged, ...]:
    """Judge every criterion in the protocol's order; one on level ``*`` has a row per level."""
    return tuple(
        judged_row(
            name, criterion, level, rows.get((criterion.metric, level)), _may_be_met(level, levels, protocol)
        )
        for criterion in protocol.criteria
        for name, level in _levels_of(criterion, levels).items()
    )


def _levels_of(criterion: Criterion, levels: Mapping[LevelName, Sequence[Image]]) -> dict[str, LevelName]:
    """Map id to level; ``*`` is every level with images and without an unknown part, itself where there is none."""
    if not isinstance(criterion.subgroup, SubgroupLevel):
        return {criterion.id: WHOLE}
    axis, level = criterion.subgroup.axis, criterion.subgroup.level
    if level != EVERY_LEVEL:
        return {criterion.id: (axis, level)}
    present = [name for (of_axis, name), images in levels.items() if of_axis == axis and images]
    known = [name for name in present if UNKNOWN not in name.split(",")]
    return {f"{criterion.id}[{axis}={name}]": (axis, name) for name in known} or {criterion.id: (axis, level)}


def _may_be_met(level: LevelName, levels: Mapping[LevelName, Sequence[Image]], protocol: Protocol) -> bool:
    """Return whether a criterion can be met: the reference is not text-mined, and few levels are unknown."""
    if protocol.reference_standard.kind == "text_mined":
        return False
    analysed = levels[WHOLE]
    unknown = 0 if level == WHOLE else unknown_on(level[0], analysed, protocol)
    return unknown / len(analysed) <= protocol.minimum.unknown_at_most


def judged_row(
    name: str, criterion: Criterion, level: LevelName, row: Row | None, may_be_met: bool = True
) -> Judged:
    """Return the verdict on one row, from its rounded numbers; without a row nothing was observed."""
    bounds = row.intervals[row.decision_interval] if row and row.decision_interval else None
    low, high = bounds or (None, None)
    observed = {"lower": low, "upper": high, "estimate": row.value if row else None}[criterion.bound]
    goal = criterion.goal
    smaller_is_met = criterion.bound == "upper" or (
        criterion.bound == "estimate" and criterion.metric in LESS_IS_BETTER
    )
    verdict, against = "inconclusive", None
    if may_be_met and row and row.status == "ok" and observed is not None:
        met = criterion.bound == "estimate" if observed == goal else (observed < goal) == smaller_is_met
        verdict = "met" if met else "not_met"
        if not met and bounds and criterion.bound != "estimate":
            refuted = bounds[0] > goal if smaller_is_met else bounds[1] < goal
            against = "refuted" if refuted else "not_shown"
    return Judged(
        name,
        criterion.role,
        criterion.metric,
        {"axis": level[0], "level": level[1]},
        criterion.bound,
        observed,
        goal,
        verdict,
        against,
    )


def overall(acceptance: Iterable[str]) -> str:
    """Combine the verdicts of the acceptance criteria by AND."""
    verdicts = set(acceptance)
    if not verdicts:
        return "none"
    return "fail" if "not_met" in verdicts else "inconclusive" if "inconclusive" in verdicts else "pass"
