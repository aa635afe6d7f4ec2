"""Predictive values over prevalence: curves by Bayes' theorem, and the projections with their intervals.

Owns the drawing and its description in words. The points and intervals are the results' own; a curve uses nothing
but the sensitivity and specificity of the whole cohort, put into Bayes' theorem. The axis is a logarithm, as patients
who are screened and patients who are ill differ by orders of magnitude.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from reports.figures.axes import QUARTERS, Box, Panel, description, legend
from reports.figures.canvas import BLUE, DASHES, INK, SOFT, Canvas, Drawing, lozenge
from reports.fonts.text_width import width
from reports.language import formatting
from reports.language.vocabulary import Words
from reports.number_check.figure_data import bounds, figure_data
from validation.results.results import Estimate
from validation.results.secondary import Projection

NAME = "predictive-values"
HEIGHT, BOX = 190.0, Box(30.0, 26.0, 462.0, 132.0)
LOWEST, HIGHEST, BEYOND = 0.001, 0.5, 0.9
TICKS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.9)
STEPS = 120
# The intervals of both values are side by side at one prevalence, this far from it on the axis.
ASIDE = {"ppv": -0.008, "npv": 0.008}
LINES: Mapping[str, dict[str, Any]] = {
    "ppv": {"color": BLUE, "linewidth": 1.4, "linestyle": "solid"},
    "npv": {"color": SOFT, "linewidth": 1.4, "linestyle": DASHES},
}

Curve = Callable[[float], float | None]


def prevalence_figure(
    projections: Sequence[Projection], whole: Mapping[str, Estimate], words: Words
) -> Drawing | None:
    """Draw PPV and NPV from a prevalence of 0.1 per cent on.

    Args:
        projections: as results hold them; F1 among them is left out.
        whole: estimates of the whole cohort by metric; its own predictive values are marked at its own prevalence.
        words: the vocabulary of the run.

    Returns:
        None where sensitivity or specificity is not estimable.
    """
    sensitivity, specificity = whole["sensitivity"].value, whole["specificity"].value
    if sensitivity is None or specificity is None:
        return None
    own = whole["prevalence"].value
    points = [one for one in projections if one.metric in LINES]
    prevalences = [one.prevalence for one in points] + ([own] if own is not None else [])
    right = HIGHEST if max(prevalences, default=0.0) <= HIGHEST else BEYOND
    left = min([LOWEST, *(prevalence for prevalence in prevalences if prevalence > 0)])
    limits = (math.log10(left), math.log10(right))
    canvas = Canvas(NAME, HEIGHT)
    panel = Panel(canvas, BOX, x=limits, y=QUARTERS.limits)
    panel.lines_across(QUARTERS.named)
    panel.baseline()
    _prevalence_axis(panel, limits)
    curves: Mapping[str, Curve] = {
        "ppv": lambda prevalence: _ratio(sensitivity * prevalence, (1 - specificity) * (1 - prevalence)),
        "npv": lambda prevalence: _ratio(specificity * (1 - prevalence), (1 - sensitivity) * prevalence),
    }
    for metric, curve in curves.items():
        _curve(panel.axes, metric, curve, limits)
    for one in points:
        _point(panel.axes, one)
    for metric in LINES:
        value = whole[metric].value
        if own is not None and value is not None and left <= own <= right:
            lozenge(panel.axes, math.log10(own), value)
    legend(canvas, BOX.left, {words.metric(metric): style for metric, style in LINES.items()})
    panel.title_across("Share of positives (logarithmic scale)")
    rows = [(one.metric, one.prevalence, one.value, *bounds(_decision(one)), "projection") for one in points]
    of_cohort = [(name, own, whole[name].value, *bounds(whole[name].decision), "cohort") for name in LINES]
    return canvas.finish(
        _description(points, whole, words),
        figure_data(("metric", "prevalence", "value", "lower", "upper", "kind"), [*rows, *of_cohort]),
    )


def _ratio(right: float, wrong: float) -> float | None:
    return right / (right + wrong) if right + wrong > 0 else None


def _decision(one: Projection) -> tuple[float, float] | None:
    return one.intervals[one.decision_interval] if one.decision_interval else None


def _prevalence_axis(panel: Panel, limits: tuple[float, float]) -> None:
    for tick in TICKS:
        at = math.log10(tick)
        if limits[0] - 1e-9 <= at <= limits[1] + 1e-9:
            panel.notch(at)
            text = formatting.level(tick)
            x, bottom = panel.place(at, 0)
            panel.canvas.tick(min(x, BOX.right - width(text) / 2), bottom + 11, text)


def _curve(panel: Axes, metric: str, curve: Curve, limits: tuple[float, float]) -> None:
    """Draw a curve rounded to what an SVG keeps, so that the last bit of a power does not matter."""
    across = [limits[0] + (limits[1] - limits[0]) * step / STEPS for step in range(STEPS + 1)]
    values = [curve(10**at) for at in across]
    kept = [(at, round(value, 9)) for at, value in zip(across, values, strict=True) if value is not None]
    panel.plot([at for at, _ in kept], [value for _, value in kept], clip_on=False, **LINES[metric])


def _point(panel: Axes, one: Projection) -> None:
    colour = LINES[one.metric]["color"]
    if one.value is None:
        return
    at, interval = math.log10(one.prevalence), _decision(one)
    if interval is not None:
        panel.plot([at + ASIDE[one.metric]] * 2, interval, color=INK, linewidth=0.9, clip_on=False)
    panel.plot(
        [at + ASIDE[one.metric]],
        [one.value],
        "s" if one.metric == "ppv" else "o",
        markersize=4.2,
        markerfacecolor=colour if one.metric == "ppv" else "white",
        markeredgecolor=colour,
        markeredgewidth=0.9,
        clip_on=False,
    )


def _description(points: Sequence[Projection], whole: Mapping[str, Estimate], words: Words) -> str:
    projected = [
        f"{words.within(words.metric(one.metric))} at {formatting.level(one.prevalence)} "
        f"{formatting.value(one.value)} ({formatting.interval(_decision(one))})"
        for one in points
    ]
    given = ", ".join(
        f"{words.within(words.metric(name))} {formatting.estimate(whole[name])}"
        for name in ("sensitivity", "specificity")
    )
    both = f"{words.metric('ppv')} and {words.within(words.metric('npv'))}"
    curves = f"{both} over the share of positives, by Bayes' theorem from {given}."
    return description(f"{curves} Projected:", projected) if projected else curves
