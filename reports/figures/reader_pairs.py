"""Pairs of readers: proportion of agreement and Cohen's kappa with their intervals, one row per pair.

Owns the drawing and its description in words; the coefficients are the results' own. Square: the coefficient; line:
its interval.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from reports.figures import axes
from reports.figures.canvas import BLUE, INK, WIDTH, Canvas, Drawing
from reports.fonts.text_width import shortened
from reports.language import formatting
from reports.number_check.figure_data import bounds, figure_data
from validation.results.secondary import Measured, PairAgreement

NAME = "reader-pairs"
MOST_ROWS = 38
HEAD = 18.0
NAMES, IMAGES, PANEL = 104.0, 136.0, 66.0
# Of each coefficient: its name, where its panel begins, where its text ends.
COLUMNS = (("percent", "Proportion of agreement", 146.0, 294.0), ("kappa", "Kappa", 308.0, WIDTH))
FINEST, MOST_STEPS = 0.05, 3


def agreement_figure(pairs: Sequence[PairAgreement]) -> Drawing | None:
    """Draw one row per pair; None without pairs, or where a page has no room for them."""
    if not pairs or len(pairs) > MOST_ROWS:
        return None
    body = axes.ROW * len(pairs)
    canvas = Canvas(NAME, HEAD + body + axes.FOOT)
    canvas.label(IMAGES, HEAD - axes.ABOVE_BODY, "Images", "end", "soft")
    for row, pair in enumerate(pairs):
        baseline = HEAD + (row + 0.5) * axes.ROW + axes.BELOW_MIDDLE
        canvas.label(0, baseline, _pair(pair))
        canvas.label(IMAGES, baseline, formatting.count(pair.images), "end")
    for field, title, left, text in COLUMNS:
        measured = [pair.percent if field == "percent" else pair.kappa for pair in pairs]
        scale = _scale(measured)
        panel = axes.Panel(canvas, axes.Box(left, HEAD, PANEL, body), x=scale.limits, y=(body, 0))
        canvas.label(text, HEAD - axes.ABOVE_BODY, title, "end", "soft")
        panel.lines_up(scale.named, below=axes.BELOW_BODY)
        panel.baseline()
        for row, one in enumerate(measured):
            middle = (row + 0.5) * axes.ROW
            _mark(panel.axes, one, middle)
            canvas.label(text, HEAD + middle + axes.BELOW_MIDDLE, _text(one), "end")
    header = ("first", "second", "images", "coefficient", "value", "lower", "upper")
    data = [
        (pair.first, pair.second, pair.images, field, one.value, *bounds(one.interval))
        for pair in pairs
        for field, one in (("percent", pair.percent), ("kappa", pair.kappa))
    ]
    return canvas.finish(_description(pairs), figure_data(header, data))


def _pair(pair: PairAgreement) -> str:
    """Return both names, each cut to half of the room where they are too long together."""
    whole = f"{pair.first} – {pair.second}"
    if shortened(whole, NAMES) == whole:
        return whole
    half = (NAMES - 10) / 2
    return f"{shortened(pair.first, half)} – {shortened(pair.second, half)}"


def _scale(measured: Sequence[Measured]) -> axes.Scale:
    """Return a scale of few steps that contains every value and bound."""
    numbers = [one.value for one in measured if one.value is not None]
    numbers += [bound for one in measured if one.interval is not None for bound in one.interval]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    return axes.linear(
        low, high, most=MOST_STEPS, steps=axes.STEPS[axes.STEPS.index(FINEST) :], within=(-1.0, 1.0)
    )


def _mark(panel: Axes, one: Measured, middle: float) -> None:
    if one.interval is not None:
        panel.plot(one.interval, [middle] * 2, color=INK, linewidth=0.9, solid_capstyle="butt")
    if one.value is not None:
        panel.plot([one.value], [middle], "s", markersize=4.2, color=BLUE, markeredgewidth=0, clip_on=False)


def _text(one: Measured) -> str:
    if one.value is None:
        return formatting.NOT_ESTIMABLE_SHORT
    # Bounds that may be negative stand apart by a word, as everywhere.
    low = one.interval[0] if one.interval else 0.0
    in_words = formatting.interval(one.interval) if low >= 0 else formatting.between(one.interval)
    return f"{formatting.decimal(one.value)} ({in_words})"


def _description(pairs: Sequence[PairAgreement]) -> str:
    in_words = [
        f"{pair.first} and {pair.second}: proportion of agreement {_text(pair.percent)}, kappa {_text(pair.kappa)}"
        for pair in pairs
    ]
    return axes.description("Agreement of pairs of readers with intervals.", in_words)
