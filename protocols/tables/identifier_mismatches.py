"""Near misses of identifiers between tables: the change that a spreadsheet or an export made to them.

Owns the causes and their order; `notices` and the input account report them. Identifiers are never changed: a near miss
is reported, not corrected. Linear in the number of identifiers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from protocols.tables.input_account import MOST_EXAMPLES
from protocols.tables.reading import TEXT

Text = pd.Series  # of `TEXT`, numbered from 0
Places = NDArray[np.intp]

ENDING = r"(?i)(\.(png|jpe?g|dcm|dicom|tiff?|bmp|npy|nii|gz))+$"
# Patterns and their replacements that make two identifiers equal. Lower case and Unicode are handled in `_key`.
WHITE_SPACE, CASE, UNICODE = "white space", "letter case", "the Unicode form of letters"
PATTERNS = {
    "quotes": {"^[\"'`\u00b4\u2018-\u201f]+|[\"'`\u00b4\u2018-\u201f]+$": ""},
    "a file ending": {ENDING: ""},
    "a folder or a file ending": {r"^.*[/\\]": "", ENDING: ""},
    UNICODE: {"[\u00ad\u200b-\u200f\u2060\ufeff]": "", "[\u2010-\u2015\u2212]": "-"},
    WHITE_SPACE: {"[\\s\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+": ""},
    CASE: {},
    "a decimal point added": {r"^([^.,]*\d)[.,]0+$": r"\1"},
    "leading zeros": {r"(^|\D)0+(\d)": r"\1\2"},  # of every group of digits
}
SCIENTIFIC, FIFTEEN_DIGITS = "scientific notation", "digits after the fifteenth lost"
CAUSES = (
    *(WHITE_SPACE, CASE, "leading zeros", "a decimal point added", SCIENTIFIC, FIFTEEN_DIGITS),
    *("a file ending", "a folder or a file ending", UNICODE, "quotes"),
)
SEVERAL = "more than one of white space, letter case, zeros, quotes, folders and file endings"
# Two values of one column may legitimately differ so: images of one name in two folders, two long numbers.
BETWEEN_TABLES_ONLY = {SCIENTIFIC, FIFTEEN_DIGITS, "a folder or a file ending"}

NUMBER = r"^0*([1-9]\d{0,98})(?:[.,]0+)?$"
WITH_EXPONENT = r"^([1-9])(?:[.,](\d+))?[eE]\+?(\d{1,2})$"
DIGITS_KEPT = 15  # of a number, by a spreadsheet; a binary64 guarantees no more


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A change that explains why identifiers differ.

    Attributes:
        cause: in words for the middle of a sentence: one of `CAUSES`, or `SEVERAL`.
        count: the number of identifiers that it explains, at least 1.
        examples: at most three different pairs (given, known), in the order given.
    """

    cause: str
    count: int
    examples: tuple[tuple[str, str], ...]


def near_misses(unmatched: Sequence[str], known: Sequence[str]) -> NearMiss | None:
    """Find the one change that brings most of ``unmatched`` to an identifier in ``known``.

    Args:
        unmatched: identifiers, one per row, repeated or not; those that are in ``known`` are ignored.
        known: the identifiers of the other table.

    Returns:
        The change that explains most, of equals the earlier in `CAUSES`; where none explains any, `SEVERAL`; None
        where several changes together explain none either.
    """
    targets, given = _text(known).drop_duplicates(ignore_index=True), _text(unmatched)
    given = given[_places(given, targets) < 0].reset_index(drop=True)
    found = {cause: _places_but_for(cause, given, targets) for cause in CAUSES}
    if not any((places >= 0).any() for places in found.values()):
        found = {SEVERAL: _places(_several(given), _several(targets))}
    return _most(found, given, targets)


def near_duplicates(values: Sequence[str]) -> NearMiss | None:
    """Find values of one column that differ only by a change that exports or typists make.

    Args:
        values: identifiers, repeated or not.

    Returns:
        The change that explains most, of equals the earlier in `CAUSES`: the count is of distinct values that equal an
        earlier one of the column but for it. None where there is no such value.
    """
    distinct = _text(values).drop_duplicates(ignore_index=True)
    found = {}
    for cause in CAUSES:
        if cause not in BETWEEN_TABLES_ONLY:
            keys = _key(cause, distinct)
            if keys.duplicated().any():
                first = _places(keys, keys)
                found[cause] = np.where(first < np.arange(len(first)), first, -1)
    return _most(found, distinct, distinct) if found else None


def _text(values: Sequence[str]) -> Text:
    return pd.Series(pd.array(np.asarray(values, dtype=object), dtype=TEXT))


