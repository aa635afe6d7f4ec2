"""A number as a page prints it: its sign, digits and unit, and whether a value reads so.

Owns the pattern of printed numbers and their rounding. Which values one is held against is for `check` and `figures`.
"""

import re
from dataclasses import dataclass

PER_CENT, POINTS, THOUSANDS = "%", "pp", "k"
UNITS = ("", PER_CENT, POINTS, THOUSANDS)
_NUMBER = re.compile(r"([<−+]?)(\d[\d,]*(?:\.\d+)?)(\s?(?:%|pp\b)|k(?![a-z])|\w)?")


@dataclass(frozen=True, slots=True, order=True)
class PrintedNumber:
    """A number in a text.

    Attributes:
        token: as it is printed.
        sign: ``<``, ``−``, ``+`` or none; ``<`` says that the value is below.
        digits: with thousands separators and decimals.
        unit: one of `UNITS`, or a letter that follows the digits and makes them no number.
    """

    token: str
    sign: str
    digits: str
    unit: str

    def reads(self, value: float) -> bool:
        """Return whether this is a value in the unit, rounded to the decimals that are printed."""
        printed = float(self.digits.replace(",", ""))
        scaled = {PER_CENT: 100 * value, POINTS: 100 * value, THOUSANDS: value / 1000}.get(self.unit, value)
        if self.sign == "<":
            return abs(scaled) < printed
        half = 0.5 * 10.0 ** -len(self.digits.partition(".")[2])
        return abs(scaled - (-printed if self.sign == "−" else printed)) <= half * (1 + 1e-9) + 1e-12


def printed_numbers(text: str) -> list[PrintedNumber]:
    """Return the numbers of a text in their order.

    >>> [(one.sign, one.digits, one.unit) for one in printed_numbers("−1,234.5 and <0.1 %")]
    [('−', '1,234.5', ''), ('<', '0.1', '%')]
    """
    return [
        PrintedNumber(found[0], found[1], found[2], (found[3] or "").strip())
        for found in _NUMBER.finditer(text)
    ]
