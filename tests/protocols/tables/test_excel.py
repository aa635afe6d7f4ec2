"""Excel workbooks: stored values of cells, and the refusal of everything that hides them."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import BadInputError
from protocols.tables import excel
from protocols.tables.reading import Reading, Table, read_table

Rows = Sequence[Sequence[object]]
SHEET = "xl/worksheets/sheet1.xml"


def workbook(
    rows: Rows, *, formats: dict[str, str] | None = None, further: dict[str, Rows] | None = None
) -> bytes:
    """Make the bytes of a workbook whose first sheet is named ``Sheet``."""
    book = openpyxl.Workbook()
    for title, content in {"Sheet": rows, **(further or {})}.items():
        sheet = book["Sheet"] if title == "Sheet" else book.create_sheet(title)
        for row in content:
            sheet.append(row)
    for place, shown in (formats or {}).items():
        book["Sheet"][place].number_format = shown
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def changed(content: bytes, change: Callable[[str], str], part: str = SHEET) -> bytes:
    """Change the XML of one part of a workbook."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data.decode()).encode() if name == part else data)
    return buffer.getvalue()


def read(folder: Path, content: bytes, sheet: str | None = None) -> Table:
    path = folder / "t.xlsx"
    path.write_bytes(content)
    return read_table(path, Reading(sheet=sheet))


def refused(folder: Path, content: bytes, sentence: str, sheet: str | None = None) -> None:
    with pytest.raises(BadInputError) as refusal:
        read(folder, content, sheet)
    assert sentence in str(refusal.value), str(refusal.value)
    assert str(refusal.value).startswith(f"{folder / 't.xlsx'}") and "\n" not in str(refusal.value)


def with_value(formula: str, attributes: str, value: str) -> bytes:
    """Make a workbook with a formula in A2 whose value is cached."""
    return changed(
        workbook([["a"], [f"={formula}"]]),
        lambda xml: re.sub(
            r'<c r="A2"[^>]*>.*?</c>', f'<c r="A2"{attributes}><f>{formula}</f>{value}</c>', xml
        ),
    )


def test_cells_by_hand(tmp_path: Path) -> None:
    rows = [
        ["id", "whole", "score", "day", "known"],
        ["001", 20, 0.7, date(2026, 1, 31), True],
        ["1", -3, 1e-05, datetime(2026, 1, 31, 12, 30), False],
        ["NA", 57.0, 1 / 3, time(8, 5), None],
        [" x ", 999999999999999, 62.5, "", "1.0"],
    ]
    assert read(tmp_path, workbook(rows)).columns == {
        "id": ("001", "1", "NA", " x "),
        "whole": ("20", "-3", "57", "999999999999999"),
        "score": ("0.7", "1e-05", repr(1 / 3), "62.5"),
        "day": ("2026-01-31", "2026-01-31T12:30:00", "08:05:00", ""),
        "known": ("True", "False", "", "1.0"),
    }


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_numbers_are_those_of_csv_against_pandas(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    path = tmp_path_factory.getbasetemp() / "scores.xlsx"
    pd.DataFrame({"score": values}).to_excel(path, index=False)
    cells = read_table(path).columns["score"]
    kept = [float(f"{value:.16g}") for value in values]  # openpyxl writes 16 digits
    assert cells == tuple(str(int(value)) if value == int(value) else repr(value) for value in kept)


def test_number_formats_do_not_change_values_by_hand(tmp_path: Path) -> None:
    shown = {
        "A2": "0%",
        "A3": "0.00E+00",
        "A4": "#,##0",
        "A5": '"No. "0',
        "A6": "0",
        "A7": "00.00",
        "A8": "General",
    }
    content = workbook([["a"], [0.7], [12000000000], [1234567], [5], [0], [1.5], [7]], formats=shown)
    assert read(tmp_path, content).columns["a"] == ("0.7", "12000000000", "1234567", "5", "0", "1.5", "7")


@pytest.mark.parametrize(
    "shown", ["000", "00000", "0000-00", '"P"0000', "[Red]000", "000;-000", "0,000", r"\P000"]
)
def test_leading_zeros_of_a_number_format_are_refused_by_hand(tmp_path: Path, shown: str) -> None:
    content = workbook([["a", "b"], ["x", 100000], ["y", 42]], formats={"B2": shown, "B3": shown})
    sentence = "sheet 'Sheet', cell B3: contains 42 and shows leading zeros only by its number format"
    refused(tmp_path, content, sentence)


def test_more_digits_than_excel_keeps_are_refused_by_hand(tmp_path: Path) -> None:
    sentence = "cell A2: contains a number of 16 digits, of which Excel keeps 15; enter it again as text."
    refused(tmp_path, workbook([["a"], [1234567890123450]]), sentence)


# --- formulas, errors, merged cells ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attributes", "value", "cell"),
    [
        ("", "<v>0.25</v>", "0.25"),
        ("", "<v>3</v>", "3"),
        (' t="str"', "<v>F</v>", "F"),
        (' t="b"', "<v>1</v>", "True"),
    ],
)
def test_a_formula_is_its_cached_value_by_hand(
    tmp_path: Path, attributes: str, value: str, cell: str
) -> None:
    assert read(tmp_path, with_value("B2", attributes, value)).columns["a"] == (cell,)


