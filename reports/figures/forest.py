"""The forest plot: estimates of one or two metrics over subgroups, with intervals, counts and goals beside them.

Owns the layout of that one figure. Line: the interval that decides; square: the estimate (a diamond for the whole
cohort), hollow where the row is insufficient. The other intervals are in the table behind it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from protocols.schema.metrics import METRICS
from reports.content.estimate_rows import LevelRow
from reports.figures import axes
from reports.figures.canvas import BLUE, DASHES, INK, ORANGE, RULE, SOFT, WIDTH, Canvas, Drawing, Tone
from reports.figures.forest_data import forest_data
from reports.fonts.text_width import shortened, width
from reports.language import formatting
from reports.language.vocabulary import Words
from validation.results.results import WHOLE, CriterionResult, Estimate, Subgroup

GAP, HEAD = 4.4, 24.0
INDENT = 9.0
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
RIGHT_PART = 0.6


@dataclass(frozen=True, slots=True)
class ForestGroup:
    """Rows under one heading; the whole cohort has none."""

    heading: str | None
    rows: tuple[LevelRow, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One metric of a forest plot: where its plot lies, and where its columns of text end, in points.

    ``counts`` and ``effect`` are None where there is no room for x/n and the design effect.
    """

    metric: str
    left: float
    width: float
    estimate: float
    counts: float | None = None
    effect: float | None = None
    most_steps: int = 5


@dataclass(frozen=True, slots=True)
class Forest:
    """The content and the vocabulary of a forest plot."""

    groups: tuple[ForestGroup, ...]
    criteria: Callable[[str], Mapping[Subgroup, CriterionResult]]
    words: Words
    confidence: str

    @property
    def rows(self) -> tuple[LevelRow, ...]:
        """All rows from the top."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def places(self) -> Iterator[tuple[float, LevelRow]]:
        """Where each row begins, from the top of the body, and the row."""
        y = 0.0
        for group in self.groups:
            y += 0 if group.heading is None else GAP + axes.ROW
            for row in group.rows:
                yield y, row
                y += axes.ROW

    @property
    def body(self) -> float:
        """Height of all rows and headings."""
        headings = sum(group.heading is not None for group in self.groups)
        return axes.ROW * (len(self.rows) + headings) + GAP * headings


def forest_of_one(name: str, metric: str, forest: Forest) -> Drawing:
    """Draw one metric over the whole width, with patients, x/n, estimate and design effect beside it.

    Args:
        name: unique on the page.
        metric: as results name it.
        forest: rows, criteria (those on a metric, by subgroup) and words.
    """
    column = Column(metric, left=236, width=134, estimate=468, counts=224, effect=WIDTH)
    return _forest_plot(name, forest, patients=158, columns=[column])


def forest_of_two(name: str, metrics: tuple[str, str], forest: Forest) -> Drawing:
    """Draw two metrics side by side, with patients and estimates; x/n and design effect are in its table."""
    first = Column(metrics[0], left=132, width=74, estimate=303, most_steps=4)
    second = Column(metrics[1], left=321, width=74, estimate=WIDTH, most_steps=4)
    return _forest_plot(name, forest, patients=118, columns=[first, second])


def _forest_plot(name: str, forest: Forest, *, patients: float, columns: Sequence[Column]) -> Drawing:
    canvas, alone = Canvas(name, HEAD + forest.body + axes.FOOT), len(columns) == 1
    canvas.label(patients, HEAD - axes.ABOVE_BODY, "Patients", "end", "soft")
    y = 0.0
    for group in forest.groups:
        if group.heading is not None:
            y += GAP
            canvas.label(0, _baseline(y), group.heading, tone="strong")
            y += axes.ROW
        for row in group.rows:
            tone: Tone = "strong" if row.subgroup == WHOLE else "ink"
            number = formatting.count(
                row.estimates[columns[0].metric].patients_behind if alone else row.size.patients
            )
            left = 0 if group.heading is None else INDENT
            room = patients - width(number, tone) - left - 6
            canvas.label(
                left, _baseline(y), shortened(forest.words.level(row.subgroup), room, tone), tone=tone
            )
            canvas.label(patients, _baseline(y), number, "end", tone)
            y += axes.ROW
    for column in columns:
        _column(canvas, column, forest)
    described = " ".join(_description(column.metric, forest) for column in columns)
    names = [*(forest.words.level(row.subgroup) for row in forest.rows), f"{forest.confidence} CI"]
    metrics = [column.metric for column in columns]
    return canvas.finish(described, forest_data(metrics, forest.rows, forest.criteria, names))


def _column(canvas: Canvas, column: Column, forest: Forest) -> None:
    metric, words, criteria = column.metric, forest.words, forest.criteria(column.metric)
    estimates = [row.estimates[metric] for row in forest.rows]
    goals = [criterion.goal for criterion in criteria.values()]
    scale = _scale(metric, estimates, goals, column.most_steps)
    box = axes.Box(column.left, HEAD, column.width, forest.body)
    panel = axes.Panel(canvas, box, x=scale.limits, y=(forest.body, 0))
    proportion = any(estimate.numerator is not None for estimate in estimates)
    title = f"{words.metric(metric)} ({forest.confidence} CI)"
    canvas.label(column.estimate, HEAD - axes.ABOVE_BODY, title, "end", "soft")
    if column.counts is not None:
        heading = "x/n" if proportion else f"Pos. {words.units}"
        canvas.label(column.counts, HEAD - axes.ABOVE_BODY, heading, "end", "soft")
    if column.effect is not None:
        canvas.label(column.effect, HEAD - axes.ABOVE_BODY, "Deff", "end", "soft")
    _axis(panel, scale)
    _lines(panel, forest, metric, criteria)
    for y, row in forest.places:
        _row(panel, column, row.estimates[metric], y, proportion=proportion)


def _lines(
    panel: axes.Panel, forest: Forest, metric: str, criteria: Mapping[Subgroup, CriterionResult]
) -> None:
    """Draw the whole cohort's estimate and goal through all rows; another goal in its own row alone."""
    whole, overall = forest.rows[0].estimates[metric].value, criteria.get(WHOLE)
    if whole is not None:
        panel.axes.axvline(whole, color=RULE, linewidth=0.7)
    if overall is not None:
        panel.axes.axvline(overall.goal, color=ORANGE, linewidth=0.8, linestyle=DASHES, clip_on=False)
        x, _ = panel.place(overall.goal, 0)
        text, y = f"goal {forest.words.target(overall)}", HEAD - axes.ABOVE_BODY - 9.5
        if (x - panel.box.left) / panel.box.width > RIGHT_PART:
            panel.canvas.label(x + 2, y, text, "end", "goal")
        else:
            panel.canvas.label(x, y, text, "middle", "goal")
    for y, row in forest.places:
        criterion = criteria.get(row.subgroup)
        if criterion is not None and (overall is None or criterion.goal != overall.goal):
            ends = [y + 2, y + axes.ROW - 2]
            panel.axes.plot([criterion.goal] * 2, ends, color=ORANGE, linewidth=0.9)


