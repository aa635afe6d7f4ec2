"""The forest plot: estimates of one or two metrics over subgroups, with intervals, counts and goals beside them.

Owns the layout of that one figure. Line: the interval that decides; square: the estimate (a diamond for the whole
cohort), hollow where the row is insufficient. The other intervals stand in the table behind it.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from protocols.schema.criteria import UNBOUNDED
from reports.content.rows import WHOLE, LevelRow
from reports.figures.canvas import (
    BLUE,
    DASHES,
    FAINT,
    INK,
    ORANGE,
    RULE,
    SOFT,
    WIDTH,
    Anchor,
    Canvas,
    Drawing,
    Tone,
)
from reports.figures.forest_data import forest_data
from reports.fonts.text_width import shortened, width
from reports.language import formatting
from reports.language.vocabulary import Words
from validation.results.results import CriterionResult, Estimate, Subgroup

ROW, GAP, HEAD, FOOT = 13.2, 4.4, 24.0, 19.0
INDENT = 9.0
ABOVE_BASELINE, ABOVE_BODY, BELOW_BODY = 2.7, 7.0, 12.0
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
RIGHT_PART = 0.6


@dataclass(frozen=True, slots=True)
class ForestGroup:
    """Rows under one heading; the whole cohort has none."""

    heading: str | None
    rows: tuple[LevelRow, ...]


@dataclass(frozen=True, slots=True)
class Panel:
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
    """A forest plot in the making: what it shows and in which words."""

    groups: tuple[ForestGroup, ...]
    criteria: Callable[[str], Mapping[Subgroup, CriterionResult]]
    words: Words
    confidence: str

    @property
    def rows(self) -> tuple[LevelRow, ...]:
        """All rows from the top."""
        return tuple(row for group in self.groups for row in group.rows)

    @property
    def body(self) -> float:
        """Height of all rows and headings."""
        headings = sum(group.heading is not None for group in self.groups)
        return ROW * (len(self.rows) + headings) + GAP * headings


def forest_of_one(name: str, metric: str, forest: Forest) -> Drawing:
    """One metric over the whole width, with patients, x/n, estimate and design effect beside it.

    Args:
        name: unique on the page.
        metric: as results name it.
        forest: rows, criteria (those on a metric, by subgroup) and words.
    """
    panel = Panel(metric, left=236, width=134, estimate=468, counts=224, effect=WIDTH)
    return _drawn(name, forest, patients=158, panels=[panel])


def forest_of_two(name: str, metrics: tuple[str, str], forest: Forest) -> Drawing:
    """Two metrics side by side, with patients and estimates; x/n and design effect stand in the table it goes with."""
    first = Panel(metrics[0], left=132, width=74, estimate=303, most_steps=4)
    second = Panel(metrics[1], left=321, width=74, estimate=WIDTH, most_steps=4)
    return _drawn(name, forest, patients=118, panels=[first, second])


def _drawn(name: str, forest: Forest, *, patients: float, panels: Sequence[Panel]) -> Drawing:
    canvas, alone = Canvas(name, HEAD + forest.body + FOOT), len(panels) == 1
    canvas.label(patients, HEAD - ABOVE_BODY, "Patients", "end", "soft")
    y = 0.0
    for group in forest.groups:
        if group.heading is not None:
            y += GAP
            canvas.label(0, _baseline(y), group.heading, tone="strong")
            y += ROW
        for row in group.rows:
            tone: Tone = "strong" if row.subgroup == WHOLE else "ink"
            number = formatting.count(
                row.estimates[panels[0].metric].patients_behind if alone else row.size.patients
            )
            left = 0 if group.heading is None else INDENT
            room = patients - width(number, tone) - left - 6
            canvas.label(
                left, _baseline(y), shortened(forest.words.level(row.subgroup), room, tone), tone=tone
            )
            canvas.label(patients, _baseline(y), number, "end", tone)
            y += ROW
    for panel in panels:
        _panel(canvas, panel, forest)
    described = " ".join(_description(panel.metric, forest) for panel in panels)
    names = [*(forest.words.level(row.subgroup) for row in forest.rows), f"{forest.confidence} CI"]
    metrics = [panel.metric for panel in panels]
    return canvas.finish(described, forest_data(metrics, forest.rows, forest.criteria, names))


def _panel(canvas: Canvas, panel: Panel, forest: Forest) -> None:
    metric, words, criteria = panel.metric, forest.words, forest.criteria(panel.metric)
    estimates = [row.estimates[metric] for row in forest.rows]
    goals = [criterion.goal for criterion in criteria.values()]
    low, high, ticks = _scale(metric, estimates, goals, panel.most_steps)
    axes = canvas.panel(panel.left, HEAD, panel.width, forest.body, x=(low, high), y=(forest.body, 0))
    proportion = any(estimate.numerator is not None for estimate in estimates)
    title = f"{words.metric(metric)} ({forest.confidence} CI)"
    canvas.label(panel.estimate, HEAD - ABOVE_BODY, title, "end", "soft")
    if panel.counts is not None:
        heading = "x/n" if proportion else f"Pos. {words.units}"
        canvas.label(panel.counts, HEAD - ABOVE_BODY, heading, "end", "soft")
    if panel.effect is not None:
        canvas.label(panel.effect, HEAD - ABOVE_BODY, "Deff", "end", "soft")
    _axis(canvas, axes, ticks, forest.body)
    _lines(canvas, axes, forest, metric, criteria, (low, high))
    y = 0.0
    for group in forest.groups:
        y += 0 if group.heading is None else GAP + ROW
        for row in group.rows:
            _row(canvas, axes, panel, row.estimates[metric], y, proportion=proportion)
            y += ROW


def _lines(
    canvas: Canvas,
    axes: Axes,
    forest: Forest,
    metric: str,
    criteria: Mapping[Subgroup, CriterionResult],
    limits: tuple[float, float],
) -> None:
    """The estimate of the whole cohort and its goal through all rows; another goal in its own row alone."""
    whole, overall = forest.rows[0].estimates[metric].value, criteria.get(WHOLE)
    if whole is not None:
        axes.axvline(whole, color=RULE, linewidth=0.7)
    if overall is not None:
        axes.axvline(overall.goal, color=ORANGE, linewidth=0.8, linestyle=DASHES, clip_on=False)
        x, _ = canvas.place(axes, overall.goal, 0)
        low, high = limits
        to_the_right = (overall.goal - low) / (high - low) > RIGHT_PART
        anchor: Anchor = "end" if to_the_right else "middle"
        canvas.label(
            x + 2 if to_the_right else x,
            HEAD - ABOVE_BODY - 9.5,
            f"goal {forest.words.target(overall)}",
            anchor,
            "goal",
        )
    y = 0.0
    for group in forest.groups:
        y += 0 if group.heading is None else GAP + ROW
        for row in group.rows:
            criterion = criteria.get(row.subgroup)
            if criterion is not None and (overall is None or criterion.goal != overall.goal):
                axes.plot([criterion.goal] * 2, [y + 2, y + ROW - 2], color=ORANGE, linewidth=0.9)
            y += ROW


def _row(canvas: Canvas, axes: Axes, panel: Panel, row: Estimate, y: float, *, proportion: bool) -> None:
    middle, baseline, enough = y + ROW / 2, _baseline(y), row.status == "ok"
    whole = row.subgroup == WHOLE
    tone: Tone = "strong" if whole else "ink" if enough else "soft"
    if panel.counts is not None:
        counts = formatting.fraction(row) if proportion else formatting.count(row.positives)
        canvas.label(panel.counts, baseline, counts, "end", tone)
    if row.value is None:
        canvas.label(panel.estimate, baseline, formatting.NOT_ESTIMABLE, "end", "soft")
        return
    if not whole and formatting.too_few(row):
        canvas.label(panel.estimate, baseline, formatting.TOO_FEW, "end", "soft")
        return
    decision = row.decision
    if decision is not None:
        axes.plot(decision, [middle] * 2, color=INK if enough else SOFT, linewidth=0.9)
    axes.plot(
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
    canvas.label(panel.estimate, baseline, text, "end", tone)
    if panel.effect is not None:
        canvas.label(panel.effect, baseline, formatting.design_effect(row), "end", "soft")


def _axis(canvas: Canvas, axes: Axes, ticks: Sequence[float], body: float) -> None:
    axes.plot([0, 1], [0, 0], transform=axes.transAxes, color=FAINT, linewidth=0.8, clip_on=False)
    step = round(ticks[1] - ticks[0], 9)
    places = 0 if step >= 1 else max(1, len(formatting.stated(step).partition(".")[2]))
    for tick in ticks:
        axes.plot([tick] * 2, [body, body + 3], color=FAINT, linewidth=0.8, clip_on=False)
        x, y = canvas.place(axes, tick, body)
        canvas.tick(x, y + BELOW_BODY, formatting.decimal(tick, places))


def _scale(
    metric: str, rows: Sequence[Estimate], goals: Sequence[float], most_steps: int
) -> tuple[float, float, tuple[float, ...]]:
    """Limits that hold every bound and goal, on the grid of the ticks, and the ticks."""
    numbers = [*goals]
    for row in rows:
        if row.subgroup == WHOLE or not formatting.too_few(row):
            numbers += [*(row.decision or ()), *([] if row.value is None else [row.value])]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    for step in STEPS:
        first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
        if last - first <= most_steps:
            break
    if last == first:
        first, last = first - 1, last + 1
    first, last = max(0, first), last if metric in UNBOUNDED else min(round(1 / step), last)
    ticks = tuple(round(step * number, 9) for number in range(first, last + 1))
    return ticks[0], ticks[-1], ticks


def _baseline(y: float) -> float:
    return HEAD + y + ROW / 2 + ABOVE_BASELINE


def _description(metric: str, forest: Forest) -> str:
    words, overall = forest.words, forest.criteria(metric).get(WHOLE)
    goal = f" The goal is {words.goal(overall)}." if overall is not None else ""
    told = "; ".join(
        f"{words.level(row.subgroup)} {formatting.estimate(estimate)}"
        + (f" ({formatting.interval(estimate.decision)})" if estimate.value is not None else "")
        for row in forest.rows
        for estimate in [row.estimates[metric]]
    )
    return f"Forest plot of {words.metric(metric)} with {forest.confidence} intervals.{goal} {told}."
