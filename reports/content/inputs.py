"""The input account as people read it: what became of each table's rows, and which notices have room on page 1.

Owns the arrangement for screen and page. What is counted, and what deserves a notice, is the results' own.
"""

from collections.abc import Sequence

from protocols.tables.input_account import Notice, TableAccount
from reports.language.formatting import count, counted, listed
from reports.language.vocabulary import Words

# Done to cells, rows and columns before anything was counted -> one of them and several.
CLEANED = {
    "cells_trimmed": ("cell trimmed", "cells trimmed"),
    "ages_converted": ("age converted", "ages converted"),
    "rows_dropped_empty": ("empty row dropped", "empty rows dropped"),
    "columns_dropped_empty": ("empty column dropped", "empty columns dropped"),
}
OTHER_SPLIT = "not_test_split"  # the one reason that calls for no notice
CHARACTERS_OF_A_LINE, MOST_IDS = 105, 4


def excluded(table: TableAccount, words: Words) -> str:
    """How many rows were excluded and why, the most frequent reason first; a dash where none was."""
    reasons = sorted(table.rows_excluded.items(), key=lambda one: -one[1])
    return "; ".join(f"{count(rows)} {words.reason(reason)}" for reason, rows in reasons) or "–"


def cleaned(table: TableAccount) -> str:
    """What was done to cells, rows and columns; a dash where nothing was."""
    done = {names: getattr(table, name) for name, names in CLEANED.items()}
    return ", ".join(counted(number, *names) for names, number in done.items() if number) or "–"


def spotless(table: TableAccount) -> bool:
    """Whether every row was used or is of another split, and nothing was cleaned."""
    return table.rows_excluded.keys() <= {OTHER_SPLIT} and not any(getattr(table, name) for name in CLEANED)


def affected(notice: Notice) -> str:
    """The criteria that a notice affects, in words: ``SE and SP``; the first four of more."""
    ids = notice.criteria
    return listed(ids if len(ids) <= MOST_IDS else (*ids[:MOST_IDS], "others"))


def on_first_page(notices: Sequence[Notice], lines: float) -> tuple[Notice, ...]:
    """The notices with room on page 1: all of them, or else of those that affect criteria the first that fit."""
    if _height(notices) <= lines:
        return tuple(notices)
    affecting = [notice for notice in notices if notice.criteria]
    return tuple(one for place, one in enumerate(affecting) if _height(affecting[: place + 1]) <= lines)


def _height(notices: Sequence[Notice]) -> int:
    return sum(1 + len(notice.text + affected(notice)) // CHARACTERS_OF_A_LINE for notice in notices)
