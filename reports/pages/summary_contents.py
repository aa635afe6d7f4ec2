"""The content of a summary: the sponsor's statements, the criteria, rows and one figure for which it has room.

Owns the selection, and where a summary prints which keys of ``[submission]``. Missing statements are those of the
report. The page is `summary`; numbers are those of results.json.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reports.content.context import ReportContext
from reports.content.estimate_rows import AxisRows, CriterionRow, inconclusive
from reports.content.flow import FlowStage
from reports.content.labelling import NotEstablished
from reports.content.looks import deciding_level
from reports.content.robustness import RobustnessReport
from reports.content.sponsor.submission import PLACES
from reports.figures.canvas import Drawing, house_style
from reports.figures.forest import Forest, ForestGroup, forest_of_one
from reports.figures.roc_and_training import roc_figure
from reports.language import names
from validation.results.robustness_results import CHANGED_METRICS

AXES = ("age_years", "sex", "view")
METRICS = (
    *("sensitivity", "specificity", "auroc", "ppv", "npv"),
    *("f1", "accuracy", "prevalence", "lr_positive", "lr_negative"),
)
# The rest is counted here and is in the report.
MOST_CRITERIA, MOST_LEVELS, MOST_ROWS = 14, 24, 10
WORST_FIRST = ("not_met", "inconclusive", "met")

# Place in the summary -> keys of the sponsor's statements.
SPONSOR: Mapping[str, tuple[str, ...]] = {
    "submitter": ("sponsor", "contact"),
    "device": ("device_name", "device_version", "classification_name", "product_code"),
    "predicate": ("predicate",),
    "description": ("algorithm", "training_data"),
    "use": ("intended_use", "indications", "intended_population", "intended_users"),
    "data": (
        *("data_sources", "sites", "dates", "selection", "race_and_ethnicity", "manufacturers"),
        "independence",
    ),
    "reference": ("reader_qualifications", "reader_blinding"),
    "adverse_effects": ("adverse_effects",),
}


@dataclass(frozen=True, slots=True)
class SponsorWords:
    """The sponsor's statements in one place by subject, and the subjects without a statement."""

    given: tuple[tuple[str, str], ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotEstablishedTogether:
    """Rows that lack the same metrics, these in words, and how many more rows are not shown."""

    metrics: tuple[str, ...]
    rows: tuple[NotEstablished, ...]
    elsewhere: int


@dataclass(frozen=True, slots=True)
class RangeOfChange:
    """How far a metric falls and rises over all changes of the image."""

    metric: str
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class SummaryContents:
    """The content of a summary.

    Attributes:
        sponsor: the sponsor's statements by place.
        criteria: those that decide, the worst first where not all are shown.
        criteria_elsewhere: how many are not shown.
        inconclusive: why some of them could not be decided.
        none_established: whether every metric of the whole cohort is insufficient.
        flow: without a stage at which nothing changes.
        axes: age, sex and view, as far as the protocol names them.
        axes_elsewhere: further axes, in words.
        intervals: deciding intervals with their metrics in words, that of the most metrics last.
        not_established: for the draft labelling, rows by the metrics that they lack.
        changes: under perturbations; empty where not tested.
        roc: None where a class has no score.
        forest: in place of ``roc``; None where there is one.
    """

    sponsor: Mapping[str, SponsorWords]
    criteria: tuple[CriterionRow, ...]
    criteria_elsewhere: int
    inconclusive: tuple[str, ...]
    none_established: bool
    flow: tuple[FlowStage, ...]
    axes: tuple[AxisRows, ...]
    axes_elsewhere: tuple[str, ...]
    intervals: tuple[tuple[str, tuple[str, ...]], ...]
    not_established: tuple[NotEstablishedTogether, ...]
    changes: tuple[RangeOfChange, ...]
    roc: Drawing | None
    forest: Drawing | None

    @property
    def missing(self) -> int:
        """How many of the sponsor's statements are missing."""
        return sum(len(words.missing) for words in self.sponsor.values())


def contents_of(context: ReportContext) -> SummaryContents:
    """Select the content of a summary, and draw its figure."""
    criteria = _worst_first(context.acceptance)
    axes = _axes(context)
    with house_style():
        roc, forest = _figure(context, axes)
    return SummaryContents(
        sponsor=_sponsor(context),
        criteria=criteria[:MOST_CRITERIA],
        criteria_elsewhere=len(criteria[MOST_CRITERIA:]),
        inconclusive=inconclusive([row.result for row in criteria], context.words),
        none_established=all(context.whole.estimates[name].status == "insufficient" for name in METRICS),
        flow=_flow(context.flow),
        axes=axes,
        axes_elsewhere=tuple(context.words.axis(axis.name) for axis in context.axes if axis not in axes),
        intervals=_intervals(context),
        not_established=_together(context.not_established),
        changes=_changes(context.robustness),
        roc=roc,
        forest=forest,
    )


def left_to_the_report(context: ReportContext) -> Iterator[int]:
    """Yield how many criteria and rows a summary counts but does not show."""
    yield len(context.acceptance[MOST_CRITERIA:])
    yield from (group.elsewhere for group in _together(context.not_established))


def _sponsor(context: ReportContext) -> Mapping[str, SponsorWords]:
    """Return the sponsor's statements by place, and those missing by the report's rule."""
    subjects = {place.key: place.subject for place in PLACES}
    stated = {key: getattr(context.protocol.submission, key) for keys in SPONSOR.values() for key in keys}
    missing = {statement.key for statement in context.missing_statements}
    return {
        place: SponsorWords(
            given=tuple((subjects[key], stated[key]) for key in keys if isinstance(stated[key], str)),
            missing=tuple(context.words.within(subjects[key]) for key in keys if key in missing),
        )
        for place, keys in SPONSOR.items()
    }


def _together(rows: Sequence[NotEstablished]) -> tuple[NotEstablishedTogether, ...]:
    by_metrics: dict[tuple[str, ...], list[NotEstablished]] = {}
    for row in rows:
        by_metrics.setdefault(row.metrics, []).append(row)
    return tuple(
        NotEstablishedTogether(metrics, tuple(found[:MOST_ROWS]), len(found[MOST_ROWS:]))
        for metrics, found in by_metrics.items()
    )


def _worst_first(criteria: Sequence[CriterionRow]) -> tuple[CriterionRow, ...]:
    """Return criteria in the protocol's order; the worst first where not all will be shown."""
    if len(criteria) <= MOST_CRITERIA:
        return tuple(criteria)
    return tuple(sorted(criteria, key=lambda row: WORST_FIRST.index(row.result.verdict)))


def _flow(stages: Sequence[FlowStage]) -> tuple[FlowStage, ...]:
    """Merge the stage of the studies table with its neighbour where nothing left before it or nothing leaves it."""
    merged: list[FlowStage] = []
    for stage in stages:
        if stage.standing.step != "all" or not merged:
            merged.append(stage)
        elif not _leaving(merged[-1]):
            merged[-1] = replace(merged[-1], leaving=stage.leaving, among=stage.among)
        elif _leaving(stage):
            merged.append(stage)
    return tuple(merged)


def _leaving(stage: FlowStage) -> int:
    return sum(step.images for step in stage.leaving)


def _axes(context: ReportContext) -> tuple[AxisRows, ...]:
    """Return age, sex and view as far as their levels fit on a page."""
    shown: list[AxisRows] = []
    for axis in context.axes:
        if axis.name in AXES and sum(len(one.rows) for one in (*shown, axis)) <= MOST_LEVELS:
            shown.append(axis)
    return tuple(shown)


def _intervals(context: ReportContext) -> tuple[tuple[str, tuple[str, ...]], ...]:
    by_name: dict[str, list[str]] = {}
    for metric in METRICS:
        deciding = context.whole.estimates[metric].decision_interval
        if deciding is not None:
            by_name.setdefault(names.INTERVALS[deciding], []).append(
                context.words.within(context.words.metric(metric))
            )
    return tuple(
        sorted(((name, tuple(metrics)) for name, metrics in by_name.items()), key=lambda one: len(one[1]))
    )


def _changes(robustness: RobustnessReport | None) -> tuple[RangeOfChange, ...]:
    if robustness is None:
        return ()
    found = []
    for metric in CHANGED_METRICS:
        values = [item.change(metric).difference.value for item in robustness.perturbations]
        known = [value for value in values if value is not None]
        if known:
            found.append(RangeOfChange(metric, min(known), max(known)))
    return tuple(found)


def _figure(context: ReportContext, axes: Sequence[AxisRows]) -> tuple[Drawing | None, Drawing | None]:
    """Draw the ROC curve, or a forest plot where there is none."""
    words, estimates = context.words, context.whole.estimates
    if context.curve:
        return roc_figure(context.curve, estimates["sensitivity"], estimates["specificity"], words), None
    groups = [ForestGroup(words.axis(axis.name), axis.rows) for axis in axes]
    forest = Forest(
        groups=(ForestGroup(None, (context.whole,)), *groups),
        criteria=context.goals,
        words=words,
        confidence=deciding_level(context.results),
    )
    metric = "sensitivity" if estimates["sensitivity"].value is not None else "specificity"
    return None, forest_of_one("forest-of-one", metric, forest)
