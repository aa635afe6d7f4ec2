"""Scales, ticks, panels and legends, which all figures share."""

import math

import pytest
from scipy import special

from reports.figures.axes import BEYOND, QUARTERS, SCORES, Box, Panel, Scale, expit, legend, linear, logit
from reports.figures.canvas import BLUE, Canvas, house_style
from reports.fonts.text_width import width
from reports.number_check.figure_data import figure_data


@pytest.mark.parametrize(
    ("low", "high", "most", "within", "ticks"),
    [
        (0.0, 0.0566, 5, (0.0, 1.0), (0.0, 0.02, 0.04, 0.06)),
        (0.31, 0.92, 5, (0.0, 1.0), (0.2, 0.4, 0.6, 0.8, 1.0)),
        (0.31, 0.92, 3, (0.0, 1.0), (0.25, 0.5, 0.75, 1.0)),
        (-0.013, 0.004, 5, (-1.0, 1.0), (-0.015, -0.01, -0.005, 0.0, 0.005)),
        (0.3, 0.3, 5, (0.0, 1.0), (0.299, 0.3, 0.301)),  # one number: a step to each side,
        (1.0, 1.0, 5, (0.0, 1.0), (0.999, 1.0)),  # but none beyond where the scale ends
        (0.0, 0.0, 5, (0.0, 1.0), (0.0, 0.001)),
        (
            -40.0,
            40.0,
            2,
            (-math.inf, math.inf),
            tuple(float(tick) for tick in range(-40, 41)),
        ),  # none is coarse enough
    ],
)
def test_a_linear_scale_by_hand(
    low: float, high: float, most: int, within: tuple[float, float], ticks: tuple[float, ...]
) -> None:
    assert linear(low, high, most=most, within=within).ticks == ticks


@pytest.mark.parametrize(
    ("scale", "texts"),
    [
        (QUARTERS, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (Scale(-0.1, 0.1, 0.1), ["−0.1", "0.0", "0.1"]),
        (Scale(0, 2000, 1000), ["0", "1,000", "2,000"]),
    ],
)
def test_ticks_have_the_decimals_of_their_step_by_hand(scale: Scale, texts: list[str]) -> None:
    assert [text for _, text in scale.named] == texts


@pytest.mark.parametrize("score", [*SCORES, 0.171024])
def test_logit_and_its_inverse_against_scipy(score: float) -> None:
    assert logit(score) == pytest.approx(special.logit(score), abs=1e-9)
    assert expit(logit(score)) == pytest.approx(score, abs=1e-9)


def test_outer_scores_lie_beyond_by_hand() -> None:
    assert (logit(0.0), logit(1.0), logit(0.5)) == (-BEYOND, BEYOND, 0.0)


def test_ticks_and_titles_stand_around_a_panel_by_hand() -> None:
    with house_style():
        canvas = Canvas("a", 100)
        panel = Panel(canvas, Box(30, 20, 50, 60), x=(0, 1), y=(0, 1))
        panel.lines_across([(0.5, "half")])
        panel.lines_up([(1.0, "all")])
        panel.title_up("Up")
        panel.title_across("Across")
        made = canvas.finish("A figure", figure_data(("x",), []))
    assert [(label.x, label.y, label.text, label.anchor, label.tick) for label in made.labels] == [
        (25, 52.7, "half", "end", True),
        (80, 91, "all", "middle", True),
        (0, 11, "Up", "start", False),
        (55, 95, "Across", "middle", False),
    ]


def test_names_of_a_legend_stand_apart_by_hand() -> None:
    with house_style():
        canvas = Canvas("a", 100)
        legend(canvas, 30, {"One": {"color": BLUE}, "Other": {"color": BLUE}})
        made = canvas.finish("A figure", figure_data(("x",), []))
    assert [label.x for label in made.labels] == [51, pytest.approx(51 + width("One") + 18 + 21, abs=0.001)]
