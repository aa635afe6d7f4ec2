"""JSON from other sources: what is read, and the message of each refusal."""

import pytest

from protocols.errors import EvidenceDiffersError
from protocols.storage.strict_json import member, strict_json, text_member


def test_a_plain_document_is_read() -> None:
    assert strict_json(b'{"a": [1, 2.5, null, "\xc3\xa9"]}', source="x") == {"a": [1, 2.5, None, "é"]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[" * 100_000, "is nested too deep"),
        (b'{"a": 1, "a": 1}', "duplicate key 'a'"),
        (b'{"a": {"b": 1, "b": 2}}', "duplicate key 'b'"),
        (b"NaN", "NaN is not a number in JSON"),
        (b"[-Infinity]", "-Infinity is not a number in JSON"),
        (b"9" * 5_000, "is no JSON that can be read"),
        (b"\xff", "is no JSON that can be read"),
        (b"", "is no JSON that can be read"),
        (b"{} {}", "is no JSON that can be read"),
        (b"x" * 101, "has 101 bytes; at most 100 are read"),
    ],
)
def test_everything_else_is_refused_with_a_message(content: bytes, sentence: str) -> None:
    largest = 100 if content.startswith(b"x") else 1_000_000
    with pytest.raises(EvidenceDiffersError, match=f"^doc: .*{sentence}"):
        strict_json(content, source="doc", largest=largest)


def test_members_by_path() -> None:
    document = {"a": [{"b": "c"}], "n": 1}
    assert text_member(document, "a", 0, "b", source="doc") == "c"
    assert member(document, "n", source="doc") == 1
    for path in (("a", "b"), ("a", 1), ("n", "x"), ("a", 0, "b", 0), ("x",)):
        with pytest.raises(EvidenceDiffersError, match=r"^doc: has no value at "):
            member(document, *path, source="doc")
    with pytest.raises(EvidenceDiffersError, match="the value at n is not text"):
        text_member(document, "n", source="doc")
