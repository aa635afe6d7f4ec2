"""Pairs of readers: proportion of agreement and Cohen's kappa with their intervals, a row a pair.

Owns the drawing and its description in words; the coefficients are the results' own. Square: the coefficient; line:
its interval.
"""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes

from reports.figures.canvas import BLUE, FAINT, INK, RULE, WIDTH, Canvas, Drawing
from reports.fonts.text_width import shortened
from reports.language import formatting
from reports.number_check.figure_data import bounds, figure_data
from validation.results.secondary import Measured, PairAgreement

NAME = "reader-pairs"
MOST_ROWS = 38
ROW, HEAD, FOOT = 13.2, 18.0, 19.0
ABOVE_BASELINE, ABOVE_BODY, BELOW_BODY = 2.7, 7.0, 12.0
NAMES, IMAGES, PANEL = 104.0, 136.0, 66.0
# Of each coefficient: its name, where its panel begins, where its text ends.
COLUMNS = (("percent", "Proportion of agreement", 146.0, 294.0), ("kappa", "Kappa", 308.0, WIDTH))
STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
MOST_STEPS = 3


def agreement_figure(pairs: Sequence[PairAgreement]) -> Drawing | None:
    """A row a pair; None without pairs, or where they are more than a page has room for."""
    if not pairs or len(pairs) > MOST_ROWS:
        return None
    body = ROW * len(pairs)
    canvas = Canvas(NAME, HEAD + body + FOOT)
    canvas.label(IMAGES, HEAD - ABOVE_BODY, "Images", "end", "soft")
    for row, pair in enumerate(pairs):
        baseline = HEAD + (row + 0.5) * ROW + ABOVE_BASELINE
        canvas.label(0, baseline, _pair(pair))
        canvas.label(IMAGES, baseline, formatting.count(pair.images), "end")
    for field, title, left, text in COLUMNS:
        measured = [pair.percent if field == "percent" else pair.kappa for pair in pairs]
        ticks = _ticks(measured)
        places = max(1, len(formatting.stated(round(ticks[1] - ticks[0], 9)).partition(".")[2]))
        panel = canvas.panel(left, HEAD, PANEL, body, x=(ticks[0], ticks[-1]), y=(body, 0))
        canvas.label(text, HEAD - ABOVE_BODY, title, "end", "soft")
        for tick in ticks:
            panel.axvline(tick, color=RULE, linewidth=0.5, clip_on=False)
            x, y = canvas.place(panel, tick, body)
            canvas.tick(x, y + BELOW_BODY, formatting.decimal(tick, places))
        panel.plot([0, 1], [0, 0], transform=panel.transAxes, color=FAINT, linewidth=0.8, clip_on=False)
        for row, one in enumerate(measured):
            middle = (row + 0.5) * ROW
            _mark(panel, one, middle)
            canvas.label(text, HEAD + middle + ABOVE_BASELINE, _text(one), "end")
    header = ("first", "second", "images", "coefficient", "value", "lower", "upper")
    data = [
        (pair.first, pair.second, pair.images, field, one.value, *bounds(one.interval))
        for pair in pairs
        for field, one in (("percent", pair.percent), ("kappa", pair.kappa))
    ]
    return canvas.finish(_description(pairs), figure_data(header, data))


def _pair(pair: PairAgreement) -> str:
    """Both names, each cut to half of the room where they are too long together."""
    whole = f"{pair.first} – {pair.second}"
    if shortened(whole, NAMES) == whole:
        return whole
    half = (NAMES - 10) / 2
    return f"{shortened(pair.first, half)} – {shortened(pair.second, half)}"


def _ticks(measured: Sequence[Measured]) -> tuple[float, ...]:
    """On a grid of which few lines hold every value and bound."""
    numbers = [one.value for one in measured if one.value is not None]
    numbers += [bound for one in measured if one.interval is not None for bound in one.interval]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    for step in STEPS:
        first, last = math.floor(round(low / step, 6)), math.ceil(round(high / step, 6))
        if last - first <= MOST_STEPS:
            break
    if last == first:
        first, last = (first - 1, last) if last * step >= 1 else (first, last + 1)
    return tuple(round(step * number, 9) for number in range(first, last + 1))


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
    told = formatting.interval(one.interval) if low >= 0 else formatting.between(one.interval)
    return f"{formatting.decimal(one.value)} ({told})"


def _description(pairs: Sequence[PairAgreement]) -> str:
    told = "; ".join(
        f"{pair.first} and {pair.second}: proportion of agreement {_text(pair.percent)}, kappa {_text(pair.kappa)}"
        for pair in pairs
    )
    return f"Agreement of pairs of readers with intervals. {told}."
