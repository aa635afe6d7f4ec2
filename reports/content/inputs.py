"""The input account in words: what became of each table's rows, and which notices fit on page 1.

Owns the arrangement for screen and page. Counts and notices come from the results.
"""

from collections.abc import Sequence

from protocols.tables.input_account import Notice, TableAccount
from reports.language.formatting import count, counted, listed
from reports.language.vocabulary import Words

# Cleaning of cells, rows and columns before anything was counted -> singular and plural.
CLEANED = {
    "cells_trimmed": ("cell trimmed", "cells trimmed"),
    "ages_converted": ("age converted", "ages converted"),
    "rows_dropped_empty": ("empty row dropped", "empty rows dropped"),
    "columns_dropped_empty": ("empty column dropped", "empty columns dropped"),
}
OTHER_SPLIT = "not_test_split"  # the only reason without a notice
CHARACTERS_OF_A_LINE, MOST_IDS = 105, 4


def excluded(table: TableAccount, words: Words) -> str:
    """Return how many rows were excluded and why, the most frequent reason first; a dash for none."""
    reasons = sorted(table.rows_excluded.items(), key=lambda one: -one[1])
    return "; ".join(f"{count(rows)} {words.reason(reason)}" for reason, rows in reasons) or "–"


def cleaned(table: TableAccount) -> str:
    """Return the cleaning of cells, rows and columns; a dash for none."""
    done = {names: getattr(table, name) for name, names in CLEANED.items()}
    return ", ".join(counted(number, *names) for names, number in done.items() if number) or "–"


def fully_used(table: TableAccount) -> bool:
    """Return whether every row was used or is of another split, and nothing was cleaned."""
    return table.rows_excluded.keys() <= {OTHER_SPLIT} and not any(getattr(table, name) for name in CLEANED)


def affected(notice: Notice) -> str:
    """Return the criteria that a notice affects: ``SE and SP``; at most the first four."""
    ids = notice.criteria
    return listed(ids if len(ids) <= MOST_IDS else (*ids[:MOST_IDS], "others"))


def on_first_page(notices: Sequence[Notice], lines: float) -> tuple[Notice, ...]:
    """Return the notices for page 1: all, or else of those that affect criteria the first that fit."""
    if _height(notices) <= lines:
        return tuple(notices)
    affecting = [notice for notice in notices if notice.criteria]
    return tuple(one for place, one in enumerate(affecting) if _height(affecting[: place + 1]) <= lines)


def _height(notices: Sequence[Notice]) -> int:
    return sum(1 + len(notice.text + affected(notice)) // CHARACTERS_OF_A_LINE for notice in notices)
