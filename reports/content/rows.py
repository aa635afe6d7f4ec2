"""Estimates arranged as a report reads them: a row a subgroup, an axis of rows, a criterion with what it judges.

Owns the arrangement only; every number is as results.json holds it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.schema.criteria import Criterion
from protocols.schema.metrics import METRICS, SUBGROUP_METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.subgroups import SubgroupLevel
from reports.language.formatting import (
    PLACES_OF_DRAWS,
    count,
    decimal,
    draws_error,
    estimate,
    listed,
    sentence,
)
from reports.language.names import INTERVALS
from reports.language.vocabulary import Words
from validation.results.results import CriterionResult, Estimate, Subgroup


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One level of an axis (or the whole cohort) with its estimates by metric."""

    subgroup: Subgroup
    estimates: Mapping[str, Estimate]

    @property
    def size(self) -> Estimate:
        """An estimate whose counts are of all images of the row, scored or not."""
        return self.estimates["sensitivity"]

    @property
    def short_of(self) -> tuple[str, ...]:
        """Metrics of the subgroup tables that are not established in this row."""
        return tuple(name for name in SUBGROUP_METRICS if self.estimates[name].status != "ok")

    @property
    def proportions(self) -> tuple[str, ...]:
        """Proportions and F1, whose intervals are those of proportions, in the order of the results."""
        return tuple(name for name in self.estimates if "proportion" in METRICS[name].kind)

    @property
    def others(self) -> tuple[str, ...]:
        """All other metrics: of scores, then of counts."""
        kinds = ("scores", "counts")
        return tuple(name for kind in kinds for name in self.estimates if METRICS[name].kind == kind)

    def intervals_given(self, metrics: Sequence[str]) -> tuple[str, ...]:
        """The intervals that could be given for any of some metrics, in the order of columns."""
        given = {
            name
            for metric in metrics
            for name, bounds in self.estimates[metric].intervals.items()
            if bounds is not None
        }
        return tuple(name for name in INTERVALS if name in given)


@dataclass(frozen=True, slots=True)
class AxisRows:
    """One axis of subgroups in the order of the results."""

    name: str
    rows: tuple[LevelRow, ...]

    @property
    def crossed(self) -> bool:
        """Whether it crosses columns, so that its levels are parts of the levels of others."""
        return "," in self.name


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """A criterion's result, its id and justification in the protocol, and the estimate it was held against.

    ``id`` is the result's own without the level, where the criterion spreads over all levels of an axis; ``estimate``
    is None where that axis has no level, so that nothing could be held against the goal.
    """

    id: str
    result: CriterionResult
    justification: str
    estimate: Estimate | None


def rows_by_subgroup(estimates: Sequence[Estimate]) -> dict[Subgroup, LevelRow]:
    """Estimates by subgroup, in their order."""
    by_subgroup: dict[Subgroup, dict[str, Estimate]] = {}
    for one in estimates:
        by_subgroup.setdefault(one.subgroup, {})[one.metric] = one
    return {subgroup: LevelRow(subgroup, of_row) for subgroup, of_row in by_subgroup.items()}


def criterion_row(
    result: CriterionResult, protocol: Protocol, rows: Mapping[Subgroup, LevelRow]
) -> CriterionRow:
    """A result with its criterion's justification, also where that is one of many levels."""
    criterion = next(criterion for criterion in protocol.criteria if _is_of(result, criterion))
    return CriterionRow(criterion.id, result, criterion.justification, judged(result, rows))


def judged(result: CriterionResult, rows: Mapping[Subgroup, LevelRow]) -> Estimate | None:
    """The estimate that a criterion was held against, None where its axis has no level."""
    row = rows.get(result.subgroup)
    return row.estimates[result.metric] if row else None


def _is_of(result: CriterionResult, criterion: Criterion) -> bool:
    if isinstance(criterion.subgroup, SubgroupLevel):
        spread = f"{criterion.id}[{result.subgroup.axis}={result.subgroup.level}]"
        return result.id in (criterion.id, spread)
    return result.id == criterion.id


def deciding_note(rows: Sequence[LevelRow], words: Words) -> str:
    """Which interval decides for which metric, and in which rows another one than in most."""
    usual: dict[str, list[str]] = {}
    exceptions = []
    for metric in SUBGROUP_METRICS:
        names = {row.subgroup: row.estimates[metric].decision_interval for row in rows}
        present = [name for name in names.values() if name is not None]
        if not present:
            continue
        most = max(dict.fromkeys(present), key=present.count)
        called = words.within(words.metric(metric))
        usual.setdefault(most, []).append(called)
        for name in dict.fromkeys(name for name in present if name != most):
            levels = [words.level(subgroup) for subgroup, other in names.items() if other == name]
            exceptions.append(f"{INTERVALS[name]} for {called} in {'; '.join(levels)}")
    told = [f"{INTERVALS[name]} for {listed(metrics)}" for name, metrics in usual.items()]
    return f"Deciding: {'; '.join([*told, *exceptions]) or 'none'}."


def notes_on(row: LevelRow, words: Words) -> tuple[str, ...]:
    """What could not be given in a row and why, alike things in one sentence: values, intervals, replicates."""
    values: dict[str, list[str]] = {}
    intervals: dict[str, dict[str, list[str]]] = {}
    replicates = []
    for name, found in row.estimates.items():
        called = words.within(words.metric(name))
        if found.value is None:
            values.setdefault(estimate(found), []).append(called)
            continue
        for interval, reason in found.interval_notes.items():
            intervals.setdefault(reason, {}).setdefault(INTERVALS[interval], []).append(called)
        if found.undefined_replicates:
            replicates.append(f"{called} in {count(found.undefined_replicates)}")
    told = [f"{sentence(reason)}: {listed(metrics)}." for reason, metrics in values.items()]
    for reason, by_interval in intervals.items():
        what = "; ".join(f"{interval} of {listed(metrics)}" for interval, metrics in by_interval.items())
        told.append(f"Not given, {reason}: {what}.")
    if replicates:
        told.append(
            f"Undefined in some replicates, which bootstrap intervals leave out: {listed(replicates)}."
        )
    return tuple(told)


def inconclusive(criteria: Sequence[CriterionResult], words: Words) -> tuple[str, ...]:
    """Why criteria could not be decided, those of one reason in one sentence."""
    ids: dict[str, list[str]] = {}
    for result in criteria:
        if result.verdict == "inconclusive":
            ids.setdefault(words.told(result.why), []).append(result.id)
    return tuple(f"Inconclusive, {listed(names)}: {why}." for why, names in ids.items())


def drawn_bounds(criteria: Sequence[CriterionRow]) -> str:
    """The Monte-Carlo error of each bound that draws decide beside its distance to the goal."""
    drawn = []
    for row in criteria:
        result = row.result
        if result.observed is not None and result.monte_carlo_error:
            distance = decimal(abs(result.observed - result.goal), PLACES_OF_DRAWS)
            drawn.append(f"{draws_error(result.monte_carlo_error)} for {result.id}, {distance} from its goal")
    if not drawn:
        return "No observed bound depends on draws, so none has a Monte-Carlo error."
    return f"Monte-Carlo error of the bounds that draws decide: {listed(drawn)}."
