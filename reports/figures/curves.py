"""Curves of the secondary results: precision over recall, reliability of scores, net benefit.

Owns what each shows and its description in words; the points are the results' own, the means are in `canvas`.
All stand beside the table of their numbers, at half the width of a page.
"""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from reports.content.analyses.secondary import pays
from reports.figures.canvas import BLUE, DASHES, FAINT, INK, PALE_BLUE, RULE, SOFT, Canvas, Drawing, lozenge
from reports.figures.figure_data import bounds, figure_data
from reports.language import formatting
from reports.language.vocabulary import Words
from validation.results.results import Estimate
from validation.results.secondary import DecisionCurvePoint, PrecisionRecallPoint, ReliabilityBin

WIDTH, HEIGHT = 238.0, 222.0
LEFT, TOP, SIDE = 30.0, 22.0, 170.0
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5)
MOST_STEPS = 5
BELOW_ZERO = 4  # what is above 0 is at most as many times as high as what is below


def precision_recall_figure(
    points: Sequence[PrecisionRecallPoint],
    average: Estimate,
    recall: Estimate,
    precision: Estimate,
    words: Words,
) -> Drawing | None:
    """Precision at rising recall with its intervals, the share of positives, and the operating point.

    Args:
        points: as results hold them.
        average: the average precision, whose counts are those of the curve: units with a score.
        recall, precision: at the operating point.
        words: the vocabulary of the run.
    """
    if not points:
        return None
    canvas = Canvas("precision-recall", HEIGHT, width=WIDTH)
    panel = _panel(canvas, (0.0, 1.0, 0.25), (0.0, 1.0, 0.25))
    units = average.positives + average.negatives
    share = average.positives / units
    panel.axhline(share, color=SOFT, linewidth=0.8, linestyle=DASHES)
    across = [point.recall for point in points]
    _band(panel, across, [point.interval for point in points])
    panel.plot(
        across, [point.precision for point in points], color=BLUE, linewidth=1.4, marker="o", markersize=2.4
    )
    told = f"{words.precision} over {words.within(words.recall)}, {_at_points(points)}."
    if recall.value is not None and precision.value is not None:
        lozenge(panel, recall.value, precision.value)
        told += f" Operating point: {_at(recall.value, precision.value)}."
    _titles(canvas, words.precision, words.recall)
    _units(canvas, units, words)
    rows = [(point.threshold, point.recall, point.precision, *point.interval) for point in points]
    header = ("threshold", "recall", "precision", "lower", "upper")
    return canvas.finish(told, figure_data(header, rows, beside=(units,)))


def reliability_figure(bins: Sequence[ReliabilityBin], words: Words) -> Drawing | None:
    """Share of positives over mean score, with intervals; the diagonal is where scores are probabilities."""
    if not bins:
        return None
    canvas = Canvas("reliability", HEIGHT, width=WIDTH)
    right = _scale(max(one.mean_score for one in bins))
    top = _scale(max(one.interval[1] for one in bins))
    if max(right[1], top[1]) <= 2 * min(right[1], top[1]):
        right = top = max(right, top, key=lambda scale: scale[1])
    panel = _panel(canvas, right, top)
    end = min(right[1], top[1])
    panel.plot([0, end], [0, end], color=FAINT, linewidth=0.8, linestyle=DASHES)
    for one in bins:
        panel.plot([one.mean_score] * 2, one.interval, color=INK, linewidth=0.8)
    panel.plot(
        [one.mean_score for one in bins],
        [one.share for one in bins],
        color=BLUE,
        linewidth=1.0,
        marker="s",
        markersize=4.0,
        clip_on=False,
    )
    _titles(canvas, "Share positive", "Mean score")
    _units(canvas, sum(one.units for one in bins), words)
    told = "; ".join(_at(one.mean_score, one.share) for one in bins)
    header = (
        "score_from",
        "score_to",
        words.units,
        "patients",
        "positives",
        "mean_score",
        "share",
        "lower",
        "upper",
    )
    rows = [
        (one.low, one.high, one.units, one.patients, one.positives, one.mean_score, one.share, *one.interval)
        for one in bins
    ]
    return canvas.finish(
        f"Share of positive {words.units} over mean score, by bins of neighbouring scores: {told}.",
        figure_data(header, rows, beside=(sum(one.units for one in bins),)),
    )


