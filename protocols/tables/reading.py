"""Strict reading of a file to a table of text cells: nothing is guessed, padded or skipped.

Owns the table and the checks common to all formats; the formats are `delimited`, `parquet` and `excel`. Columns are
interpreted in `column_mapping` and `checks`.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from protocols.errors import BadInputError
from protocols.schema.input_tables import Format
from protocols.storage.reading import read_content

# All white space of Python, and the spaces of zero width.
WHITE_SPACE = (
    "".join(chr(code) for code in range(0x10000) if chr(code).isspace()) + "\u180e\u200b\u2060\ufeff"
)
TEXT = pd.StringDtype("pyarrow", na_value=np.nan)
FIRST_ROW = 2  # as a spreadsheet shows it: the header is row 1
LONGEST_CELL = 32_767  # characters, the limit of a spreadsheet's cell
DELIMITED = (".csv.gz", ".csv")
ENDINGS = (*DELIMITED, ".parquet", ".xlsx")
OTHER_WORKBOOKS = (".xls", ".xlsb", ".xlsm", ".ods")
NUMBER = re.compile(r"[+-]?[0-9.,]*[0-9]([eE][+-]?[0-9]+)?")  # decimal comma or point, thousands separators
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?")
EXCHANGED = str.maketrans(",.", ".,")
PLAIN = Format()


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read.

    Attributes:
        table: studies, reads, predictions or labels, whose ``[format]`` a refusal names; None for any other file.
        format: of CSV.
        sheet: the sheet of a workbook; None where only one is not empty.
    """

    table: str | None = None
    format: Format = PLAIN
    sheet: str | None = None


AS_IT_IS = Reading()


class Grid(NamedTuple):
    """The rows with content, as a format yields them.

    Attributes:
        names: of the columns, as in the file.
        columns: the cells of each column, as `TEXT`.
        numbers: of the rows, as a spreadsheet shows them.
        empty_rows, empty_columns: the number left out.
    """

    names: Sequence[str]
    columns: Sequence[ExtensionArray]
    numbers: Sequence[int] | NDArray[np.int64]
    empty_rows: int = 0
    empty_columns: int = 0


