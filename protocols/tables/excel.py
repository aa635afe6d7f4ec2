"""One sheet of an Excel workbook -> rows of text cells: the stored values, not their display format.

Refuses what would change data silently: leading zeros shown only by a format, merged cells, formulas without values, a
table spread over several sheets. openpyxl parses the file. Source: the contract ("Tables").
"""

import io
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime, time
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet import _reader

from protocols.errors import BadInputError
from protocols.tables.reading import TEXT, WHITE_SPACE, Grid, listing

LARGEST = 2**30  # bytes of an unpacked workbook
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 1_048_576, 16_384, 50_000_000
WHOLE_DIGITS = 15  # digits that Excel keeps of a number
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # signature of old and of encrypted workbooks
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
NOT_SHOWN = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')  # of a number format: literals, colours, paddings
DAMAGED = (  # what openpyxl raises on damaged files
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)


class _SheetParser(_reader.WorkSheetParser):  # type: ignore[misc]
    """openpyxl's parser, which also marks formulas without a cached value."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        if cell["value"] is None and element.find(_reader.FORMULA_TAG) is not None:
            empty_text = element.get("t") == "str" and element.find(_reader.VALUE_TAG) is not None
            cell["data_type"] = "s" if empty_text else "f"
        return cell


def from_excel(path: Path, content: bytes, sheet: str | None) -> Grid:
    """Read one sheet of the bytes of a workbook; ``path`` names it in a refusal.

    Args:
        path: the file.
        content: its bytes.
        sheet: its name; None where only one sheet is not empty.

    Raises:
        BadInputError: it is not a complete workbook, is protected by a password or unpacks to more than 1 GiB; there
            is no such sheet, or several are not empty; cells are merged; a cell shows leading zeros by its format
            only, or contains an error, a whole number of more than 15 digits or a formula whose value was not saved.
    """
    _refuse_other_files(path, content)
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(content)) as archive:
            warnings.simplefilter("ignore")  # openpyxl warns of what it leaves out, such as drop-down lists
            size = sum(part.file_size for part in archive.infolist())
            if size > LARGEST:
                raise BadInputError(
                    f"{path}: unpacks to {size:,} bytes; a workbook may have {LARGEST:,}. Save it as CSV."
                )
            book = openpyxl.load_workbook(
                io.BytesIO(content), read_only=True, data_only=True, keep_links=False
            )
            return _grid(path, _chosen(path, book, sheet))
    except DAMAGED as error:
        reason = (str(error).splitlines() or [""])[0] or type(error).__name__
        raise BadInputError(f"{path}: ends in .xlsx but cannot be read as a workbook ({reason}).") from error


def _refuse_other_files(path: Path, content: bytes) -> None:
    if content.startswith(OLE) and ENCRYPTED in content:
        raise BadInputError(f"{path}: is protected by a password; save it without one.")
    if content.startswith(OLE):
        raise BadInputError(f"{path}: is a workbook of the old kind (.xls); save it as .xlsx or CSV.")


def _chosen(path: Path, book: Any, name: str | None) -> Any:
    """Return the sheet of a name, or the only one that is not empty."""
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is not None:
        if name not in sheets:
            raise BadInputError(f"{path}: has no sheet {name!r}; there are {listing(sheets)}.")
        return sheets[name]
    full = [title for title, sheet in sheets.items() if any(_cells(path, sheet))]
    if len(full) > 1:
        raise BadInputError(
            f"{path}: has {len(full)} sheets that are not empty ({listing(full)}); save the one that counts as a "
            "file of its own, or name it with --sheet in `cohort table`."
        )
    if not full:
        raise BadInputError(f"{path}: is empty; a table needs a header and rows.")
    return sheets[full[0]]


def _cells(path: Path, sheet: Any) -> Iterator[dict[str, Any]]:
    """Yield the cells that are not empty, row by row; refuse merged cells at the end."""
    book = sheet.parent
    with sheet._get_source() as source:
        parser = _SheetParser(
            source,
            sheet._shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )
        for _, row in parser.parse():
            yield from (cell for cell in row if cell["value"] is not None or cell["data_type"] == "f")
    if parser.merged_cells is not None:
        merged = parser.merged_cells.mergeCell[0].ref
        raise BadInputError(
            f"{path}, sheet {sheet.title!r}: cells {merged} are merged; unmerge them, so that every row is complete."
        )


def _grid(path: Path, sheet: Any) -> Grid:
    """Return the cells of a sheet, without empty rows and columns."""
    texts: dict[int, dict[int, str]] = {}
    rows: set[int] = set()
    for cell in _cells(path, sheet):
        row, column = cell["row"], cell["column"]
        if row > MOST_ROWS or column > MOST_COLUMNS or row in texts.setdefault(column, {}):
            raise ValueError(f"cell {get_column_letter(column)}{row} is outside the sheet or a duplicate")
        text = _text(path, sheet, cell)
        texts[column][row] = text
        if text.strip(WHITE_SPACE):
            rows.add(row)
    if not rows:
        raise BadInputError(f"{path}: sheet {sheet.title!r} is empty; a table needs a header and rows.")
    header, *numbers = sorted(rows)
    used = sorted(column for column, cells in texts.items() if not rows.isdisjoint(cells))
    if len(rows) * len(used) > MOST_CELLS:
        raise BadInputError(
            f"{path}: spreads over {len(rows):,} rows and {len(used):,} columns; save it as CSV."
        )
    return Grid(
        [texts[column].get(header, "") for column in used],
        [pd.array([texts[column].get(row, "") for row in numbers], dtype=TEXT) for column in used],
        np.array(numbers, dtype=np.int64),
        max(rows) - len(rows),
        max(used) - len(used),
    )


def _text(path: Path, sheet: Any, cell: dict[str, Any]) -> str:
    """Return a cell's value as text: whole numbers as digits, others as ``repr``, dates in ISO 8601."""
    value, kind = cell["value"], cell["data_type"]

    def refusal(sentence: str) -> BadInputError:
        place = f"{path}, sheet {sheet.title!r}, cell {get_column_letter(cell['column'])}{cell['row']}"
        return BadInputError(f"{place}: {sentence}")

    if kind == "f":
        raise refusal(
            "contains a formula whose value was not saved; save the file in a spreadsheet program, or paste values."
        )
    if kind == "e":
        raise refusal(f"contains the error {value}; correct it, or empty the cell.")
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if value != int(value):
        return repr(value)
    digits = str(abs(int(value)))
    if len(digits) > WHOLE_DIGITS:
        raise refusal(
            f"contains a number of {len(digits)} digits, of which Excel keeps {WHOLE_DIGITS}; enter it again as text."
        )
    if len(digits) < _digits_shown(ReadOnlyCell(sheet, **cell).number_format or ""):
        raise refusal(
            f"contains {int(value)} and shows leading zeros only by its number format; enter it again as text."
        )
    return str(int(value))


def _digits_shown(number_format: str) -> int:
    """Count the digits that a number format shows at least before the decimal mark, such as 5 for ``00000``."""
    whole = re.split("[.eE;]", NOT_SHOWN.sub("", number_format))[0]
    return whole.count("0")
