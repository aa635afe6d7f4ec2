"""The analysed cohort as pyramids: age, sex and view of the negatives to the left and the positives to the right.

Owns the drawing and its description in words. The counts are those of the results' own rows, so the figure exists for
every run whose protocol names one of these axes; what a cohort holds before it is analysed is `profile`.
"""

from collections.abc import Sequence

from matplotlib.axes import Axes

from reports.content.estimate_rows import AxisRows, LevelRow
from reports.figures.axes import BELOW_MIDDLE, ROW, description
from reports.figures.canvas import BLUE, FAINT, PALE_BLUE, SOFT, WIDTH, Canvas, Drawing
from reports.fonts.text_width import shortened
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import figure_data

NAME = "pyramids"
AXES = ("age_years", "sex", "view")
MOST_LEVELS = 20
GAP, HEAD, FOOT, INDENT = 4.4, 18.0, 4.0, 9.0
NAMES, COUNTS = 130.0, 74.0
SPINE = NAMES + COUNTS + (WIDTH - NAMES - 2 * COUNTS) / 2
HALF = (WIDTH - NAMES - 2 * COUNTS) / 2


def pyramids_figure(axes: Sequence[AxisRows], whole: LevelRow, words: Words) -> Drawing | None:
    """Draw proportions of each class by level; None where the protocol has none of these axes or a class is empty."""
    positives, negatives = whole.size.positives, whole.size.negatives
    shown = [axis for axis in axes if axis.name in AXES and 0 < len(axis.rows) <= MOST_LEVELS]
    if not shown or not positives or not negatives:
        return None
    levels = sum(len(axis.rows) for axis in shown)
    body = ROW * (levels + len(shown)) + GAP * len(shown)
    canvas = Canvas(NAME, HEAD + body + FOOT)
    highest = max(
        proportion
        for axis in shown
        for row in axis.rows
        for proportion in (row.size.positives / positives, row.size.negatives / negatives)
    )
    panel = canvas.panel(NAMES + COUNTS, HEAD, 2 * HALF, body, x=(-highest, highest), y=(body, 0))
    canvas.label(
        SPINE - 6, HEAD - 7, f"{words.truth} negative, n = {formatting.count(negatives)}", "end", "strong"
    )
    canvas.label(
        SPINE + 6, HEAD - 7, f"{words.truth} positive, n = {formatting.count(positives)}", tone="strong"
    )
    y = 0.0
    for axis in shown:
        y += GAP
        canvas.label(0, HEAD + y + ROW / 2 + BELOW_MIDDLE, words.axis(axis.name), tone="strong")
        y += ROW
        start = y
        for row in axis.rows:
            baseline = HEAD + y + ROW / 2 + BELOW_MIDDLE
            name = shortened(words.level(row.subgroup), NAMES - INDENT - 8)
            canvas.label(INDENT, baseline, name)
            _bars(canvas, panel, y + ROW / 2, row, (positives, negatives))
            y += ROW
        panel.plot([0, 0], [start, y], color=FAINT, linewidth=0.8)
    header = ("axis", "level", "positives", "of_positives", "negatives", "of_negatives", "images", "patients")
    data = [
        (
            *(axis.name, row.subgroup.level),
            *(size.positives, size.positives / positives, size.negatives, size.negatives / negatives),
            *(size.images, size.patients),
        )
        for axis in shown
        for row in axis.rows
        for size in [row.size]
    ]
    names = [words.level(row.subgroup) for axis in shown for row in axis.rows]
    return canvas.finish(
        _description(shown, words), figure_data(header, data, beside=(*names, positives, negatives))
    )


def _bars(canvas: Canvas, panel: Axes, middle: float, row: LevelRow, totals: tuple[int, int]) -> None:
    positives, negatives = totals
    right, left = row.size.positives / positives, row.size.negatives / negatives
    panel.barh(middle, right, height=0.74 * ROW, facecolor=BLUE, edgecolor=BLUE, linewidth=0.5)
    panel.barh(middle, -left, height=0.74 * ROW, facecolor=PALE_BLUE, edgecolor=SOFT, linewidth=0.5)
    x, y = canvas.place(panel, right, middle)
    canvas.label(x + 5, y + BELOW_MIDDLE, formatting.proportion(row.size.positives, positives))
    text = formatting.proportion(row.size.negatives, negatives)
    x, _ = canvas.place(panel, -left, middle)
    canvas.label(x - 5, y + BELOW_MIDDLE, text, "end")


def _description(axes: Sequence[AxisRows], words: Words) -> str:
    levels = [
        f"{words.axis(axis.name)}: "
        + ", ".join(
            f"{words.within(words.level(row.subgroup))} {formatting.count(row.size.negatives)} negative and "
            f"{formatting.count(row.size.positives)} positive"
            for row in axis.rows
        )
        for axis in axes
    ]
    return description(f"The analysed {words.units} by class.", levels)