def test_a_formula_of_empty_text_is_empty_by_hand(tmp_path: Path) -> None:
    content = workbook([["a", "b"], ["=B2", "x"]])
    empty = changed(
        content, lambda xml: re.sub(r'<c r="A2"[^>]*>.*?</c>', '<c r="A2" t="str"><f>B2</f><v></v></c>', xml)
    )
    assert read(tmp_path, empty).columns == {"a": ("",), "b": ("x",)}


@pytest.mark.parametrize("formula", ["=1+1", "=SUM(B1:B9)", '=IF(B2="","",B2)'])
def test_a_formula_without_a_cached_value_is_refused_by_hand(tmp_path: Path, formula: str) -> None:
    sentence = "sheet 'Sheet', cell B3: contains a formula whose value was not saved; save the file in"
    refused(tmp_path, workbook([["a", "b"], ["x", 1], ["y", formula]]), sentence)


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#REF!", "#NAME?"])
def test_an_error_is_refused_by_hand(tmp_path: Path, error: str) -> None:
    sentence = f"sheet 'Sheet', cell B2: contains the error {error}; correct it, or empty the cell."
    refused(tmp_path, workbook([["a", "b"], ["x", error]]), sentence)
    refused(tmp_path, with_value("B2", ' t="e"', f"<v>{error}</v>"), f"cell A2: contains the error {error}")


@pytest.mark.parametrize("merged", ["A2:A3", "A1:B1", "D9:E12"])
def test_merged_cells_are_refused_by_hand(tmp_path: Path, merged: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook([["a", "b"], ["x", 1], ["y", 2]])))
    book["Sheet"].merge_cells(merged)
    buffer = io.BytesIO()
    book.save(buffer)
    refused(tmp_path, buffer.getvalue(), f"sheet 'Sheet': cells {merged} are merged; unmerge them")


# --- sheets --------------------------------------------------------------------------------------------

TWO = {"Notes": [["written by"], ["A. Example"]]}


def test_several_sheets_with_content_are_refused_by_hand(tmp_path: Path) -> None:
    content = workbook([["a"], ["x"]], further=TWO)
    refused(tmp_path, content, "has 2 sheets that are not empty ('Notes', 'Sheet'); save the one that counts")
    formula = workbook([["a"], ["x"]], further={"Other": [["=1"]]})
    refused(tmp_path, formula, "has 2 sheets that are not empty ('Other', 'Sheet')")


def test_a_named_sheet_is_read_by_hand(tmp_path: Path) -> None:
    content = workbook([["a"], ["x"]], further=TWO)
    assert read(tmp_path, content, "Sheet").columns == {"a": ("x",)}
    assert read(tmp_path, content, "Notes").columns == {"written by": ("A. Example",)}
    refused(tmp_path, content, "has no sheet 'notes'; there are 'Notes', 'Sheet'.", "notes")


def test_empty_sheets_are_ignored_by_hand(tmp_path: Path) -> None:
    content = workbook([["a"], ["x"]], further={"Sheet2": [], "Sheet3": [[None, ""], []]})
    assert read(tmp_path, content).columns == {"a": ("x",)}


def test_a_hidden_sheet_counts_by_hand(tmp_path: Path) -> None:
    content = changed(
        workbook([["a"], ["x"]], further=TWO),
        lambda xml: xml.replace(
            'name="Notes" sheetId="2" state="visible"', 'name="Notes" sheetId="2" state="hidden"'
        ),
        "xl/workbook.xml",
    )
    refused(tmp_path, content, "has 2 sheets that are not empty")


@pytest.mark.parametrize("rows", [[], [[None, " "], ["\u00a0"]]])
def test_an_empty_workbook_is_refused_by_hand(tmp_path: Path, rows: Rows) -> None:
    refused(tmp_path, workbook(rows), "is empty; a table needs a header and rows.")


def test_a_header_without_rows_is_refused_by_hand(tmp_path: Path) -> None:
    refused(tmp_path, workbook([["a", "b"], [" "]]), "the table has a header and no rows.")


def test_duplicate_columns_are_refused_by_hand(tmp_path: Path) -> None:
    refused(tmp_path, workbook([["a", " a "], [1, 2]]), "two columns are named 'a'.")