def _most(found: dict[str, Places], given: Text, known: Text) -> NearMiss | None:
    """Return the cause that explains most; ``found`` maps causes to positions of ``given`` in ``known``, -1 if none."""
    cause = max(found, key=lambda name: np.count_nonzero(found[name] >= 0))
    hit = np.flatnonzero(found[cause] >= 0)
    if not len(hit):
        return None
    shown = given[hit].drop_duplicates().head(MOST_EXAMPLES)
    pairs = zip(shown, known[found[cause][shown.index]], strict=True)
    return NearMiss(cause, len(hit), tuple(pairs))


def _places(given: pd.Series, known: pd.Series) -> Places:
    """Return the first position of each value in ``known``, -1 where it has none."""
    codes, keys = pd.factorize(known)
    first = np.unique(codes, return_index=True)[1]
    places: Places = np.append(first, -1)[pd.Index(keys).get_indexer(pd.Index(given))]
    return places


def _places_but_for(cause: str, given: Text, known: Text) -> Places:
    if cause == SCIENTIFIC:
        return _scientific(given, known)
    if cause == FIFTEEN_DIGITS:
        return _fifteen_digits(given, known)
    return _places(_key(cause, given), _key(cause, known))


def _key(cause: str, values: Text) -> Text:
    """Return the values in a form that a change of this cause does not affect."""
    if cause == CASE:
        return values.str.casefold()
    if cause == UNICODE:
        values = values.str.normalize("NFKC")
    for pattern, replacement in PATTERNS[cause].items():
        values = values.str.replace(pattern, replacement, regex=True)
    return values


def _several(values: Text) -> Text:
    for cause in PATTERNS:
        values = _key(cause, values)
    return values


def _scientific(given: Text, known: Text) -> Places:
    """Match numbers with an exponent on one side: equal to as many digits as that notation has."""
    places = np.full(len(given), -1)
    short, whole = (_with_exponent(given), _with_exponent(known)), (_numbers(given), _numbers(known))
    for digits in sorted({*short[0]["precision"], *short[1]["precision"]}):
        of_given, of_known = (side[side["precision"] == digits] for side in short)
        for left, right in ((of_given, whole[1]), (whole[0], of_known)):
            found = _places(_rounded(left, digits), _rounded(right, digits))
            hit = found >= 0
            places[left.index[hit]] = right.index[found[hit]]
    return places


def _with_exponent(values: Text) -> pd.DataFrame:
    """Return digits, length and number of significant digits of values such as ``1.2E+10``."""
    parts = values[values.str.match(WITH_EXPONENT)].str.extract(WITH_EXPONENT)
    digits = parts[0] + parts[1].fillna("")
    length = parts[2].astype(np.int64) + 1
    numbers = pd.DataFrame({"digits": digits, "length": length, "precision": digits.str.len()})
    numbers = numbers[numbers["precision"] <= length]
    return numbers.assign(precision=numbers["precision"].clip(upper=DIGITS_KEPT))


def _numbers(values: Text) -> pd.DataFrame:
    """Return digits and length of the values that are whole numbers."""
    digits = values[values.str.match(NUMBER)].str.replace(NUMBER, r"\1", regex=True)
    return pd.DataFrame({"digits": digits, "length": digits.str.len().astype(np.int64)})


def _rounded(numbers: pd.DataFrame, digits: int) -> pd.Series:
    """Return a key that is equal for numbers that agree to so many digits, rounded half away from zero."""
    head = numbers["digits"].str.slice(0, digits + 1).str.pad(digits + 1, side="right", fillchar="0")
    rounded = (head.astype(np.int64) + 5) // 10
    carried = rounded == 10**digits
    keys: pd.Series = rounded.where(~carried, rounded // 10) * 100 + numbers["length"] + carried
    return keys


def _fifteen_digits(given: Text, known: Text) -> Places:
    """Match numbers too long for a spreadsheet: on one side alone, all long numbers end in zeros."""
    places = np.full(len(given), -1)
    left, right = (numbers[numbers["length"] > DIGITS_KEPT] for numbers in (_numbers(given), _numbers(known)))
    cut = [numbers["digits"].str.slice(DIGITS_KEPT).str.match("^0+$").all() for numbers in (left, right)]
    if cut[0] != cut[1]:
        keys = (
            numbers["digits"].str.slice(0, DIGITS_KEPT) + ":" + numbers["length"].astype(str)
            for numbers in (left, right)
        )
        found = _places(*keys)
        places[left.index] = np.where(found >= 0, right.index[found], -1)
    return places
