"""The heat map: which cell stands where, what is hatched, and where the shades begin and end."""

import itertools
from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.context import ReportContext
from reports.content.estimate_rows import AxisRows, LevelRow
from reports.figures.axes import Scale
from reports.figures.canvas import Drawing, house_style
from reports.figures.heat_map import _cells, _scale, heat_map
from reports.language.vocabulary import Words
from tests.reports.figures.test_forest import row
from validation.results.results import Subgroup

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset())
HATCH = "fill: url(#"


def level(name: str, value: float | None = 0.8) -> LevelRow:
    return LevelRow(Subgroup("sex,site", name), {"sensitivity": row(value), "specificity": row(0.5)})


def drawn(axis: AxisRows) -> Drawing:
    with house_style():
        made = heat_map(axis, WORDS)
    assert made is not None
    return made


def crossing(down: int, across: int) -> AxisRows:
    names = (f"Town {row},Maker and sons {column}" for row in range(down) for column in range(across))
    return AxisRows("sex,site", tuple(map(level, names)))


def test_the_longer_side_goes_down() -> None:
    axis = AxisRows("sex,site", tuple(level(name) for name in ("F,A", "F,B", "F,C", "M,C")))
    cells = _cells(axis, WORDS)
    assert cells.rows == ("A", "B", "C")
    assert cells.columns == ("Female", "Male")
    assert {place: one.subgroup.level for place, one in cells.by_place.items()} == {
        (0, 0): "F,A",
        (1, 0): "F,B",
        (2, 0): "F,C",
        (2, 1): "M,C",
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.35, 0.92], Scale(0.3, 1.0, 0.1)),
        ([0.8, 0.8], Scale(0.7, 0.9, 0.1)),
        ([0.0], Scale(0.0, 0.1, 0.1)),
        ([1.0], Scale(0.9, 1.0, 0.1)),
        ([None], None),
    ],
)
def test_the_scale_by_hand(values: list[float | None], expected: Scale | None) -> None:
    assert _scale([row(value) for value in values]) == expected


def test_what_is_insufficient_is_hatched(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("every row insufficient")
    made = heat_map(context.axes[2], context.words)
    assert made is not None
    assert str(made.shapes).count(HATCH) == 2 * len(context.axes[2].rows) + 1  # and the key's sample
    assert made.description.count("(insufficient)") == 2 * len(context.axes[2].rows)


def test_a_cell_has_value_and_fraction() -> None:
    made = drawn(AxisRows("sex,site", (level("F,A"), level("M,B", None))))
    texts = [label.text for label in made.labels]
    assert {"0.800", "1/2", "n.e."} <= set(texts)
    assert made.data.header[:3] == ("sex", "site", "metric")


def test_an_axis_that_crosses_nothing_or_too_much_has_none() -> None:
    assert heat_map(AxisRows("site", (level("A"),)), WORDS) is None
    assert heat_map(crossing(20, 2), WORDS) is None
    assert heat_map(crossing(10, 9), WORDS) is None


@pytest.mark.parametrize(("down", "across"), [(18, 4), (9, 9), (5, 5), (1, 1)])
def test_no_two_lines_of_a_large_map_meet(down: int, across: int) -> None:
    made = drawn(crossing(down, across))
    assert made.height <= 600  # of a page, with its caption
    assert not [
        (one.text, other.text)
        for one, other in itertools.combinations(made.labels, 2)
        if abs(one.y - other.y) < 7 and one.start < other.end and other.start < one.end
    ]
    assert all(label.start >= 0 and label.end <= made.width for label in made.labels)


def test_long_fractions_set_the_panels_above_each_other() -> None:
    long = replace(row(0.8765), numerator=11_234, denominator=11_234)
    axis = crossing(4, 4)
    wide = tuple(
        replace(one, estimates=dict.fromkeys(("sensitivity", "specificity"), long)) for one in axis.rows
    )
    assert drawn(AxisRows(axis.name, wide)).height > drawn(axis).height
