"""Vectorised writing of columns as lines of JSON or CSV, byte for byte as `canonical` writes single rows.

The form of a line is defined by `canonical.json_line` and `canonical.csv_text`, with which the tests compare it.
"""

import json
from collections.abc import Sequence
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from protocols.storage.canonical import csv_text
from protocols.tables.reading import TEXT

Column = pd.Series | NDArray[np.float64]

JSON_SPECIAL = r'["\\\x00-\x1f]'
CSV_SPECIAL = '[,"\r\n]'
_quoted = partial(json.dumps, ensure_ascii=False)


def json_rows(columns: Sequence[Column]) -> list[str]:
    """Write one compact JSON array per row, without a line feed.

    Args:
        columns: text, or numbers as float64, which are written as ``repr(float)`` and NaN as ``null``; one length.
    """
    return [f"[{line}]" for line in _joined([_json_cells(column) for column in columns])]


def csv_rows(header: Sequence[str], columns: Sequence[pd.Series]) -> str:
    """Write a table of two or more columns of text as evidence CSV."""
    lines = _joined([_csv_cells(column) for column in columns])
    return csv_text(header, ()) + "".join(f"{line}\n" for line in lines)


def numbers_as_text(numbers: NDArray[np.float64], *, undefined: str = "") -> pd.Series:
    """Write numbers as ``repr(float)``, the shortest exact text; NaN as ``undefined``."""
    text = np.array(list(map(repr, numbers.tolist())), dtype=object)
    return pd.Series(np.where(np.isnan(numbers), undefined, text), dtype=TEXT)


def _joined(columns: Sequence[pd.Series]) -> list[str]:
    kind = pa.large_string()
    cells = [pa.array(column, type=kind) for column in columns]
    lines: list[str] = pc.binary_join_element_wise(*cells, pa.scalar(",", kind)).to_pylist()
    return lines


def _json_cells(column: Column) -> pd.Series:
    if isinstance(column, np.ndarray):
        return numbers_as_text(column, undefined="null")
    quoted = '"' + column + '"'
    special = column.str.contains(JSON_SPECIAL, regex=True)
    return quoted.where(~special, column[special].map(_quoted)) if special.any() else quoted


def _csv_cells(column: pd.Series) -> pd.Series:
    special = column.str.contains(CSV_SPECIAL, regex=True)
    if not special.any():
        return column
    return column.where(~special, '"' + column[special].str.replace('"', '""', regex=False) + '"')
