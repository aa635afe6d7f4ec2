"""Ages: DICOM's form -> years as text, the age between two dates, and which ages are plausible.

Reads DICOM's age string (PS3.5, value representation AS: three digits and Y, M, W or D), also with fewer digits, a
lower-case letter, a space before the letter, or a plus after it (top-coded age). An age that is not
plausible is unknown; it is never refused.
"""

import re
from datetime import date

import numpy as np
from numpy.typing import NDArray

DAYS_A_YEAR = 365.25
OLDEST_YEARS = 120.0
UNITS = {"Y": (1, 1.0), "M": (1, 12.0), "W": (7, DAYS_A_YEAR), "D": (1, DAYS_A_YEAR)}  # parts of a year
AGE_STRING = re.compile(r" *([0-9]{1,3}) *([YMWDymwd])(?: *\+)? *")
NO_BIRTH = date(1900, 1, 1)  # what de-identification writes in place of a date


def years(cell: str) -> str:
    """Convert an age string to years, as the shortest text of the number; return other text unchanged.

    Args:
        cell: ``062Y``, ``62 y``, ``018M``, ``002W``, ``001D``, ``90Y+`` (read as 90), or anything else, such as
            ``62`` or nothing.

    Returns:
        ``62`` for ``062Y``, ``1.5`` for ``018M``; ``cell`` itself where it is not an age string.
    """
    match = AGE_STRING.fullmatch(cell)
    if match is None:
        return cell
    part, whole = UNITS[match[2].upper()]
    age = int(match[1]) * part / whole
    return str(int(age)) if age.is_integer() else repr(age)


def years_between(birth: str, day: str) -> float | None:
    """Compute the age in whole years on a day, in fractions of a year below 2; None where it is unknown.

    Args:
        birth: date as DICOM writes it, ``19600615`` or ``1960.06.15``; 1 January 1900, which de-identification
            writes, counts as unknown.
        day: date in the same form.
    """
    born, seen = _date(birth), _date(day)
    if born is None or seen is None or born == NO_BIRTH or seen < born:
        return None
    whole = seen.year - born.year - ((seen.month, seen.day) < (born.month, born.day))
    return float(whole) if whole >= 2 else (seen - born).days / DAYS_A_YEAR


def _date(cell: str) -> date | None:
    match = re.fullmatch(r"(\d{4})([.\-]?)(\d{2})\2(\d{2})", cell.strip(), re.ASCII)
    try:
        return date(int(match[1]), int(match[3]), int(match[4])) if match else None
    except ValueError:
        return None


def plausible(years: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ages in years with NaN, unknown, in place of those outside 0 to 120."""
    return np.where((years >= 0) & (years <= OLDEST_YEARS), years, np.nan)
