"""The figure of the overlap: how many images by intersection over union, those that are hit apart from misses.

Owns what it shows and its description in words; the numbers are the results' own, the means are in `canvas`.
"""

from reports.figures.canvas import BLUE, FAINT, PALE_BLUE, RULE, Canvas, Drawing
from reports.language import formatting
from reports.number_check.figure_data import figure_data
from validation.results.secondary import Localisation

WIDTH, HEIGHT = 238.0, 200.0
LEFT, TOP, ACROSS, DOWN = 30.0, 40.0, 200.0, 122.0
MOST_LINES = 5
STEPS = (1, 2, 5)
FIFTHS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def overlap_figure(localisation: Localisation) -> Drawing | None:
    """Stacked bars, hits dark and misses pale; None where no image has a box."""
    bins = localisation.overlaps
    highest = max(one.hits + one.misses for one in bins)
    if highest == 0:
        return None
    step = _step(highest)
    top = step * -(-highest // step)
    canvas = Canvas("overlap", HEIGHT, width=WIDTH)
    panel = canvas.panel(LEFT, TOP, ACROSS, DOWN, x=(0, 1), y=(0, top))
    for count in range(0, top + 1, step):
        panel.axhline(count, color=FAINT if count == 0 else RULE, linewidth=0.5, clip_on=False)
        _, y = canvas.place(panel, 0, count)
        canvas.tick(LEFT - 5, y + 2.7, formatting.count(count), "end")
    for one in bins:
        middle, width = (one.low + one.high) / 2, 0.86 * (one.high - one.low)
        panel.bar(middle, one.hits, width=width, color=BLUE)
        panel.bar(
            middle,
            one.misses,
            width=width,
            bottom=one.hits,
            facecolor=PALE_BLUE,
            edgecolor=BLUE,
            linewidth=0.5,
        )
    for tick in FIFTHS:
        x, bottom = canvas.place(panel, tick, 0)
        canvas.tick(x, bottom + 11, formatting.decimal(tick, 1))
    canvas.label(0, TOP - 27, "Images")
    canvas.label(LEFT + ACROSS / 2, HEIGHT - 5, "Overlap of region and boxes", "middle")
    for left, name, colour in ((LEFT, "hit", BLUE), (LEFT + 42, "miss", PALE_BLUE)):
        key = canvas.panel(left, TOP - 20, 7, 7, x=(0, 1), y=(0, 1))
        key.bar(0.5, 1, width=1, facecolor=colour, edgecolor=BLUE, linewidth=0.5)
        canvas.label(left + 11, TOP - 14, name, "start", "soft")
    told = "; ".join(
        f"{formatting.decimal(one.low, 1)} to {formatting.decimal(one.high, 1)}: {one.hits} hits, {one.misses} misses"
        for one in bins
        if one.hits or one.misses
    )
    rows = [(one.low, one.high, one.hits, one.misses) for one in bins]
    return canvas.finish(
        f"Images by overlap of the device's region with the boxes. {told}.",
        figure_data(("overlap_from", "overlap_to", "hits", "misses"), rows),
    )


def _step(highest: int) -> int:
    """The smallest of 1, 2, 5, 10, ... of which few reach the highest bar."""
    size = 1
    while True:
        for step in STEPS:
            if highest <= MOST_LINES * step * size:
                return step * size
        size *= 10
