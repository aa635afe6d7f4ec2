"""Notices of one table as it was read: changes made to it, and values that look damaged by an export.

Owns the kinds, their sentences and the examples. Changes are made in `column_mapping`; unused rows are reported where
tables are joined.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from protocols.tables.column_rules import TableRule
from protocols.tables.identifier_mismatches import near_duplicates
from protocols.tables.input_account import MOST_EXAMPLES, Notice
from protocols.tables.reading import Table

# What exports write for a missing value, in lower case.
NOTHING = frozenset(
    ("na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "unknown", "missing")
)
# Numbers as a spreadsheet shows them in short; programs write so few digits of a score only where it is tiny.
ROUNDED_IDENTIFIER = r"^[1-9](?:[.,]\d+)?[eE]\+\d+$"
ROUNDED_SCORE = r"^\d(?:\.\d{1,4})?[eE](?:-0?[1-3]|[+-]?0+)$"
ROUNDED = "{count} of {column} hold numbers that a spreadsheet rounded ({examples}), so that different ones may have "


@dataclass(frozen=True, slots=True)
class CellKind:
    """A kind of notice about cells of one column: the noun for one of them, the likely cause, and the sentence."""

    kind: str
    noun: str
    cause: str
    sentence: str

    def of(self, table: str, column: str, cells: pd.Series) -> Iterator[Notice]:
        """Yield the notice of these cells; none where there are none."""
        if len(cells):
            examples = examples_of(cells)
            sentence = self.sentence.format(
                count=counted(len(cells), self.noun), column=column, examples=quoted(examples)
            )
            yield Notice(
                kind=self.kind,
                text=f"{table}: {sentence}",
                table=table,
                column=column,
                count=len(cells),
                examples=examples,
                cause=self.cause,
            )


TRIMMED = CellKind(
    "cells_trimmed",
    "cell",
    "white space",
    "white space removed at the ends of {count} of {column} ({examples}).",
)
AGES = CellKind("ages_converted", "age", "age strings", "{count} converted to years ({examples}).")
PLACEHOLDERS = CellKind(
    "placeholder_ids",
    "cell",
    "missing value",
    "{count} of {column} hold a word for a missing value ({examples}), which counts as one identifier; complete them "
    "in the file.",
)
ROUNDED_IDENTIFIERS = CellKind(
    "numbers_rounded", "cell", "scientific notation", ROUNDED + "become one; export all their digits."
)
ROUNDED_SCORES = CellKind(
    "numbers_rounded",
    "cell",
    "scientific notation",
    ROUNDED + "become equal or on another side of the threshold; export all their digits.",
)


def of_placeholders(table: str, column: str, cells: pd.Series) -> Iterator[Notice]:
    """Yield a notice of words for a missing value among identifiers, which would count as one identifier."""
    yield from PLACEHOLDERS.of(table, column, cells[cells.str.lower().isin(list(NOTHING))])


def of_rounded(table: str, column: str, cells: pd.Series) -> Iterator[Notice]:
    """Yield a notice of identifiers or scores that a spreadsheet rounded."""
    scores = column == "score"
    rounded = cells[cells.str.match(ROUNDED_SCORE if scores else ROUNDED_IDENTIFIER)]
    yield from (ROUNDED_SCORES if scores else ROUNDED_IDENTIFIERS).of(table, column, rounded)


def of_near_duplicates(table: str, column: str, cells: pd.Series) -> Iterator[Notice]:
    """Yield a notice of values that differ only by a change that typists or exports make."""
    found = near_duplicates(list(cells.unique()))
    if found:
        pairs = tuple(f"{one} / {other}" for one, other in found.examples)
        yield Notice(
            kind="near_duplicates",
            text=f"{table}: {counted(found.count, 'value')} of {column} equal another one but for {found.cause} "
            f"({', '.join(pairs)}); they count as different.",
            table=table,
            column=column,
            count=found.count,
            examples=pairs,
            cause=found.cause,
        )


def of_dropped(table: Table, rule: TableRule) -> Iterator[Notice]:
    """Yield notices of empty rows and columns."""
    for kind, noun, count in (
        ("rows_dropped_empty", "row", table.rows_dropped_empty),
        ("columns_dropped_empty", "column", table.columns_dropped_empty),
    ):
        if count:
            text = f"{rule.table}: {counted(count, f'empty {noun}')} dropped."
            yield Notice(kind=kind, text=text, table=rule.table, count=count)


def of_unused_columns(frame: pd.DataFrame, rule: TableRule) -> Iterator[Notice]:
    """Yield notices of columns named almost like one that the file lacks, which would be ignored silently."""
    missing = {_plain(column.name): column.name for column in rule.columns if column.name not in frame}
    for name in map(str, frame):
        meant = missing.get(_plain(name))
        if meant:
            yield Notice(
                kind="column_not_used",
                text=f"{rule.table}: column {name!r} is not used; if it is {meant!r}, name it so, or map it in "
                f"[columns.{rule.table}].",
                table=rule.table,
                column=meant,
                count=len(frame),
                examples=(name,),
                cause="column name",
            )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def examples_of(cells: pd.Series) -> tuple[str, ...]:
    """Return at most three different values, the most frequent first, then by code point."""
    counts = cells.astype(object).value_counts().sort_index()
    return tuple(counts.sort_values(ascending=False, kind="stable").index[:MOST_EXAMPLES])


def quoted(examples: Iterable[str]) -> str:
    """Return examples, quoted and separated by commas."""
    return ", ".join(map(repr, examples))


def counted(count: int, noun: str) -> str:
    """Return a count with its noun, in the plural unless it is 1."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
