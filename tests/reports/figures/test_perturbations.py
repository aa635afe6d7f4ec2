"""The plot of differences: scale, wedges and words, by hand on few rows."""

import re

import pytest

from protocols.schema.metrics import METRICS
from reports.figures.perturbations import differences_figure
from reports.language.vocabulary import Words
from validation.results.robustness_results import CHANGED_METRICS, Flips, MetricChange, Perturbed
from validation.results.secondary import Interval, Measured


class Plain(Words):
    """The vocabulary of accuracy alone: the figure asks for nothing else."""

    def __init__(self) -> None:
        pass

    def metric(self, name: str) -> str:
        return METRICS[name].label


def row(name: str, value: float | None, interval: Interval | None) -> Perturbed:
    nothing = Measured(0.5, (0.4, 0.6))
    return Perturbed(
        id=name,
        family="perturbation",
        withholds="",
        name=name,
        does="",
        mean_change=0.0,
        largest_change=0.0,
        lowest_score=0.0,
        highest_score=1.0,
        flips=Flips(10, 0, 0, Measured(0.0, (0.0, 0.3))),
        changes=tuple(MetricChange(metric, nothing, Measured(value, interval)) for metric in CHANGED_METRICS),
    )


def texts(rows: list[Perturbed]) -> list[str]:
    drawing = differences_figure("d", rows, Plain())
    assert drawing
    return [label.text for label in drawing.labels]


def test_nothing_to_draw_is_no_figure() -> None:
    assert differences_figure("d", [], Plain()) is None


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        ((-0.03, 0.01), ["−0.050", "−0.025", "0", "+0.025", "+0.050"]),
        ((-0.3, 0.01), ["−0.50", "−0.25", "0", "+0.25", "+0.50"]),
        ((-1.0, 0.9), ["−1.0", "−0.5", "0", "+0.5", "+1.0"]),
    ],
)
def test_scale_holds_what_there_is_by_hand(interval: Interval, expected: list[str]) -> None:
    found = texts([row("one", 0.0, interval)])
    assert found == [
        "One",
        *(text for metric in CHANGED_METRICS for text in [METRICS[metric].label, *expected]),
    ]


def test_one_change_that_undoes_the_device_hides_no_other() -> None:
    rows = [row(f"small {number}", -0.01, (-0.03, 0.01)) for number in range(19)]
    assert "+0.050" in texts([*rows, row("inversion", -0.7, (-0.8, -0.6))])


def test_every_row_is_told() -> None:
    drawing = differences_figure(
        "d", [row("blur", -0.012, (-0.03, -0.004)), row("mute", None, None)], Plain()
    )
    assert drawing
    assert "blur: sensitivity −0.012 (−0.030 to −0.004), specificity −0.012" in drawing.description
    assert "mute: sensitivity n.e. (not given)" in drawing.description
    assert not re.search("nan|None", drawing.description)
