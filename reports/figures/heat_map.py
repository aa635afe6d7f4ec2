"""The heat map of an axis that crosses columns: sensitivity and specificity in every cell, side by side.

Owns the drawing and its description in words. A cell has its value and x/n; the darker, the higher; hatched and
without shade where the row is insufficient, so that a chance result of a few patients is never prominent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from reports.content.estimate_rows import AxisRows, LevelRow
from reports.figures.axes import BELOW_MIDDLE, Scale, description, linear, rectangle
from reports.figures.canvas import RULE, SOFT, WIDTH, Canvas, Drawing
from reports.figures.findings import SHADES
from reports.fonts.text_width import shortened, width
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from validation.results.results import Estimate

METRICS = ("sensitivity", "specificity")
LEFT, TOP, ROW, FOOT, GUTTER = 92.0, 32.0, 27.0, 22.0, 14.0
MARGIN = 4.0
MOST_ROWS, MOST_ROWS_ABOVE = 18, 9  # of panels side by side, and of one above the other
TENTH = 0.1  # at one the scale begins and ends
KEY_LEFT, KEY_STEPS, KEY_STEP = 106.0, 20, 4.0


@dataclass(frozen=True, slots=True)
class Cells:
    """An axis as a table: names of rows and columns, and the row of results of each cell that is there."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    by_place: Mapping[tuple[int, int], LevelRow]


def heat_map(axis: AxisRows, words: Words) -> Drawing | None:
    """Draw both metrics over the cells of an axis; None where it crosses nothing or exceeds a page."""
    if not axis.crossed or not axis.rows:
        return None
    cells = _cells(axis, words)
    needed = len(cells.columns) * _cell_width(axis)
    aside = needed <= (WIDTH - LEFT - GUTTER) / 2
    if needed > WIDTH - LEFT or len(cells.rows) > (MOST_ROWS if aside else MOST_ROWS_ABOVE):
        return None
    body = ROW * len(cells.rows)
    height = TOP + body + FOOT if aside else 2 * (TOP + body) + FOOT
    canvas = Canvas(f"heat-map-{axis.name}", height)
    scale = _scale([row.estimates[metric] for row in axis.rows for metric in METRICS])
    across = (WIDTH - LEFT - GUTTER) / 2 if aside else WIDTH - LEFT
    for number, metric in enumerate(METRICS):
        left = LEFT + number * (across + GUTTER) if aside else LEFT
        top = TOP if aside else TOP + number * (TOP + body)
        limits = {"x": (0.0, float(len(cells.columns))), "y": (float(len(cells.rows)), 0.0)}
        panel = canvas.panel(left, top, across, body, **limits)
        canvas.label(left + across / 2, top - 19, words.metric(metric), "middle", "strong")
        for place, name in enumerate(cells.columns):
            x, _ = canvas.place(panel, place + 0.5, 0)
            fitting = shortened(name, across / len(cells.columns) - 4)
            canvas.label(x, top - 6, fitting, "middle", "soft")
        if number == 0 or not aside:
            for place, name in enumerate(cells.rows):
                _, y = canvas.place(panel, 0, place + 0.5)
                canvas.label(0, y + BELOW_MIDDLE, shortened(name, LEFT - 8))
        for (row, column), found in cells.by_place.items():
            _cell(canvas, panel, (row, column), found.estimates[metric], scale)
    _key(canvas, scale, height)
    measured = ("metric", "numerator", "denominator", "value", "lower", "upper", "status")
    header = (*axis.name.split(","), *measured)
    data = [
        (
            *row.subgroup.level.split(","),
            metric,
            one.numerator,
            one.denominator,
            one.value,
            *bounds(one.decision),
            one.status,
        )
        for row in axis.rows
        for metric in METRICS
        for one in [row.estimates[metric]]
    ]
    return canvas.finish(
        _description(axis, words), figure_data(header, data, beside=(*cells.columns, *cells.rows))
    )


def _cell_width(axis: AxisRows) -> float:
    """Return the width of the longest value or x/n, with a margin."""
    estimates = [row.estimates[metric] for row in axis.rows for metric in METRICS]
    return MARGIN + max(
        max(width(_value(one), "strong"), width(formatting.fraction(one))) for one in estimates
    )


