"""Predictive values over the share of positives: the curve against Bayes' theorem by hand, and what is marked."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.context import ReportContext
from reports.figures.canvas import Drawing, house_style
from reports.figures.prevalence import _ratio, prevalence_figure


def drawn(context: ReportContext) -> Drawing:
    with house_style():
        made = prevalence_figure(context.results.projections, context.whole.estimates, context.words)
    assert made is not None
    return made


def test_bayes_by_hand() -> None:
    # sensitivity 0.9, specificity 0.8, share 0.1: 0.09 of 0.09 + 0.18 called are positive
    assert _ratio(0.9 * 0.1, 0.2 * 0.9) == pytest.approx(1 / 3)
    assert _ratio(0.0, 0.0) is None


def test_the_curve_goes_through_the_projections(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    sensitivity = context.whole.estimates["sensitivity"].value
    specificity = context.whole.estimates["specificity"].value
    assert sensitivity is not None and specificity is not None
    points = [one for one in context.results.projections if one.metric == "ppv"]
    assert points
    for one in points:
        share = one.prevalence
        assert _ratio(sensitivity * share, (1 - specificity) * (1 - share)) == pytest.approx(
            one.value, abs=1e-8
        )


def test_every_projection_is_told_and_in_the_data(context_of: Callable[[str], ReportContext]) -> None:
    made = drawn(context_of("passing"))
    kinds = [(row[0], row[1], row[5]) for row in made.data.rows]
    assert kinds[:4] == [
        ("ppv", "0.05", "projection"),
        ("npv", "0.05", "projection"),
        ("ppv", "0.2", "projection"),
        ("npv", "0.2", "projection"),
    ]
    assert [kind for *_, kind in kinds[4:]] == ["cohort", "cohort"]
    assert "positive predictive value at 5" in made.description


def test_without_sensitivity_there_is_no_curve(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    whole = context.whole.estimates
    without = {**whole, "sensitivity": replace(whole["sensitivity"], value=None)}
    assert prevalence_figure((), without, context.words) is None


def test_a_share_beyond_a_half_widens_the_axis(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    whole = context.whole.estimates
    many = {**whole, "prevalence": replace(whole["prevalence"], value=0.7)}
    with house_style():
        made = prevalence_figure((), many, context.words)
    assert made is not None
    assert "90\u00a0%" in {label.text for label in made.labels}
