"""A file of rows -> a table of text cells, read strictly: nothing is guessed, padded or skipped.

Owns CSV, gzipped CSV and Parquet, and every refusal that concerns the file itself. What the columns
mean is the business of `records`.
"""

import csv
import gzip
import io
import stat
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.errors import BadInputError

# Whatever Python calls white space, and the spaces without width.
WHITE_SPACE = (
    "".join(chr(code) for code in range(0x10000) if chr(code).isspace()) + "\u180e\u200b\u2060\ufeff"
)
TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
FIRST_ROW = 2  # as a spreadsheet shows it: the header is row 1
LONGEST_CELL = 32_767  # characters, as a spreadsheet's own cell holds
ENDINGS = (".csv.gz", ".csv", ".parquet")


@dataclass(frozen=True)
class Table:
    """A table of text cells and the file it came from.

    Attributes:
        source: the file, as refusals name it.
        frame: columns of text (`TEXT`), no cell missing; the index holds the row numbers that a spreadsheet shows, the
            header being row 1.
        rows_dropped_empty: rows of the file without any content, which are not in the frame.
        columns_dropped_empty: columns of the file without a name and without content.
    """

    source: str
    frame: pd.DataFrame
    rows_dropped_empty: int = 0
    columns_dropped_empty: int = 0

    @classmethod
    def of(cls, source: str, columns: Mapping[str, Sequence[str]]) -> "Table":
        """Make a table from columns of equal length; its rows are numbered from 2."""
        frame = pd.DataFrame({name: pd.array(list(cells), dtype=TEXT) for name, cells in columns.items()})
        frame.index = pd.RangeIndex(FIRST_ROW, FIRST_ROW + len(frame))
        return cls(source, frame)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.frame)

    @cached_property
    def columns(self) -> dict[str, tuple[str, ...]]:
        """The cells by column."""
        return {str(name): tuple(cells) for name, cells in self.frame.items()}

    def number(self, index: int) -> int:
        """The number of a row in its file, as a spreadsheet shows it, for a zero-based ``index``."""
        return int(self.frame.index[index])

    def only(self, rows: NDArray[np.bool_]) -> "Table":
        """The table of the rows that a mask of shape (rows,) selects; they keep their numbers."""
        return replace(self, frame=self.frame[rows])

    def require(self, names: Sequence[str]) -> None:
        """Refuse a table that lacks one of these columns.

        Raises:
            BadInputError: naming the first column that is missing and those that are there.
        """
        for name in names:
            if name not in self.frame:
                raise BadInputError(
                    f"{self.source}: column {name!r} is missing; the file has {listing(map(str, self.frame))}. "
                    "Add the column, or, for studies, reads and predictions, map it in the protocol's [columns]."
                )

    def fault(self, index: int, sentence: str) -> BadInputError:
        """A refusal that names the file and the row of a zero-based ``index``."""
        return BadInputError(f"{self.source}, row {self.number(index)}: {sentence}")

    def refuse(self, wrong: pd.Series | NDArray[np.bool_], sentence: str) -> None:
        """Refuse the first row that a mask of shape (rows,) marks; none where it marks none.

        Raises:
            BadInputError: naming the file, the row and the sentence.
        """
        marked = np.flatnonzero(wrong)
        if len(marked):
            raise self.fault(int(marked[0]), sentence)


def constant(cell: str, frame: pd.DataFrame) -> pd.Series:
    """Make a column of a frame in which every cell is the same."""
    return pd.Series([cell] * len(frame), index=frame.index, dtype=TEXT)


