from collections.abc import Callable

import pytest

from reports.content.context import ReportContext
from reports.figures.canvas import house_style
from reports.figures.curves import _scale, decision_curve_figure, precision_recall_figure, reliability_figure
from reports.language.vocabulary import Words
from reports.pages.all_figures import gallery
from validation.results.secondary import DecisionCurvePoint, ReliabilityBin

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())


@pytest.mark.parametrize(
    ("highest", "expected"),
    [
        (0.0566, (0.0, 0.06, 0.02)),
        (0.2, (0.0, 0.2, 0.05)),
        (0.93, (0.0, 1.0, 0.2)),
        (1.0, (0.0, 1.0, 0.2)),
        (0.0, (0.0, 0.001, 0.001)),
    ],
)
def test_scale_by_hand(highest: float, expected: tuple[float, float, float]) -> None:
    scale = _scale(highest)
    assert (scale.low, scale.high, scale.step) == expected


def test_what_is_not_there_is_not_drawn(context_of: Callable[[str], ReportContext]) -> None:
    estimates = context_of("passing").whole.estimates
    average, recall, precision = (estimates[name] for name in ("average_precision", "sensitivity", "ppv"))
    assert precision_recall_figure((), average, recall, precision, WORDS) is None
    assert reliability_figure((), WORDS) is None
    assert decision_curve_figure((), 0.5, WORDS) is None


def test_every_bin_is_told() -> None:
    bins = (
        ReliabilityBin(0.0, 0.1, 5, 4, 1, 0.05, 0.2, (0.01, 0.7)),
        ReliabilityBin(0.2, 0.9, 5, 4, 4, 0.6, 0.8, (0.3, 0.99)),
    )
    with house_style():
        drawn = reliability_figure(bins, WORDS)
    assert drawn is not None
    assert drawn.description.endswith("0.200 at 0.050; 0.800 at 0.600.")


def test_a_curve_without_intervals_is_drawn() -> None:
    points = tuple(DecisionCurvePoint(at, 0.1, None, 0.05) for at in (0.1, 0.2))
    with house_style():
        drawn = decision_curve_figure(points, 0.1, WORDS)
    assert drawn is not None
    assert {label.text for label in drawn.labels} >= {"Net benefit", "Threshold probability"}


def test_words_of_agreement_reach_the_curves(context_of: Callable[[str], ReportContext]) -> None:
    shown = gallery(context_of("text-mined"))
    drawn = [one for one in (shown.precision_recall, shown.reliability, shown.decision_curve) if one]
    told = " ".join(
        [one.description for one in drawn] + [label.text for one in drawn for label in one.labels]
    )
    assert len(drawn) == 3
    assert not [word for word in ("ecall", "ensitiv", "ccura", "recision") if word in told]
