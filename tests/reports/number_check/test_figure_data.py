"""The table behind a figure: what a cell holds, with marks of sources and without."""

import pytest

from reports.number_check.figure_data import bounds, figure_data
from reports.provenance.sourced_numbers import marking, sourced


def test_cells_by_hand() -> None:
    data = figure_data(("level", "n", "value"), [("F", 12, 0.028962162), ("M", 0, None), ("O", 1, 1.0)])
    assert data.rows == (("F", "12", "0.028962162"), ("M", "0", ""), ("O", "1", "1.0"))


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 columns"):
        figure_data(("a", "b"), [("only one",)])


def test_no_interval_is_two_empty_cells() -> None:
    assert figure_data(("lower", "upper"), [bounds(None), bounds((0.1, 0.2))]).rows == (
        ("", ""),
        ("0.1", "0.2"),
    )


def test_marks_of_sources_stay_out() -> None:
    with marking():
        numbers = sourced({"share": 0.25, "n": 4}, "results.json")
        assert figure_data(("share", "n"), [(numbers["share"], numbers["n"])]).rows == (("0.25", "4"),)
