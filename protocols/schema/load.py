"""Read a TOML file as a frozen `Protocol` with the SHA-256 of its bytes, or report all its faults at once.

Owns the reading and the sentences. The rules are in `protocol`.
"""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from protocols.errors import BadInputError, ProtocolError
from protocols.schema.protocol import Protocol
from protocols.storage.canonical import sha256_bytes
from protocols.storage.reading import read_content

NAMED_ENTRIES = ("subgroups", "sensitivity", "criteria", "risk")
WORDS_OF_TOML = {"a valid tuple": "a list", "a valid dictionary": "a table", "a valid string": "text"}


@dataclass(frozen=True, slots=True)
class ProtocolIdentity:
    """The identity of a protocol, with the SHA-256 of its file and its stage."""

    id: str
    version: int
    sha256: str
    stage: str


@dataclass(frozen=True, slots=True)
class LoadedProtocol:
    """A protocol, its bytes and their SHA-256."""

    protocol: Protocol
    content: bytes
    sha256: str

    @property
    def identity(self) -> ProtocolIdentity:
        """The identity for records."""
        return ProtocolIdentity(self.protocol.id, self.protocol.version, self.sha256, self.protocol.stage)


def load_protocol(path: Path) -> LoadedProtocol:
    """Read a protocol file.

    Raises:
        ProtocolError: one sentence for each fault: not readable, not UTF-8, not TOML, an unknown
            key, a value against its rule, duplicate names, a criterion on an undeclared axis.
    """
    try:
        content = read_content(path)
    except BadInputError as error:
        raise ProtocolError([str(error)]) from error
    return parse_protocol(content, source=str(path))


def library_protocol(name: str) -> LoadedProtocol:
    """Read a protocol that comes with the suite, such as ``phantom``."""
    content = (resources.files("protocols") / "library" / f"{name}.toml").read_bytes()
    return parse_protocol(content, source=f"{name}.toml")


def parse_protocol(content: bytes, *, source: str) -> LoadedProtocol:
    """Read a protocol from its bytes; ``source`` names them in a fault.

    Raises:
        ProtocolError: as `load_protocol`.
    """
    try:
        document = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ProtocolError([f"{source}: is not UTF-8 text (byte {error.start})."]) from error
    except (ValueError, RecursionError) as error:  # an extreme number or depth is not a TOMLDecodeError
        raise ProtocolError([f"{source}: is not valid TOML ({error})."]) from error
    try:
        protocol = Protocol.model_validate(document)
    except ValidationError as error:
        items = error.errors(include_url=False)
        faults = [_sentence(item, document) for item in items]
        if not any(item["loc"][:1] == (name,) for item in items for name in NAMED_ENTRIES):
            faults += _entries(document).faults_between_tables()
        raise ProtocolError([f"{source}: {fault}" for fault in dict.fromkeys(faults)]) from error
    faults = protocol.faults_between_tables()
    if faults:
        raise ProtocolError([f"{source}: {fault}" for fault in faults])
    return LoadedProtocol(protocol, content, sha256_bytes(content))


def _entries(document: dict[str, Any]) -> Protocol:
    """Return the entries that refer to each other, valid in themselves, from a file with other faults."""
    valid = {
        name: TypeAdapter[Any](Protocol.model_fields[name].rebuild_annotation()).validate_python(
            document.get(name, [])
        )
        for name in NAMED_ENTRIES
    }
    return Protocol.model_construct(**valid | {"stage": document.get("stage")})


def _sentence(item: Any, document: dict[str, Any]) -> str:
    """Return one pydantic error as a sentence that begins with the key's path."""
    location = _keys_of_the_file(item["loc"], document)
    path = ".".join(str(step + 1) if isinstance(step, int) else step for step in location) or "protocol"
    if item["type"] == "missing":
        return f"{path}: this key is required and missing."
    if item["type"] == "extra_forbidden":
        known = ", ".join(_known_keys(location[:-1]))
        return f"{path}: this key is not known; known here are {known}."
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    for word, ours in WORDS_OF_TOML.items():
        message = message.replace(word, ours)
    received = "" if isinstance(item["input"], dict) else f"; received {item['input']!r}"
    received = "" if "received" in message else received
    return f"{path}: {message}{received}."


def _keys_of_the_file(location: tuple[int | str, ...], document: dict[str, Any]) -> tuple[int | str, ...]:
    """Return the steps of an error's location that are keys of the file, without pydantic's names of union arms."""
    kept: list[int | str] = []
    here: Any = document
    for position, step in enumerate(location):
        reachable = (isinstance(here, dict) and step in here) or (
            isinstance(here, list) and isinstance(step, int) and step < len(here)
        )
        if reachable:
            kept.append(step)
            here = here[step]
        elif isinstance(here, dict) and position == len(location) - 1:
            kept.append(step)
    return tuple(kept)


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Protocol
    for step in location:
        if isinstance(step, int):
            continue
        field = next(f for name, f in model.model_fields.items() if step in (name, f.alias))
        model = _model_within(field.annotation) or model
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _model_within(annotation: Any) -> type[BaseModel] | None:
    """Return the table within a field's type, through tuples, unions and annotations."""
    if isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_within, get_args(annotation))), None)
