"""The plot of differences: the effect of each change of the images on three metrics, side by side on one scale.

Owns the layout of that figure. Square: the difference from the unchanged images, filled where its interval excludes
0; line: the interval; a wedge at the edge: more lies beyond the scale.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from reports.figures import axes
from reports.figures.canvas import BLUE, INK, RULE, SOFT, Canvas, Drawing
from reports.fonts.text_width import shortened
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from validation.results.robustness_results import CHANGED_METRICS, MetricChange, Perturbed

HEAD = 18.0
FIRST, PANEL, GUTTER = 100.0, 106.0, 33.0
LIMITS = (0.05, 0.1, 0.2, 0.5, 1.0)
HELD = 0.9  # of the bounds must lie within the scale


def differences_figure(name: str, items: Sequence[Perturbed], words: Words) -> Drawing | None:
    """Draw differences of sensitivity, specificity and AUROC, one row per item; None without items.

    Args:
        name: unique on the page.
        items: of one family.
        words: the vocabulary of the run.
    """
    if not items:
        return None
    body = axes.ROW * len(items)
    canvas = Canvas(name, HEAD + body + axes.FOOT)
    for row, item in enumerate(items):
        name = shortened(formatting.sentence(item.name), FIRST - 12)
        canvas.label(0, HEAD + (row + 0.5) * axes.ROW + axes.BELOW_MIDDLE, name)
    limit = _limit(items)
    for number, metric in enumerate(CHANGED_METRICS):
        left = FIRST + number * (PANEL + GUTTER)
        panel = axes.Panel(canvas, axes.Box(left, HEAD, PANEL, body), x=(-limit, limit), y=(body, 0))
        canvas.label(left + PANEL / 2, HEAD - axes.ABOVE_BODY, words.metric(metric), "middle", "soft")
        _scale(panel, limit)
        for row, item in enumerate(items):
            _row(panel.axes, item.change(metric), (row + 0.5) * axes.ROW, limit)
    rows = [
        (item.name, change.metric, change.difference.value, *bounds(change.difference.interval))
        for item in items
        for change in item.changes
    ]
    header = ("change", "metric", "difference", "lower", "upper")
    names = [formatting.sentence(item.name) for item in items]
    return canvas.finish(_description(items, words), figure_data(header, rows, beside=names))


def _limit(items: Sequence[Perturbed]) -> float:
    """Return the smallest scale with nearly all bounds, so that one extreme change hides no other."""
    ends = sorted(
        max(abs(bound) for bound in (change.difference.interval or (change.difference.value or 0.0,)))
        for item in items
        for change in item.changes
    )
    wanted = ends[max(0, round(HELD * len(ends)) - 1)]
    return next((limit for limit in LIMITS if wanted <= limit), LIMITS[-1])


def _scale(panel: axes.Panel, limit: float) -> None:
    panel.baseline()
    panel.axes.axvline(0, color=SOFT, linewidth=0.8)
    for tick, text in axes.Scale(-limit, limit, limit / 2).named:
        if tick:
            panel.axes.axvline(tick, color=RULE, linewidth=0.5, clip_on=False)
        panel.notch(tick, depth=axes.NOTCH / panel.box.height)
        signed = f"+{text}" if tick > 0 else text
        panel.text_below(tick, signed if tick else "0", below=axes.BELOW_BODY)


def _row(panel: Axes, change: MetricChange, y: float, limit: float) -> None:
    value, bounds = change.difference.value, change.difference.interval
    if value is None:
        return
    low, high = bounds or (value, value)
    shown = max(-limit, low), min(limit, high)
    if bounds is not None and shown[0] < shown[1]:
        panel.plot(shown, [y] * 2, color=INK, linewidth=0.9, solid_capstyle="butt")
    for end, beyond, wedge in ((-limit, low < -limit, "<"), (limit, high > limit, ">")):
        if beyond:
            panel.plot([end], [y], wedge, markersize=4.6, color=INK, markeredgewidth=0, clip_on=False)
    if -limit <= value <= limit:
        clear = bounds is not None and not low <= 0 <= high
        panel.plot(
            [value],
            [y],
            "s",
            markersize=4.2,
            markerfacecolor=BLUE if clear else "white",
            markeredgecolor=BLUE,
            markeredgewidth=0.8,
            clip_on=False,
        )


def _description(items: Sequence[Perturbed], words: Words) -> str:
    in_words = [
        f"{item.name}: "
        + ", ".join(
            f"{words.within(words.metric(change.metric))} {formatting.value(change.difference.value)}"
            f" ({formatting.between(change.difference.interval)})"
            for change in item.changes
        )
        for item in items
    ]
    return axes.description("Differences from the unchanged pictures with intervals.", in_words)
