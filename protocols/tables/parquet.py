"""A Parquet file -> rows of text cells, equal to those of a CSV file of the same values.

Owns the text form of each column type. Source: the contract ("Tables").
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
        BadInputError: it is not a complete Parquet file, or a column is neither text nor numbers nor dates.
    """
    try:
        table = pq.ParquetFile(io.BytesIO(content)).read()
        for field in table.schema:
            if not _is_plain(field.type):
                raise BadInputError(
                    f"{path}: column {field.name!r} is of type {field.type}; save it as text, numbers or dates."
                )
        table.validate(full=True)  # text must be UTF-8
        columns = [_texts(column) for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, OverflowError, LookupError) as error:
        # pyarrow raises OSError for a damaged page, ValueError for damaged text, ValueError or OverflowError for an
        # impossible date, and KeyError for an unknown time zone.
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
    """Return whether the values of a column type have a form in CSV."""
    if types.is_dictionary(kind):
        return _is_plain(kind.value_type)
    binary = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return not (types.is_nested(kind) or binary)


def _texts(column: Any) -> ExtensionArray:
    """Return the cells of a column: digits of whole numbers, ``repr`` of others, empty for null and NaN."""
    kind = column.type
    if types.is_dictionary(kind):
        column, kind = column.cast(kind.value_type), kind.value_type
    if types.is_string(kind) or types.is_large_string(kind) or types.is_integer(kind) or types.is_null(kind):
        texts: ExtensionArray = pd.array(column.cast(pa.large_string()).fill_null(""), dtype=TEXT)
        return texts
    if types.is_floating(kind):
        values = column.to_numpy()
        if values.itemsize < np.dtype(float).itemsize:
            # 0.7 in 32 bits is 0.699999988 in 64; the shortest number with the same 32 bits was meant.
            values = values.astype(str).astype(float)
        cells = np.where(np.isnan(values), "", list(map(repr, values.tolist())))
        return pd.array(cells, dtype=TEXT)
    return pd.array(
        ["" if cell is None or cell != cell else str(cell) for cell in column.to_pylist()], dtype=TEXT
    )
