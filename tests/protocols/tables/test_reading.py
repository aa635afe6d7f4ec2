"""Files of rows: what is accepted, what is refused, and the messages."""

import gzip
import io
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.errors import BadInputError
from protocols.schema.input_tables import Format
from protocols.storage.canonical import csv_text
from protocols.tables.reading import LONGEST_CELL, WHITE_SPACE, Reading, Table, read_table


def written(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def parquet(columns: dict[str, object]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n",
        b"a,b\r\n1,2\r\n",  # line ends of Windows
        b"a,b\r1,2\r",  # line ends of old spreadsheets
        b"\xef\xbb\xbfa,b\n1,2\n",  # a byte-order mark is dropped
        b"a,b\n1,2",  # no final newline
        b"a,b\n1,2\n\n\n",  # blank lines at the end
        b'"a","b"\n"1","2"\n',  # quotes that no cell needs
    ],
)
def test_csv_forms_by_hand(tmp_path: Path, content: bytes) -> None:
    table = read_table(written(tmp_path, "t.csv", content))
    assert (table.columns, table.rows) == ({"a": ("1",), "b": ("2",)}, 1)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"t\.csv: is empty; a table needs a header and rows\."),
        (b"\n\n", r"t\.csv: is empty"),
        (b"\xef\xbb\xbf", r"t\.csv: is empty"),  # only a byte-order mark
        (b"a,b\n", r"t\.csv: the table has a header and no rows\."),
        (b"a,b\n\n\n", r"t\.csv: the table has a header and no rows\."),
        (b"a,b\n1\n", r"t\.csv, row 2: has 1 fields; the header has 2\."),
        (b"a,b\n1,2\n1,2,3\n", r"t\.csv, row 3: has 3 fields; the header has 2\."),
        (b"a,b\n1,2\n  x\n", r"t\.csv, row 3: has 1 fields"),
        (b"a,b\n\n,,\n1\n", r"t\.csv, row 4: has 1 fields; the header has 2\."),  # after empty rows
        (b"a,b,a\n1,2,3\n", r"t\.csv: two columns are named 'a'\."),
        (b"a,b, a\n1,2,3\n", r"t\.csv: two columns are named 'a'\."),  # trimmed first
        (b"a,,\n1,2,3\n", r"t\.csv: two columns are named ''\."),  # not empty, so not dropped
        (b"a,b\n1,\x002\n", r"t\.csv: contains a NUL byte; save it as UTF-8 text\."),
        ("a,b\n1,2\n".encode("utf-16"), r"t\.csv: contains a NUL byte; save it as UTF-8 text\."),
        ("a,b\n1,ü\n".encode("latin-1"), r"t\.csv: is not UTF-8 text \(byte 6\); save it as UTF-8\."),
        (b"\x89PNG\r\n\x1a\n", r"t\.csv: is not UTF-8 text \(byte 0\)"),
        (b'a,b\n1,2\n"3,4\n', r"t\.csv, row 3: is not well-formed CSV"),  # a quote never closed
        (b'a,b\n"1"x,2\n', r"t\.csv, row 2: is not well-formed CSV"),
        (b"a,b\n1," + b"x" * (LONGEST_CELL + 1), r"t\.csv, row 2: is not well-formed CSV \(field larger"),
    ],
)
def test_csv_refusals_by_hand(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_table(written(tmp_path, "t.csv", content))


@pytest.mark.parametrize(
    ("content", "rows", "columns", "numbers"),
    [
        (b"a,b,,\n1,2,,\n3,4,,\n", 0, 2, [2, 3]),  # columns as Excel leaves them
        (b"a,b,\n1,2,\n", 0, 1, [2]),
        ("a,b, \n1,2,\u00a0\n".encode(), 0, 1, [2]),  # white space is nothing, also a no-break space
        (b"a,,b\n1,,2\n", 0, 1, [2]),  # in the middle
        (b"a,b\n1,2\n,\n3,4\n", 1, 0, [2, 4]),  # rows
        (b"a,b\n1,2\n,\n,\n\n,,,\n", 4, 0, [2]),  # of any width
        (b"a,b\n1,2\n\n\n", 2, 0, [2]),  # at the end
        (b"a,b\n\n1,2\n \n3,4\n", 2, 0, [3, 5]),  # blank lines
        (b"\n,\na,b\n1,2\n", 2, 0, [4]),  # before the header
        (b"a,b,,\n,,,\n1,2,,\n", 1, 2, [3]),  # both
        (b"a,b\n,2\n1,\n", 0, 0, [2, 3]),  # nothing is empty throughout
        (b"a,b\n1,\n3,\n", 0, 0, [2, 3]),  # a column with a name is one
        (b'a,b\n"x\ny",2\n\n"1",2\n', 1, 0, [2, 4]),  # a row may have two lines
    ],
)
def test_empty_rows_and_columns_are_dropped_and_counted_by_hand(
    tmp_path: Path, content: bytes, rows: int, columns: int, numbers: list[int]
) -> None:
    table = read_table(written(tmp_path, "t.csv", content))
    assert (table.rows_dropped_empty, table.columns_dropped_empty) == (rows, columns)
    assert (list(table.frame), list(table.frame.index)) == (["a", "b"], numbers)


def test_one_column_without_a_name_is_kept_where_it_has_content_by_hand(tmp_path: Path) -> None:
    # as data frames write their row numbers
    assert read_table(written(tmp_path, "t.csv", b",a\n0,x\n")).columns == {"": ("0",), "a": ("x",)}


def test_names_of_columns_are_trimmed_and_cells_are_not_by_hand(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t.csv", "\u200b a\u00a0,\tb c \n x ,y\u00a0\n".encode()))
    assert table.columns == {"a": (" x ",), "b c": ("y\u00a0",)}


# --- delimiters and decimals -------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("first", ["", "sep={}\n", "sep={}\r\n", "SEP={}\r", '"sep={}"\n', "\ufeffsep={}\n"])
def test_a_declared_delimiter_by_hand(tmp_path: Path, delimiter: str, first: str) -> None:
    text = (
        first.format(delimiter)
        + delimiter.join("ab")
        + "\n"
        + delimiter.join(['"x;,|\t"', "0,5"[::2]])
        + "\n"
    )
    table = read_table(
        written(tmp_path, "t.csv", text.encode()), Reading("reads", Format(delimiter=delimiter))
    )
    assert table.columns == {"a": ("x;,|\t",), "b": ("05",)}
    assert table.number(0) == 2  # a spreadsheet does not show the line of the separator


@pytest.mark.parametrize(
    ("text", "found", "key"),
    [
        ("a;b\n1;2\n", "semicolons", 'delimiter = ";" in'),
        ("a;b\n1;0,5\n", "semicolons", 'delimiter = ";" and decimal = "," in'),
        ('a;b\n"1";"0,5"\n', "semicolons", 'delimiter = ";" and decimal = "," in'),
        (
            "a;b;c\n1;x;0,5\n2;y, z;1\n",
            "semicolons",
            'delimiter = ";" and decimal = "," in',
        ),  # uneven by commas
        ("Age, years;Sex\n50;F\n", "semicolons", 'delimiter = ";" in'),  # a comma in the header
        ('"a";"b"\n"1";"2"\n', "semicolons", 'delimiter = ";" in'),  # which commas do not make well-formed
        ("a;b\n1;2;3\n4\n", "semicolons", 'delimiter = ";" in'),  # and other faults beside
        ("sep=;\r\na;b\r\n1;2\r\n", "semicolons", 'delimiter = ";" in'),
        ("sep=;\na,b\nx,y\n", "semicolons", 'delimiter = ";" in'),  # its own word is taken
        ("a\tb\n1\t2\n", "tabs", r'delimiter = "\t" in'),
        ("a\tb\n1\t0,5\n", "tabs", r'delimiter = "\t" and decimal = "," in'),
        ("a|b\n1|2\n", "vertical bars", 'delimiter = "|" in'),
        ("\n\na|b\n1|2\n", "vertical bars", 'delimiter = "|" in'),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_another_delimiter_is_refused_with_every_remedy_by_hand(
    tmp_path: Path, text: str, found: str, key: str, ending: str
) -> None:
    content = gzip.compress(text.encode()) if ending == ".csv.gz" else text.encode()
    with pytest.raises(BadInputError) as refusal:
        read_table(written(tmp_path, f"t{ending}", content), Reading("studies"))
    told = str(refusal.value)
    assert (
        f"its columns are separated by {found}, not by commas; write [format.studies] {key} the protocol"
        in told
    )
    assert "or give --delimiter " in told and told.endswith("or save it separated by commas.")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n", 'separated by commas, not by semicolons; write [format.reads] delimiter = "," in'),
        ("sep=,\na,b\n1,2\n", "separated by commas, not by semicolons"),
        ("sep=:\na:b\n1:2\n", "separated by ':', not by semicolons; save it separated by commas."),
        ("a\tb\n1\t2\n", "separated by tabs, not by semicolons; write"),
        ("a;b\n1;2;3\n", "row 2: has 3 fields; the header has 2."),
    ],
)
def test_a_file_that_is_not_as_declared_by_hand(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(BadInputError) as refusal:
        read_table(written(tmp_path, "t.csv", text.encode()), Reading("reads", Format(delimiter=";")))
    assert sentence in str(refusal.value)


def test_a_file_without_a_format_key_must_be_saved_again_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refusal:
        read_table(written(tmp_path, "t.csv", b"x;y\n1;2\n"))
    assert "[format" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "a,notes\n1,x; y\n",
        'image_id,score,"status (ok; failed; out_of_scope; none)"\n1,2,3\n',
        "a,b|c|d|e\n1,2\n",
        '"notes; free"\nx\n',
        "ids\na;b\nc|d\n",
    ],
)
def test_other_delimiters_within_cells_are_text_by_hand(tmp_path: Path, text: str) -> None:
    assert read_table(written(tmp_path, "t.csv", text.encode())).rows > 0


COMMA = Reading("predictions", Format(delimiter=";", decimal=","))


def test_decimal_commas_by_hand(tmp_path: Path) -> None:
    given = ["0,5", "-1,25e-3", ",5", "7", "1.234", "1.234,5", "0.5", "", "unknown, yet", "1,2,3"]
    path = written(tmp_path, "t.csv", "\n".join(["a;b", *(f'"{cell}";x' for cell in given)]).encode())
    table = read_table(path, COMMA)
    assert table.columns["a"] == tuple(given)  # which columns are numbers is not known here
    exchanged = ["0.5", "-1.25e-3", ".5", "7", "1,234", "1,234.5", "0,5", "", "unknown, yet", "1.2.3"]
    assert list(table.with_points(table.frame["a"])) == exchanged
    assert table.with_points(table.frame["a"]).dtype == table.frame["a"].dtype


@pytest.mark.parametrize(
    ("source", "form", "cell", "remedy"),
    [
        ("t.csv", Format(), "0.5", ""),
        ("t.csv", Format(), "half", ""),
        ("t.csv", Format(), "1,2,3", ""),
        (
            "t.csv",
            Format(),
            "0,8964",
            'write [format.predictions] decimal = "," in the protocol',
        ),  # in quotes
        (
            "t.csv.gz",
            Format(delimiter=";"),
            "0,8964",
            'write [format.predictions] decimal = "," in the protocol',
        ),
        ("t.csv", Format(delimiter=";", decimal=","), "1,234", "is set, and the file has a point"),
        ("t.xlsx", Format(), "0,5", "text with a decimal comma; save the column as numbers"),
        ("t.parquet", Format(), "0,5", "save the column as numbers"),
    ],
)
def test_remedy_for_a_decimal_comma_by_hand(source: str, form: Format, cell: str, remedy: str) -> None:
    said = replace(Table.of(source, {"score": [cell]}), format=form).decimal_remedy(cell, "predictions")
    assert (remedy in said) and bool(said) == bool(remedy)


def test_missing_file_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.csv: cannot be read \(No such file or directory\)\."):
        read_table(tmp_path / "absent.csv")


def test_folder_in_place_of_a_file_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot be read \(Is a directory\)\."):
        read_table(tmp_path)


@pytest.mark.parametrize("name", ["t.tsv", "t", "t.gz", "t.CSV", "t.xls", "t.xlsb", "t.ods", "t.XLS"])
def test_other_endings_by_hand(tmp_path: Path, name: str) -> None:
    workbook = "; save the workbook as .xlsx or CSV" if name[2:].lower() in ("xls", "xlsb", "ods") else ""
    with pytest.raises(BadInputError) as refusal:
        read_table(written(tmp_path, name, b"a,b\n1,2\n"))
    assert str(refusal.value).endswith(f"a table must end in .csv.gz, .csv, .parquet or .xlsx{workbook}.")


def test_identifiers_stay_text_by_hand(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t.csv", b"image_id\n001\n1\n1.0\nNA\nnull\n"))
    assert table.columns["image_id"] == ("001", "1", "1.0", "NA", "null")


def test_gzip_contains_the_same_table_by_hand(tmp_path: Path) -> None:
    content = b"a,b\n1,2\n"
    plain = read_table(written(tmp_path, "t.csv", content))
    packed = read_table(written(tmp_path, "t.csv.gz", gzip.compress(content)))
    assert packed.columns == plain.columns


GZIPPED = gzip.compress(b"a,b\n" + b"1,2\n" * 50, mtime=0)


@pytest.mark.parametrize("length", range(1, len(GZIPPED)))
def test_gzip_cut_short_by_hand(tmp_path: Path, length: int) -> None:
    with pytest.raises(BadInputError, match=r"t\.csv\.gz: ends in \.gz but is not a whole gzip file"):
        read_table(written(tmp_path, "t.csv.gz", GZIPPED[:length]))


def test_gzip_with_a_changed_byte_by_hand(tmp_path: Path) -> None:
    damaged = GZIPPED[:-8] + bytes([GZIPPED[-8] ^ 1]) + GZIPPED[-7:]  # the checksum
    with pytest.raises(BadInputError, match="is not a whole gzip file"):
        read_table(written(tmp_path, "t.csv.gz", damaged))


def test_parquet_cells_as_text_by_hand(tmp_path: Path) -> None:
    columns = {
        "whole": [1, None],  # no identifier becomes 1.0
        "score": [0.1, 1.0],
        "text": ["001", None],
        "kind": pa.array(["x", "y"]).dictionary_encode(),
        "known": [True, None],
        "age": [62.5, float("nan")],  # how data frames write that nothing is there
        "day": pa.array([0, None], pa.date32()),
    }
    table = read_table(written(tmp_path, "t.parquet", parquet(columns)))
    assert table.columns == {
        "whole": ("1", ""),
        "score": ("0.1", "1.0"),
        "text": ("001", ""),
        "kind": ("x", "y"),
        "known": ("True", ""),
        "age": ("62.5", ""),
        "day": ("1970-01-01", ""),
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", r"t\.parquet: ends in \.parquet but cannot be read as Parquet"),
        (b"a,b\n1,2\n", r"t\.parquet: ends in \.parquet but cannot be read as Parquet"),
        (b"PAR1garbagePAR1", r"t\.parquet: ends in \.parquet but cannot be read as Parquet"),
        (parquet({"a": ["x\0y"]}), r"t\.parquet: column 'a' contains a NUL byte\."),
        (parquet({"a": pa.array([], pa.string())}), r"t\.parquet: the table has a header and no rows\."),
        (
            parquet({"a": pa.array([b"x"])}),
            r"column 'a' is of type binary; save it as text, numbers or dates\.",
        ),
        (parquet({"a": pa.array([["x"]])}), r"column 'a' is of type list<element: string>; save it as text"),
        (parquet({"a": pa.array([{"b": 1}])}), r"column 'a' is of type struct<b: int64>; save it as text"),
        # no calendar of Python reaches there
        (parquet({"a": pa.array([2**30], pa.date32())}), r"cannot be read as Parquet \(days=1073741824"),
        (
            parquet({"a": pa.array([2**62], pa.timestamp("us"))}),
            r"cannot be read as Parquet \(date value out",
        ),
        (parquet({"a": pa.array([1], pa.timestamp("ms", tz="Mars/Olympus"))}), "cannot be read as Parquet"),
        (
            parquet({"a": ["x", "y" * (LONGEST_CELL + 1)]}),
            r"t\.parquet, row 3: a has 32768 characters; a cell",
        ),
    ],
)
def test_parquet_refusals_by_hand(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_table(written(tmp_path, "t.parquet", content))


FLOATS = st.one_of(
    st.floats(),
    st.floats(width=32),
    st.integers(-(10**17), 10**17).map(float),
    st.sampled_from(
        [0.1, 1 / 3, 1e16, 9999999999999998.0, 1e15, 1e-4, 1e-5, 5e-324, 1e22, 1e23, 2**53 + 1.0]
    ),
)


@given(values=st.lists(FLOATS, min_size=1))
def test_numbers_of_parquet_are_written_as_repr_against_itself(
    tmp_path_factory: pytest.TempPathFactory, values: list[float]
) -> None:
    columns = {"id": ["x"] * len(values), "v": pa.array(values, pa.float64(), from_pandas=False)}
    table = read_table(written(tmp_path_factory.getbasetemp(), "v.parquet", parquet(columns)))
    assert table.columns["v"] == tuple("" if math.isnan(value) else repr(value) for value in values)


def test_narrow_numbers_are_the_shortest_decimals_that_name_them_by_hand(tmp_path: Path) -> None:
    values = [0.7, 0.1, 1.0, 100.0, 1e-5, 16777216.0, 3.4028235e38, None, math.nan]
    columns = {
        "single": pa.array(values, pa.float32()),
        "half": pa.array([*[None] * 7, 0.7, 0.7], pa.float16()),
    }
    table = read_table(written(tmp_path, "t.parquet", parquet(columns)))
    told = ("0.7", "0.1", "1.0", "100.0", "1e-05", "16777216.0", "3.4028235e+38", "", "")
    assert table.columns == {"single": told, "half": ("",) * 7 + ("0.7", "0.7")}


@given(bits=st.lists(st.integers(0, 2**32 - 1), min_size=1))
def test_narrow_numbers_name_themselves_against_itself(
    tmp_path_factory: pytest.TempPathFactory, bits: list[int]
) -> None:
    values = np.array(bits, dtype=np.uint32).view(np.float32)
    columns = {"id": ["x"] * len(bits), "v": pa.array(values, from_pandas=False)}
    cells = read_table(written(tmp_path_factory.getbasetemp(), "v.parquet", parquet(columns))).columns["v"]
    for cell, value in zip(cells, values, strict=True):
        assert np.isnan(value) if cell == "" else np.float32(cell) == value
        assert len(cell) <= len(repr(float(value)))


def test_empty_rows_and_columns_of_parquet_by_hand(tmp_path: Path) -> None:
    columns = {"a": ["x", None, " ", "y"], "": pa.nulls(4), "b": [1.0, None, math.nan, None]}
    table = read_table(written(tmp_path, "t.parquet", parquet(columns)))
    assert table.columns == {"a": ("x", "y"), "b": ("1.0", "")}
    assert list(table.frame.index) == [2, 5]
    assert (table.rows_dropped_empty, table.columns_dropped_empty) == (2, 1)


def test_parquet_with_duplicate_columns_by_hand(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), buffer)
    with pytest.raises(BadInputError, match=r"two columns are named 'a'"):
        read_table(written(tmp_path, "t.parquet", buffer.getvalue()))


WHOLE_PARQUET = parquet({"image_id": ["a" * 30, "ü" * 40] * 20, "score": [0.25, 0.75] * 20})


@given(place=st.integers(4, len(WHOLE_PARQUET) - 1), byte=st.integers(0, 255))
@settings(max_examples=300)
def test_a_damaged_parquet_is_read_or_refused_against_itself(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    damaged = WHOLE_PARQUET[:place] + bytes([byte]) + WHOLE_PARQUET[place + 1 :]
    path = written(tmp_path_factory.getbasetemp(), "damaged.parquet", damaged)
    try:
        read_table(path)
    except BadInputError as refusal:
        assert "damaged.parquet" in str(refusal)


CELLS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)


@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
def test_evidence_csv_reads_back_against_itself(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    content = csv_text(["a", "b"], rows).encode()
    with_content = [row for row in rows if "".join(row).strip(WHITE_SPACE)]
    if with_content:
        table = read_table(written(tmp_path_factory.getbasetemp(), "back.csv", content))
        assert list(zip(*table.columns.values(), strict=True)) == with_content
        assert (table.rows + table.rows_dropped_empty, table.columns_dropped_empty) == (len(rows), 0)


def test_the_longest_cell_is_read_completely_by_hand(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t.csv", b"a\n" + b"x" * LONGEST_CELL + b"\n"))
    assert len(table.columns["a"][0]) == LONGEST_CELL


def test_a_missing_column_is_refused_with_a_list_of_columns_by_hand() -> None:
    table = Table.of("t.csv", {"b": ("1",), "a": ("2",)})
    with pytest.raises(BadInputError, match=r"t\.csv: column 'c' is missing; the file has 'a', 'b'\."):
        table.require(["a", "c"])


def test_rows_are_numbered_as_a_spreadsheet_does_by_hand() -> None:
    assert str(Table.of("t.csv", {"a": ("x",)}).fault(0, "is wrong.")) == "t.csv, row 2: is wrong."
