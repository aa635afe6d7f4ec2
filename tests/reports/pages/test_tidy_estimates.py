"""The tidy table of estimates: against results.json, the same in three forms, and left alone by a spreadsheet."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook

from protocols.errors import BadInputError
from reports.content.context import ReportContext
from reports.pages.spreadsheet import harmless
from reports.pages.tidy_estimates import COLUMNS, table_file, tidy_estimates
from validation.results.results import Results, Subgroup


@pytest.fixture
def results(context_of: Callable[[str], ReportContext]) -> Results:
    return context_of("passing").results


def named(results: Results, level: str) -> Results:
    """Results whose first estimate is of a level with this name."""
    first, *others = results.estimates
    return replace(
        results,
        estimates=(replace(first, subgroup=Subgroup("site", level)), *others),
        sensitivity_analyses=(),
    )


def test_a_row_for_each_estimate_against_the_results(results: Results) -> None:
    frame = tidy_estimates(results)
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(results.estimates) + len(results.sensitivity_analyses)
    for row, one in zip(frame.itertuples(), results.estimates, strict=False):
        assert (row.metric, row.axis, row.level) == (one.metric, one.subgroup.axis, one.subgroup.level)
        assert (None if pd.isna(row.value) else row.value) == one.value
        assert (None if pd.isna(row.lower) else (row.lower, row.upper)) == one.decision
        assert (None if pd.isna(row.x) else row.x) == one.numerator
    assert set(frame.analysis) == {"primary", *(one.analysis for one in results.sensitivity_analyses)}


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".xlsx"])
def test_every_form_holds_the_same_numbers(results: Results, ending: str) -> None:
    frame = tidy_estimates(results)
    content = io.BytesIO(table_file(frame, Path(f"a{ending}"), bom=False))
    read = {".csv": pd.read_csv, ".parquet": pd.read_parquet, ".xlsx": pd.read_excel}[ending](content)
    pd.testing.assert_frame_equal(
        read[["value", "lower", "upper"]], frame[["value", "lower", "upper"]], check_exact=True
    )
    assert read.metric.tolist() == frame.metric.tolist()
    assert read.images.tolist() == frame.images.tolist()


def test_a_csv_begins_with_the_mark_on_request(results: Results) -> None:
    frame = tidy_estimates(results)
    plain, marked = (table_file(frame, Path("a.csv"), bom=bom) for bom in (False, True))
    assert marked == b"\xef\xbb\xbf" + plain
    assert plain.startswith(b"analysis,metric,")


@pytest.mark.parametrize("level", ["5-9", "4/6", "=HYPERLINK(0)", "1.2.2026"])
def test_a_level_is_neither_a_date_nor_a_formula(results: Results, level: str) -> None:
    frame = tidy_estimates(named(results, level))
    text = table_file(frame, Path("a.csv"), bom=False).decode()
    assert f",'{level}," in text.splitlines()[1]
    book = load_workbook(io.BytesIO(table_file(frame, Path("a.xlsx"), bom=False)))
    cell = book["estimates"].cell(2, COLUMNS.index("level") + 1)
    assert (cell.value, cell.data_type) == (level, "s")


def test_another_ending_is_refused(results: Results) -> None:
    with pytest.raises(BadInputError, match=r"must end in \.csv, \.parquet or \.xlsx"):
        table_file(tidy_estimates(results), Path("a.txt"), bom=False)


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        *(("0.5", "0.5"), ("-0.012", "-0.012"), ("203/243", "203/243"), ("0.495–0.614", "0.495–0.614")),
        *(("18-44", "18-44"), ("43/54", "43/54"), ("<18", "<18"), ("@x", "'@x"), ("12.05.26", "'12.05.26")),
        *(("1/1", "'1/1"), ("31-12", "'31-12"), ("12/54", "'12/54"), ("1-2026", "'1-2026")),
    ],
)
def test_what_a_spreadsheet_would_change_by_hand(cell: str, safe: str) -> None:
    assert harmless([cell]) == [safe]
