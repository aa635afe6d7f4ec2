"""Curves of the secondary results: precision over recall, reliability of scores, net benefit.

Owns what each shows and its description in words; the points are the results' own, the means are in `canvas`.
All are beside the table of their numbers, at half the width of a page.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from reports.content.analyses.secondary import pays
from reports.figures import axes
from reports.figures.canvas import BLUE, DASHES, FAINT, INK, PALE_BLUE, SOFT, Canvas, Drawing, lozenge
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from validation.results.results import Estimate
from validation.results.secondary import DecisionCurvePoint, PrecisionRecallPoint, ReliabilityBin

MOST_STEPS = 5
BELOW_ZERO = 4  # what is above 0 is at most as many times as high as what is below


def precision_recall_figure(
    points: Sequence[PrecisionRecallPoint],
    average: Estimate,
    recall: Estimate,
    precision: Estimate,
    words: Words,
) -> Drawing | None:
    """Draw precision over recall with its intervals, the proportion of positives, and the operating point.

    Args:
        points: as results hold them.
        average: the average precision, whose counts are those of the curve: units with a score.
        recall, precision: at the operating point.
        words: the vocabulary of the run.
    """
    if not points:
        return None
    canvas = Canvas("precision-recall", axes.SQUARE_HEIGHT, width=axes.HALF_WIDTH)
    panel = _panel(canvas, axes.QUARTERS, axes.QUARTERS)
    units = average.positives + average.negatives
    proportion = average.positives / units
    panel.axes.axhline(proportion, color=SOFT, linewidth=0.8, linestyle=DASHES)
    across = [point.recall for point in points]
    _band(panel.axes, across, [point.interval for point in points])
    panel.axes.plot(
        across, [point.precision for point in points], color=BLUE, linewidth=1.4, marker="o", markersize=2.4
    )
    in_words = axes.description(
        f"{words.precision} over {words.within(words.recall)},",
        [_at(point.recall, point.precision) for point in points],
    )
    if recall.value is not None and precision.value is not None:
        lozenge(panel.axes, recall.value, precision.value)
        in_words += f" Operating point: {_at(recall.value, precision.value)}."
    _titles(panel, words.precision, words.recall)
    _units(panel, units, words)
    rows = [(point.threshold, point.recall, point.precision, *point.interval) for point in points]
    header = ("threshold", "recall", "precision", "lower", "upper")
    return canvas.finish(in_words, figure_data(header, rows, beside=(units,)))


def reliability_figure(bins: Sequence[ReliabilityBin], words: Words) -> Drawing | None:
    """Draw the proportion of positives over mean score; on the diagonal scores are probabilities."""
    if not bins:
        return None
    canvas = Canvas("reliability", axes.SQUARE_HEIGHT, width=axes.HALF_WIDTH)
    right = _scale(max(one.mean_score for one in bins))
    top = _scale(max(one.interval[1] for one in bins))
    if max(right.high, top.high) <= 2 * min(right.high, top.high):
        right = top = max(right, top, key=lambda scale: scale.high)
    panel = _panel(canvas, right, top)
    end = min(right.high, top.high)
    panel.axes.plot([0, end], [0, end], color=FAINT, linewidth=0.8, linestyle=DASHES)
    for one in bins:
        panel.axes.plot([one.mean_score] * 2, one.interval, color=INK, linewidth=0.8)
    panel.axes.plot(
        [one.mean_score for one in bins],
        [one.share for one in bins],
        color=BLUE,
        linewidth=1.0,
        marker="s",
        markersize=4.0,
        clip_on=False,
    )
    _titles(panel, "Share positive", "Mean score")
    _units(panel, sum(one.units for one in bins), words)
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
        axes.description(
            f"Share of positive {words.units} over mean score, by bins of neighbouring scores:",
            [_at(one.mean_score, one.share) for one in bins],
        ),
        figure_data(header, rows, beside=(sum(one.units for one in bins),)),
    )


def decision_curve_figure(
    points: Sequence[DecisionCurvePoint], threshold: float, words: Words
) -> Drawing | None:
    """Draw net benefit over threshold probability, beside that of calling every unit and of calling none."""
    if not points:
        return None
    canvas = Canvas("decision-curve", axes.SQUARE_HEIGHT, width=axes.HALF_WIDTH)
    useful = [point.threshold for point in points if pays(point)]
    right = _scale(max(useful, default=1.0))
    shown = [point for point in points if point.threshold <= right.high]
    panel = _panel(canvas, right, _scale_of_benefit(shown))
    panel.axes.axhline(0, color=FAINT, linewidth=0.8)
    across = [point.threshold for point in shown]
    banded = [point for point in shown if point.interval is not None]
    _band(
        panel.axes,
        [point.threshold for point in banded],
        [point.interval for point in banded if point.interval],
    )
    panel.axes.plot(across, [point.treat_all for point in shown], color=SOFT, linewidth=0.9, linestyle=DASHES)
    panel.axes.plot(across, [point.net_benefit for point in shown], color=BLUE, linewidth=1.4)
    for point in shown:
        if point.threshold == threshold:
            lozenge(panel.axes, point.threshold, point.net_benefit)
    _titles(panel, "Net benefit", "Threshold probability")
    header = ("threshold", "net_benefit", "lower", "upper", "treat_all")
    rows = [(one.threshold, one.net_benefit, *bounds(one.interval), one.treat_all) for one in shown]
    return canvas.finish(
        axes.description(
            f"Net benefit of the device over threshold probability, by {words.unit}:",
            [_at(point.threshold, point.net_benefit) for point in shown],
        ),
        figure_data(header, rows),
    )


def _panel(canvas: Canvas, x: axes.Scale, y: axes.Scale) -> axes.Panel:
    panel = axes.Panel(canvas, axes.SQUARE, x=x.limits, y=y.limits)
    panel.lines_up(x.named)
    panel.lines_across(y.named)
    return panel


def _titles(panel: axes.Panel, up: str, across: str) -> None:
    panel.title_up(up)
    panel.title_across(across)


def _units(panel: axes.Panel, number: int, words: Words) -> None:
    """Print the number of units above the right end of the curve."""
    in_words = f"n = {formatting.counted(number, words.unit, words.units)}"
    panel.canvas.label(axes.SQUARE.right, axes.SQUARE.top - 9, in_words, "end", "soft")


def _scale(highest: float) -> axes.Scale:
    """Return a scale from 0 to the first tick at or above the highest value, and the step of the ticks."""
    return axes.linear(0.0, highest, most=MOST_STEPS, within=(0.0, 1.0))


def _scale_of_benefit(points: Sequence[DecisionCurvePoint]) -> axes.Scale:
    """Return limits on the grid of the ticks, up to the highest bound and as far down; the rest leaves the panel."""
    bounds = [point.interval[1] for point in points if point.interval is not None and point.net_benefit > 0]
    high = max(0.0, *bounds, *(max(point.net_benefit, point.treat_all) for point in points))
    lowest = min(point.net_benefit for point in points)
    low = min(-high / BELOW_ZERO, max(lowest, -high if high > 0 else -1.0))
    step = next((step for step in axes.STEPS if high - low <= MOST_STEPS * step), axes.STEPS[-1])
    return axes.linear(low, high, most=2 * MOST_STEPS, steps=(step,))


def _band(panel: Axes, across: Sequence[float], bounds: Sequence[tuple[float, float]]) -> None:
    panel.fill(
        [*across, *reversed(across)],
        [*(low for low, _ in bounds), *(high for _, high in reversed(bounds))],
        facecolor=PALE_BLUE,
        alpha=0.55,
        edgecolor="none",
    )


def _at(x: float, y: float) -> str:
    """Return a point in words: ``0.555 at 0.020``."""
    return f"{formatting.decimal(y)} at {formatting.decimal(x)}"
