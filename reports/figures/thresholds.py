"""The device around its locked threshold: sensitivity and specificity with intervals over the thresholds beside it.

Owns the drawing and its description in words; the points are the results' own. The axis is the change of the proportion
of test positives, on which the thresholds lie apart however scores lie; the thresholds are below it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from reports.figures.axes import QUARTERS, Box, Panel, description, legend
from reports.figures.canvas import BLUE, DASHES, INK, ORANGE, SOFT, Canvas, Drawing, Tone, lozenge
from reports.fonts.text_width import width
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from validation.results.secondary import ClosedEstimate, ThresholdRow

NAME = "thresholds"
HEIGHT, BOX = 196.0, Box(30.0, 26.0, 462.0, 118.0)
EDGE = 0.06  # of the axis beyond the outer points
NARROWEST = 0.01
FEWEST = 2
ROOM = 6.0
LINES: Mapping[str, dict[str, Any]] = {
    "sensitivity": {"color": BLUE, "linewidth": 1.3, "linestyle": "solid"},
    "specificity": {"color": SOFT, "linewidth": 1.3, "linestyle": DASHES},
}


def thresholds_figure(rows: Sequence[ThresholdRow], locked: float, words: Words) -> Drawing | None:
    """Draw two curves over the thresholds, marked at the locked one; None where there is no other."""
    if len(rows) < FEWEST:
        return None
    shifts = [row.shift for row in rows]
    edge = max(max(shifts) - min(shifts), NARROWEST) * EDGE
    canvas = Canvas(NAME, HEIGHT)
    # Thresholds rise to the right, so that what is called falls.
    panel = Panel(canvas, BOX, x=(max(shifts) + edge, min(shifts) - edge), y=QUARTERS.limits)
    panel.lines_across(QUARTERS.named)
    panel.baseline()
    panel.axes.axvline(0, color=ORANGE, linewidth=0.9, linestyle=DASHES)
    for metric in LINES:
        _line(panel.axes, metric, rows, locked)
    _names(panel, rows, locked)
    legend(canvas, BOX.left, {words.metric(metric): style for metric, style in LINES.items()})
    canvas.label(0, BOX.bottom + 11, "Called", tone="soft")
    canvas.label(0, BOX.bottom + 22, "Score", tone="soft")
    panel.title_across(f"Change of the share of {words.units} called, and the threshold that makes it")
    header = ("threshold", "shift", "called", "metric", "value", "lower", "upper")
    cells = [
        (row.threshold, row.shift, row.called, one.metric, one.value, *bounds(one.interval))
        for row in rows
        for one in row.estimates
        if one.metric in LINES
    ]
    return canvas.finish(_description(rows, locked, words), figure_data(header, cells))


def _of(row: ThresholdRow, metric: str) -> ClosedEstimate:
    return next(one for one in row.estimates if one.metric == metric)


def _line(panel: Axes, metric: str, rows: Sequence[ThresholdRow], locked: float) -> None:
    there = [
        (row, one.value, one.interval) for row in rows for one in [_of(row, metric)] if one.value is not None
    ]
    for row, _, interval in there:
        if interval is not None:
            panel.plot([row.shift] * 2, interval, color=INK, linewidth=0.8)
    panel.plot(
        [row.shift for row, _, _ in there],
        [value for _, value, _ in there],
        marker="s" if metric == "sensitivity" else "o",
        markersize=3.6,
        markerfacecolor=LINES[metric]["color"] if metric == "sensitivity" else "white",
        clip_on=False,
        **LINES[metric],
    )
    for row, value, _ in there:
        if row.threshold == locked:
            lozenge(panel, row.shift, value)


def _names(panel: Panel, rows: Sequence[ThresholdRow], locked: float) -> None:
    """Print change and threshold below their points where there is room: the locked one first, then from outside."""
    taken: list[tuple[float, float]] = [(0.0, BOX.left)]
    outwards = sorted(rows, key=lambda row: (row.threshold != locked, -abs(row.shift)))
    for row in outwards:
        is_locked = row.threshold == locked
        tone: Tone = "goal" if is_locked else "soft"
        shift = formatting.shift(row.shift) if not is_locked else "locked"
        threshold = formatting.stated(row.threshold) if is_locked else formatting.score(row.threshold)
        x, _ = panel.place(row.shift, 0)
        half = max(width(shift, tone), width(threshold, tone)) / 2 + ROOM / 2
        panel.notch(row.shift)
        if all(x + half <= start or end <= x - half for start, end in taken):
            panel.canvas.label(x, BOX.bottom + 11, shift, "middle", tone)
            panel.canvas.label(x, BOX.bottom + 22, threshold, "middle", tone)
            taken.append((x - half, x + half))


def _description(rows: Sequence[ThresholdRow], locked: float, words: Words) -> str:
    points = [
        f"at {formatting.stated(row.threshold) if row.threshold == locked else formatting.score(row.threshold)} "
        + ", ".join(
            f"{words.within(words.metric(metric))} {formatting.value(one.value)} ({formatting.interval(one.interval)})"
            for metric in LINES
            for one in [_of(row, metric)]
        )
        for row in rows
    ]
    return description(
        f"{words.metric('sensitivity')} and {words.within(words.metric('specificity'))} over {len(rows)} thresholds "
        f"around the locked one, {formatting.stated(locked)}:",
        points,
    )
