"""Estimates arranged for a report: a row per subgroup, an axis of rows, a criterion with its estimate.

Owns the arrangement only; every number is that of results.json.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.schema.criteria import Criterion
from protocols.schema.metrics import METRICS, SUBGROUP_METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.subgroups import SubgroupLevel
from reports.language.formatting import (
    PLACES_OF_RESAMPLING,
    count,
    decimal,
    estimate,
    listed,
    monte_carlo_error,
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
        """An estimate with the counts of all images of the row, scored or not."""
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
    """A criterion's result, its id and justification in the protocol, and the estimate that it judges.

    ``id`` is that of the protocol, without the level where the criterion applies to each level of an axis; ``estimate``
    is None where that axis has no level, so that nothing could be compared with the goal.
    """

    id: str
    result: CriterionResult
    justification: str
    estimate: Estimate | None


def rows_by_subgroup(estimates: Sequence[Estimate]) -> dict[Subgroup, LevelRow]:
    """Group estimates by subgroup, in their order."""
    by_subgroup: dict[Subgroup, dict[str, Estimate]] = {}
    for one in estimates:
        by_subgroup.setdefault(one.subgroup, {})[one.metric] = one
    return {subgroup: LevelRow(subgroup, of_row) for subgroup, of_row in by_subgroup.items()}


def criterion_row(
    result: CriterionResult, protocol: Protocol, rows: Mapping[Subgroup, LevelRow]
) -> CriterionRow:
    """Return a result with its criterion's justification, also where it is one of many levels."""
    criterion = next(criterion for criterion in protocol.criteria if _is_of(result, criterion))
    return CriterionRow(criterion.id, result, criterion.justification, judged(result, rows))


def judged(result: CriterionResult, rows: Mapping[Subgroup, LevelRow]) -> Estimate | None:
    """Return the estimate that a criterion judges, None where its axis has no level."""
    row = rows.get(result.subgroup)
    return row.estimates[result.metric] if row else None


def _is_of(result: CriterionResult, criterion: Criterion) -> bool:
    if isinstance(criterion.subgroup, SubgroupLevel):
        spread = f"{criterion.id}[{result.subgroup.axis}={result.subgroup.level}]"
        return result.id in (criterion.id, spread)
    return result.id == criterion.id


def deciding_note(rows: Sequence[LevelRow], words: Words) -> str:
    """Return which interval decides for which metric, and the rows in which another one does."""
    usual: dict[str, list[str]] = {}
    exceptions = []
    for metric in SUBGROUP_METRICS:
        names = {row.subgroup: row.estimates[metric].decision_interval for row in rows}
        present = [name for name in names.values() if name is not None]
        if not present:
            continue
        most = max(dict.fromkeys(present), key=present.count)
        named = words.within(words.metric(metric))
        usual.setdefault(most, []).append(named)
        for name in dict.fromkeys(name for name in present if name != most):
            levels = [words.level(subgroup) for subgroup, other in names.items() if other == name]
            exceptions.append(f"{INTERVALS[name]} for {named} in {'; '.join(levels)}")
    typical = [f"{INTERVALS[name]} for {listed(metrics)}" for name, metrics in usual.items()]
    return f"Deciding: {'; '.join([*typical, *exceptions]) or 'none'}."


def notes_on(row: LevelRow, words: Words) -> tuple[str, ...]:
    """Return which values, intervals and replicates of a row are missing, one sentence per reason."""
    values: dict[str, list[str]] = {}
    intervals: dict[str, dict[str, list[str]]] = {}
    replicates = []
    for name, found in row.estimates.items():
        named = words.within(words.metric(name))
        if found.value is None:
            values.setdefault(estimate(found), []).append(named)
            continue
        for interval, reason in found.interval_notes.items():
            intervals.setdefault(reason, {}).setdefault(INTERVALS[interval], []).append(named)
        if found.undefined_replicates:
            replicates.append(f"{named} in {count(found.undefined_replicates)}")
    notes = [f"{sentence(reason)}: {listed(metrics)}." for reason, metrics in values.items()]
    for reason, by_interval in intervals.items():
        what = "; ".join(f"{interval} of {listed(metrics)}" for interval, metrics in by_interval.items())
        notes.append(f"Not given, {reason}: {what}.")
    if replicates:
        notes.append(
            f"Undefined in some replicates, which bootstrap intervals leave out: {listed(replicates)}."
        )
    return tuple(notes)


def inconclusive(criteria: Sequence[CriterionResult], words: Words) -> tuple[str, ...]:
    """Return why criteria are inconclusive, one sentence per reason."""
    ids: dict[str, list[str]] = {}
    for result in criteria:
        if result.verdict == "inconclusive":
            ids.setdefault(words.reworded(result.why), []).append(result.id)
    return tuple(f"Inconclusive, {listed(names)}: {why}." for why, names in ids.items())


def monte_carlo_errors(criteria: Sequence[CriterionRow]) -> str:
    """Return a sentence with the Monte-Carlo error of each bootstrap bound and its distance to the goal."""
    errors = []
    for row in criteria:
        result = row.result
        if result.observed is not None and result.monte_carlo_error:
            distance = decimal(abs(result.observed - result.goal), PLACES_OF_RESAMPLING)
            errors.append(
                f"{monte_carlo_error(result.monte_carlo_error)} for {result.id}, {distance} from its goal"
            )
    if not errors:
        return "No observed bound depends on draws, so none has a Monte-Carlo error."
    return f"Monte-Carlo error of the bounds that draws decide: {listed(errors)}."
