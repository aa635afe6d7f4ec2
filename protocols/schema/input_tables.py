"""The format of a site's tables: the names of their columns and the form of their CSV files.

Owns ``[columns]`` and ``[format]``. Applying them is `protocols.tables.column_mapping`'s.
"""

from typing import Literal

from pydantic import Field

from protocols.schema.document import Table, Text


class Columns(Table):
    """For each table, the suite's column name -> the file's."""

    studies: dict[str, Text] = Field(default_factory=dict)
    reads: dict[str, Text] = Field(default_factory=dict)
    predictions: dict[str, Text] = Field(default_factory=dict)
    labels: dict[str, Text] = Field(default_factory=dict)


class Format(Table):
    """The delimiter and decimal mark of a CSV file; a cell that contains the delimiter is quoted."""

    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."


class Formats(Table):
    """The format of each table, where it is a CSV file."""

    studies: Format = Format()
    reads: Format = Format()
    predictions: Format = Format()
    labels: Format = Format()
