"""Whether each number that a figure prints is one of the table behind it: cell by cell, and none is exempt.

Owns the comparison of a figure's letters, as the page prints them, with its table. Places on scales (ticks) are not
compared; they are round numbers, which `check` sees to. Names with digits must be names of the table.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from html import unescape

from reports.language.formatting import FEWEST_IN_THOUSANDS
from reports.number_check.figure_data import FigureData
from reports.number_check.finding import LintFinding, quoted
from reports.number_check.printed_number import THOUSANDS, UNITS, PrintedNumber, printed_numbers
from reports.provenance.source_marks import without_elements

_DRAWING = re.compile(r'<div class="drawing" data-figure="([^"]*)"[^>]*>(.*?)</div>', re.DOTALL)
_LETTERS = re.compile(r'<span class="([^"]*)" style="[^"]*">(.*?)</span>', re.DOTALL)
_PADDED = re.compile(r"0\d")
TICK = "tick"


def differing_letters(html: str, figures: Mapping[str, FigureData]) -> Iterator[LintFinding]:
    """Yield a finding for each number of a drawing that its table does not contain, or not as often.

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
    values = [value for cell in cells if (value := _number(cell)) is not None]
    printed = Counter(number for text in letters for number in printed_numbers(_without_names(text, words)))
    for number, times in sorted(printed.items()):
        if number.unit not in UNITS or _PADDED.match(number.digits):
            yield _finding(name, number.token, "is no number")
            continue
        there = sum(_shows(number, value) for value in values)
        if there < times:
            sentence = f"is printed {times} times; the table behind the figure has it {there} times"
            yield _finding(name, number.token, sentence)


def _finding(name: str, token: str, sentence: str) -> LintFinding:
    return LintFinding("figure", None, token, name, f"{sentence} ({quoted(name)})")


def _without_names(text: str, words: list[str]) -> str:
    """Return the text without the words of the table; nothing where it is a word that was cut to its room."""
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


def _shows(number: PrintedNumber, value: float) -> bool:
    """Say whether a number is a cell: a whole one only as itself, in thousands only where `formatting` does so."""
    if number.unit == THOUSANDS and (value < FEWEST_IN_THOUSANDS or "." not in number.digits):
        return False
    if not number.unit and not value.is_integer() and "." not in number.digits:
        return False
    return number.reads(value)
