"""A Parquet file -> rows of text cells, as a CSV file of the same values would hold them.

Owns the text of each type of column. Source: the contract ("Tables").
"""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api.extensions import ExtensionArray
from pyarrow import types

from protocols.errors import BadInputError
from protocols.tables.reading import FIRST_ROW, TEXT, Grid, has_content


def from_parquet(path: Path, content: bytes) -> Grid:
    """Read the bytes of a Parquet file; ``path`` names it in a refusal.

    Raises:
        BadInputError: it is no whole Parquet file, or a column is neither text nor numbers nor dates.
    """
    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
        for field in table.schema:
            if not _is_plain(field.type):
                raise BadInputError(
                    f"{path}: column {field.name!r} is of type {field.type}; save it as text, numbers or dates."
                )
        table.validate(full=True)  # of text, that it is UTF-8
        columns = [_texts(column) for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
        # pyarrow tells a damaged page as OSError, damaged text as a ValueError, a date that no calendar
        # has as one or as OverflowError, and a time zone that does not exist as a KeyError.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise BadInputError(f"{path}: ends in .parquet but cannot be read as Parquet ({reason}).") from error
    kept = np.zeros(table.num_rows, dtype=bool)
    for column in columns:
        if kept.all():  # mostly after the first column
            break
        kept |= has_content(pd.Series(column))
    numbers = FIRST_ROW + np.flatnonzero(kept)
    return Grid(
        table.column_names, [column[kept] for column in columns], numbers, table.num_rows - len(numbers)
    )


def _is_plain(kind: Any) -> bool:
    """Whether a column holds what a cell of CSV could hold."""
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    binary = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return not (types.is_nested(kind) or binary)


def _texts(column: Any) -> ExtensionArray:
    """The cells of a column: digits of whole numbers, ``repr`` of others, nothing for null and NaN."""
    kind = column.type
    if types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_null(kind):
        texts: ExtensionArray = pd.array(column.cast(pa.large_string()).fill_null(""), dtype=TEXT)
        return texts
    if types.is_floating(kind):
        values = column.to_numpy()
        if values.itemsize < np.dtype(float).itemsize:
            # 0.7 in 32 bits is 0.699999988 in 64; what was meant is the shortest number that 32 bits name so.
            values = values.astype(str).astype(float)
        cells = np.where(np.isnan(values), "", list(map(repr, values.tolist())))
        return pd.array(cells, dtype=TEXT)
    return pd.array(
        ["" if cell is None or cell != cell else str(cell) for cell in column.to_pylist()], dtype=TEXT
    )
