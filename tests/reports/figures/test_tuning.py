"""The curve of the threshold's choice: what it marks, what it says, and that it stays on its canvas."""

import pytest

from protocols.model_folder import TuningPoint
from reports.figures.canvas import Drawing, house_style
from reports.figures.tuning import tuning_figure

POINTS = (
    TuningPoint(0.9, 0.25, 1.0, 0.4),
    TuningPoint(0.5, 0.75, 0.833333, 0.75),
    TuningPoint(0.1, 1.0, 0.0, 0.571429),
)


def drawn(points: tuple[TuningPoint, ...], threshold: float) -> Drawing:
    with house_style():
        figure = tuning_figure(points, threshold)
    assert figure is not None
    return figure


def test_the_choice_is_told_by_hand() -> None:
    assert drawn(POINTS, 0.5).description == (
        "Sensitivity, specificity and F1 on the tuning split over 3 thresholds from 0.100000 to 0.900000. "
        "At the chosen threshold 0.5: sensitivity 0.750, specificity 0.833, F1 0.750."
    )


def test_without_points_nothing_is_drawn() -> None:
    assert tuning_figure((), 0.5) is None


@pytest.mark.parametrize("threshold", [0.1, 0.12, 0.5, 0.9])
@pytest.mark.parametrize("points", [POINTS, POINTS[:1]])
def test_every_letter_is_on_the_canvas(points: tuple[TuningPoint, ...], threshold: float) -> None:
    figure = drawn(points, threshold if len(points) > 1 else 0.9)
    assert all(0 <= label.x <= figure.width and 0 <= label.y <= figure.height for label in figure.labels)


def test_a_tick_does_not_run_into_the_choice() -> None:
    texts = [label.text for label in drawn(POINTS, 0.1).labels]
    assert texts.count("0.1") == 1 and texts.count("0.9") == 1 and "0.01" not in texts
