"""Strict reading of JSON from other sources: bounded in size and unambiguous.

Refuses what the standard reader accepts: duplicate keys, NaN, unbounded nesting, numbers and size. The caller checks
the content. Source: RFC 8259, sections 4, 6 and 9; RFC 7493 (I-JSON).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from protocols.errors import EvidenceDiffersError

LARGEST = 256 * 1024 * 1024


def strict_json(content: bytes, *, source: str, largest: int = LARGEST) -> Any:
    """Return the value of a JSON document in UTF-8.

    Raises:
        EvidenceDiffersError: it is none, or one that two readers may understand in two ways.
    """
    try:
        return json_value(content, largest=largest)
    except ValueError as error:
        raise EvidenceDiffersError(f"{source}: {error}.") from error


def json_value(content: bytes, *, largest: int = LARGEST) -> Any:
    """Return the value of a JSON document in UTF-8.

    Raises:
        ValueError: it is none, or one that two readers may understand in two ways; says why, to follow its name.
    """
    if len(content) > largest:
        raise ValueError(f"has {len(content):,} bytes; at most {largest:,} are read")
    try:
        return json.loads(
            content.decode("utf-8"), object_pairs_hook=_without_repeats, parse_constant=_no_constant
        )
    except RecursionError as error:
        raise ValueError("is nested too deep to be read") from error
    except ValueError as error:
        raise ValueError(f"is no JSON that can be read: {error}") from error


def member(document: Any, *path: str | int, source: str) -> Any:
    """Return the value at a path of keys and positions.

    Raises:
        EvidenceDiffersError: there is none.
    """
    value = document
    for step in path:
        known = isinstance(value, Mapping) if isinstance(step, str) else _is_list(value)
        try:
            value = value[step] if known else _nothing()
        except (KeyError, IndexError) as error:
            where = ".".join(str(part) for part in path)
            raise EvidenceDiffersError(f"{source}: has no value at {where}.") from error
    return value


def text_member(document: Any, *path: str | int, source: str) -> str:
    """Return the text at a path.

    Raises:
        EvidenceDiffersError: there is no value, or it is not text.
    """
    value = member(document, *path, source=source)
    if not isinstance(value, str):
        where = ".".join(str(part) for part in path)
        raise EvidenceDiffersError(f"{source}: the value at {where} is not text.")
    return value


def _nothing() -> NoReturn:
    raise KeyError


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ValueError(f"duplicate key {key[:80]!r}")
            seen.add(key)
    return document


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number in JSON")
