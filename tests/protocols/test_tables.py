"""Files of rows: what is accepted, what is refused, and how the refusal reads."""

import gzip
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.canonical import csv_text
from protocols.errors import BadInputError
from protocols.tables import LONGEST_CELL, Table, read_table


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
        (b"a,b\n\n1,2\n", r"t\.csv, row 2: has 0 fields; the header has 2\."),  # a blank line inside
        (b"a,b\n1,2\n \n", r"t\.csv, row 3: has 1 fields"),
        (b"a,b,a\n1,2,3\n", r"t\.csv: two columns are named 'a'\."),
        (b"a,b\n1,\x002\n", r"t\.csv: holds a NUL byte; save it as UTF-8 text\."),
        ("a,b\n1,2\n".encode("utf-16"), r"t\.csv: holds a NUL byte; save it as UTF-8 text\."),
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


def test_missing_file_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.csv: cannot be read \(No such file or directory\)\."):
        read_table(tmp_path / "absent.csv")


def test_folder_in_place_of_a_file_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot be read \(Is a directory\)\."):
        read_table(tmp_path)


@pytest.mark.parametrize("name", ["t.xlsx", "t.tsv", "t", "t.gz", "t.CSV"])
def test_other_endings_by_hand(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInputError, match=r"a table must end in \.csv, \.csv\.gz or \.parquet\."):
        read_table(written(tmp_path, name, b"a,b\n1,2\n"))


def test_identifiers_stay_text_by_hand(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t.csv", b"image_id\n001\n1\n1.0\nNA\nnull\n"))
    assert table.columns["image_id"] == ("001", "1", "1.0", "NA", "null")


def test_gzip_holds_the_same_table_by_hand(tmp_path: Path) -> None:
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
        (parquet({"a": ["x\0y"]}), r"t\.parquet: column 'a' holds a NUL byte\."),
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


def test_parquet_with_twin_columns_by_hand(tmp_path: Path) -> None:
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
    table = read_table(written(tmp_path_factory.getbasetemp(), "back.csv", content))
    assert list(zip(*table.columns.values(), strict=True)) == rows


def test_the_longest_cell_is_whole_by_hand(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "t.csv", b"a\n" + b"x" * LONGEST_CELL + b"\n"))
    assert len(table.columns["a"][0]) == LONGEST_CELL


def test_a_missing_column_names_those_there_by_hand() -> None:
    table = Table.of("t.csv", {"b": ("1",), "a": ("2",)})
    with pytest.raises(BadInputError, match=r"t\.csv: column 'c' is missing; the file has 'a', 'b'\."):
        table.require(["a", "c"])


def test_rows_are_numbered_as_a_spreadsheet_does_by_hand() -> None:
    assert str(Table.of("t.csv", {"a": ("x",)}).fault(0, "is wrong.")) == "t.csv, row 2: is wrong."
