"""Near misses: each cause on identifiers that a reader can compare, and none where they are only similar."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.tables.identifier_mismatches import (
    CAUSES,
    FIFTEEN_DIGITS,
    SCIENTIFIC,
    SEVERAL,
    NearMiss,
    near_duplicates,
    near_misses,
)

NIH = [f"{patient:08}_{image:03}.png" for patient in range(1, 120) for image in range(12)]
PAIRS = [  # given, known, cause
    ("IMG 12", "IMG12", "white space"),
    ("IMG\u00a0\u202f12", "IMG 12", "white space"),
    ("943 476 5919", "9434765919", "white space"),
    ("Img12", "IMG12", "letter case"),
    ("stra\u00dfe", "STRASSE", "letter case"),
    ("1", "001", "leading zeros"),
    ("ACC1", "ACC001", "leading zeros"),
    ("1_0.png", "00000001_000.png", "leading zeros"),
    ("0", "000", "leading zeros"),
    ("12.0", "12", "a decimal point added"),
    ("12,00", "12", "a decimal point added"),
    ("P-12.0", "P-12", "a decimal point added"),
    ("12", "12.0", "a decimal point added"),
    ("1.2E+10", "12000000000", SCIENTIFIC),
    ("1,23457E+11", "123456789012", SCIENTIFIC),
    ("1.234567890123e+12", "1234567890123", SCIENTIFIC),
    ("1.2345678901234568e+18", "1234567890123456789", SCIENTIFIC),
    ("9.99E+09", "9989999999", SCIENTIFIC),
    ("1E+10", "9999999999", SCIENTIFIC),  # carried
    ("12034567890", "1.2E+10", SCIENTIFIC),  # the other table has it
    ("1.2E+10", "0012000000000.0", SCIENTIFIC),
    ("1234567890123450", "1234567890123456", FIFTEEN_DIGITS),
    ("1234567890123456", "1234567890123450", FIFTEEN_DIGITS),
    ("12", "12.png", "a file ending"),
    ("12.DCM", "12", "a file ending"),
    ("a\\b\\12.jpg", "12.png", "a folder or a file ending"),
    ("images/12.png", "12.png", "a folder or a file ending"),
    ("scan.nii.gz", "scan", "a file ending"),
    (unicodedata.normalize("NFD", "é1"), "é1", "the Unicode form of letters"),
    ("\uff11\uff12", "12", "the Unicode form of letters"),
    ("P\u201312", "P-12", "the Unicode form of letters"),
    ("P\u200b12", "P12", "the Unicode form of letters"),
    ("'0012", "0012", "quotes"),
    ('"12"', "12", "quotes"),
    ("\u201c12\u201d", "12", "quotes"),
    ("images/p 1.PNG", "P001", SEVERAL),
    ("'1.0", "01", SEVERAL),
]
STRANGERS = [
    ("i1", "i10"),
    ("00000001_000.png", "00000001_001.png"),
    ("1.2E+10", "13000000000"),
    ("1.2E+10", "1200000000"),
    ("1.25E+1", "125"),
    ("123456789012345", "123456789012346"),
    ("1234567890123451", "1234567890123452"),
    ("a1", "b1"),
    ("12.5", "12"),
    ("1.2.840.0", "1.2.840"),
    ("P.0", "P"),
    ("", "0"),
]


@pytest.mark.parametrize(("one", "other", "cause"), PAIRS)
def test_each_cause_is_named_by_hand(one: str, other: str, cause: str) -> None:
    known = ["other", other, "another"]
    assert near_misses(["stranger", one], known) == NearMiss(cause, 1, ((one, other),))


@pytest.mark.parametrize(("one", "other"), STRANGERS)
def test_identifiers_that_are_only_similar_are_no_near_miss_by_hand(one: str, other: str) -> None:
    assert near_misses([one], [other]) is near_misses([other], [one]) is None


def test_the_cause_that_explains_most_wins_and_of_equals_the_earlier_by_hand() -> None:
    known = ["A001", "B002", "C003"]
    assert near_misses(["a001", "B2", "C3", "C3", "D4"], known) == NearMiss(
        "leading zeros", 3, (("B2", "B002"), ("C3", "C003"))
    )
    assert near_misses(["B2", "a001"], known) == NearMiss("letter case", 1, (("a001", "A001"),))


def test_three_examples_are_shown_by_hand() -> None:
    found = near_misses([f"i{number}" for number in range(9)], [f"I{number}" for number in range(9)])
    assert found == NearMiss("letter case", 9, (("i0", "I0"), ("i1", "I1"), ("i2", "I2")))


@pytest.mark.parametrize(
    ("values", "cause", "count", "pair"),
    [
        (["P001", "p001", "P002"], "letter case", 1, ("p001", "P001")),
        (["A 1", "A\u00a01", "A  1", "A1"], "white space", 3, ("A\u00a01", "A 1")),
        (["1", "2", "01", "001"], "leading zeros", 2, ("01", "1")),
        (["12", "12.0"], "a decimal point added", 1, ("12.0", "12")),
        (["é", unicodedata.normalize("NFD", "é")], "the Unicode form of letters", 1, ("e\u0301", "é")),
        (["'7", "7"], "quotes", 1, ("7", "'7")),
        (["7.png", "7"], "a file ending", 1, ("7", "7.png")),
    ],
)
def test_values_of_one_column_that_differ_only_so_by_hand(
    values: list[str], cause: str, count: int, pair: tuple[str, str]
) -> None:
    found = near_duplicates([*values, *values])
    assert found
    assert (found.cause, found.count, found.examples[0]) == (cause, count, pair)


@pytest.mark.parametrize(
    "values",
    [
        NIH,
        ["i1", "i10", "i100", "i11"],
        ["1", "10", "100"],
        ["a/1.png", "b/1.png"],
        ["1.2.840.10008.1", "1.2.840.10008.10", "1.2.840.10008.100"],
        ["1.2E+10", "12034567890"],
        ["12.5", "12.50", "12"],
        [""],
        [],
    ],
)
def test_identifiers_of_real_tables_have_no_near_duplicates_by_hand(values: list[str]) -> None:
    assert near_duplicates(values) is None


def test_neighbours_of_nih_are_no_near_misses_by_hand() -> None:
    assert near_misses(NIH[1::2], NIH[::2]) is None


@settings(max_examples=30)
@given(st.lists(st.text(max_size=12)), st.lists(st.text(max_size=12)))
def test_identifiers_in_both_tables_are_no_near_miss_against_itself(ids: list[str], more: list[str]) -> None:
    assert near_misses(ids, ids + more) is None
    found = near_misses(ids + more, ids)
    if found:
        assert found.count <= len(more)
        assert all(one in more and one not in ids and other in ids for one, other in found.examples)


CHANGES = {
    "letter case": str.lower,
    "leading zeros": lambda one: one.replace("-0", "-").replace("-0", "-"),
    "white space": lambda one: one.replace("-", " - "),
    "a file ending": lambda one: f"{one}.dcm",
    "a folder or a file ending": lambda one: f"x/{one}.dcm",
    "quotes": lambda one: f'"{one}"',
}


@settings(max_examples=30)
@given(st.sets(st.integers(0, 999), min_size=1), st.sampled_from(sorted(CHANGES)), st.data())
def test_a_change_of_any_rows_is_counted_and_named_against_itself(
    numbers: set[int], cause: str, data: st.DataObject
) -> None:
    known = [f"ID-{number:03}" for number in sorted(numbers)]
    chosen = data.draw(st.lists(st.sampled_from(known)))
    changed = [one for one in map(CHANGES[cause], chosen) if one not in known]
    found = near_misses(changed, known)
    assert (found.cause, found.count) == (cause, len(changed)) if found else not changed
    within = near_duplicates([*known, *changed])
    if cause == "a folder or a file ending":
        assert within is None
    else:
        assert (within.cause, within.count) == (cause, len(set(changed))) if within else not changed


def test_every_cause_is_tested_by_hand() -> None:
    assert {cause for _, _, cause in PAIRS} == {*CAUSES, SEVERAL}
