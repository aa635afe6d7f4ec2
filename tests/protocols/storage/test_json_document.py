"""A JSON document is read as its type, or refused in one sentence that says what is wrong and what to do."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.schema.document import Table
from protocols.storage.json_document import read_document, read_document_file


@dataclass(frozen=True, slots=True)
class Dose:
    microsieverts: float
    exposures: tuple[int, ...]


class StrictDose(Table):
    microsieverts: float


GOOD = b'{"schema": "dose/1", "microsieverts": 20, "exposures": [1, 2]}'


def test_a_document_by_hand() -> None:
    assert read_document(GOOD, Dose, schema="dose/1", source="d") == Dose(20.0, (1, 2))


REFUSED = [
    # the document, and what the sentence says is wrong
    (b"", "is no JSON that can be read: .*"),
    (b"[" * 100_000, "is nested too deep to be read"),
    (b'{"schema": "dose/1", "schema": "dose/1"}', "is no JSON that can be read: duplicate key 'schema'"),
    (b'{"microsieverts": 20, "exposures": []}', "its schema is None"),
    (GOOD.replace(b"dose/1", b"dose/2"), "its schema is 'dose/2'"),
    (b"[]", "input should be an object"),
    (GOOD.replace(b"20", b'"20"'), "microsieverts: input should be a valid number"),
    (GOOD.replace(b"20", b"NaN"), "is no JSON that can be read: NaN is not a number in JSON"),
    (GOOD.replace(b"2]", b"2.5]"), r"exposures\.1: input should be a valid integer.*"),
    (b'{"schema": "dose/1", "microsieverts": 20}', "exposures: field required"),
]


@pytest.mark.parametrize(("content", "wrong"), REFUSED)
def test_every_other_document_is_refused_in_one_sentence(content: bytes, wrong: str) -> None:
    with pytest.raises(BadInputError, match=rf"^d\.json: is not dose/1 \({wrong}\); make it again\.$"):
        read_document(content, Dose, schema="dose/1", source="d.json", next_step="make it again")


def test_a_document_without_a_schema_is_refused_by_its_name_and_as_the_caller_asks() -> None:
    with pytest.raises(
        EvidenceDiffersError, match=r"^d: is not a dose \(more: extra inputs are not permitted\)\.$"
    ):
        read_document(
            b'{"microsieverts": 1, "more": 2}',
            StrictDose,
            name="a dose",
            source="d",
            error=EvidenceDiffersError,
        )


def test_a_file_that_is_not_there_is_refused_with_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(GOOD)
    assert read_document_file(tmp_path / "d.json", Dose, schema="dose/1", next_step="x").exposures == (1, 2)
    with pytest.raises(
        BadInputError, match=r"none\.json: cannot be read \(No such file or directory\); make it\.$"
    ):
        read_document_file(tmp_path / "none.json", Dose, schema="dose/1", next_step="make it")
