"""The second implementation's bins, by hand from the contract."""

import pytest

from validation.independent.subgroup_levels import bins, level_of


def test_names_of_bins_by_hand() -> None:
    assert bins([17.0, 18.0, 45.0]) == ["<17", "17", "18-44", ">=45"]
    assert bins([0.5, 2.0, 7.0]) == ["<0.5", "0.5 to <2", "2-6", ">=7"]


@pytest.mark.parametrize(
    ("cell", "column", "cuts", "level"),
    [
        ("44.9", "age_years", (18.0, 45.0), "18-44"),
        ("45", "age_years", (18.0, 45.0), ">=45"),
        ("130", "age_years", (18.0, 45.0), "unknown"),
        ("130", "dose", (18.0, 45.0), ">=45"),
        ("1_0", "dose", (18.0, 45.0), "unknown"),
        ("F", "sex", None, "F"),
        ("female", "sex", None, "unknown"),
        ("Westhill", "site", None, "Westhill"),
        ("", "site", None, "unknown"),
    ],
)
def test_level_by_hand(cell: str, column: str, cuts: tuple[float, ...] | None, level: str) -> None:
    assert level_of(cell, column, cuts) == level
