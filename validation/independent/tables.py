"""Files -> rows of text under the suite's names, independently, with counts of changed cells.

Owns white space, [columns], [values], ages, the decimal comma, and the rows excluded before any join. Written from the
contract ("Tables") without a line of the first implementation; only the strict reading of a file is shared.
"""

import csv
import gzip
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.errors import BadInputError
from protocols.schema.protocol import Protocol
from protocols.tables.reading import PLAIN, Reading, Table, read_table

TABLES: Mapping[str, str] = {
    "studies": "image_id patient_id age_years sex view image_path split site manufacturer",
    "reads": "image_id reader_id verdict finding",
    "predictions": "image_id score status reason",
    "boxes": "image_id x y width height",
    "marks": "image_id x y left top width height",
}
LAST_BLANK = 0x3000  # the last white space of Unicode
BLANK = "".join(filter(str.isspace, map(chr, range(LAST_BLANK + 1)))) + "\u200b\ufeff\u2060\u180e"
AGE = re.compile("([0-9]{1,3}) *([YMWD])( *[+])?", re.IGNORECASE)  # 90Y+ counts as 90
YEARS = {"Y": (1, 1), "M": (1, 12), "W": (7, 365.25), "D": (1, 365.25)}  # times the first, over the second
COMMA = str.maketrans({".": "'", ",": "."})  # with a decimal comma, a cell with a point is not a number


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one table that may be joined, and counts of the others and of changed cells.

    ``excluded`` counts reads of another finding and, where one file is all tables, rows without a truth or a score.
    """

    joined: Sequence[Mapping[str, str]]
    excluded: Counter[str]
    rows_read: int
    cells_trimmed: int
    ages_converted: int
    rows_dropped_empty: int
    columns_dropped_empty: int


def rows_of(table: str, path: Path, protocol: Protocol, *, one_table: bool) -> Rows:
    """Read the rows of a file under the suite's names and values; numbers have a decimal point.

    Raises:
        BadInputError: as `read_table`, or an axis is not a column of the studies.
    """
    raw = read_table(path, Reading(table, getattr(protocol.format, table, PLAIN)))
    mapping: Mapping[str, str] = getattr(protocol.columns, table, {})
    renamed = {ours: theirs.strip(BLANK) for ours, theirs in mapping.items()}
    cells = {name: own for name, own in raw.columns.items() if name not in {*renamed, *renamed.values()}}
    cells |= {ours: raw.columns[theirs] for ours, theirs in renamed.items()}
    axes, numeric = _further(protocol) if table == "studies" else (set(), set())
    if missing := sorted(axes - set(cells)):
        raise BadInputError(f"{path}: column {missing[0]!r} is missing, which the protocol names.")
    trimmed = 0
    for name in {*TABLES[table].split(), *renamed, *axes, *numeric} & set(cells):
        before, cells[name] = cells[name], tuple(cell.strip(BLANK) for cell in cells[name])
        trimmed += sum(map(str.__ne__, before, cells[name]))
    in_numbers = {*numeric, "score"}
    for name in (protocol.values.keys() | in_numbers) & cells.keys():
        meant = {word.strip(BLANK): ours for word, ours in protocol.values.get(name, {}).items()}
        marks = COMMA if name in in_numbers and raw.format.decimal == "," else {}
        cells[name] = tuple(meant.get(cell, cell.translate(marks)) for cell in cells[name])
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    reasons = [_leaves(table, row, protocol, one_table=one_table) for row in rows]
    rows_read, rows_dropped, columns_dropped = _content(path, raw)
    return Rows(
        [row for row, reason in zip(rows, reasons, strict=True) if reason is None],
        Counter(filter(None, reasons)),
        rows_read,
        trimmed,
        sum(map(bool, map(AGE.fullmatch, cells["age_years"]))) if table == "studies" else 0,
        rows_dropped,
        columns_dropped,
    )


def _further(protocol: Protocol) -> tuple[set[str], set[str]]:
    """Return the columns of studies that are axes or clusters, and the numeric ones: axes, exclusions and weights."""
    axes = {part for axis in protocol.subgroups for part in axis.parts}
    numbers = {analysis.exclude.column for analysis in protocol.sensitivity}
    numbers |= {protocol.weights.column} if protocol.weights else set()
    axes |= {protocol.bootstrap.cluster} - {"patient_id"}
    return axes, {"age_years", *numbers, *(axis for axis in axes if protocol.cut_points(axis))}


def _leaves(table: str, row: Mapping[str, str], protocol: Protocol, *, one_table: bool) -> str | None:
    """Return why a row is excluded, regardless of the other tables."""
    finding = protocol.reference_standard.finding
    if one_table and table == "reads" and not row["verdict"]:
        return "no_read"
    if table == "reads" and finding is not None and row["finding"] != finding:
        return "other_finding"
    without_score = one_table and table == "predictions" and not row["score"]
    return "no_score" if without_score and row.get("status", "") in ("", "ok") else None


def _content(path: Path, raw: Table) -> tuple[int, int, int]:
    """Count rows with content, and rows and columns without; of CSV counted again, line by line."""
    if not path.name.endswith((".csv", ".csv.gz")):
        return raw.rows, raw.rows_dropped_empty, raw.columns_dropped_empty
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = [
            [cell.strip(BLANK) for cell in row] for row in csv.reader(file, delimiter=raw.format.delimiter)
        ]
    if rows[0] and re.fullmatch("sep=.?", rows[0][0], re.IGNORECASE):
        del rows[0]  # a line for the spreadsheet program only
    header, *filled = (row for row in rows if any(row))
    nameless = sum(not name and not any(row[k] for row in filled) for k, name in enumerate(header))
    return len(filled), len(rows) - 1 - len(filled), nameless


def years(cell: str) -> float | None:
    """Parse an age from 0 to 120, as a number or in DICOM's form (062Y, 018M); None where unknown."""
    as_dicom = AGE.fullmatch(cell)
    times, over = YEARS[as_dicom[2].upper()] if as_dicom else (1, 1)
    value = number(as_dicom[1] if as_dicom else cell)
    return value * times / over if value is not None and 0 <= value * times / over <= 120 else None


def number(cell: str) -> float | None:
    """Parse a finite number; None for any other cell."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in cell else None
