"""CSV, plain or gzipped -> rows of text cells, with the declared delimiter only.

Owns the strict reading of CSV, and the detection of another delimiter. Source: the contract ("Tables").
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pandas as pd

from protocols.errors import BadInputError
from protocols.schema.input_tables import Format
from protocols.tables.reading import DECIMAL_COMMA, LONGEST_CELL, TEXT, WHITE_SPACE, Grid, Reading

DELIMITERS = get_args(Format.model_fields["delimiter"].annotation)
WORDS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
# a first line by which Excel declares the delimiter
DECLARED = re.compile(r'"?sep=(.)"?[,;\t| ]*(?:\r\n|\r|\n|$)', re.IGNORECASE)


def from_csv(path: Path, content: bytes, reading: Reading) -> Grid:
    """Read the bytes of a CSV file; ``path`` names it in a refusal.

    Raises:
        BadInputError: it is not well-formed UTF-8 CSV, is empty, has a row of another width than its header, or has
            another delimiter than ``reading`` states.
    """
    text = _decoded(path, content)
    declared = DECLARED.match(text)
    if declared:
        if declared[1] != reading.format.delimiter:
            raise _separated_by(path, declared[1], text[declared.end() :], reading)
        text = text[declared.end() :]  # not a row: a spreadsheet does not show it
    try:
        grid = _grid(path, text, reading.format.delimiter)
    except BadInputError as refusal:
        found = _other_delimiter(text, reading.format.delimiter)
        if found:
            raise _separated_by(path, found, text, reading) from refusal
        raise
    found = _other_delimiter(text, reading.format.delimiter) if len(grid.names) == 1 else None
    if found:
        raise _separated_by(path, found, text, reading)
    return grid


def _decoded(path: Path, content: bytes) -> str:
    if path.name.endswith(".gz"):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise BadInputError(f"{path}: ends in .gz but is not a whole gzip file ({error}).") from error
    if b"\0" in content:
        raise BadInputError(f"{path}: contains a NUL byte; save it as UTF-8 text.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8.") from error


def _grid(path: Path, text: str, delimiter: str) -> Grid:
    rows: list[list[str]] = []
    try:
        rows.extend(_records(text, delimiter))
    except csv.Error as error:
        raise BadInputError(f"{path}, row {len(rows) + 1}: is not well-formed CSV ({error}).") from error
    numbers = [number for number, row in enumerate(rows, start=1) if "".join(row).strip(WHITE_SPACE)]
    if not numbers:
        raise BadInputError(f"{path}: is empty; a table needs a header and rows.")
    header, *body = (rows[number - 1] for number in numbers)
    for number, row in zip(numbers[1:], body, strict=True):
        if len(row) != len(header):
            raise BadInputError(f"{path}, row {number}: has {len(row)} fields; the header has {len(header)}.")
    cells = zip(*body, strict=True) if body else [() for _ in header]
    columns = [pd.array(list(column), dtype=TEXT) for column in cells]
    return Grid(header, columns, numbers[1:], len(rows) - len(numbers))


def _records(text: str, delimiter: str) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _other_delimiter(text: str, ours: str) -> str | None:
    """Find a delimiter that gives a table where ``ours`` gives one column or rows of unequal width."""
    one_column = _width(text, ours) < 2
    for delimiter in DELIMITERS:
        if delimiter != ours and _width(text, delimiter, even=not one_column) > 1:
            return str(delimiter)
    return None


def _width(text: str, delimiter: str, *, even: bool = False) -> int:
    """Count the header's columns; 0 where it is not well-formed or, with ``even``, rows differ in width."""
    try:
        rows = (row for row in _records(text, delimiter) if "".join(row).strip(WHITE_SPACE))
        width = len(next(rows, ()))
        return 0 if even and any(len(row) != width for row in rows) else width
    except csv.Error:
        return 0


def _separated_by(path: Path, found: str, text: str, reading: Reading) -> BadInputError:
    """Make the refusal of a file with another delimiter, with every remedy."""
    toml = {"\t": "\\t"}.get(found, found)
    ways = ["save it separated by commas"]
    if found in DELIMITERS:
        decimal = ""
        if found != "," and any(
            map(DECIMAL_COMMA.fullmatch, text.replace('"', "").replace(found, "\n").split())
        ):
            decimal = ' and decimal = ","'
        option = "tab" if found == "\t" else f'"{found}"'
        ways.append(f"give --delimiter {option} to `cohort table`")
        if reading.table:
            ways.append(f'write [format.{reading.table}] delimiter = "{toml}"{decimal} in the protocol')
    return BadInputError(
        f"{path}: its columns are separated by {WORDS.get(found, repr(found))}, not by "
        f"{WORDS[reading.format.delimiter]}; {', or '.join(reversed(ways))}."
    )
