"""Coefficients of agreement: published examples, other libraries, and the edges where they are not defined."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.inter_rater import fleiss_kappa as fleiss_of_statsmodels

from validation.readers.agreement_coefficients import (
    FINEST,
    RatingSums,
    cohen_kappa,
    common_scale,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
    rating_columns,
    rating_sums,
)

NOT_READ = 0
# Krippendorff's twelve units, four readers, five categories and missing ratings, as Gwet prints them.
TWELVE_UNITS = [
    [1, 1, NOT_READ, 1],
    [2, 2, 3, 2],
    [3, 3, 3, 3],
    [3, 3, 3, 3],
    [2, 2, 2, 2],
    [1, 2, 3, 4],
    [4, 4, 4, 4],
    [1, 1, 2, 1],
    [2, 2, 2, 2],
    [NOT_READ, 5, 5, 5],
    [NOT_READ, NOT_READ, 1, 1],
    [NOT_READ, 3, NOT_READ, NOT_READ],
]
# Ten subjects, fourteen readers, five categories: the usual worked example of Fleiss' kappa.
TEN_SUBJECTS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def summed(counts: NDArray[np.int64]) -> RatingSums:
    scale = common_scale(counts.sum(axis=1))
    return rating_sums(rating_columns(counts, scale).sum(axis=0), scale)


def counted(ratings: list[list[int]], categories: int) -> NDArray[np.int64]:
    return np.array([np.bincount(row, minlength=categories + 1)[1:] for row in ratings])


def test_missing_ratings_against_published() -> None:
    # Gwet's R package irrCAC on its cac.raw4raters; Handbook of Inter-Rater Reliability, 4th edition
    sums = summed(counted(TWELVE_UNITS, 5))
    assert percent_agreement(sums) == pytest.approx(0.8181818, abs=5e-8)
    assert gwet_ac1(sums) == pytest.approx(0.77544, abs=5e-6)
    assert fleiss_kappa(sums) == pytest.approx(0.76117, abs=5e-6)
    assert krippendorff_alpha(sums) == pytest.approx(0.74342, abs=5e-6)


def test_ten_subjects_against_published() -> None:
    sums = summed(np.array(TEN_SUBJECTS))
    assert fleiss_kappa(sums) == pytest.approx(0.210, abs=5e-4)
    assert percent_agreement(sums) == pytest.approx(0.378, abs=5e-4)


def test_the_paradox_of_kappa_by_hand() -> None:
    # 118 of 125 agree, all on one category: kappa is below chance, AC1 is not
    assert cohen_kappa(np.array([[118.0, 5.0], [2.0, 0.0]])) == pytest.approx(-20 / 855)
    counts = np.array([[2, 0]] * 118 + [[1, 1]] * 7)
    share = 243 / 250
    by_chance = 2 * share * (1 - share)
    assert gwet_ac1(summed(counts)) == pytest.approx((118 / 125 - by_chance) / (1 - by_chance))


def test_two_readers_by_hand() -> None:
    # observed 35/50, expected 25/50 * 30/50 + 25/50 * 20/50
    assert cohen_kappa(np.array([[20.0, 5.0], [10.0, 15.0]])) == pytest.approx(0.4)


def test_two_readers_against_published() -> None:
    # irrCAC's cont3x3abstractors
    table = np.array([[13.0, 0.0, 0.0], [0.0, 20.0, 7.0], [0.0, 4.0, 56.0]])
    assert cohen_kappa(table) == pytest.approx(0.7964094, abs=5e-8)
    assert cohen_kappa(table) == pytest.approx(cohens_kappa(table).kappa, abs=1e-12)


@given(st.lists(st.tuples(st.sampled_from("PNI"), st.sampled_from("PNI")), min_size=1, max_size=40))
def test_two_readers_against_sklearn(pairs: list[tuple[str, str]]) -> None:
    table = np.zeros((3, 3))
    for first, second in pairs:
        table["PNI".index(first), "PNI".index(second)] += 1
    ours = float(cohen_kappa(table))
    first, second = zip(*pairs, strict=True)
    if len(set(first + second)) == 1:
        assert math.isnan(ours)
    else:
        assert ours == pytest.approx(cohen_kappa_score(first, second, labels=list("PNI")), abs=1e-12)


@given(
    st.integers(2, 6).flatmap(
        lambda readers: st.lists(
            st.lists(st.integers(0, 2), min_size=readers, max_size=readers), min_size=2, max_size=30
        )
    )
)
def test_equal_numbers_of_reads_against_statsmodels(ratings: list[list[int]]) -> None:
    counts = np.array([np.bincount(row, minlength=3) for row in ratings])
    ours = float(fleiss_kappa(summed(counts)))
    if (counts.sum(axis=0) > 0).sum() == 1:
        assert math.isnan(ours)
    else:
        assert ours == pytest.approx(fleiss_of_statsmodels(counts), abs=1e-9)


def test_one_category_is_not_defined_by_hand() -> None:
    sums = summed(np.array([[2], [3]]))
    assert percent_agreement(sums) == 1
    assert np.isnan(
        [fleiss_kappa(sums), gwet_ac1(sums), krippendorff_alpha(sums), cohen_kappa(np.array([[4.0]]))]
    ).all()


def test_no_two_reads_are_not_defined_by_hand() -> None:
    sums = summed(np.array([[1, 0], [0, 1]]))
    defined = [percent_agreement, fleiss_kappa, gwet_ac1, krippendorff_alpha]
    assert np.isnan([coefficient(sums) for coefficient in defined]).all()
    assert np.isnan(cohen_kappa(np.zeros((2, 2))))


def test_a_single_read_counts_for_the_proportions_only_by_hand() -> None:
    # proportions: positive (1 + 1/2 + 0) / 3; agreement of the first two images only
    sums = summed(np.array([[2, 0], [1, 1], [0, 1]]))
    by_chance = 0.5**2 + 0.5**2
    assert percent_agreement(sums) == 0.5
    assert fleiss_kappa(sums) == pytest.approx((0.5 - by_chance) / (1 - by_chance))


@pytest.mark.parametrize(("reads", "scale"), [([], 1), ([0, 1], 1), ([2], 2), ([5, 1], 20), ([2, 3, 5], 60)])
def test_scale_by_hand(reads: list[int], scale: int) -> None:
    assert common_scale(np.array(reads, dtype=np.int64)) == scale


def test_scale_is_exact_up_to_22_reads_by_hand() -> None:
    assert common_scale(np.arange(23)) == math.lcm(*range(1, 23)) < FINEST
    assert common_scale(np.arange(24)) == FINEST


def test_coarser_proportions_by_hand() -> None:
    # the least common multiple of these numbers of pairs is too large: proportions are rounded to 2**-30
    counts = np.array([[10, 87], [80, 9], [20, 63], [3, 76]])
    sums = summed(counts)
    reads = counts.sum(axis=1)
    assert sums.scale == FINEST
    shares = ((counts * (counts - 1)).sum(axis=1) / (reads * (reads - 1))).mean()
    assert percent_agreement(sums) == pytest.approx(shares, abs=1e-9)
