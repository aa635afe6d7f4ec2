"""Canonical encoding by hand, and atomic writing."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.storage import canonical


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (0.1234567894, 9, "0.123456789"),
        (0.1234567896, 9, "0.12345679"),
        (-1e-12, 9, "0.0"),  # no zero with a sign
        (2 / 3, 6, "0.666667"),
        (1.0, 9, "1.0"),
    ],
)
def test_rounded_by_hand(value: float, places: int, expected: str) -> None:
    assert repr(canonical.rounded(value, places)) == expected


def test_json_text_by_hand() -> None:
    assert canonical.json_text({"b": [1, 0.5], "a": "ü\n", "c": None}) == (
        '{\n  "a": "ü\\n",\n  "b": [\n    1,\n    0.5\n  ],\n  "c": null\n}\n'
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("encode", [canonical.json_text, canonical.json_line])
def test_no_json_without_a_number_by_hand(encode: Callable[[object], str], value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode([value])


def test_json_line_by_hand() -> None:
    assert canonical.json_line(["ü", 1.0, None, {"b": 1, "a": 2}]) == '["ü",1.0,null,{"a":2,"b":1}]\n'


@given(
    st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_json_reads_back_against_itself(value: object) -> None:
    assert json.loads(canonical.json_text(value)) == value


@pytest.mark.parametrize(
    ("row", "line"),
    [
        (["a", "b"], "a,b\n"),
        (["a,b", 'say "x"'], '"a,b","say ""x"""\n'),
        (["a\nb", "c\r\nd"], '"a\nb","c\r\nd"\n'),
        (["a\rb", ""], '"a\rb",\n'),  # a lone carriage return is a line end to a reader
        ([" a ", "ü"], " a ,ü\n"),
        ([""], '""\n'),  # otherwise a blank line
    ],
)
def test_csv_text_by_hand(row: list[str], line: str) -> None:
    assert canonical.csv_text(row, []) == line


def test_sha256_against_published(tmp_path: Path) -> None:
    # FIPS 180-2, appendix B.1
    published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    (tmp_path / "abc").write_bytes(b"abc")
    assert canonical.sha256_bytes(b"abc") == canonical.sha256_file(tmp_path / "abc") == published


def test_a_file_is_replaced_atomically_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    canonical.write_text(path, "alt\n")
    canonical.write_text(path, "neu – ü\n")
    assert path.read_bytes() == "neu – ü\n".encode()
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


@pytest.mark.parametrize("accident", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.fault(46, 48)
def test_a_failure_leaves_the_old_file_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, accident: BaseException
) -> None:
    path = tmp_path / "results.json"
    canonical.write_text(path, "old\n")

    def fails(_: int) -> None:
        raise accident

    monkeypatch.setattr(canonical.os, "fsync", fails)
    with pytest.raises(type(accident)):
        canonical.write_text(path, "new\n")
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"results.json": "old\n"}


def test_a_written_file_is_readable_by_others_by_hand(tmp_path: Path) -> None:
    canonical.write_bytes(tmp_path / "a", b"x")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