@dataclass(frozen=True)
class Table:
    """A table of text cells and the file it came from.

    Attributes:
        source: the file, as refusals name it.
        frame: columns of text (`TEXT`), no cell missing; the index is the row number that a spreadsheet shows, the
            header being row 1.
        rows_dropped_empty: rows of the file without any content, which are not in the frame.
        columns_dropped_empty: columns of the file without a name and without content.
        format: of the file, where it is CSV.
    """

    source: str
    frame: pd.DataFrame
    rows_dropped_empty: int = 0
    columns_dropped_empty: int = 0
    format: Format = PLAIN

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
        """Return the row number in the file, as a spreadsheet shows it, for a zero-based ``index``."""
        return int(self.frame.index[index])

    def only(self, rows: NDArray[np.bool_]) -> "Table":
        """Return the table of the rows that a mask of shape (rows,) selects; they keep their numbers."""
        return replace(self, frame=self.frame[rows])

    def with_points(self, numbers: pd.Series) -> pd.Series:
        """Exchange comma and point in a column of numbers where the file has decimal commas.

        ``0,5`` becomes ``0.5``, and ``1.234``, which may mean thousands, is no longer a number.
        """
        return numbers if self.format.decimal == "." else numbers.map(_exchanged).astype(TEXT)

    def decimal_remedy(self, cell: str, table: str) -> str:
        """Return the remedy where ``cell`` is not a number because of its comma; empty where that is not the reason.

        Args:
            cell: of a column of numbers, after `with_points`.
            table: studies, reads, predictions or labels.
        """
        if not DECIMAL_COMMA.fullmatch(cell):
            return ""
        if not self.source.endswith(DELIMITED):
            return " It is text with a decimal comma; save the column as numbers."
        if self.format.decimal == ",":
            return f' [format.{table}] decimal = "," is set, and the file has a point.'
        return f' It has a decimal comma; write [format.{table}] decimal = "," in the protocol.'

    def require(self, names: Sequence[str]) -> None:
        """Refuse a table that lacks one of these columns.

        Raises:
            BadInputError: naming the first column that is missing and those that are there.
        """
        for name in names:
            if name not in self.frame:
                raise BadInputError(
                    f"{self.source}: column {name!r} is missing; the file has {listing(self.frame)}. "
                    "Add the column, or, for studies, reads, predictions and labels, map it in the protocol's "
                    "[columns]."
                )

    def fault(self, index: int, sentence: str) -> BadInputError:
        """Make a refusal that names the file and the row of a zero-based ``index``."""
        return BadInputError(f"{self.source}, row {self.number(index)}: {sentence}")

    def refuse(self, wrong: pd.Series | NDArray[np.bool_], sentence: str) -> None:
        """Refuse the first row that a mask of shape (rows,) marks, if it marks any.

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


def listing(names: Iterable[Hashable]) -> str:
    """Return names in code-point order, for a sentence; a frame stands for its columns."""
    return ", ".join(repr(name) for name in sorted(map(str, names)))


def read_table(path: Path, reading: Reading = AS_IT_IS) -> Table:
    """Read ``.csv``, ``.csv.gz``, ``.parquet`` or ``.xlsx`` into text cells.

    Raises:
        BadInputError: the file cannot be read, is not what its ending states, has no rows, has two columns of one
            name, a row of another width, a NUL byte, text that is not UTF-8, a cell of more than 32,767 characters,
            another delimiter than ``reading`` states, in Parquet a column that is neither text nor numbers nor dates,
            or in a workbook what `excel` refuses.
    """
    return parse_table(path, read_content(path), reading)


def parse_table(path: Path, content: bytes, reading: Reading = AS_IT_IS) -> Table:
    """Parse the bytes of a file as a table; ``path`` gives the ending and the name in a refusal.

    Raises:
        BadInputError: as `read_table`.
    """
    if path.name.endswith(DELIMITED):
        from protocols.tables.delimited import from_csv

        return _table(path, from_csv(path, content, reading), reading.format)
    if path.name.endswith(".parquet"):
        from protocols.tables.parquet import from_parquet

        return _table(path, from_parquet(path, content))
    if path.name.endswith(".xlsx"):
        from protocols.tables.excel import from_excel

        return _table(path, from_excel(path, content, reading.sheet))
    other = "; save the workbook as .xlsx or CSV" if path.suffix.lower() in OTHER_WORKBOOKS else ""
    raise BadInputError(f"{path}: a table must end in {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}{other}.")


def _table(path: Path, grid: Grid, form: Format = PLAIN) -> Table:
    """Name the columns, drop those without name and content, and check what is common to all formats."""
    index = pd.Index(grid.numbers)
    columns: dict[str, pd.Series] = {}
    empty = grid.empty_columns
    for name, cells in zip((name.strip(WHITE_SPACE) for name in grid.names), grid.columns, strict=True):
        column = pd.Series(cells, index=index)
        if not name and not has_content(column).any():
            empty += 1
        elif name in columns:
            raise BadInputError(f"{path}: two columns are named {name!r}.")
        else:
            columns[name] = column
    table = Table(str(path), pd.DataFrame(columns, index=index), grid.empty_rows, empty, form)
    if table.rows == 0:
        raise BadInputError(f"{path}: the table has a header and no rows.")
    for name, column in columns.items():
        if column.str.contains("\0", regex=False).any():
            raise BadInputError(f"{path}: column {name!r} contains a NUL byte.")
        length = column.str.len()
        if length.max() > LONGEST_CELL:
            row = int(length.argmax())
            raise table.fault(
                row, f"{name} has {length.iloc[row]} characters; a cell holds {LONGEST_CELL} at most."
            )
    return table


def has_content(cells: pd.Series) -> NDArray[np.bool_]:
    """Return which cells contain more than white space, as a mask of shape (rows,)."""
    return (cells.str.strip(WHITE_SPACE) != "").to_numpy(dtype=bool)


def _exchanged(cell: str) -> str:
    return cell.translate(EXCHANGED) if NUMBER.fullmatch(cell) else cell
