"""Every fault case of the register has a test that shows what the suite does, and docs/evidence/faults.md names it."""

from pathlib import Path

import pytest

from tests.faults import CASES, INAPPLICABLE, NONE, PAGE, TESTS, Row, cell, rewritten, rows, shown

FOUND = shown(TESTS)
LISTED = rows(PAGE.read_text(encoding="utf-8"))


def written(folder: Path, text: str) -> Path:
    (folder / "tests").mkdir()
    (folder / "tests" / "test_it.py").write_text(text, encoding="utf-8")
    return folder / "tests"


def test_the_page_has_one_row_a_case_in_order() -> None:
    assert [row.case for row in LISTED] == list(CASES)


@pytest.mark.parametrize("case", [case for case in CASES if case not in INAPPLICABLE])
def test_a_case_has_a_test(case: int) -> None:
    assert FOUND[case], f"no test is marked @pytest.mark.fault({case})"


@pytest.mark.parametrize("row", LISTED, ids=lambda row: str(row.case))
def test_a_row_names_the_tests_that_show_its_case(row: Row) -> None:
    expected = NONE if row.case in INAPPLICABLE else cell(FOUND[row.case])
    assert row.shown_by == expected, "`python -m tests.faults` writes the column"


def test_a_case_that_does_not_apply_has_no_test() -> None:
    assert [case for case in INAPPLICABLE if FOUND[case]] == []


def test_marks_are_read_by_hand(tmp_path: Path) -> None:
    source = (
        "import pytest\n"
        "@pytest.mark.slow\n@pytest.mark.fault(18, 17, 8)\n@pytest.mark.fault(42, 'ledger: edit')\n"
        "def test_b():\n    pass\n"
        "@pytest.mark.fault(17)\ndef test_a():\n    pass\n"
        "def test_c():\n    pass\n"
    )
    found = shown(written(tmp_path, source))
    assert {case: names for case, names in found.items() if names} == {
        17: ["tests/test_it.py::test_a", "tests/test_it.py::test_b"],
        18: ["tests/test_it.py::test_b"],
        42: ["tests/test_it.py::test_b"],
    }


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("@pytest.mark.fault(55)\ndef test_a(): pass\n", "from 1 to 54"),
        ("@pytest.mark.fault('x')\ndef test_a(): pass\n", "from 1 to 54"),
        ("pytestmark = pytest.mark.fault(17)\n", "elsewhere than on a test function"),
        ("@pytest.mark.fault(17)\ndef helper(): pass\n", "elsewhere than on a test function"),
    ],
)
def test_marks_that_say_nothing_are_refused_by_hand(tmp_path: Path, source: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        shown(written(tmp_path, source))


def test_the_column_is_written_and_nothing_else_by_hand() -> None:
    page = "# T\n\n| 17 | a | b | old |\n| 43 | c | d | old |\n| 18 | e | \\1 |  |\n\nend\n"
    found = {17: ["tests/t::x", "tests/t::y"], 18: ["tests/a::z", "tests/b::z", "tests/b::y"]}
    assert rewritten(page, found) == (
        f"# T\n\n| 17 | a | b | 2: `t` |\n| 43 | c | d | {NONE} |\n| 18 | e | \\1 | 3: `a` |\n\nend\n"
    )
