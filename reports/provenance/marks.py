"""Marks that keep the sources of numbers with what is printed of them, until the page is whole.

Owns the marks around what `formatting` prints, and their change into ``<data value="results.json#cohort.images">``
elements. A mark is made of characters for private use, which no bundled font has: it survives being put into a
sentence, and none can stay on a page unseen. What carries a source is `sourced_numbers`; outside its `marking` text is
text.
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
BETWEEN_FORMULAS = "\n"  # which JSON never leaves within a key

OPEN, BETWEEN, CLOSE = "\ue000", "\ue001", "\ue002"
_SHIFT = 0xF0000
_MARK = re.compile(f"{OPEN}([^{BETWEEN}]*){BETWEEN}([^{CLOSE}]*){CLOSE}")
_DIGIT = re.compile(r"\d")
_UNTOUCHED = re.compile(r"(<style\b.*?</style>|<title\b.*?</title>|<[^>]*>)", re.DOTALL)
_ELEMENT = re.compile(r"</?data\b[^>]*>")

_within: ContextVar[bool] = ContextVar("within", default=False)


def printed(function: Callable[Arguments, str]) -> Callable[Arguments, str]:
    """Mark what a function prints with the sources of its numbers, where they have any.

    Within a function that is marked, others print without marks: what they print is compared and measured there.
    """

    @functools.wraps(function)
    def marked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
        if not is_marking() or _within.get():
            return function(*args, **kwargs)
        traced = [one.origin for one in args if isinstance(one, SourcedInt | SourcedFloat)]
        token = _within.set(True)
        try:
            text = function(*map(_plainly, args), **kwargs)
        finally:
            _within.reset(token)
        return _mark(text, traced) if traced and _DIGIT.search(text) else text

    return marked


def filtering(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of the templates that marks what it makes of a number without source: such a number was worked out."""

    @functools.wraps(function)
    def marked(value: Any, *args: Any, **kwargs: Any) -> Any:
        text = function(value, *args, **kwargs)
        if not is_marking() or type(value) not in (int, float) or not isinstance(text, str):
            return text
        return text if OPEN in text or not _DIGIT.search(text) else _mark(text, [repr(value)])

    return marked


def _plainly(value: Any) -> Any:
    return plain(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _mark(text: str, origins: list[str]) -> str:
    hidden = "".join(chr(_SHIFT + ord(letter)) for letter in json.dumps(origins))
    return f"{OPEN}{hidden}{BETWEEN}{text}{CLOSE}"


def finalized(value: Any) -> Any:
    """What a template prints, with a mark around each part of it that has digits and no mark yet."""
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
    """The text without marks."""
    return _MARK.sub(r"\2", text)


def with_elements(html: str) -> str:
    """The document with each mark made an element; within tags, titles and style sheets marks are dropped."""
    parts = _UNTOUCHED.split(html)
    parts[::2] = [_MARK.sub(_element, part) for part in parts[::2]]
    parts[1::2] = [unmarked(part) if OPEN in part else part for part in parts[1::2]]
    return "".join(parts)


def _element(found: re.Match[str]) -> str:
    origins = json.loads("".join(chr(ord(letter) - _SHIFT) for letter in found[1]))
    return f'<data value="{escape(BETWEEN_FORMULAS.join(map(_shown, origins)))}">{found[2]}</data>'


def _shown(origin: str) -> str:
    return origin if origin == TEXT else f"{FORMULA}{origin}"


def without_elements(html: str) -> str:
    """The document without the elements that name sources, for those who only read or lay out."""
    return _ELEMENT.sub("", html)
