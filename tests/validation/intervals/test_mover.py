"""The mean and the ratio of two proportions from their intervals: by hand, laws, and coverage with mixed patients."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from validation.intervals.mover import mover_mean, mover_ratio, proportion_correlation
from validation.intervals.proportions import clustered_proportion, exact_clustered

SHARES = st.floats(0.02, 0.98)
PARTS = st.tuples(SHARES, SHARES, SHARES).map(sorted)
CORRELATIONS = st.floats(-1, 1)


def test_mover_ratio_without_correlation_by_hand() -> None:
    # Donner & Zou's closed form, written out for 0.8 (0.7, 0.88) over 0.3 (0.25, 0.36).
    product = 0.8 * 0.3
    low = (product - math.sqrt(product**2 - 0.7 * 0.36 * (1.6 - 0.7) * (0.6 - 0.36))) / (0.36 * (0.6 - 0.36))
    high = (product + math.sqrt(product**2 - 0.88 * 0.25 * (1.6 - 0.88) * (0.6 - 0.25))) / (
        0.25 * (0.6 - 0.25)
    )
    made = mover_ratio(0.8, (0.7, 0.88), 0.3, (0.25, 0.36), correlation=0)
    assert made == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("numerator", "expected_low"),
    [
        ((0.0, (0.0, 0.1)), 0.0),  # a ratio of 0 has a bound of 0, not 0/0
        ((1.0, (0.9, 1.0)), None),
    ],
)
def test_mover_ratio_at_the_boundary_by_hand(
    numerator: tuple[float, tuple[float, float]], expected_low: float | None
) -> None:
    # 2 * 0.2 - 0.4 = 0: Donner & Zou's denominator vanishes
    interval = mover_ratio(*numerator, 0.2, (0.1, 0.4), correlation=0)
    assert interval is not None
    assert interval[0] <= numerator[0] / 0.2 <= interval[1]
    assert expected_low is None or interval[0] == expected_low


def test_mover_ratio_without_a_finite_bound_by_hand() -> None:
    assert mover_ratio(0.5, (0.4, 0.6), 0.1, (0.0, 0.4), correlation=0.5) is None


@pytest.mark.parametrize(
    ("correlation", "length"),
    [(0.0, math.hypot(0.1, 0.05)), (1.0, 0.15), (-1.0, 0.05), (0.5, math.sqrt(0.01 + 0.0025 + 0.005))],
)
def test_mover_mean_by_hand(correlation: float, length: float) -> None:
    low, high = mover_mean(0.8, (0.7, 0.9), 0.6, (0.55, 0.65), correlation=correlation)
    assert (low, high) == pytest.approx((0.7 - length / 2, 0.7 + length / 2))


def test_correlation_of_proportions_by_hand() -> None:
    """Influences times n: (1, -1, 0) / 2 on the one and (1, 0, -1) / 2 on the other: 1 / 2."""
    ones = np.ones(3)
    first, second = np.array([2.0, 0.0, 1.0]), np.array([2.0, 1.0, 0.0])
    assert proportion_correlation(first, 2 * ones, second, 2 * ones) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("trials", "others"),
    [
        ([1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]),  # no patient has both
        ([2.0, 2.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0]),  # the first does not vary
    ],
)
def test_proportions_without_common_variation_are_uncorrelated_by_hand(
    trials: list[float], others: list[float]
) -> None:
    first = np.array([1.0, 1.0 if trials[1] == 2 else 0.0, 0.0, 0.0])
    second = np.array([0.0, 0.0, 1.0, 0.0])
    assert proportion_correlation(first, np.array(trials), second, np.array(others)) == 0


@given(PARTS, PARTS, CORRELATIONS)
def test_a_ratio_is_where_the_difference_begins_and_ends_at_zero_against_theory(
    first: list[float], second: list[float], correlation: float
) -> None:
    """Zou & Donner's interval of first - R second has a bound of 0 at each of the two ratios R."""
    (l1, top, u1), (l2, bottom, u2) = first, second
    made = mover_ratio(top, (l1, u1), bottom, (l2, u2), correlation=correlation)
    assert made is not None
    low, high = made
    for ratio, a, b in (
        (low, top - l1, ratio_reach(low, u2 - bottom)),
        (high, u1 - top, ratio_reach(high, bottom - l2)),
    ):
        reach = math.sqrt(max(0.0, a * a + b * b - 2 * correlation * a * b))
        assert abs(top - ratio * bottom) == pytest.approx(reach, abs=1e-6 * max(1, ratio))


def ratio_reach(ratio: float, distance: float) -> float:
    """The distance of R times a proportion from its bound."""
    return ratio * distance


@given(PARTS, PARTS, CORRELATIONS, CORRELATIONS)
def test_more_correlation_widens_a_mean_and_narrows_a_ratio_against_theory(
    first: list[float], second: list[float], one: float, other: float
) -> None:
    (l1, p, u1), (l2, q, u2) = first, second
    less, more = sorted((one, other))
    means = [mover_mean(p, (l1, u1), q, (l2, u2), correlation=r) for r in (less, more)]
    assert means[1][0] <= means[0][0] + 1e-12 and means[0][1] <= means[1][1] + 1e-12
    ratios = [mover_ratio(p, (l1, u1), q, (l2, u2), correlation=r) for r in (less, more)]
    assert ratios[0] is not None and ratios[1] is not None
    assert ratios[0][0] <= ratios[1][0] * (1 + 1e-9) and ratios[1][1] <= ratios[0][1] * (1 + 1e-9)


@pytest.mark.parametrize(("shift", "sign"), [("quality", 1), ("threshold", -1)])
def test_balanced_accuracy_of_mixed_patients_is_covered_against_theory(shift: str, sign: int) -> None:
    """200 patients of 4 + 4 images whose sensitivity and specificity share a normal effect on the log odds."""
    random, studies = np.random.default_rng([510, sign + 1]), 300
    effects = random.normal(size=200_000) * 2
    truth = (np.mean(1 / (1 + np.exp(-2 - effects))) + np.mean(1 / (1 + np.exp(-2 - sign * effects)))) / 2
    held = 0
    trials = np.full(200, 4.0)
    for _ in range(studies):
        effect = random.normal(size=200) * 2
        right = [
            random.binomial(4, 1 / (1 + np.exp(-2 - shared))).astype(float)
            for shared in (effect, sign * effect)
        ]
        parts = [clustered_proportion(x, trials, 0.95) for x in right]
        correlation = proportion_correlation(right[0], trials, right[1], trials)
        assert correlation * sign > 0, shift
        low, high = mover_mean(
            parts[0].proportion,
            exact_clustered(parts[0], 0.95),
            parts[1].proportion,
            exact_clustered(parts[1], 0.95),
            correlation=correlation,
        )
        held += low <= truth <= high
    assert held >= stats.binom.ppf(1e-4, studies, 0.945)
