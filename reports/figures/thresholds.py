"""The device around its locked threshold: sensitivity and specificity with intervals over the thresholds beside it.

Owns the drawing and its description in words; the points are the results' own. The axis is the change of the share
of units called, on which the thresholds lie apart however scores lie; the thresholds stand below it.
"""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from reports.figures.canvas import (
    BLUE,
    DASHES,
    FAINT,
    INK,
    ORANGE,
    RULE,
    SOFT,
    Canvas,
    Drawing,
    Tone,
    lozenge,
)
from reports.fonts.text_width import width
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from validation.results.secondary import ClosedEstimate, ThresholdRow

NAME = "thresholds"
HEIGHT, LEFT, TOP, ACROSS, BODY = 196.0, 30.0, 26.0, 462.0, 118.0
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
EDGE = 0.06  # of the axis beyond the outer points
NARROWEST = 0.01
FEWEST = 2
SAMPLE, APART, ROOM = 16.0, 18.0, 6.0
LINES: Mapping[str, tuple[str, object]] = {
    "sensitivity": (BLUE, "solid"),
    "specificity": (SOFT, DASHES),
}


def thresholds_figure(rows: Sequence[ThresholdRow], locked: float, words: Words) -> Drawing | None:
    """Two curves over the thresholds, marked at the locked one; None where there is no other, as of calls alone."""
    if len(rows) < FEWEST:
        return None
    shifts = [row.shift for row in rows]
    edge = max(max(shifts) - min(shifts), NARROWEST) * EDGE
    canvas = Canvas(NAME, HEIGHT)
    panel = canvas.panel(
        LEFT, TOP, ACROSS, BODY, x=(max(shifts) + edge, min(shifts) - edge), y=(0, 1)
    )  # thresholds rise to the right, so that what is called falls
    for quarter in QUARTERS:
        panel.axhline(quarter, color=RULE, linewidth=0.5, clip_on=False)
        _, y = canvas.place(panel, 0, quarter)
        canvas.tick(LEFT - 5, y + 2.7, formatting.decimal(quarter, 2), "end")
    panel.plot([0, 1], [0, 0], transform=panel.transAxes, color=FAINT, linewidth=0.8, clip_on=False)
    panel.axvline(0, color=ORANGE, linewidth=0.9, linestyle=DASHES)
    for metric in LINES:
        _line(panel, metric, rows, locked)
    _names(canvas, panel, rows, locked)
    _legend(canvas, words)
    canvas.label(0, TOP + BODY + 11, "Called", tone="soft")
    canvas.label(0, TOP + BODY + 22, "Score", tone="soft")
    title = f"Change of the share of {words.units} called, and the threshold that makes it"
    canvas.label(LEFT + ACROSS / 2, HEIGHT - 5, title, "middle")
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
    colour, line = LINES[metric]
    there = [
        (row, one.value, one.interval) for row in rows for one in [_of(row, metric)] if one.value is not None
    ]
    for row, _, interval in there:
        if interval is not None:
            panel.plot([row.shift] * 2, interval, color=INK, linewidth=0.8)
    panel.plot(
        [row.shift for row, _, _ in there],
        [value for _, value, _ in there],
        color=colour,
        linewidth=1.3,
        linestyle=line,
        marker="s" if metric == "sensitivity" else "o",
        markersize=3.6,
        markerfacecolor=colour if metric == "sensitivity" else "white",
        clip_on=False,
    )
    for row, value, _ in there:
        if row.threshold == locked:
            lozenge(panel, row.shift, value)


def _names(canvas: Canvas, panel: Axes, rows: Sequence[ThresholdRow], locked: float) -> None:
    """Change and threshold below their points where there is room: the locked one first, then from outside."""
    taken: list[tuple[float, float]] = [(0.0, LEFT)]
    outwards = sorted(rows, key=lambda row: (row.threshold != locked, -abs(row.shift)))
    for row in outwards:
        is_locked = row.threshold == locked
        tone: Tone = "goal" if is_locked else "soft"
        shift = formatting.shift(row.shift) if not is_locked else "locked"
        threshold = formatting.stated(row.threshold) if is_locked else formatting.score(row.threshold)
        x, _ = canvas.place(panel, row.shift, 0)
        half = max(width(shift, tone), width(threshold, tone)) / 2 + ROOM / 2
        panel.plot([row.shift] * 2, [0, -0.02], color=FAINT, linewidth=0.8, clip_on=False)
        if all(x + half <= start or end <= x - half for start, end in taken):
            canvas.label(x, TOP + BODY + 11, shift, "middle", tone)
            canvas.label(x, TOP + BODY + 22, threshold, "middle", tone)
            taken.append((x - half, x + half))


def _legend(canvas: Canvas, words: Words) -> None:
    left = LEFT
    for metric, (colour, line) in LINES.items():
        sample = canvas.panel(left, 6, SAMPLE, 4, x=(0, 1), y=(-1, 1))
        sample.plot([0, 1], [0, 0], color=colour, linewidth=1.3, linestyle=line, clip_on=False)
        canvas.label(left + SAMPLE + 5, 10.7, words.metric(metric))
        left += SAMPLE + 5 + width(words.metric(metric)) + APART


def _description(rows: Sequence[ThresholdRow], locked: float, words: Words) -> str:
    told = "; ".join(
        f"at {formatting.stated(row.threshold) if row.threshold == locked else formatting.score(row.threshold)} "
        + ", ".join(
            f"{words.within(words.metric(metric))} {formatting.value(one.value)} ({formatting.interval(one.interval)})"
            for metric in LINES
            for one in [_of(row, metric)]
        )
        for row in rows
    )
    return (
        f"{words.metric('sensitivity')} and {words.within(words.metric('specificity'))} over {len(rows)} thresholds "
        f"around the locked one, {formatting.stated(locked)}: {told}."
    )
