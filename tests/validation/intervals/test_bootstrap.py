"""The resamples, to the bit, and the intervals of their replicates."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.random import Philox
from scipy import stats

from validation.intervals.bootstrap import (
    BootstrapInterval,
    NoInterval,
    bca_interval,
    draw,
    percentile_interval,
    quantile,
    resample_chunks,
)

PUBLISHED_DRAWS = [
    # replicate, first indices with seed 510 and K = 2331
    (0, [2044, 1907, 2326, 1798, 2027, 2026, 1004, 2154]),
    (1, [4, 425, 5, 777, 1217, 1147, 560, 840]),
    (9999, [1142, 165, 681, 1785, 1282, 287, 1941, 1615]),
]


@pytest.mark.parametrize(("replicate", "first"), PUBLISHED_DRAWS)
def test_first_indices_against_published(replicate: int, first: list[int]) -> None:
    assert draw(510, replicate, [2331])[:8].tolist() == first


def test_first_words_against_published() -> None:
    words = Philox(key=[510, 0], counter=[0, 0, 0, 1]).random_raw(2)
    assert [f"{int(word):016x}" for word in words] == ["2ec63e74008a64c0", "555cf9b3009d1278"]


def test_rejected_index_against_published() -> None:
    # Draw 751 of replicate 235 rejects 1067 and becomes 531.
    assert draw(510, 235, [2331])[751:754].tolist() == [531, 327, 219]


@pytest.mark.parametrize(
    ("clusters", "replicates", "sha256"),
    [
        (5, 10, "db6da466d1f8ec4bc4d24d6e0a5a8fd19b41d9dd9785ddd10861d3c549349280"),
        (2331, 10_000, "9f1e6266ef204f251377199d0ba92a510b7b1d737fb63f4cb2806a6231814236"),
    ],
)
def test_all_replicates_against_published(clusters: int, replicates: int, sha256: str) -> None:
    digest = hashlib.sha256()
    for _ in resample_chunks(510, replicates, clusters, on_indices=digest.update):
        pass
    assert digest.hexdigest() == sha256


@given(seed=st.integers(0, 2**63 - 1), replicate=st.integers(0, 10**5), clusters=st.integers(1, 5000))
def test_a_replicate_is_k_indices_below_k(seed: int, replicate: int, clusters: int) -> None:
    indices = draw(seed, replicate, [clusters])
    assert len(indices) == clusters
    assert int(indices.max()) < clusters


@given(
    seed=st.integers(0, 2**63 - 1),
    replicate=st.integers(0, 10**5),
    sizes=st.lists(st.integers(1, 60), min_size=1, max_size=4),
)
def test_strata_are_resampled_from_one_stream_against_itself(
    seed: int, replicate: int, sizes: list[int]
) -> None:
    # Word by word, as documented, against the vectorised form.
    words = iter(Philox(key=[seed, 0], counter=[0, 0, 0, replicate]).random_raw(2000).tolist())
    halves = (half for word in words for half in (word & 0xFFFFFFFF, word >> 32))
    expected = []
    for size in sizes:
        accepted: list[int] = []
        while len(accepted) < size:
            half = next(halves)
            if (half * size) % 2**32 >= 2**32 % size:
                accepted.append(half * size >> 32)
        expected += accepted
    assert draw(seed, replicate, sizes).tolist() == expected


def test_strata_keep_their_number_of_patients_by_hand() -> None:
    strata = [np.array([0, 3, 4]), np.array([1, 2]), np.array([5])]
    (chunk,) = resample_chunks(510, 200, 6, strata)
    for stratum in strata:
        assert (chunk.weights[stratum].sum(axis=0) == len(stratum)).all()
    assert (chunk.weights[5] == 1).all()


def test_consecutive_replicates_are_uncorrelated_against_theory() -> None:
    clusters = 200
    values = np.arange(clusters, dtype=float)
    means = np.array([values[draw(510, replicate, [clusters])].mean() for replicate in range(4000)])
    correlation = np.corrcoef(means[:-1], means[1:])[0, 1]
    assert abs(correlation) < 4 / np.sqrt(4000)


def test_every_patient_is_equally_likely_against_theory() -> None:
    counts = sum(np.bincount(draw(510, replicate, [37]), minlength=37) for replicate in range(2000))
    assert stats.chisquare(counts).pvalue > 0.001


def test_weights_count_the_indices_against_itself() -> None:
    drawn: list[np.ndarray] = []
    (chunk,) = resample_chunks(7, 120, 11, on_indices=drawn.append)
    expected = np.array([np.bincount(row, minlength=11) for row in np.concatenate(drawn)]).T
    assert np.array_equal(chunk.weights, expected)


def test_chunks_change_nothing_against_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = np.hstack([chunk.weights for chunk in resample_chunks(510, 1000, 23)])
    monkeypatch.setattr("validation.intervals.bootstrap.LONGEST_CHUNK", 77)
    parts = np.hstack([chunk.weights for chunk in resample_chunks(510, 1000, 23)])
    assert np.array_equal(whole, parts)


@given(values=st.lists(st.floats(-10, 10), min_size=1, max_size=30), probability=st.floats(0, 1))
def test_quantile_against_numpy(values: list[float], probability: float) -> None:
    ordered = np.sort(np.array(values))
    expected = np.quantile(ordered, probability, method="linear")
    assert quantile(ordered, probability) == pytest.approx(expected, abs=1e-12)


def test_bca_against_scipy() -> None:
    # scipy makes its own resamples: the correction is compared on the same replicates.
    generator = np.random.default_rng(1)
    data = generator.exponential(size=40)
    result = stats.bootstrap((data,), np.mean, n_resamples=9999, method="BCa", rng=2, vectorized=True)
    left_out = (data.sum() - data) / (len(data) - 1)
    ours = bca_interval(float(data.mean()), result.bootstrap_distribution, lambda: left_out, 0.95)
    assert not isinstance(ours, NoInterval)
    # scipy takes the nearest percentile by another rule of interpolation: equal to the replicates' spacing.
    assert ours.bounds == pytest.approx(tuple(result.confidence_interval), abs=2e-3)


@pytest.mark.parametrize(
    ("replicates", "reason"),
    [
        ([1.0] * 10, "zero width"),  # nothing varies
        ([np.nan] * 10, "no replicate is defined"),  # the class was never resampled
        ([0.1, 0.2, 0.3], "excludes the estimate"),  # all below
    ],
)
def test_percentile_states_why_there_is_none_by_hand(replicates: list[float], reason: str) -> None:
    assert percentile_interval(1.0, np.array(replicates), 0.95) == NoInterval(reason)


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ([0.5, np.nan], "undefined without one of the patients"),
        ([0.5, 0.5], "no patient changes the estimate"),
    ],
)
def test_bca_states_why_there_is_none_by_hand(left_out: list[float], reason: str) -> None:
    replicates = np.linspace(0, 1, 101)
    assert bca_interval(0.5, replicates, lambda: np.array(left_out), 0.95) == NoInterval(reason)


def test_bca_needs_replicates_on_both_sides_by_hand() -> None:
    interval = bca_interval(1.0, np.array([0.5, 0.6]), lambda: np.array([0.5, 0.6]), 0.95)
    assert interval == NoInterval("all replicates lie on one side of the estimate")


def bounds_of_many_draws(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of 400 bootstraps of one sample that differ in their resamples only, and their stated errors."""
    generator = np.random.default_rng(3)
    data = generator.exponential(size=60)
    left_out = (data.sum() - data) / (len(data) - 1)
    bounds, errors = [], []
    for _ in range(400):
        replicates = data[generator.integers(0, 60, size=(1000, 60))].mean(axis=1)
        interval = (
            percentile_interval(float(data.mean()), replicates, 0.95)
            if kind == "percentile"
            else bca_interval(float(data.mean()), replicates, lambda: left_out, 0.95)
        )
        assert isinstance(interval, BootstrapInterval)
        bounds.append(interval.bounds)
        errors.append(interval.monte_carlo_error)
    return np.array(bounds), np.array(errors)


@pytest.mark.parametrize("kind", ["percentile", "bca"])
def test_monte_carlo_error_against_theory(kind: str) -> None:
    bounds, errors = bounds_of_many_draws(kind)
    assert errors.mean(axis=0) == pytest.approx(bounds.std(axis=0, ddof=1), rel=0.15)