def _row(panel: axes.Panel, column: Column, row: Estimate, y: float, *, proportion: bool) -> None:
    canvas, middle, baseline, enough = panel.canvas, y + axes.ROW / 2, _baseline(y), row.status == "ok"
    whole = row.subgroup == WHOLE
    tone: Tone = "strong" if whole else "ink" if enough else "soft"
    if column.counts is not None:
        counts = formatting.fraction(row) if proportion else formatting.count(row.positives)
        canvas.label(column.counts, baseline, counts, "end", tone)
    if row.value is None:
        canvas.label(column.estimate, baseline, formatting.NOT_ESTIMABLE, "end", "soft")
        return
    if not whole and formatting.too_few(row):
        canvas.label(column.estimate, baseline, formatting.TOO_FEW, "end", "soft")
        return
    decision = row.decision
    if decision is not None:
        panel.axes.plot(decision, [middle] * 2, color=INK if enough else SOFT, linewidth=0.9)
    panel.axes.plot(
        [row.value],
        [middle],
        marker="D" if whole else "s",
        markersize=4.8 if whole else 4.2,
        markerfacecolor=BLUE if enough else "white",
        markeredgecolor=BLUE if enough else SOFT,
        markeredgewidth=0.8,
        clip_on=False,
    )
    text = f"{formatting.decimal(row.value)} ({formatting.interval(decision)}){formatting.dagger(row)}"
    canvas.label(column.estimate, baseline, text, "end", tone)
    if column.effect is not None:
        canvas.label(column.effect, baseline, formatting.design_effect(row), "end", "soft")


def _axis(panel: axes.Panel, scale: axes.Scale) -> None:
    panel.baseline()
    for tick, text in scale.named:
        panel.notch(tick, depth=axes.NOTCH / panel.box.height)
        panel.text_below(tick, text, below=axes.BELOW_BODY)


def _scale(metric: str, rows: Sequence[Estimate], goals: Sequence[float], most: int) -> axes.Scale:
    """Return a scale that contains every bound and goal."""
    numbers = [*goals]
    for row in rows:
        if row.subgroup == WHOLE or not formatting.too_few(row):
            numbers += [*(row.decision or ()), *([] if row.value is None else [row.value])]
    within = (METRICS[metric].lowest, METRICS[metric].highest)
    return axes.linear(
        min(numbers, default=0.0), max(numbers, default=1.0), most=most, steps=STEPS, within=within
    )


def _baseline(y: float) -> float:
    return HEAD + y + axes.ROW / 2 + axes.BELOW_MIDDLE


def _description(metric: str, forest: Forest) -> str:
    words, overall = forest.words, forest.criteria(metric).get(WHOLE)
    goal = f" The goal is {words.goal(overall)}." if overall is not None else ""
    in_words = [
        f"{words.level(row.subgroup)} {formatting.estimate(estimate)}"
        + (f" ({formatting.interval(estimate.decision)})" if estimate.value is not None else "")
        for row in forest.rows
        for estimate in [row.estimates[metric]]
    ]
    what = f"Forest plot of {words.metric(metric)} with {forest.confidence} intervals.{goal}"
    return axes.description(what, in_words)
