"""Marks that keep the sources of numbers with their printed text until the page is complete.

Owns the marks around the text from `formatting`, and their conversion to ``<data value="results.json#cohort.images">``
elements. A mark is made of private-use characters, which no bundled font has: it survives being put into a sentence,
and none can remain on a page unnoticed. Numbers with a source are `sourced_numbers`; outside its `marking` text is
plain.
"""

import functools
import json
import re
from collections.abc import Callable
from contextvars import ContextVar
from html import escape
from typing import Any, ParamSpec

from reports.provenance.sourced_numbers import SourcedFloat, SourcedInt, is_marking, origin_of, plain

Arguments = ParamSpec("Arguments")

FORMULA = "="
TEXT = "text"
BETWEEN_FORMULAS = "\n"  # JSON escapes it within a key

OPEN, BETWEEN, CLOSE = "\ue000", "\ue001", "\ue002"
_SHIFT = 0xF0000
_MARK = re.compile(f"{OPEN}([^{BETWEEN}]*){BETWEEN}([^{CLOSE}]*){CLOSE}")
_DIGIT = re.compile(r"\d")
_UNTOUCHED = re.compile(r"(<style\b.*?</style>|<title\b.*?</title>|<[^>]*>)", re.DOTALL)
_ELEMENT = re.compile(r"</?data\b[^>]*>")

_within: ContextVar[bool] = ContextVar("within", default=False)


def printed(function: Callable[Arguments, str]) -> Callable[Arguments, str]:
    """Mark the text that a function returns with the sources of its numbers, where they have any.

    Functions called within a marked function return text without marks, which can be compared and measured there.
    """

    @functools.wraps(function)
    def marked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
        if not is_marking() or _within.get():
            return function(*args, **kwargs)
        traced = [one.origin for one in args if isinstance(one, SourcedInt | SourcedFloat)]
        token = _within.set(True)
        try:
            text = function(*map(_without_source, args), **kwargs)
        finally:
            _within.reset(token)
        return _mark(text, traced) if traced and _DIGIT.search(text) else text

    return marked


def filtering(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a template filter so that it also marks numbers without a source: such a number was computed."""

    @functools.wraps(function)
    def marked(value: Any, *args: Any, **kwargs: Any) -> Any:
        text = function(value, *args, **kwargs)
        if not is_marking() or type(value) not in (int, float) or not isinstance(text, str):
            return text
        return text if OPEN in text or not _DIGIT.search(text) else _mark(text, [repr(value)])

    return marked


def _without_source(value: Any) -> Any:
    return plain(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _mark(text: str, origins: list[str]) -> str:
    hidden = "".join(chr(_SHIFT + ord(letter)) for letter in json.dumps(origins))
    return f"{OPEN}{hidden}{BETWEEN}{text}{CLOSE}"


def finalized(value: Any) -> Any:
    """Return what a template prints, with a mark around each part that has digits and no mark yet."""
    if not is_marking() or isinstance(value, bool) or hasattr(value, "__html__"):
        return value
    if isinstance(value, int | float):
        return _mark(str(plain(value)), [origin_of(value)])
    if not isinstance(value, str) or not _DIGIT.search(value):
        return value
    parts, end = [], 0
    for found in _MARK.finditer(value):
        parts += [_as_text(value[end : found.start()]), found.group()]
        end = found.end()
    return "".join([*parts, _as_text(value[end:])])


def _as_text(part: str) -> str:
    return _mark(part, [TEXT]) if _DIGIT.search(part) else part


def unmarked(text: str) -> str:
    """Return the text without marks."""
    return _MARK.sub(r"\2", text)


def with_elements(html: str) -> str:
    """Return the document with each mark as an element; marks in tags, titles and style sheets are removed."""
    parts = _UNTOUCHED.split(html)
    parts[::2] = [_MARK.sub(_element, part) for part in parts[::2]]
    parts[1::2] = [unmarked(part) if OPEN in part else part for part in parts[1::2]]
    return "".join(parts)


def _element(found: re.Match[str]) -> str:
    origins = json.loads("".join(chr(ord(letter) - _SHIFT) for letter in found[1]))
    return f'<data value="{escape(BETWEEN_FORMULAS.join(map(_as_value, origins)))}">{found[2]}</data>'


def _as_value(origin: str) -> str:
    return origin if origin == TEXT else f"{FORMULA}{origin}"


def without_elements(html: str) -> str:
    """Return the document without the elements that name sources, for layout and plain reading."""
    return _ELEMENT.sub("", html)
