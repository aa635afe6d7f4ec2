"""The input account as people read it: what became of each table's rows, and which notices have room on page 1.

Owns the arrangement for screen and page. What is counted, and what deserves a notice, is the results' own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.input_account import InputAccount, Notice
from reports.formatting import count, counted, listed
from reports.wording import Words

# Done to cells, rows and columns before anything was counted -> one of them and several.
CLEANED = {
    "cells_trimmed": ("cell trimmed", "cells trimmed"),
    "ages_converted": ("age converted", "ages converted"),
    "rows_dropped_empty": ("empty row dropped", "empty rows dropped"),
    "columns_dropped_empty": ("empty column dropped", "empty columns dropped"),
}
OTHER_SPLIT = "not_test_split"  # the one reason that calls for no notice
CHARACTERS_OF_A_LINE, MOST_IDS = 105, 4


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One table: rows read and used, in words those excluded and what was cleaned, and whether nothing was wrong."""

    table: str
    rows_read: int
    rows_used: int
    excluded: str
    cleaned: str
    spotless: bool


def account_rows(account: InputAccount, words: Words) -> tuple[AccountRow, ...]:
    """A row a table, with the most frequent reason first."""
    found = []
    for table in account.tables:
        excluded = [
            f"{count(rows)} {words.reason(reason, reason.replace('_', ' '))}"
            for reason, rows in sorted(table.rows_excluded.items(), key=lambda one: -one[1])
        ]
        done = [
            counted(getattr(table, name), *names) for name, names in CLEANED.items() if getattr(table, name)
        ]
        spotless = not done and table.rows_excluded.keys() <= {OTHER_SPLIT}
        found.append(
            AccountRow(
                table.table, table.rows_read, table.rows_used, "; ".join(excluded), ", ".join(done), spotless
            )
        )
    return tuple(found)


def affected(notice: Notice) -> str:
    """The criteria that a notice affects, in words: ``SE and SP``; the first four of more."""
    return listed(
        notice.criteria if len(notice.criteria) <= MOST_IDS else (*notice.criteria[:MOST_IDS], "others")
    )


def on_first_page(notices: Sequence[Notice], lines: float) -> tuple[Notice, ...]:
    """The notices with room on page 1: all of them, or else of those that affect criteria the first that fit."""
    if _height(notices) <= lines:
        return tuple(notices)
    affecting = [notice for notice in notices if notice.criteria]
    return tuple(one for place, one in enumerate(affecting, start=1) if _height(affecting[:place]) <= lines)


def _height(notices: Sequence[Notice]) -> int:
    return sum(1 + len(notice.text + affected(notice)) // CHARACTERS_OF_A_LINE for notice in notices)
