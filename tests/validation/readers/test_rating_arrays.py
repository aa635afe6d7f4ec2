"""Reads as arrays, by hand."""

import numpy as np
import pytest

from protocols.tables.records import Reads, Verdict
from tests.records import reads_of
from validation.readers.rating_arrays import votes_of

POSITIVE, NEGATIVE, INDETERMINATE = Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.INDETERMINATE
ROWS = [
    ("b", "R2", NEGATIVE),
    ("a", "R10", POSITIVE),
    ("z", "R9", INDETERMINATE),
    ("b", "R10", POSITIVE),
    ("a", "R2", POSITIVE),
]


def reads(rows: list[tuple[str, str, Verdict]]) -> Reads:
    image, reader, verdict = zip(*rows, strict=True) if rows else ((), (), ())
    return reads_of("reads.csv", tuple(image), tuple(reader), tuple(verdict))


def test_reads_become_arrays_by_hand() -> None:
    votes = votes_of(reads(ROWS), ["b", "c", "a"])
    assert votes.readers == ("R10", "R2")  # z was not asked for, and with it R9 and indeterminate
    assert votes.categories == (POSITIVE, NEGATIVE)
    assert votes.image.tolist() == [0, 0, 2, 2]
    assert votes.reader.tolist() == [0, 1, 0, 1]
    assert votes.category.tolist() == [0, 1, 0, 0]


def test_counts_by_hand() -> None:
    votes = votes_of(reads(ROWS), ["a", "b", "c", "z"])
    assert votes.categories == (POSITIVE, NEGATIVE, INDETERMINATE)
    assert votes.counts_by_image().tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert votes.counts_by_reader().tolist() == [[2, 0, 0], [1, 1, 0], [0, 0, 1]]


@pytest.mark.parametrize("images", [[], ["c"]])
def test_images_without_reads_by_hand(images: list[str]) -> None:
    votes = votes_of(reads(ROWS), images)
    assert (votes.readers, votes.categories, len(votes.image)) == ((), (), 0)
    assert votes.counts_by_image().shape == (len(images), 0)


def test_the_order_of_rows_changes_nothing_against_itself() -> None:
    straight, turned = (votes_of(reads(rows), ["a", "b", "z"]) for rows in (ROWS, ROWS[::-1]))
    for name in ("image", "reader", "category"):
        assert np.array_equal(getattr(straight, name), getattr(turned, name))
    assert (straight.readers, straight.categories) == (turned.readers, turned.categories)
