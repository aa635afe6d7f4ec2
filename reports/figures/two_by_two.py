"""The four counts as a picture: calls by truth, each cell shaded by its share of those of its truth.

Owns the drawing and its description in words. Counts are the results' own; the shares are one count over another.
"""

from reports.content.two_by_two import TwoByTwoTable
from reports.figures.canvas import INK, Canvas, Drawing
from reports.figures.figure_data import figure_data
from reports.figures.findings import SHADES
from reports.language import formatting
from reports.language.vocabulary import Words

NAME = "confusion"
WIDTH, HEIGHT = 238.0, 158.0
LEFT, TOP, CELL_WIDTH, CELL_HEIGHT = 66.0, 32.0, 86.0, 54.0


def confusion_figure(confusion: TwoByTwoTable, words: Words) -> Drawing:
    """Truth across, call down; each cell with its count, what it is, and its share of the column."""
    canvas = Canvas(NAME, HEIGHT, width=WIDTH)
    panel = canvas.panel(LEFT, TOP, 2 * CELL_WIDTH, 2 * CELL_HEIGHT, x=(0, 2), y=(2, 0))
    cells = (("TP", 0, 0), ("FP", 1, 0), ("FN", 0, 1), ("TN", 1, 1))
    counts = {
        "TP": (confusion.tp, confusion.tp + confusion.fn),
        "FN": (confusion.fn, confusion.tp + confusion.fn),
        "FP": (confusion.fp, confusion.fp + confusion.tn),
        "TN": (confusion.tn, confusion.fp + confusion.tn),
    }
    for name, column, row in cells:
        count, of_truth = counts[name]
        panel.fill(
            [column, column + 1, column + 1, column],
            [row, row, row + 1, row + 1],
            facecolor=SHADES(count / of_truth if of_truth else 0.0),
            edgecolor=INK,
            linewidth=0.6,
        )
        x, y = canvas.place(panel, column + 0.5, row + 0.5)
        canvas.label(x, y - 7, formatting.count(count), "middle", "strong")
        canvas.label(x, y + 5, words.outcomes[name], "middle")
        if of_truth:
            canvas.label(x, y + 17, formatting.percent(count / of_truth), "middle")
    for column, called, of_truth in ((0, "positive", counts["TP"][1]), (1, "negative", counts["TN"][1])):
        x, _ = canvas.place(panel, column + 0.5, 0)
        canvas.label(x, TOP - 15, f"{words.truth} {called}", "middle", "strong")
        canvas.label(x, TOP - 5, f"n = {formatting.count(of_truth)}", "middle", "soft")
    for row, called, number in (
        (0, "positive", confusion.tp + confusion.fp),
        (1, "negative", confusion.fn + confusion.tn),
    ):
        _, y = canvas.place(panel, 0, row + 0.5)
        canvas.label(LEFT - 6, y - 7, "Device", "end", "strong")
        canvas.label(LEFT - 6, y + 3, called, "end", "strong")
        canvas.label(LEFT - 6, y + 13, f"n = {formatting.count(number)}", "end", "soft")
    canvas.label(
        LEFT + CELL_WIDTH, HEIGHT - 5, f"Shares are of the {words.units} of a column", "middle", "soft"
    )
    told = "; ".join(f"{words.outcomes[name]} {formatting.count(counts[name][0])}" for name, *_ in cells)
    header = ("cell", "count", "of_its_truth", "share")
    return canvas.finish(
        f"Calls by {words.grouping}: {told}.",
        figure_data(
            header,
            [
                (name, count, total, count / total if total else None)
                for name, *_ in cells
                for count, total in [counts[name]]
            ],
            beside=(confusion.tp + confusion.fp, confusion.fn + confusion.tn),
        ),
    )
