"""An age as hospitals write it -> years as text, for the sources that meet such forms.

Owns DICOM's age string (PS3.5, value representation AS: three digits and Y, M, W or D), also with
fewer digits. Whether a number of years is believable is decided in `protocols.records`.
"""

import re

DAYS_A_YEAR = 365.25
UNITS = {"Y": (1, 1.0), "M": (1, 12.0), "W": (7, DAYS_A_YEAR), "D": (1, DAYS_A_YEAR)}  # parts of a year
AGE_STRING = re.compile(r"([0-9]{1,3})([YMWD])")


def years(cell: str) -> str:
    """An age in years as the shortest text of the number; any other form passes unchanged.

    Args:
        cell: ``062Y``, ``018M``, ``002W``, ``001D``, or anything else, such as ``62`` or nothing.

    Returns:
        ``62`` for ``062Y``, ``1.5`` for ``018M``; ``cell`` itself where it is no age string, so that
        the records call it unknown (or read the number it is).
    """
    match = AGE_STRING.fullmatch(cell)
    if match is None:
        return cell
    part, whole = UNITS[match[2]]
    age = int(match[1]) * part / whole
    return str(int(age)) if age.is_integer() else repr(age)
