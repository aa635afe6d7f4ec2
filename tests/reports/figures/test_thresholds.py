"""The device around its threshold: what is marked, what is told, and that thresholds close together do not meet."""

from reports.figures.canvas import Drawing, house_style
from reports.figures.thresholds import thresholds_figure
from reports.language.vocabulary import Words
from validation.results.secondary import ClosedEstimate, ThresholdRow

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())


def row(threshold: float, shift: float, sensitivity: float | None) -> ThresholdRow:
    return ThresholdRow(
        threshold,
        shift,
        10,
        (
            ClosedEstimate("sensitivity", sensitivity, (0.4, 0.9) if sensitivity is not None else None),
            ClosedEstimate("specificity", 0.8, (0.7, 0.9)),
            ClosedEstimate("ppv", 0.5, None, "zero width"),
        ),
    )


def drawn(*rows: ThresholdRow) -> Drawing:
    with house_style():
        made = thresholds_figure(rows, 0.5, WORDS)
    assert made is not None
    return made


def test_each_threshold_is_told_by_hand() -> None:
    made = drawn(row(0.4, 0.1, 0.7), row(0.5, 0.0, 0.6))
    assert made.description == (
        "Sensitivity and specificity over 2 thresholds around the locked one, 0.5: "
        "at 0.400000 sensitivity 0.700 (0.400–0.900), specificity 0.800 (0.700–0.900); "
        "at 0.5 sensitivity 0.600 (0.400–0.900), specificity 0.800 (0.700–0.900)."
    )


def test_the_locked_threshold_has_its_name_even_where_others_have_no_room() -> None:
    made = drawn(*(row(0.5 + shift / 100, -shift / 1e4, 0.6) for shift in (-2, -1, 0, 1, 2, 400)))
    texts = [label.text for label in made.labels]
    assert "locked" in texts and "0.5" in texts and "0.510000" not in texts


def test_calls_alone_have_no_other_threshold() -> None:
    assert thresholds_figure((row(0.5, 0.0, 0.6),), 0.5, WORDS) is None


def test_what_is_not_estimable_leaves_a_gap() -> None:
    made = drawn(row(0.4, 0.1, None), row(0.5, 0.0, 0.6))
    assert "sensitivity n.e. (not given)" in made.description
    assert ("0.4", "0.1", "10", "sensitivity", "", "", "") in made.data.rows
