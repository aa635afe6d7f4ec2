"""The figure of the overlap: number of images by intersection over union, hits and misses apart.

Owns what it shows and its description in words; the numbers are the results' own, the means are in `axes`.
"""

from reports.figures.axes import HALF_WIDTH, Box, Panel, Scale, description, linear
from reports.figures.canvas import BLUE, FAINT, PALE_BLUE, Canvas, Drawing
from reports.language import formatting
from reports.number_check.figure_data import figure_data
from validation.results.secondary import Localisation

HEIGHT, BOX = 200.0, Box(30.0, 40.0, 200.0, 122.0)
MOST_LINES = 5
STEPS = tuple(step * 10**power for power in range(9) for step in (1, 2, 5))
FIFTHS = Scale(0.0, 1.0, 0.2)


def overlap_figure(localisation: Localisation) -> Drawing | None:
    """Draw stacked bars, hits dark and misses pale; None where no image has a box."""
    bins = localisation.overlaps
    highest = max(one.hits + one.misses for one in bins)
    if highest == 0:
        return None
    up = linear(0, highest, most=MOST_LINES, steps=STEPS)
    canvas = Canvas("overlap", HEIGHT, width=HALF_WIDTH)
    panel = Panel(canvas, BOX, x=FIFTHS.limits, y=up.limits)
    panel.lines_across(up.named, ground={"color": FAINT})
    for one in bins:
        middle, width = (one.low + one.high) / 2, 0.86 * (one.high - one.low)
        panel.axes.bar(middle, one.hits, width=width, color=BLUE)
        panel.axes.bar(
            middle,
            one.misses,
            width=width,
            bottom=one.hits,
            facecolor=PALE_BLUE,
            edgecolor=BLUE,
            linewidth=0.5,
        )
    for tick, text in FIFTHS.named:
        panel.text_below(tick, text)
    canvas.label(0, BOX.top - 27, "Images")
    panel.title_across("Overlap of region and boxes")
    for left, name, colour in ((BOX.left, "hit", BLUE), (BOX.left + 42, "miss", PALE_BLUE)):
        key = canvas.panel(left, BOX.top - 20, 7, 7, x=(0, 1), y=(0, 1))
        key.bar(0.5, 1, width=1, facecolor=colour, edgecolor=BLUE, linewidth=0.5)
        canvas.label(left + 11, BOX.top - 14, name, "start", "soft")
    points = [
        f"{formatting.decimal(one.low, 1)} to {formatting.decimal(one.high, 1)}: {one.hits} hits, {one.misses} misses"
        for one in bins
        if one.hits or one.misses
    ]
    rows = [(one.low, one.high, one.hits, one.misses) for one in bins]
    return canvas.finish(
        description("Images by overlap of the device's region with the boxes.", points),
        figure_data(("overlap_from", "overlap_to", "hits", "misses"), rows),
    )
