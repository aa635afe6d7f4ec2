"""Resamples of the second implementation, to the bit of the contract, and their intervals."""

import hashlib
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Philox
from scipy import stats

from validation.independent.draws import bca, draw, little_endian, percentile, philox, quantile

SEED = 510
REAL_STUDY = [range(2331)]


@pytest.mark.parametrize(
    ("replicate", "words"),
    [(0, (0xD18A62D3E07F88EE, 0xC59179FDFF7432A9)), (1, (0x2EC63E74008A64C0, 0x555CF9B3009D1278))],
)
def test_first_words_against_published(replicate: int, words: tuple[int, int]) -> None:
    assert struct.unpack("<2Q", philox(SEED, replicate, 3)[:16]) == words


@given(
    seed=st.integers(0, 2**64 - 1),
    replicate=st.integers(0, 99_999),
    blocks=st.integers(1, 40),
    stream=st.integers(0, 1),
)
def test_philox_against_numpy(seed: int, replicate: int, blocks: int, stream: int) -> None:
    key = np.array(
        [seed, stream], dtype=np.uint64
    )  # as a list, a seed of 2**63 or more would be rounded to a float
    words = Philox(key=key, counter=[0, 0, 0, replicate]).random_raw(4 * blocks)
    assert philox(seed, replicate, blocks, stream) == words.astype("<u8").tobytes()


@pytest.mark.parametrize(
    ("replicate", "first"),
    [
        (0, [2044, 1907, 2326, 1798, 2027, 2026, 1004, 2154]),
        (1, [4, 425, 5, 777, 1217, 1147, 560, 840]),
        (9999, [1142, 165, 681, 1785, 1282, 287, 1941, 1615]),
    ],
)
def test_resamples_against_the_contract(replicate: int, first: list[int]) -> None:
    assert draw(SEED, replicate, REAL_STUDY)[:8] == first


def test_a_rejected_index_against_the_contract() -> None:
    assert draw(SEED, 235, REAL_STUDY)[751:754] == [531, 327, 219]


def test_hash_of_the_resamples_against_the_contract() -> None:
    digest = hashlib.sha256()
    for replicate in range(10):
        digest.update(little_endian(draw(SEED, replicate, [range(5)])))
    assert digest.hexdigest() == "db6da466d1f8ec4bc4d24d6e0a5a8fd19b41d9dd9785ddd10861d3c549349280"


def test_strata_keep_their_sizes_and_go_on_in_one_stream_by_hand() -> None:
    drawn = draw(SEED, 0, [[0, 2, 4], [1, 3]])
    assert set(drawn[:3]) <= {0, 2, 4}
    assert set(drawn[3:]) <= {1, 3}
    halves = struct.unpack("<5I", philox(SEED, 0, 1)[:20])
    assert drawn == [[0, 2, 4][u * 3 >> 32] for u in halves[:3]] + [[1, 3][u * 2 >> 32] for u in halves[3:]]


@given(values=st.lists(st.floats(-5, 5), min_size=1, max_size=50), share=st.floats(0, 1))
def test_quantile_against_numpy(values: list[float], share: float) -> None:
    assert quantile(sorted(values), share) == pytest.approx(np.quantile(values, share), abs=1e-12)


def test_bca_against_scipy() -> None:
    generator = np.random.default_rng(4)
    data = generator.exponential(size=25)
    found = stats.bootstrap((data,), np.mean, n_resamples=2000, method="BCa", rng=np.random.default_rng(5))
    left_out = (data.sum() - data) / (len(data) - 1)
    ours = bca(float(data.mean()), found.bootstrap_distribution.tolist(), left_out.tolist(), 0.95)
    assert ours == pytest.approx(tuple(found.confidence_interval), abs=5e-4)  # SciPy counts equals otherwise


@pytest.mark.parametrize(
    ("replicates", "jackknife"),
    [
        ([], [0.1, 0.9]),  # no replicate is defined
        ([0.4, 0.6], [0.1, None]),  # undefined without a patient
        ([0.4, 0.6], [0.5, 0.5]),  # no patient changes it
        ([0.6, 0.7], [0.1, 0.9]),  # all replicates on one side
    ],
)
def test_bca_that_cannot_be_given_by_hand(replicates: list[float], jackknife: list[float | None]) -> None:
    assert bca(0.5, replicates, jackknife, 0.95) is None


def test_percentile_that_cannot_be_given_by_hand() -> None:
    assert percentile(0.5, [], 0.95) is None
    assert percentile(0.5, [0.5] * 10, 0.95) is None  # zero width
    assert percentile(0.5, [0.6, 0.7, 0.8], 0.95) is None  # excludes the estimate
