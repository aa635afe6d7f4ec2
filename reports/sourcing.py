"""Numbers that know where they come from, and the marks that keep this known until the page is whole.

Owns the two kinds of number that carry their place in a document of the evidence, the marks around what `formatting`
prints of them, and the change of marks into ``<data value="results.json#cohort.images">`` elements. Arithmetic keeps
the sources, so that a difference or a share can be worked out again from them. What is held against the evidence is
`lint`. Outside `marking` nothing here has any effect: numbers are numbers and text is text.

A mark is made of characters for private use, which no bundled font has: it survives being put into a sentence, and
none can stay on a page unseen.
"""

import functools
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any, ParamSpec

from pydantic import BaseModel

Arguments = ParamSpec("Arguments")
Number = int | float

# A key in an expression stands in quotes, as JSON writes it; an expression that is one key and no more is the key.
FORMULA = "="
TEXT = "text"
BETWEEN_FORMULAS = "\n"  # which JSON never leaves within a key
LONGEST = 4000

OPEN, BETWEEN, CLOSE = "\ue000", "\ue001", "\ue002"
_SHIFT = 0xF0000
_MARK = re.compile(f"{OPEN}([^{BETWEEN}]*){BETWEEN}([^{CLOSE}]*){CLOSE}")
_DIGIT = re.compile(r"\d")
_UNTOUCHED = re.compile(r"(<style\b.*?</style>|<title\b.*?</title>|<[^>]*>)", re.DOTALL)
_ELEMENT = re.compile(r"</?data\b[^>]*>")

_marking: ContextVar[bool] = ContextVar("marking", default=False)
_within: ContextVar[bool] = ContextVar("within", default=False)


@contextmanager
def marking() -> Iterator[None]:
    """Let numbers that are read carry their sources, and what is printed of them carry marks, while the block runs."""
    token = _marking.set(True)
    try:
        yield
    finally:
        _marking.reset(token)


class SourcedInt(int):
    """A whole number with the expression that gives it: one key, or a formula of keys."""

    origin: str


class SourcedFloat(float):
    """A number with the expression that gives it: one key, or a formula of keys."""

    origin: str


def plain(number: Number) -> Number:
    """The number without its source."""
    if isinstance(number, SourcedInt):
        return int(number)
    return float(number) if isinstance(number, SourcedFloat) else number


def _carrying(number: Any, origin: str) -> Any:
    """The number with its source; as it is where it is none, or where its formula grew beyond reading."""
    if len(origin) > LONGEST or type(number) not in (int, float):
        return number
    made = SourcedInt(number) if type(number) is int else SourcedFloat(number)
    made.origin = origin
    return made


def _told(number: Any) -> str:
    return number.origin if isinstance(number, SourcedInt | SourcedFloat) else repr(number)


def _keeping(name: str, sign: str, *, swapped: bool) -> Callable[[Any, Any], Any]:
    work = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        left, right = (other, self) if swapped else (self, other)
        result = work(plain(left), plain(right))
        return _carrying(result, f"({_told(left)} {sign} {_told(right)})")

    return method


def _alone(name: str, sign: str) -> Callable[[Any], Any]:
    work = getattr(operator, name)

    def method(self: Any) -> Any:
        return _carrying(work(plain(self)), f"({sign}({self.origin}))")

    return method


for _kind in (SourcedInt, SourcedFloat):
    for _name, _sign in (("add", "+"), ("sub", "-"), ("mul", "*"), ("truediv", "/")):
        setattr(_kind, f"__{_name}__", _keeping(_name, _sign, swapped=False))
        setattr(_kind, f"__r{_name}__", _keeping(_name, _sign, swapped=True))
    for _name, _sign in (("abs", "abs"), ("neg", "-")):
        setattr(_kind, f"__{_name}__", _alone(_name, _sign))


def sourced(value: Any, document: str) -> Any:
    """The value with every number in it carrying its place in a document; the value itself outside `marking`.

    Args:
        value: frozen dataclasses, models, mappings and sequences, as deep as they go.
        document: the name of the file that the value was read from.
    """
    return _sourced(value, f"{document}#") if _marking.get() else value


