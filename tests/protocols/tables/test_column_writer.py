"""Vectorised lines equal those that `canonical` writes row by row."""

import math
import struct

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.storage.canonical import csv_text, json_line
from protocols.tables.column_writer import csv_rows, json_rows, numbers_as_text
from protocols.tables.reading import TEXT

CELLS = (
    *(
        "",
        " ",
        "a",
        '"',
        "\\",
        '\\"',
        ",",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "\b",
        "\f",
        "\0",
        "\x1f",
        "\x7f",
        "\x80",
        "\x85",
    ),
    *(
        "\u2028",
        "\u2029",
        "\ufeff",
        "\ud7ff",
        "\U0001fac1",
        "e\u0301",
        "é",
        "NaN",
        "null",
        "1e5",
        "0.1",
        "[]",
        "/",
    ),
)
MILLION = 1_000_000


def text(cells: list[str]) -> pd.Series:
    return pd.Series(cells, dtype=TEXT)


def one_by_one(columns: list[list[object]]) -> list[str]:
    return [json_line(list(row)).removesuffix("\n") for row in zip(*columns, strict=True)]


@given(st.lists(st.tuples(st.text() | st.sampled_from(CELLS), st.floats(allow_infinity=False)), min_size=1))
def test_json_rows_against_itself(rows: list[tuple[str, float]]) -> None:
    words, numbers = zip(*rows, strict=True)
    words = tuple(word.encode("utf-8", "ignore").decode() for word in words)
    given_numbers = [None if math.isnan(number) else number for number in numbers]
    expected = one_by_one([list(words), given_numbers])
    assert json_rows([text(list(words)), np.array(numbers)]) == expected


@given(st.lists(st.tuples(st.sampled_from(CELLS), st.sampled_from(CELLS)), min_size=1))
def test_csv_rows_against_itself(rows: list[tuple[str, str]]) -> None:
    columns = [text(list(cells)) for cells in zip(*rows, strict=True)]
    assert csv_rows(["a", 'b"'], columns) == csv_text(["a", 'b"'], rows)


@pytest.mark.slow
def test_a_million_adversarial_rows_against_itself() -> None:
    """All bit patterns of a float64 are equally likely; all texts contain characters that need quoting."""
    random = np.random.default_rng(510)
    bits = random.integers(0, 2**64, MILLION, dtype=np.uint64)
    numbers = bits.view(np.float64)
    numbers[~np.isfinite(numbers)] = np.nan
    numbers[:6] = [0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, np.nan]
    words = np.array(CELLS, dtype=object)
    left, right = (words[random.integers(0, len(words), MILLION)] for _ in range(2))
    cells = [a + b for a, b in zip(left, right, strict=True)]
    expected = one_by_one([cells, [None if math.isnan(number) else number for number in numbers.tolist()]])
    assert json_rows([text(cells), numbers]) == expected
    assert sorted(expected) == sorted(expected, key=lambda line: line.encode())  # code points as bytes


def test_numbers_name_themselves_against_theory() -> None:
    numbers = np.array([0.1, 1e22, 123456789.123456789, float.fromhex("0x1p-1074"), np.nan])
    written = numbers_as_text(numbers)
    assert [struct.pack("d", float(cell)) for cell in written[:-1]] == [
        struct.pack("d", number) for number in numbers[:-1]
    ]
    assert written.iloc[-1] == ""
