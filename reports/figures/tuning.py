"""How the threshold was chosen: sensitivity, specificity and F1 of the tuning split over every threshold.

Owns the drawing and its description in words; the points are the model folder's own. The axis is a logit scale,
as of the plot of scores: thresholds of a rare finding lie close to 0.
"""

import math
from collections.abc import Sequence

from protocols.model_folder import TuningPoint
from reports.figures.canvas import BLUE, DASHES, FAINT, ORANGE, RULE, SOFT, Canvas, Drawing, lozenge
from reports.figures.figure_data import figure_data
from reports.figures.scores import SCORE_TICKS
from reports.fonts.text_width import width
from reports.language import formatting

HEIGHT, LEFT, TOP, WIDTH, BODY = 176.0, 30.0, 26.0, 462.0, 118.0
QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)
DOTS = (0, (1.0, 1.6))
SAMPLE = 16.0
CURVES = (
    ("sensitivity", "Sensitivity", BLUE, "solid"),
    ("specificity", "Specificity", SOFT, DASHES),
    ("f1", "F1", BLUE, DOTS),
)
LEGEND_STEP = 78.0
NARROWEST = 0.5
LOWEST, HIGHEST = 0.0001, 0.9999
ROOM = 4.6


def tuning_figure(points: Sequence[TuningPoint], threshold: float) -> Drawing | None:
    """The three curves over the thresholds that were tried, each marked at the one that was chosen.

    None where there are no points.
    """
    if not points:
        return None
    rising = sorted(points, key=lambda point: point.threshold)
    across = [_logit(point.threshold) for point in rising]
    middle, half = (across[0] + across[-1]) / 2, max(across[-1] - across[0], NARROWEST) * 0.52
    limits = (middle - half, middle + half)
    canvas = Canvas("tuning", HEIGHT)
    panel = canvas.panel(LEFT, TOP, WIDTH, BODY, x=limits, y=(0, 1))
    for quarter in QUARTERS:
        panel.axhline(quarter, color=RULE, linewidth=0.5, clip_on=False)
        _, y = canvas.place(panel, limits[0], quarter)
        canvas.tick(LEFT - 5, y + 2.7, formatting.decimal(quarter, 2), "end")
    panel.axvline(_logit(threshold), color=ORANGE, linewidth=0.9, linestyle=DASHES)
    for number, (name, title, colour, line) in enumerate(CURVES):
        values = [float(getattr(point, name)) for point in rising]
        # A threshold counts as positive from its own score upwards: what holds at one holds down to the next lower.
        panel.plot(across, values, color=colour, linewidth=1.3, linestyle=line, drawstyle="steps-pre")
        left = LEFT + number * LEGEND_STEP
        sample = canvas.panel(left, 6, SAMPLE, 4, x=(0, 1), y=(-1, 1))
        sample.plot([0, 1], [0, 0], color=colour, linewidth=1.3, linestyle=line, clip_on=False)
        canvas.label(left + SAMPLE + 5, 10.7, title, tone="ink")
    chosen = min(rising, key=lambda point: abs(point.threshold - threshold))
    for name, *_ in CURVES:
        lozenge(panel, _logit(threshold), float(getattr(chosen, name)))
    panel.plot([0, 1], [0, 0], transform=panel.transAxes, color=FAINT, linewidth=0.8, clip_on=False)
    x, bottom = canvas.place(panel, _logit(threshold), 0)
    canvas.label(x, bottom + 11, formatting.stated(threshold), "middle", "goal")
    for tick in (tick for tick in SCORE_TICKS if limits[0] <= _logit(tick) <= limits[1]):
        place, _ = canvas.place(panel, _logit(tick), 0)
        panel.plot([_logit(tick)] * 2, [0, -0.02], color=FAINT, linewidth=0.8, clip_on=False)
        name = formatting.stated(tick)
        apart = (width(name) + width(formatting.stated(threshold), "goal")) / 2 + ROOM
        if abs(place - x) > apart:
            canvas.tick(place, bottom + 11, name)
    canvas.label(LEFT + WIDTH / 2, HEIGHT - 5, "Threshold (logit scale)", "middle", "ink")
    return canvas.finish(
        f"Sensitivity, specificity and F1 on the tuning split over {len(points)} thresholds from "
        f"{formatting.score(rising[0].threshold)} to {formatting.score(rising[-1].threshold)}. At the chosen threshold "
        f"{formatting.stated(threshold)}: sensitivity {formatting.decimal(chosen.sensitivity)}, specificity "
        f"{formatting.decimal(chosen.specificity)}, F1 {formatting.decimal(chosen.f1)}.",
        figure_data(
            ("threshold", "sensitivity", "specificity", "f1"),
            [(point.threshold, point.sensitivity, point.specificity, point.f1) for point in rising],
        ),
    )


def _logit(score: float) -> float:
    """Rounded, so that the last bit of the machine's logarithm does not matter; outer scores lie at the outer ticks."""
    inside = min(max(score, LOWEST), HIGHEST)
    return round(math.log(inside / (1 - inside)), 9)
