"""A whole study computed a second time: flow, cohort, draws, rows, criteria and the verdict.

Owns the order and the verdicts. Rows are `independent_rows`, counting is `independent_cohort`; the comparison with
results.json is `independent_comparison`. None of these files uses NumPy, SciPy or a line of the first implementation.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.errors import BadInputError
from protocols.progress import Progress
from protocols.schema import EVERY_LEVEL, Criterion, Level, Protocol
from validation import independent_cohort as cohort
from validation.independent_levels import UNKNOWN, WHOLE, LevelName, levels
from validation.independent_replicates import OF_COUNTS, OF_SCORES, Slice, replicates_of, slice_of
from validation.independent_rows import Row, row_of
from validation.inputs import InputFiles

LESS_IS_BETTER = ("lr_negative", "brier")


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion of one level: what it was held against and what came of it."""

    id: str
    role: str
    metric: str
    subgroup: Mapping[str, str]
    bound: str
    observed: float | None
    goal: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What a second implementation makes of a study, under the names of results.json."""

    flow: tuple[Mapping[str, str | int], ...]
    cohort: Mapping[str, object]
    resampling: Mapping[str, str | int]
    estimates: tuple[Row, ...]
    criteria: tuple[Judged, ...]
    verdict: str


def second_opinion(protocol: Protocol, files: InputFiles, progress: Progress) -> Opinion:
    """Compute a study from its tables.

    Raises:
        BadInputError: what `validate` refuses about tables, no image is left to analyse, or the threshold is not there.
    """
    counted = cohort.recount(files, protocol)
    analysed = [image for image in counted.images if cohort.leaves_at(image, protocol) is None]
    if not analysed:
        raise BadInputError(f"{files.studies}: no image is left to analyse.")
    threshold = _threshold(protocol, files)
    numbers = {name: k for k, name in enumerate(cohort.patients(analysed))}
    slices = {
        level: slice_of(images, cohort.units(images, protocol.analysis.unit, threshold), numbers)
        for level, images in levels(analysed, protocol).items()
    }
    replicates = replicates_of(slices, cohort.strata(analysed, protocol), protocol, progress)
    rows = {
        (metric, level): row_of(metric, level, own, replicates.values[level, metric], len(numbers), protocol)
        for level, own in slices.items()
        for metric in (*OF_COUNTS, *OF_SCORES)
    }
    criteria = tuple(
        _judge(name, criterion, rows[criterion.metric, level], protocol)
        for criterion in protocol.criteria
        for name, level in _levels_of(criterion, slices).items()
    )
    return Opinion(
        flow=cohort.flow(counted, analysed, protocol),
        cohort=cohort.summary(counted, analysed),
        resampling={"clusters": len(numbers), "draws_sha256": replicates.draws_sha256},
        estimates=tuple(rows.values()),
        criteria=criteria,
        verdict=_overall(criteria),
    )


def _threshold(protocol: Protocol, files: InputFiles) -> float:
    stated = protocol.operating_point.threshold
    if stated is None and files.operating_point:
        stated = float(json.loads(files.operating_point.read_bytes())["threshold"])
    if stated is None:
        raise BadInputError(
            'the threshold is taken from = "model", and the run holds no operating_point.json.'
        )
    return stated


def _levels_of(criterion: Criterion, slices: Mapping[LevelName, Slice]) -> dict[str, LevelName]:
    """Id -> level that a criterion is about; ``*`` is every level with images and without an unknown part."""
    if not isinstance(criterion.subgroup, Level):
        return {criterion.id: WHOLE}
    axis, level = criterion.subgroup.axis, criterion.subgroup.level
    if level != EVERY_LEVEL:
        return {criterion.id: (axis, level)}
    known = [name for of_axis, name in slices if of_axis == axis and UNKNOWN not in name.split(",")]
    return {f"{criterion.id}[{axis}={name}]": (axis, name) for name in known if slices[axis, name].images}


def _judge(name: str, criterion: Criterion, row: Row, protocol: Protocol) -> Judged:
    """The verdict on one row, from its rounded numbers."""
    bounds = row.intervals[row.decision_interval] if row.decision_interval else None
    low, high = bounds or (None, None)
    observed = {"lower": low, "upper": high, "estimate": row.value}[criterion.bound]
    smaller_is_met = criterion.bound == "upper" or (
        criterion.bound == "estimate" and criterion.metric in LESS_IS_BETTER
    )
    if row.status != "ok" or protocol.reference_standard.kind == "text_mined" or observed is None:
        verdict = "inconclusive"
    elif observed == criterion.goal:
        verdict = "met" if criterion.bound == "estimate" else "not_met"
    else:
        verdict = "met" if (observed < criterion.goal) == smaller_is_met else "not_met"
    return Judged(
        name,
        criterion.role,
        criterion.metric,
        row.subgroup,
        criterion.bound,
        observed,
        criterion.goal,
        verdict,
    )


def _overall(criteria: Sequence[Judged]) -> str:
    """Of the acceptance criteria, joined by AND."""
    verdicts = {criterion.verdict for criterion in criteria if criterion.role == "acceptance"}
    if not verdicts:
        return "none"
    return "fail" if "not_met" in verdicts else "inconclusive" if "inconclusive" in verdicts else "pass"
