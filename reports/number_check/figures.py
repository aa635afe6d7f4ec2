"""Whether each number that a figure prints is one of the table behind it: cell by cell, and none is exempt.

Owns the comparison of a figure's letters, as they stand on the page, with its table. Places on scales (ticks) are not
compared; they are round numbers, which `check` sees to. Names that hold digits must be names of the table.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape

from reports.figures.figure_data import FigureData
from reports.language.formatting import FEWEST_IN_THOUSANDS
from reports.number_check.finding import LintFinding, quoted
from reports.provenance.marks import without_elements

_DRAWING = re.compile(r'<div class="drawing" data-figure="([^"]*)"[^>]*>(.*?)</div>', re.DOTALL)
_LETTERS = re.compile(r'<span class="([^"]*)" style="[^"]*">(.*?)</span>', re.DOTALL)
_NUMBER = re.compile(r"([<−+]?)(\d[\d,]*(?:\.\d+)?)(\s?(?:%|pp\b)|k(?![a-z])|\w)?")
_PADDED = re.compile(r"0\d")
TICK = "tick"
PER_CENT, POINTS, THOUSANDS = "%", "pp", "k"


def differing_letters(html: str, figures: Mapping[str, FigureData]) -> Iterator[LintFinding]:
    """Yield a finding for each number of a drawing that its table does not hold, or not as often.

    Args:
        html: the page, with or without the elements that name sources.
        figures: the table behind each drawing, by the drawing's name.
    """
    for name, body in _DRAWING.findall(without_elements(html)):
        data = figures.get(unescape(name))
        if data is None:
            yield _finding(name, "", "the figure has no table behind it")
            continue
        yield from _of_one(unescape(name), _letters(body), data)


def _letters(body: str) -> list[str]:
    return [unescape(text).strip() for classes, text in _LETTERS.findall(body) if TICK not in classes.split()]


def _of_one(name: str, letters: list[str], data: FigureData) -> Iterator[LintFinding]:
    cells = [*data.header, *data.beside, *(cell for row in data.rows for cell in row)]
    words = [cell for cell in cells if _number(cell) is None]
    numbers = [number for cell in cells if (number := _number(cell)) is not None]
    printed = Counter[tuple[str, str, str]]()
    for text in letters:
        printed.update(_NUMBER.findall(_without_names(text, words)))
    for (sign, digits, unit), times in sorted(printed.items()):
        token = f"{sign}{digits}{unit}"
        if unit.strip() not in ("", PER_CENT, POINTS, THOUSANDS) or _PADDED.match(digits):
            yield _finding(name, token, "is no number")
            continue
        there = sum(_shows(sign, digits, unit.strip(), number) for number in numbers)
        if there < times:
            yield _finding(
                name, token, f"is printed {times} times; the table behind the figure has it {there} times"
            )


def _finding(name: str, token: str, sentence: str) -> LintFinding:
    return LintFinding("figure", None, token, name, f"{sentence} ({quoted(name)})")


def _without_names(text: str, words: list[str]) -> str:
    """The text without the words of the table; without all of it where it is a word that was cut to its room."""
    head, cut, tail = text.partition("…")
    if cut and any(word.startswith(head) and word.endswith(tail) for word in words):
        return ""
    for word in sorted((word for word in words if word and word in text), key=len, reverse=True):
        text = text.replace(word, " ")
    return text


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _shows(sign: str, digits: str, unit: str, number: float) -> bool:
    """Whether a token is a cell: a whole number only as itself, in thousands only where `formatting` does so."""
    if unit == THOUSANDS and (number < FEWEST_IN_THOUSANDS or "." not in digits):
        return False
    if not unit and not number.is_integer() and "." not in digits:
        return False
    return reads(sign, digits, in_unit(number, unit))


def in_unit(value: float, unit: str) -> float:
    """Return a number as it is printed in per cent, in percentage points, in thousands or as it is."""
    return {PER_CENT: 100 * value, POINTS: 100 * value, THOUSANDS: value / 1000}.get(unit, value)


def reads(sign: str, digits: str, value: float) -> bool:
    """Whether a printed number is a value as rounded to its decimals; ``<`` says that the value is below."""
    printed = float(digits.replace(",", ""))
    if sign == "<":
        return abs(value) < printed
    half = 0.5 * 10.0 ** -len(digits.partition(".")[2])
    return abs(value - (-printed if sign == "−" else printed)) <= half * (1 + 1e-9) + 1e-12
