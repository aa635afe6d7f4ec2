"""Pairs of readers: values beside their marks, names that fit, and nothing where there are no pairs or too many."""

import pytest

from reports.figures.canvas import house_style
from reports.figures.reader_pairs import MOST_ROWS, NAMES, _pair, _scale, agreement_figure
from reports.fonts.text_width import width
from validation.results.secondary import Measured, PairAgreement


def pair(first: str, second: str, kappa: Measured) -> PairAgreement:
    return PairAgreement(first, second, 40, Measured(0.9, (0.8, 0.95)), kappa)


def test_values_and_intervals_by_hand() -> None:
    pairs = [
        pair("R1", "R2", Measured(0.7, (0.6, 0.8))),
        pair("R1", "R3", Measured(0.1, (-0.05, 0.3))),
        pair("R2", "R3", Measured(None, None, "not estimable: one category")),
    ]
    with house_style():
        made = agreement_figure(pairs)
    assert made is not None
    texts = {label.text for label in made.labels}
    assert {
        "R1 – R2",
        "40",
        "0.900 (0.800–0.950)",
        "0.700 (0.600–0.800)",
        "0.100 (−0.050 to 0.300)",
        "n.e.",
    } <= texts


@pytest.mark.parametrize(
    ("measured", "ticks"),
    [
        ([Measured(0.7, (0.62, 0.83))], (0.6, 0.7, 0.8, 0.9)),
        ([Measured(0.2, (-0.4, 0.9))], (-0.5, 0.0, 0.5, 1.0)),
        ([Measured(1.0, None)], (0.95, 1.0)),
        ([Measured(None, None)], (0.0, 0.5, 1.0)),
    ],
)
def test_ticks_by_hand(measured: list[Measured], ticks: tuple[float, ...]) -> None:
    assert _scale(measured).ticks == ticks


def test_long_names_keep_both_readers() -> None:
    told = _pair(pair("Radiologist of the first hospital", "Radiologist of the second", Measured(None, None)))
    assert width(told) <= NAMES + 1
    assert told.count("…") == 2


def test_nothing_without_pairs_or_with_too_many() -> None:
    assert agreement_figure(()) is None
    assert agreement_figure([pair("a", "b", Measured(0.5, None))] * (MOST_ROWS + 1)) is None
