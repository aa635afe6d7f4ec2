"""Degrees of freedom of a variance between groups, and the effective size and coverage that follow."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from validation.cohort.outcomes import Units
from validation.intervals.group_degrees import degrees_by_size, degrees_of_groups
from validation.intervals.proportions import clopper_pearson, clustered_proportion, exact_clustered
from validation.metrics.auroc import placements
from validation.metrics.auroc_interval import degrees_of_freedom

SIZES = st.lists(st.integers(1, 300), min_size=2, max_size=30)


@pytest.mark.parametrize("groups", [2, 5, 40])
def test_groups_of_equal_size_have_one_degree_less_than_groups_by_hand(groups: int) -> None:
    assert degrees_by_size(np.full(groups, 7.0)) == pytest.approx(groups - 1)


@given(SIZES)
def test_degrees_by_size_against_theory(sizes: list[int]) -> None:
    # The residuals x - h sum(x) of totals x with standard deviations proportional to the sizes.
    n = np.array(sizes, dtype=np.float64)
    centring = np.eye(len(n)) - np.outer(n / n.sum(), np.ones(len(n)))
    covariance = centring @ np.diag(n * n) @ centring.T
    expected = np.trace(covariance) ** 2 / np.trace(covariance @ covariance)
    assert degrees_by_size(n) == pytest.approx(max(1.0, expected), rel=1e-6)
    assert 1 <= degrees_by_size(n) <= len(n) - 1


def test_the_fewer_degrees_count_by_hand() -> None:
    sizes = np.full(5, 10.0)
    assert degrees_of_groups(sizes, np.array([4.0, 0, 0, 0, 4])) == 2
    assert degrees_of_groups(sizes, np.array([4.0, 0, 0, 0, 0])) == 1
    # One group of 10,000 among four of 10: hardly more than one degree, whatever the residuals.
    assert 1 < degrees_of_groups(np.array([10_000.0, 10, 10, 10, 10]), np.ones(5)) < 1.3


def test_effective_size_of_groups_by_hand() -> None:
    # Five sites of ten: residuals 2, 0, 0, 0, -2, variance 5/4 * 8 / 50^2 = 0.004, binomial 0.16 / 50 = 0.0032.
    sample = clustered_proportion(np.array([10.0, 8, 8, 8, 6]), np.full(5, 10.0), 0.95, grouped=True)
    assert sample.design_effect == pytest.approx(1.25)
    assert sample.effective_patients == pytest.approx(2)
    size = 40 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 2)) ** 2
    assert sample.effective_trials == pytest.approx(size)
    assert exact_clustered(sample, 0.95) == pytest.approx(clopper_pearson(0.8 * size, size, 0.95))


@pytest.mark.parametrize(("each", "effect"), [(8.0, 0.0), (10.0, None), (0.0, None)])
def test_sites_alike_count_as_one_unit_each_by_hand(each: float, effect: float | None) -> None:
    sample = clustered_proportion(np.full(5, each), np.full(5, 10.0), 0.95, grouped=True)
    assert (sample.effective_trials, sample.design_effect) == (pytest.approx(5), effect)


def test_patients_of_a_site_are_no_copies_by_hand() -> None:
    # All counts are even; as images of patients they would be halved, and n_eff with them.
    x, n = np.array([20.0, 16, 16, 16, 12]), np.full(5, 20.0)
    sample = clustered_proportion(x, n, 0.95, grouped=True)
    assert sample.design_effect == pytest.approx(2 * 1.25)
    assert sample.effective_trials == pytest.approx(40 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 2)) ** 2)


def test_coverage_with_ten_uneven_sites_against_theory() -> None:
    # Beta-distributed sites with intracluster correlation 0.1: by patient 70 % of such intervals hold the true value.
    random, studies, true = np.random.default_rng(510), 1_500, 0.9
    sizes = np.rint(12 * 10 ** (np.arange(10) / 9))
    held = above = 0
    for _ in range(studies):
        x = random.binomial(sizes.astype(int), random.beta(true * 9, (1 - true) * 9, 10)).astype(np.float64)
        low, high = exact_clustered(clustered_proportion(x, sizes, 0.95, grouped=True), 0.95)
        held += low <= true <= high
        above += low > true
    # Four standard errors: it fails by chance once in 15,000 seeds.
    assert held / studies >= 0.945 - 4 * math.sqrt(0.945 * 0.055 / studies)
    assert above / studies <= 0.035 + 4 * math.sqrt(0.035 * 0.965 / studies)


def test_degrees_of_auroc_by_site_by_hand() -> None:
    # Six sites of equal size in both classes: no fewer degrees than by patient; one large site: fewer than 3.
    score, truth = np.arange(48.0) * 7 % 48, np.tile([1, 0], 24).astype(np.int8)
    even, large = np.repeat(np.arange(6), 8), np.minimum(np.arange(48) // 2 % 24, 5)
    for site, fewer in ((even, False), (np.where(large == 5, 0, large + 1), True)):
        by_patient = Units(site.astype(np.intp), truth, score, score > 0)
        by_site = Units(np.arange(48), truth, score, score > 0, site.astype(np.intp))
        without, with_sizes = (degrees_of_freedom(placements(units)) for units in (by_patient, by_site))
        assert (with_sizes < without) == fewer
        assert with_sizes < 3 or not fewer
