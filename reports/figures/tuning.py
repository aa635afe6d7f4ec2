"""How the threshold was chosen: sensitivity, specificity and F1 of the tuning split over every threshold.

Owns the drawing and its description in words; the points are the model folder's own. The axis is a logit scale,
as of the plot of scores: thresholds of a rare finding lie close to 0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from protocols.model_folder import TuningPoint
from reports.figures.axes import QUARTERS, SCORES, Box, Panel, legend, logit
from reports.figures.canvas import BLUE, DASHES, ORANGE, SOFT, Canvas, Drawing, lozenge
from reports.fonts.text_width import width
from reports.language import formatting
from reports.number_check.figure_data import figure_data

HEIGHT, BOX = 176.0, Box(30.0, 26.0, 462.0, 118.0)
LEGEND_STEP = 78.0
DOTS = (0, (1.0, 1.6))
CURVES: Mapping[str, dict[str, Any]] = {
    "Sensitivity": {"color": BLUE, "linewidth": 1.3, "linestyle": "solid"},
    "Specificity": {"color": SOFT, "linewidth": 1.3, "linestyle": DASHES},
    "F1": {"color": BLUE, "linewidth": 1.3, "linestyle": DOTS},
}
NARROWEST = 0.5
ROOM = 4.6


def tuning_figure(points: Sequence[TuningPoint], threshold: float) -> Drawing | None:
    """Draw the three curves over the thresholds that were tried, each marked at the one that was chosen.

    None where there are no points.
    """
    if not points:
        return None
    rising = sorted(points, key=lambda point: point.threshold)
    across = [_place(point.threshold) for point in rising]
    middle, half = (across[0] + across[-1]) / 2, max(across[-1] - across[0], NARROWEST) * 0.52
    limits = (middle - half, middle + half)
    canvas = Canvas("tuning", HEIGHT)
    panel = Panel(canvas, BOX, x=limits, y=QUARTERS.limits)
    panel.lines_across(QUARTERS.named)
    panel.axes.axvline(_place(threshold), color=ORANGE, linewidth=0.9, linestyle=DASHES)
    for name, style in CURVES.items():
        values = [float(getattr(point, name.lower())) for point in rising]
        # A threshold counts as positive from its own score upwards: what holds at one holds down to the next lower.
        panel.axes.plot(across, values, drawstyle="steps-pre", **style)
    legend(canvas, BOX.left, CURVES, step=LEGEND_STEP)
    chosen = min(rising, key=lambda point: abs(point.threshold - threshold))
    for name in CURVES:
        lozenge(panel.axes, _place(threshold), float(getattr(chosen, name.lower())))
    panel.baseline()
    x, bottom = panel.place(_place(threshold), 0)
    canvas.label(x, bottom + 11, formatting.stated(threshold), "middle", "goal")
    for tick in (tick for tick in SCORES if limits[0] <= logit(tick) <= limits[1]):
        panel.notch(logit(tick))
        name = formatting.stated(tick)
        apart = (width(name) + width(formatting.stated(threshold), "goal")) / 2 + ROOM
        if abs(panel.place(logit(tick), 0)[0] - x) > apart:
            panel.text_below(logit(tick), name)
    panel.title_across("Threshold (logit scale)")
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


def _place(score: float) -> float:
    """Return where a score lies; outer scores lie at the outer ticks."""
    return logit(min(max(score, SCORES[0]), SCORES[-1]))