def _value(one: Estimate) -> str:
    return formatting.NOT_ESTIMABLE_SHORT if one.value is None else formatting.decimal(one.value)


def _cells(axis: AxisRows, words: Words) -> Cells:
    """Arrange the last column across and the others down, or the reverse where that is narrower."""
    columns = axis.name.split(",")
    levels = [tuple(row.subgroup.level.split(",")) for row in axis.rows]
    down, across = (
        list(dict.fromkeys(one[:-1] for one in levels)),
        list(dict.fromkeys(one[-1:] for one in levels)),
    )
    names = (
        tuple(_named(columns[:-1], one, words) for one in down),
        tuple(_named(columns[-1:], one, words) for one in across),
    )
    places = [(down.index(one[:-1]), across.index(one[-1:])) for one in levels]
    if len(down) < len(across):
        names, places = (names[1], names[0]), [(second, first) for first, second in places]
    return Cells(*names, dict(zip(places, axis.rows, strict=True)))


def _named(columns: Sequence[str], levels: Sequence[str], words: Words) -> str:
    return ", ".join(words.level_of(column, level) for column, level in zip(columns, levels, strict=True))


def _scale(estimates: Sequence[Estimate]) -> Scale | None:
    """Return the tenth below the lowest and above the highest established value; None without any."""
    values = [one.value for one in estimates if one.status == "ok" and one.value is not None]
    if not values:
        return None
    return linear(min(values), max(values), most=10, steps=(TENTH,), within=(0.0, 1.0))


def _cell(canvas: Canvas, panel: Axes, place: tuple[int, int], one: Estimate, scale: Scale | None) -> None:
    row, column = place
    shade = None
    if scale and one.status == "ok" and one.value is not None:
        shade = (one.value - scale.low) / (scale.high - scale.low)
    rectangle(
        panel,
        (column, column + 1),
        (row, row + 1),
        facecolor="white" if shade is None else SHADES(shade),
        edgecolor=RULE,
        linewidth=0.6,
        hatch="////" if shade is None else None,
    )
    x, y = canvas.place(panel, column + 0.5, row + 0.5)
    canvas.label(x, y - 2, _value(one), "middle", "soft" if shade is None else "strong")
    canvas.label(x, y + 8.6, formatting.fraction(one), "middle", "soft" if shade is None else "ink")


def _key(canvas: Canvas, scale: Scale | None, height: float) -> None:
    """Draw the key: hatching, and the shades from low to high with their ends where a cell has one."""
    top = height - 12
    sample = canvas.panel(LEFT, top, 16, 7, x=(0, 1), y=(0, 1))
    rectangle(sample, (0, 1), (0, 1), facecolor="white", edgecolor=SOFT, linewidth=0.5, hatch="////////")
    canvas.label(LEFT + 21, top + 6, "insufficient", tone="soft")
    if scale is None:
        return
    left = LEFT + KEY_LEFT
    panel = canvas.panel(left, top, KEY_STEPS * KEY_STEP, 7, x=(0, KEY_STEPS), y=(0, 1))
    for step in range(KEY_STEPS):
        shade = SHADES(step / (KEY_STEPS - 1))
        rectangle(panel, (step, step + 1), (0, 1), facecolor=shade, edgecolor="none")
    panel.plot([0, KEY_STEPS, KEY_STEPS, 0, 0], [0, 0, 1, 1, 0], color=RULE, linewidth=0.6, clip_on=False)
    canvas.tick(left - 5, top + 6, formatting.decimal(scale.low, 1), "end")
    canvas.tick(left + KEY_STEPS * KEY_STEP + 5, top + 6, formatting.decimal(scale.high, 1), "start")


def _description(axis: AxisRows, words: Words) -> str:
    cells = [
        f"{words.level(row.subgroup)}: "
        + ", ".join(
            f"{words.within(words.metric(metric))} {formatting.estimate(one)} of {formatting.fraction(one)}"
            + (" (insufficient)" if one.status == "insufficient" else "")
            for metric in METRICS
            for one in [row.estimates[metric]]
        )
        for row in axis.rows
    ]
    both = f"{words.metric(METRICS[0])} and {words.within(words.metric(METRICS[1]))}"
    return description(f"Heat map of {both} by {words.within(words.axis(axis.name))}.", cells)
