"""The four counts as a figure: calls by truth, each cell shaded by its proportion of its column.

Owns the drawing and its description in words. Counts are the results' own; the proportions are one count over another.
"""

from reports.content.two_by_two import TwoByTwoTable
from reports.figures.axes import HALF_WIDTH, description, rectangle
from reports.figures.canvas import INK, Canvas, Drawing
from reports.figures.findings import SHADES
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import figure_data

NAME = "confusion"
HEIGHT = 158.0
SIGNS = ("positive", "negative")
LEFT, TOP, CELL_WIDTH, CELL_HEIGHT = 66.0, 32.0, 86.0, 54.0


def confusion_figure(confusion: TwoByTwoTable, words: Words) -> Drawing:
    """Draw truth across and call down; each cell with its count, its name, and its proportion of the column."""
    canvas = Canvas(NAME, HEIGHT, width=HALF_WIDTH)
    panel = canvas.panel(LEFT, TOP, 2 * CELL_WIDTH, 2 * CELL_HEIGHT, x=(0, 2), y=(2, 0))
    positives, negatives = confusion.tp + confusion.fn, confusion.fp + confusion.tn
    called = (confusion.tp + confusion.fp, confusion.fn + confusion.tn)
    cells = (
        ("TP", confusion.tp, positives),
        ("FP", confusion.fp, negatives),
        ("FN", confusion.fn, positives),
        ("TN", confusion.tn, negatives),
    )
    for place, (name, count, of_truth) in enumerate(cells):
        row, column = divmod(place, 2)
        shade = SHADES(count / of_truth if of_truth else 0.0)
        across, down = (column, column + 1), (row, row + 1)
        rectangle(panel, across, down, facecolor=shade, edgecolor=INK, linewidth=0.6)
        x, y = canvas.place(panel, column + 0.5, row + 0.5)
        canvas.label(x, y - 7, formatting.count(count), "middle", "strong")
        canvas.label(x, y + 5, words.outcomes[name], "middle")
        if of_truth:
            canvas.label(x, y + 17, formatting.percent(count / of_truth), "middle")
    for column, (sign, number) in enumerate(zip(SIGNS, (positives, negatives), strict=True)):
        x, _ = canvas.place(panel, column + 0.5, 0)
        canvas.label(x, TOP - 15, f"{words.truth} {sign}", "middle", "strong")
        canvas.label(x, TOP - 5, f"n = {formatting.count(number)}", "middle", "soft")
    for row, (sign, number) in enumerate(zip(SIGNS, called, strict=True)):
        _, y = canvas.place(panel, 0, row + 0.5)
        canvas.label(LEFT - 6, y - 7, "Device", "end", "strong")
        canvas.label(LEFT - 6, y + 3, sign, "end", "strong")
        canvas.label(LEFT - 6, y + 13, f"n = {formatting.count(number)}", "end", "soft")
    below = f"Shares are of the {words.units} of a column"
    canvas.label(LEFT + CELL_WIDTH, HEIGHT - 5, below, "middle", "soft")
    in_words = [f"{words.outcomes[name]} {formatting.count(count)}" for name, count, _ in cells]
    rows = [(name, count, total, count / total if total else None) for name, count, total in cells]
    return canvas.finish(
        description(f"Calls by {words.grouping}:", in_words),
        figure_data(("cell", "count", "of_its_truth", "share"), rows, beside=called),
    )