def decision_curve_figure(
    points: Sequence[DecisionCurvePoint], threshold: float, words: Words
) -> Drawing | None:
    """Net benefit over threshold probability, beside that of calling every unit and of calling none."""
    if not points:
        return None
    canvas = Canvas("decision-curve", HEIGHT, width=WIDTH)
    useful = [point.threshold for point in points if pays(point)]
    right = _scale(max(useful, default=1.0))
    shown = [point for point in points if point.threshold <= right[1]]
    panel = _panel(canvas, right, _scale_of_benefit(shown))
    panel.axhline(0, color=FAINT, linewidth=0.8)
    across = [point.threshold for point in shown]
    banded = [point for point in shown if point.interval is not None]
    _band(
        panel, [point.threshold for point in banded], [point.interval for point in banded if point.interval]
    )
    panel.plot(across, [point.treat_all for point in shown], color=SOFT, linewidth=0.9, linestyle=DASHES)
    panel.plot(across, [point.net_benefit for point in shown], color=BLUE, linewidth=1.4)
    for point in shown:
        if point.threshold == threshold:
            lozenge(panel, point.threshold, point.net_benefit)
    _titles(canvas, "Net benefit", "Threshold probability")
    told = "; ".join(_at(point.threshold, point.net_benefit) for point in shown)
    header = ("threshold", "net_benefit", "lower", "upper", "treat_all")
    rows = [(one.threshold, one.net_benefit, *bounds(one.interval), one.treat_all) for one in shown]
    return canvas.finish(
        f"Net benefit of the device over threshold probability, by {words.unit}: {told}.",
        figure_data(header, rows),
    )


def _panel(canvas: Canvas, x: tuple[float, float, float], y: tuple[float, float, float]) -> Axes:
    """A square panel with a grid; each axis as lowest value, highest value and step."""
    panel = canvas.panel(LEFT, TOP, SIDE, SIDE, x=x[:2], y=y[:2])
    for tick in _ticks(x):
        panel.axvline(tick, color=RULE, linewidth=0.5, clip_on=False)
        place, bottom = canvas.place(panel, tick, y[0])
        canvas.tick(place, bottom + 11, _tick(tick, x[2]))
    for tick in _ticks(y):
        panel.axhline(tick, color=RULE, linewidth=0.5, clip_on=False)
        _, place = canvas.place(panel, x[0], tick)
        canvas.tick(LEFT - 5, place + 2.7, _tick(tick, y[2]), "end")
    return panel


def _titles(canvas: Canvas, up: str, across: str) -> None:
    canvas.label(0, TOP - 9, up, tone="ink")
    canvas.label(LEFT + SIDE / 2, HEIGHT - 5, across, "middle", "ink")


def _units(canvas: Canvas, number: int, words: Words) -> None:
    """How many units the curve is about, above its right end."""
    canvas.label(
        LEFT + SIDE, TOP - 9, f"n = {formatting.counted(number, words.unit, words.units)}", "end", "soft"
    )


def _scale(highest: float) -> tuple[float, float, float]:
    """From 0 to the first tick at or above the highest value, and the step of the ticks."""
    step = next((step for step in STEPS if highest <= MOST_STEPS * step), STEPS[-1])
    return 0.0, min(1.0, round(step * max(1, math.ceil(round(highest / step, 6))), 9)), step


def _scale_of_benefit(points: Sequence[DecisionCurvePoint]) -> tuple[float, float, float]:
    """On the grid of the ticks, up to the highest bound, and down as far as up; what falls deeper leaves the panel."""
    bounds = [point.interval[1] for point in points if point.interval is not None and point.net_benefit > 0]
    high = max(0.0, *bounds, *(max(point.net_benefit, point.treat_all) for point in points))
    lowest = min(point.net_benefit for point in points)
    low = min(-high / BELOW_ZERO, max(lowest, -high if high > 0 else -1.0))
    step = next((step for step in STEPS if high - low <= MOST_STEPS * step), STEPS[-1])
    first, last = (math.floor(round(low / step, 6)), math.ceil(round(high / step, 6)))
    return round(first * step, 9), round(last * step, 9), step


def _ticks(axis: tuple[float, float, float]) -> list[float]:
    low, high, step = axis
    return [round(low + step * number, 9) for number in range(round((high - low) / step) + 1)]


def _tick(value: float, step: float) -> str:
    return formatting.decimal(value, max(1, len(formatting.stated(step).partition(".")[2])))


def _band(panel: Axes, across: Sequence[float], bounds: Sequence[tuple[float, float]]) -> None:
    panel.fill(
        [*across, *reversed(across)],
        [*(low for low, _ in bounds), *(high for _, high in reversed(bounds))],
        facecolor=PALE_BLUE,
        alpha=0.55,
        edgecolor="none",
    )


def _at_points(points: Sequence[PrecisionRecallPoint]) -> str:
    return "; ".join(_at(point.recall, point.precision) for point in points)


def _at(x: float, y: float) -> str:
    """A point in words: ``0.555 at 0.020``."""
    return f"{formatting.decimal(y)} at {formatting.decimal(x)}"
