"""The input account: the use of every row of every input table, and notices for the reader of the results.

Owns the types. Rows are counted where tables are read and checked; the account is completed where they are joined
(`validation.cohort.join`). Source: the contract ("results.json: input_account").
"""

from collections.abc import Mapping
from dataclasses import dataclass

MOST_EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A fact about the inputs or the results that is printed on the terminal and on page 1 of the report.

    Attributes:
        kind: a stable name of the kind, such as ``sex_unknown`` or ``cells_trimmed``.
        text: one sentence for a quality engineer, with the count, the examples, the likely cause and the remedy.
        table: studies, reads, predictions, boxes or marks; None where no table is concerned.
        column: the column under the suite's name; None where no column is concerned.
        count: rows, cells or images concerned; None where no table is concerned.
        examples: at most three values as given in the file, the most frequent first, then by code point.
        cause: the likely cause in a few words, such as "white space", "letter case", "leading zeros"; None if unknown.
        criteria: ids of the criteria that the fact affects, in the protocol's order.
    """

    kind: str
    text: str
    table: str | None = None
    column: str | None = None
    count: int | None = None
    examples: tuple[str, ...] = ()
    cause: str | None = None
    criteria: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAccount:
    """The use of one table's rows; ``rows_read`` = ``rows_used`` + the sum of ``rows_excluded``.

    Rows without any content are dropped and do not count as read. A reason is listed only where its count is not 0.
    """

    table: str
    rows_read: int
    rows_used: int
    rows_excluded: Mapping[str, int]
    cells_trimmed: int
    ages_converted: int
    rows_dropped_empty: int
    columns_dropped_empty: int


@dataclass(frozen=True, slots=True)
class InputAccount:
    """The account of all tables of a validation, in the order studies, reads, predictions, boxes, marks."""

    tables: tuple[TableAccount, ...]
    notices: tuple[Notice, ...]
