"""Pairs of readers, by hand, and that a large pool of readers stays small."""

import numpy as np

from protocols.tables.records import Verdict
from tests.records import reads_of
from validation.readers.rating_arrays import Votes, votes_of
from validation.readers.reader_pairs import MOST_PAIRS, crossed_verdicts, most_shared

WORDS = {"P": Verdict.POSITIVE, "N": Verdict.NEGATIVE, "I": Verdict.INDETERMINATE}


def votes_from(patterns: list[dict[str, str]]) -> Votes:
    """One image a pattern, reader -> letter."""
    rows = [
        (f"i{number:04}", reader, WORDS[letter])
        for number, pattern in enumerate(patterns)
        for reader, letter in pattern.items()
    ]
    image, reader, verdict = zip(*rows, strict=True)
    return votes_of(
        reads_of("reads.csv", image, reader, verdict), [f"i{number:04}" for number in range(len(patterns))]
    )


def test_only_readers_with_an_image_in_common_are_paired_by_hand() -> None:
    votes = votes_from([{"A": "P", "C": "N"}, {"C": "P", "B": "P"}, {"D": "P"}])
    assert [(votes.readers[a], votes.readers[b]) for a, b in most_shared(votes)] == [("A", "C"), ("B", "C")]


def test_crossed_verdicts_by_hand() -> None:
    votes = votes_from([{"B": "P", "A": "N"}, {"A": "P", "B": "P"}, {"A": "P", "B": "P"}, {"A": "N"}])
    crossed = crossed_verdicts(votes, most_shared(votes), np.array([1, 0, 1, 0]), 2)
    # patient, pair, A's category (positive, negative), B's
    assert crossed.tolist() == [[[[1, 0], [0, 0]]], [[[1, 0], [1, 0]]]]


def test_no_image_with_two_reads_by_hand() -> None:
    votes = votes_from([{"A": "P"}, {"B": "N"}])
    assert most_shared(votes) == ()
    assert crossed_verdicts(votes, (), np.array([0, 1]), 2).shape == (2, 0, 2, 2)


def test_all_pairs_of_twelve_readers_are_listed_by_hand() -> None:
    votes = votes_from([{f"R{reader:02}": "P" for reader in range(12)}])
    assert len(most_shared(votes)) == 12 * 11 // 2 == MOST_PAIRS


def test_of_a_pool_the_pairs_with_most_in_common_are_listed_by_hand() -> None:
    # thirteen readers on one image, and R11 with R12 on two more
    everybody = {f"R{reader:02}": "P" for reader in range(13)}
    votes = votes_from([everybody, {"R11": "P", "R12": "N"}, {"R11": "P", "R12": "N"}])
    pairs = most_shared(votes)
    assert len(pairs) == MOST_PAIRS
    assert pairs[-1] == (11, 12)
    assert pairs[:2] == ((0, 1), (0, 2))  # among equals the first by name
    crossed = crossed_verdicts(votes, pairs, np.array([0, 1, 1]), 2)
    assert crossed[1, -1].tolist() == [[0, 2], [0, 0]]
    assert crossed.sum() == MOST_PAIRS + 2


def test_a_reader_for_each_image_costs_nothing_by_hand() -> None:
    votes = votes_from([{f"R{number}": "P"} for number in range(2_000)])
    assert crossed_verdicts(votes, most_shared(votes), np.arange(2_000), 2_000).size == 0
