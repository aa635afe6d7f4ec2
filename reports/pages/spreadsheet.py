"""Text as a spreadsheet leaves it: no cell is run as a formula or read as a date.

Owns which text a spreadsheet would change, and the apostrophe before it. Evidence is never changed in this way.
"""

import re
from collections.abc import Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes as the beginning of one
SIGNED = re.compile(r"[+-][0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?([\u00a0 ]%)?")
TWO_NUMBERS = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,4})")
THREE_NUMBERS = re.compile(r"[0-9]{1,4}([/.-])[0-9]{1,2}\1[0-9]{1,4}")
MONTHS, DAYS = 12, 31


def harmless(cells: Sequence[str]) -> list[str]:
    """Return cells safe to open in a spreadsheet; a signed number stays one.

    >>> harmless(["=1+1", "-0.012", "4/6", "203/243", "5-9", "0.5"])
    ["'=1+1", '-0.012', "'4/6", '203/243', "'5-9", '0.5']
    """
    return [
        f"'{cell}" if _is_date(cell) or (cell.startswith(FORMULA) and not SIGNED.fullmatch(cell)) else cell
        for cell in cells
    ]


def _is_date(cell: str) -> bool:
    """Return whether it is a day and a month in either order, a month and a year, or all three."""
    if THREE_NUMBERS.fullmatch(cell):
        return True
    two = TWO_NUMBERS.fullmatch(cell)
    if two is None:
        return False
    first, second = int(two[1]), int(two[2])
    return first <= MONTHS or (first <= DAYS and second <= MONTHS)
