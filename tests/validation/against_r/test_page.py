"""The tables of docs/evidence/r.md are what the suite and R say, and no number of a real study differs."""

from pathlib import Path

import pytest

from tests.validation.against_r.oracle import missing
from tests.validation.against_r.page import made_rows, real_tables, summary_rows

PAGE = (Path(__file__).parents[3] / "docs" / "evidence" / "r.md").read_text(encoding="utf-8")


def test_tables_of_made_studies_against_itself() -> None:
    assert [row for row in (*summary_rows(), *made_rows()) if row not in PAGE.splitlines()] == []


@pytest.mark.slow
def test_tables_of_real_studies_against_r(shared_data: Path, tmp_path: Path) -> None:
    absent = missing()
    if absent:
        pytest.skip(absent)
    tables = list(real_tables(shared_data, tmp_path))
    assert [table for table in tables if ", 0 differ." not in table or table not in PAGE] == []
