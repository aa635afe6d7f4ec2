"""The JSON schema of a protocol: the library's protocols against it, and what it refuses as `load` does."""

import json
import tomllib
from importlib import resources

import pytest
from jsonschema import Draft202012Validator

from protocols.errors import ProtocolError
from protocols.schema.json_schema import protocol_schema
from protocols.schema.load import parse_protocol

LIBRARY = sorted(path.name for path in (resources.files("protocols") / "library").iterdir())
SCHEMA = json.loads(protocol_schema())


def text_of(name: str) -> str:
    text = (resources.files("protocols") / "library" / name).read_text(encoding="utf-8")
    return text.replace("{finding}", "Edema")  # a protocol for each finding


def faults(text: str) -> list[str]:
    return [error.message for error in Draft202012Validator(SCHEMA).iter_errors(tomllib.loads(text))]


def test_it_is_a_schema_of_its_draft() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert "schema" in SCHEMA["required"]


@pytest.mark.parametrize("name", [name for name in LIBRARY if name.endswith(".toml")])
def test_the_librarys_protocols_against_it(name: str) -> None:
    assert faults(text_of(name)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[bootstrap]", "[bootstrap]\nreplicats = 5"),
        ('schema = "cxr510k-protocol/1"', 'schema = "cxr510k-protocol/2"'),
        ('type = "triage"', 'type = "screening"'),
        ("version = 4", 'version = "4"'),
        ("confidence_level = 0.95", "confidence_level = 95"),
    ],
)
def test_what_it_refuses_is_refused_when_read_against_itself(old: str, new: str) -> None:
    text = text_of("chexnet-nih-rsna.toml")
    assert old in text
    changed = text.replace(old, new, 1)
    assert faults(changed)
    with pytest.raises(ProtocolError):
        parse_protocol(changed.encode(), source="changed.toml")
