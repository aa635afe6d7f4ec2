"""JSON documents of the suite as frozen types: read whole, or refused in one sentence.

Owns the sentence: the file, what it should be, what is wrong with it, and the next step. What is JSON at all is
`strict_json`'s business, which keys a document has is its type's; `canonical` writes it.
"""

from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from protocols.errors import BadInputError, SuiteError
from protocols.storage.reading import read_content
from protocols.storage.strict_json import json_value

T = TypeVar("T")


def read_document(
    content: bytes,
    kind: type[T],
    *,
    source: str,
    name: str = "",
    schema: str | None = None,
    error: type[SuiteError] = BadInputError,
    next_step: str = "",
) -> T:
    """Read a JSON document as a type, coercing nothing.

    Args:
        content: the bytes of the file.
        kind: a pydantic model, or a dataclass; of a dataclass, further keys are left alone.
        source: the file, as the sentence names it.
        name: what the document is, where it states no schema: ``an operating point``.
        schema: what its key ``schema`` must be.
        error: the class of the refusal.
        next_step: what to do then, without a full stop; empty where nothing can be done.

    Raises:
        SuiteError: of the class ``error``: the content is no JSON with one meaning, states another schema, or breaks
            a rule of ``kind``.
    """
    try:
        document = json_value(content)
        if schema and isinstance(document, dict) and document.get("schema") != schema:
            raise ValueError(f"its schema is {document.get('schema')!r}")
        return TypeAdapter(kind).validate_json(content, strict=True)
    except ValueError as fault:
        then = f"; {next_step}" if next_step else ""
        raise error(f"{source}: is not {schema or name} ({_reason(fault)}){then}.") from fault


def read_document_file(
    path: Path, kind: type[T], *, name: str = "", schema: str | None = None, next_step: str
) -> T:
    """Read the JSON document of a file; see `read_document`.

    Raises:
        BadInputError: the file cannot be read, or is not that document.
    """
    content = read_content(path, next_step=next_step)
    return read_document(content, kind, source=str(path), name=name, schema=schema, next_step=next_step)


def _reason(fault: ValueError) -> str:
    """Return the first broken rule with its place; of one without a place, its own words."""
    if not isinstance(fault, ValidationError):
        return str(fault)
    first = fault.errors(include_url=False)[0]
    message = first["msg"][:1].lower() + first["msg"][1:]
    return ": ".join(filter(None, [".".join(map(str, first["loc"])), message]))