# --- what is empty throughout ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "numbers", "dropped"),
    [
        ([["a", "b"], [1, 2], [], [3, 4]], [2, 4], (1, 0)),
        ([["a", "b"], [1, 2], [" ", "\u00a0"], [3, 4], [], []], [2, 4], (1, 0)),
        ([[], [], ["a", "b"], [1, 2], [3, 4]], [4, 5], (2, 0)),
        ([[None, "a", None, "b"], [None, 1, None, 2], [None, 3, " ", 4]], [2, 3], (0, 2)),
        ([["a", "b", " "], [1, 2, None], [3, 4, " "]], [2, 3], (0, 1)),
        ([["a", "b"], [1, 2], [3, 4], *([[]] * 50)], [2, 3], (0, 0)),
    ],
)
def test_empty_rows_and_columns_by_hand(
    tmp_path: Path, rows: Rows, numbers: list[int], dropped: tuple[int, int]
) -> None:
    table = read(tmp_path, workbook(rows))
    assert table.columns == {"a": ("1", "3"), "b": ("2", "4")}
    assert list(table.frame.index) == numbers
    assert (table.rows_dropped_empty, table.columns_dropped_empty) == dropped


# --- what is no workbook -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "ends in .xlsx but cannot be read as a workbook ("),
        (b"a,b\n1,2\n", "ends in .xlsx but cannot be read as a workbook (File is not a zip file)"),
        (workbook([["a"], ["x"]])[:-30], "cannot be read as a workbook"),
        (excel.OLE + b"\0" * 600, "is a workbook of the old kind (.xls); save it as .xlsx or CSV."),
        (excel.OLE + b"\0" * 600 + excel.ENCRYPTED, "is protected by a password; save it without one."),
        (changed(workbook([["a"]]), lambda xml: xml[:-20]), "cannot be read as a workbook"),
        (
            changed(workbook([["a"], [1]]), lambda xml: xml.replace('"A2"', '"A1"')),
            "is outside the sheet or a duplicate",
        ),
        (
            changed(workbook([["a"], [1]]), lambda xml: xml.replace('"A2"', '"A99999999"')),
            "cell A99999999 is outside the sheet or a duplicate",
        ),
        (
            changed(workbook([["a"], [1]]), lambda xml: xml.replace('t="n"><v>1', 't="s"><v>7')),
            "cannot be read as a workbook",
        ),
        (
            changed(workbook([["a"], [1]]), lambda xml: xml.replace("<v>1<", "<v>one<")),
            "cannot be read as a workbook",
        ),
    ],
)
def test_another_file_than_a_workbook_is_refused_by_hand(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    refused(tmp_path, content, sentence)


def test_an_archive_of_something_else_is_refused_by_hand(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    refused(tmp_path, buffer.getvalue(), "cannot be read as a workbook (")


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workbook([["a"], ["x"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = sum(part.file_size for part in archive.infolist())
    monkeypatch.setattr(excel, "LARGEST", size)
    assert read(tmp_path, content).rows == 1
    monkeypatch.setattr(excel, "LARGEST", size - 1)
    refused(
        tmp_path, content, f"unpacks to {size:,} bytes; a workbook may have {size - 1:,}. Save it as CSV."
    )


def test_cells_far_apart_need_no_memory_between_them_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = changed(workbook([["a", "b"], [1, 2]]), lambda xml: xml.replace('"B2"', '"XFD2"'))
    table = read(tmp_path, changed(far, lambda xml: xml.replace('"A1:B2"', '"A1:XFD1048576"')))
    assert (table.columns, table.columns_dropped_empty) == ({"a": ("1",), "b": ("",), "": ("2",)}, 16_381)
    monkeypatch.setattr(excel, "MOST_CELLS", 5)
    refused(tmp_path, far, "spreads over 2 rows and 3 columns; save it as CSV.")


def test_entities_are_not_multiplied_by_hand(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 100}">' for n in range(1, 9))
    bomb = f'<!DOCTYPE x [<!ENTITY e0 "{"lol" * 100}">{lines}]>'
    content = changed(
        workbook([["a"], ["x"]]),
        lambda xml: (
            bomb + re.sub(r"<c r=\"A2\".*?</c>", '<c r="A2" t="inlineStr"><is><t>&e8;</t></is></c>', xml)
        ),
    )
    refused(tmp_path, content, "cannot be read as a workbook")


WHOLE = workbook([["image_id", "score"], *[[f"i{n}", n / 40] for n in range(40)]])
PARTS = [name for name in zipfile.ZipFile(io.BytesIO(WHOLE)).namelist() if name.startswith(("xl/", "["))]


@given(
    part=st.sampled_from(PARTS),
    place=st.floats(0, 1),
    text=st.text('<>/"=0a&;é{', max_size=3),
    cut=st.integers(0, 9),
)
@settings(max_examples=300, deadline=None)
def test_a_damaged_workbook_is_read_or_refused_against_itself(
    tmp_path_factory: pytest.TempPathFactory, part: str, place: float, text: str, cut: int
) -> None:
    def damage(xml: str) -> str:
        start = int(place * len(xml))
        return xml[:start] + text + xml[start + cut :]

    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(changed(WHOLE, damage, part))
    try:
        read_table(path)
    except BadInputError as refusal:
        assert "damaged.xlsx" in str(refusal)


@given(place=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
@settings(max_examples=200, deadline=None)
def test_a_workbook_with_a_changed_byte_is_read_or_refused_against_itself(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :])
    try:
        read_table(path)
    except BadInputError as refusal:
        assert "damaged.xlsx" in str(refusal)