def _sourced(value: Any, key: str) -> Any:
    if type(value) in (int, float):
        return _carrying(value, json.dumps(key, ensure_ascii=False))
    if is_dataclass(value) and not isinstance(value, type):
        # Not through the constructor: what is checked there was checked when the value was read.
        made = object.__new__(type(value))
        for field in fields(value):
            object.__setattr__(
                made, field.name, _sourced(getattr(value, field.name), _joined(key, field.name))
            )
        return made
    if isinstance(value, BaseModel):
        return value.model_copy(
            update={
                name: _sourced(one, _joined(key, name))
                for name, one in value
                if name in type(value).model_fields
            }
        )
    if isinstance(value, Mapping):
        return {name: _sourced(one, _joined(key, str(name))) for name, one in value.items()}
    if type(value) in (tuple, list):
        return type(value)(
            _sourced(one, f"{key}[{name}]") for one, name in zip(value, entry_names(value), strict=True)
        )
    return value


def numbers_of(value: Any, document: str) -> dict[str, Number]:
    """Key -> number, for every number of a JSON document or of what was read from it; keys as `sourced` gives them."""
    found: dict[str, Number] = {}
    _collect(value, f"{document}#", found)
    return found


def _collect(value: Any, key: str, found: dict[str, Number]) -> None:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        found[key] = plain(value)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            _collect(getattr(value, field.name), _joined(key, field.name), found)
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            _collect(getattr(value, name), _joined(key, name), found)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            _collect(one, _joined(key, str(name)), found)
    elif isinstance(value, list | tuple):
        for one, name in zip(value, entry_names(value), strict=True):
            _collect(one, f"{key}[{name}]", found)


def _joined(key: str, name: str) -> str:
    return f"{key}{name}" if key.endswith("#") else f"{key}.{name}"


def entry_names(entries: Any) -> list[str]:
    """What a person calls the entries of a list, as `protocols.comparison` does; its place where that is not unique."""
    names = [_entry_name(entry, place) for place, entry in enumerate(entries)]
    taken: dict[str, int] = {}
    for name in names:
        taken[name] = taken.get(name, 0) + 1
    return [name if taken[name] == 1 else f"{name}, {place}" for place, name in enumerate(names)]


def _entry_name(entry: Any, place: int) -> str:
    metric, subgroup = _of(entry, "metric"), _of(entry, "subgroup")
    if metric is not None and subgroup is not None:
        analysis = _of(entry, "analysis")
        named = f"{metric}, {_of(subgroup, 'axis')}={_of(subgroup, 'level')}"
        return f"{named}, {analysis}" if analysis is not None else named
    if metric is not None and _of(entry, "axis") is not None:
        return f"{metric}, {_of(entry, 'axis')}"
    for name in ("id", "step", "name", "metric"):
        found = _of(entry, name)
        if found is not None:
            return str(found)
    return str(place)


def _of(entry: Any, name: str) -> Any:
    """A named part of a table or an object; None for anything else, such as the numbers of a pair."""
    if isinstance(entry, Mapping):
        return entry.get(name)
    return getattr(entry, name, None) if is_dataclass(entry) or isinstance(entry, BaseModel) else None


def printed(function: Callable[Arguments, str]) -> Callable[Arguments, str]:
    """Mark what a function prints with the sources of its numbers, where they have any.

    Within a function that is marked, others print without marks: what they print is compared and measured there.
    """

    @functools.wraps(function)
    def marked(*args: Arguments.args, **kwargs: Arguments.kwargs) -> str:
        if not _marking.get() or _within.get():
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
        if not _marking.get() or type(value) not in (int, float) or not isinstance(text, str):
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
    if not _marking.get() or isinstance(value, bool) or hasattr(value, "__html__"):
        return value
    if isinstance(value, int | float):
        return _mark(str(plain(value)), [_told(value)])
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