def among(cells: pd.Series, others: pd.Series) -> NDArray[np.bool_]:
    """Return which cells occur in another column of text, shape (cells,)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given, known = (pa.array(column, type=pa.large_string()) for column in (cells, others))
    return pc.is_in(given, value_set=known).to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def listing(names: Iterable[str]) -> str:
    """Names in code-point order, for a sentence."""
    return ", ".join(repr(name) for name in sorted(names))


def read_table(path: Path) -> Table:
    """Read ``.csv``, ``.csv.gz`` or ``.parquet`` into text cells.

    Raises:
        BadInputError: the file cannot be read, is not what its ending says, has no rows, has two
            columns of one name, a row of another width, a NUL byte, text that is not UTF-8, a cell of
            more than 32,767 characters or, in Parquet, a column that is neither text nor numbers nor dates.
    """
    return parse_table(path, read_content(path))


def read_content(path: Path) -> bytes:
    """The bytes of a file that a user names.

    Raises:
        BadInputError: the file cannot be read, or is a pipe or a device, which has no end to wait for.
    """
    try:
        kind = path.stat().st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            raise BadInputError(f"{path}: is not a regular file; save its content as one.")
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(f"{path}: cannot be read ({error.strerror}).") from error


def parse_table(path: Path, content: bytes) -> Table:
    """The bytes of a file -> its table; ``path`` gives the ending and the name in a refusal.

    Raises:
        BadInputError: as `read_table`.
    """
    if path.name.endswith(".parquet"):
        table = _from_parquet(path, content)
    elif path.name.endswith(ENDINGS):
        table = _from_csv(path, content)
    else:
        raise BadInputError(f"{path}: a table must end in .csv, .csv.gz or .parquet.")
    if table.rows == 0:
        raise BadInputError(f"{path}: the table has a header and no rows.")
    return table


def _from_csv(path: Path, content: bytes) -> Table:
    if path.name.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise BadInputError(f"{path}: ends in .gz but is not a whole gzip file ({error}).") from error
    if b"\0" in content:
        raise BadInputError(f"{path}: holds a NUL byte; save it as UTF-8 text.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend(reader)
    except csv.Error as error:
        raise BadInputError(f"{path}, row {len(rows) + 1}: is not well-formed CSV ({error}).") from error
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise BadInputError(f"{path}: is empty; a table needs a header and rows.")
    header, *body = rows
    _refuse_twins(path, header)
    for number, row in enumerate(body, start=FIRST_ROW):
        if len(row) != len(header):
            raise BadInputError(f"{path}, row {number}: has {len(row)} fields; the header has {len(header)}.")
    cells = zip(*body, strict=True) if body else [() for _ in header]
    return Table.of(str(path), dict(zip(header, cells, strict=True)))


def _from_parquet(path: Path, content: bytes) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
        _refuse_twins(path, table.column_names)
        for field in table.schema:
            if not _is_plain(field.type):
                raise BadInputError(
                    f"{path}: column {field.name!r} is of type {field.type}; save it as text, numbers or dates."
                )
        columns = {
            name: tuple(_cell_text(cell) for cell in table.column(name).to_pylist())
            for name in table.column_names
        }
    except (pa.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
        # pyarrow tells a damaged page as OSError, damaged text as a ValueError, a date that no calendar
        # has as one or as OverflowError, and a time zone that does not exist as a KeyError.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInputError(f"{path}: ends in .parquet but cannot be read as Parquet ({reason}).") from error
    read = Table.of(str(path), columns)
    for name, cells in columns.items():
        if any("\0" in cell for cell in cells):
            raise BadInputError(f"{path}: column {name!r} holds a NUL byte.")
        for row, cell in enumerate(cells):
            if len(cell) > LONGEST_CELL:
                raise read.fault(
                    row, f"{name} has {len(cell)} characters; a cell holds {LONGEST_CELL} at most."
                )
    return read


def _is_plain(kind: Any) -> bool:
    """Whether a column of Parquet holds what a cell of CSV could hold."""
    import pyarrow.types as types

    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    binary = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return not (types.is_nested(kind) or binary)


def _cell_text(cell: object) -> str:
    if cell is None or cell != cell:  # NaN is what data frames write where nothing is
        return ""
    return cell if isinstance(cell, str) else repr(cell) if isinstance(cell, float) else str(cell)


def _refuse_twins(path: Path, header: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in header:
        if name in seen:
            raise BadInputError(f"{path}: two columns are named {name!r}.")
        seen.add(name)
