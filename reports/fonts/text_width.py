"""The width of a line of text in a figure, so that a name can be shortened to fit and no two lines overlap.

Owns the measurement: the advance widths of the bundled fonts at the size of a figure's labels. Kerning is ignored and
every digit counts as the widest, so that the width is hardly ever underestimated. How text is set is `canvas`.
"""

import io
from collections.abc import Mapping
from functools import cache
from unicodedata import east_asian_width

from fontTools.ttLib import TTFont

from reports.fonts.bundled import FACES, SANS
from reports.provenance.source_marks import unmarked

SIZE = 7.6  # points, as report.css sets them: 0.817 of 9.3
PLAIN, MEDIUM, STRONG = 400, 500, 600
OF_TONE = {"strong": STRONG, "goal": MEDIUM}
DIGITS = "0123456789"
CUT = "…"
SQUARE, USUAL = 1.0, 0.6  # parts of the size


def width(text: str, tone: str = "ink") -> float:
    """Return the width of a line in points; source marks in it take none."""
    advances = _advances(OF_TONE.get(tone, PLAIN))
    return sum(advances.get(letter) or _advance_elsewhere(letter) for letter in unmarked(text)) * SIZE


def shortened(text: str, room: float, tone: str = "ink") -> str:
    """Return the text, or as much of both its ends as fits: names that differ only in their ends stay different.

    >>> shortened("Saint Mary's Hospital, North Wing", 90)
    "Saint Mary'…North Wing"
    """
    if width(text, tone) <= room:
        return text
    text = unmarked(text)  # a mark must not be cut
    for kept in range(len(text) - 1, 1, -1):
        head, tail = text[: (kept + 1) // 2].rstrip(), text[len(text) - kept // 2 :].lstrip()
        if width(f"{head}{CUT}{tail}", tone) <= room:
            return f"{head}{CUT}{tail}"
    return CUT


def _advance_elsewhere(letter: str) -> float:
    """Return the advance of a letter from another font: a square for wide scripts, else about that of an n."""
    return SQUARE if east_asian_width(letter) in ("W", "F") else USUAL


@cache
def _advances(weight: int) -> Mapping[str, float]:
    """Return the advance of each character as a proportion of the size; digits as wide as the widest."""
    face = next(face for face in FACES if (face.family, face.weight, face.style) == (SANS, weight, "normal"))
    font = TTFont(io.BytesIO(face.content), lazy=True)
    units, metrics = font["head"].unitsPerEm, font["hmtx"]
    found = {chr(code): metrics[glyph][0] / units for code, glyph in font.getBestCmap().items()}
    widest = max(found[digit] for digit in DIGITS)
    return found | dict.fromkeys(DIGITS, widest)
