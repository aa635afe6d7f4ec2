"""Numbers that know where in the evidence they come from.

Owns the two kinds of number that carry their place in a document of the evidence, and the names of places. Arithmetic
keeps the sources, so that a difference or a share can be worked out again from them. How a source stays with what is
printed of a number is `marks`; what is held against the evidence is `check`. Outside `marking` numbers are
numbers and nothing more.
"""

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from protocols.evidence.reproduction.json_diff import entry_name

Number = int | float

# A key in an expression stands in quotes, as JSON writes it; an expression that is one key and no more is the key.
LONGEST = 4000

_marking: ContextVar[bool] = ContextVar("marking", default=False)


@contextmanager
def marking() -> Iterator[None]:
    """Let numbers that are read carry their sources, and what is printed of them carry marks, while the block runs."""
    token = _marking.set(True)
    try:
        yield
    finally:
        _marking.reset(token)


def is_marking() -> bool:
    """Whether `marking` runs."""
    return _marking.get()


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


def origin_of(number: Any) -> str:
    """The expression that gives a number; the number itself where it has no source."""
    return number.origin if isinstance(number, SourcedInt | SourcedFloat) else repr(number)


def _keeping(name: str, sign: str, *, swapped: bool) -> Callable[[Any, Any], Any]:
    work = getattr(operator, name)

    def method(self: Any, other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        left, right = (other, self) if swapped else (self, other)
        result = work(plain(left), plain(right))
        return _carrying(result, f"({origin_of(left)} {sign} {origin_of(right)})")

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
    elif (parts := parts_of(value)) is not None:
        for name, one in parts.items():
            _collect(one, _joined(key, str(name)), found)
    elif isinstance(value, list | tuple):
        for one, name in zip(value, entry_names(value), strict=True):
            _collect(one, f"{key}[{name}]", found)


def parts_of(value: Any) -> Mapping[Any, Any] | None:
    """Return the named parts of a dataclass, a model or a mapping; None of anything else.

    >>> parts_of({"images": 4}), parts_of((1, 2))
    ({'images': 4}, None)
    """
    if isinstance(value, Mapping):
        return value
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return None


def _joined(key: str, name: str) -> str:
    return f"{key}{name}" if key.endswith("#") else f"{key}.{name}"


def entry_names(entries: Any) -> list[str]:
    """Return what a person calls the entries of a list, with the place where that is not unique."""
    names = [entry_name(entry, place) for place, entry in enumerate(entries)]
    taken: dict[str, int] = {}
    for name in names:
        taken[name] = taken.get(name, 0) + 1
    return [name if taken[name] == 1 else f"{name}, {place}" for place, name in enumerate(names)]
