"""Bins, order of levels, unknown and intersections, by hand."""

import numpy as np
import pytest

from protocols.errors import BadInputError
from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from protocols.tables.records import Studies
from tests.conftest import PROTOCOL_HEAD
from tests.records import studies as of_columns
from validation.cohort.subgroups import axes_of, bin_names

AGE = '[[subgroups]]\naxis = "age_years"\ncut_points = [18, 45, 65]\n'
SEX = '[[subgroups]]\naxis = "sex"\n'
SITE = '[[subgroups]]\naxis = "site"\n'
CROSSED = '[[subgroups]]\naxis = ["sex", "age_years"]\n'


def protocol(text: str) -> Protocol:
    return parse_protocol((PROTOCOL_HEAD + text).encode(), source="p.toml").protocol


def studies(ages: list[float], sexes: list[str], sites: list[str] | None = None) -> Studies:
    ids = [f"i{number}" for number in range(len(ages))]
    return of_columns(ids, age_years=ages, sex=sexes, view=["PA"] * len(ages), site=sites)


@pytest.mark.parametrize(
    ("cuts", "names"),
    [
        ((18, 45, 65), ("<18", "18-44", "45-64", ">=65")),
        ((17, 18), ("<17", "17", ">=18")),  # a bin one year wide
        ((0.5, 2.0), ("<0.5", "0.5 to <2", ">=2")),
        ((40,), ("<40", ">=40")),
    ],
)
def test_bin_names_by_hand(cuts: tuple[float, ...], names: tuple[str, ...]) -> None:
    assert bin_names(cuts) == names


def test_half_open_bins_by_hand() -> None:
    (axis,) = axes_of(protocol(AGE), studies([17.9, 18, 44.9, 45, 65, np.nan], ["F"] * 6))
    assert [axis.levels[code] for code in axis.codes] == ["<18", "18-44", "18-44", "45-64", ">=65", "unknown"]


def test_every_bin_is_emitted_and_unknown_only_where_it_occurs_by_hand() -> None:
    (axis,) = axes_of(protocol(AGE), studies([70, np.nan], ["F", "F"]))
    assert axis.emitted(np.array([True, True])) == ("<18", "18-44", "45-64", ">=65", "unknown")
    assert axis.emitted(np.array([True, False])) == ("<18", "18-44", "45-64", ">=65")


def test_categories_are_in_code_point_order_by_hand() -> None:
    (axis,) = axes_of(protocol(SITE), studies([1] * 5, ["F"] * 5, ["b", "", "B", "a", "ä"]))
    assert axis.emitted(np.ones(5, dtype=bool)) == ("B", "a", "b", "ä", "unknown")


def test_a_level_that_a_criterion_names_is_emitted_although_empty_by_hand() -> None:
    text = SEX + (
        '[[criteria]]\nid = "SE"\nmetric = "sensitivity"\nsubgroup = {axis = "sex", level = "O"}\n'
        'bound = "lower"\ngoal = 0.8\njustification = "j"\n'
    )
    (axis,) = axes_of(protocol(text), studies([1, 2], ["F", "M"]))
    assert axis.emitted(np.ones(2, dtype=bool)) == ("F", "M", "O")


def test_an_intersection_emits_its_cells_that_are_not_empty_by_hand() -> None:
    axes = axes_of(protocol(AGE + SEX + CROSSED), studies([70, 20, np.nan], ["F", "M", "M"]))
    assert axes[2].emitted(np.ones(3, dtype=bool)) == ("F,>=65", "M,18-44", "M,unknown")
    assert axes[2].known == {"F,>=65", "M,18-44"}


def test_levels_and_unknown_add_up_to_the_whole_against_itself() -> None:
    people = studies([70, 20, np.nan, 3], ["F", "M", "", "M"])
    for axis in axes_of(protocol(AGE + SEX + CROSSED), people):
        assert sum(int(axis.members(level).sum()) for level in axis.levels) == len(people)


def test_a_comma_in_a_value_of_an_intersection_is_refused() -> None:
    crossed = SITE + '[[subgroups]]\naxis = ["sex", "site"]\n'
    with pytest.raises(BadInputError, match="site has the value 'a,b', whose comma would be mistaken"):
        axes_of(protocol(crossed), studies([1], ["F"], ["a,b"]))
