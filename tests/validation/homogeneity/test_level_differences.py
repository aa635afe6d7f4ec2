"""The largest difference by hand, against SciPy and against its own p-value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, norm, studentized_range

from tests.validation.homogeneity.test_level_estimates import sensitivity_of
from tests.validation.rankings import units
from validation.homogeneity.level_differences import (
    Deviations,
    Pair,
    deviations_of,
    interval_of,
    largest_gap,
    pairs_of,
)
from validation.homogeneity.level_estimates import LevelEstimate, joint_covariance, level_estimate


def own_patients(*levels: tuple[int, int]) -> dict[str, LevelEstimate]:
    """Levels a, b, ... of so many right and wrong images, each of another patient."""
    named, before, total = {}, 0, sum(right + wrong for right, wrong in levels)
    for name, (right, wrong) in zip("abcdef", levels, strict=False):
        rights = [0] * before + [1] * right + [0] * (total - before - right)
        wrongs = [0] * (before + right) + [1] * wrong + [0] * (total - before - right - wrong)
        named[name] = sensitivity_of(rights, wrongs)
        before += right + wrong
    return named


def drawn(levels: dict[str, LevelEstimate], seed: int = 1, draws: int = 1_000) -> list[np.ndarray]:
    """What a parametric bootstrap would make of levels of their own patients."""
    random = np.random.default_rng(seed)
    return [
        random.binomial(int(level.contributing.sum()), level.value, draws) / level.contributing.sum()
        for level in levels.values()
    ]


def test_interval_against_clopper_pearson() -> None:
    # No errors, all errors: effective sizes are whole, and the arms are squared and added.
    perfect, useless = own_patients((40, 0), (0, 25)).values()
    low, high = interval_of([perfect, useless], Pair(0, 1, 0.0), float(norm.ppf(0.975)))
    arms = 1 - binomtest(40, 40).proportion_ci(0.95).low, binomtest(0, 25).proportion_ci(0.95).high
    assert low == pytest.approx(1 - np.hypot(*arms))
    assert high == 1


def test_correlation_narrows_the_interval_by_hand() -> None:
    levels = list(own_patients((45, 5), (30, 20)).values())
    apart, together = (interval_of(levels, Pair(0, 1, correlation), 2.0) for correlation in (0.0, 0.6))
    assert apart[0] < together[0] < 0.3 < together[1] < apart[1]


def test_critical_value_against_tukey() -> None:
    # Many replicates of four independent levels of one variance: the studentized range over the square root of 2.
    levels = own_patients(*[(500, 500)] * 4)
    values = [0.5 + np.random.default_rng(seed).normal(size=40_000) / 60 for seed in range(4)]
    deviations = deviations_of(list(levels.values()), pairs_of(joint_covariance([*levels.values()])), values)
    tukey = studentized_range.ppf(0.95, 4, 1e6) / np.sqrt(2)
    assert deviations.critical_value(0.95) == pytest.approx(tukey, rel=0.02)


def test_critical_value_of_one_pair_is_never_below_the_normal_one() -> None:
    assert Deviations(np.linspace(0, 1, 101), 1).critical_value(0.95) == pytest.approx(1.959964, abs=1e-6)


def test_without_replicates_it_is_bonferronis_by_hand() -> None:
    nothing = Deviations(np.empty(0), 6)
    assert nothing.critical_value(0.95) == pytest.approx(norm.ppf(1 - 0.05 / 12))
    assert nothing.p_value(nothing.critical_value(0.95)) == pytest.approx(0.05)


def test_p_value_by_hand() -> None:
    deviations = Deviations(np.array([0.2, 0.5, 1.0, 2.5, 3.0]), 3)
    assert deviations.p_value(2.5) == 3 / 6
    # No replicate is as extreme, but a single pair would be as likely as this by chance.
    assert Deviations(np.linspace(0, 1, 999), 1).p_value(1.5) == pytest.approx(2 * norm.sf(1.5))


def test_the_largest_pair_by_hand() -> None:
    levels = own_patients((40, 10), (30, 20), (48, 2))
    gap = largest_gap(levels, joint_covariance([*levels.values()]), drawn(levels), 0.95)
    assert (gap.higher, gap.lower, gap.difference, gap.note) == ("c", "b", 0.36, None)
    assert gap.interval is not None
    assert 0 < gap.interval[0] < 0.36 < gap.interval[1] < 1
    assert gap.p_value is not None
    assert gap.p_value < 0.01


def test_undefined_replicates_are_left_out_by_hand() -> None:
    levels = own_patients((40, 10), (30, 20))
    values = drawn(levels)
    holes = [values[0].copy(), values[1]]
    holes[0][::2] = np.nan
    shorter = [value[1::2] for value in values]
    covariance = joint_covariance([*levels.values()])
    assert largest_gap(levels, covariance, holes, 0.95) == largest_gap(levels, covariance, shorter, 0.95)


def test_rounding_does_not_move_a_difference_by_hand() -> None:
    # Every patient alike, F1 = 4/5 and 2/3 in any replicate: J mapped to F1 may differ from it in the last bit.
    levels = []
    for of_patient in ([2, 1, 0, 0], [7, 4, 3, 0]):
        level = level_estimate("f1", np.tile(np.array(of_patient, dtype=float), (30, 1)), units([], [], []))
        assert isinstance(level, LevelEstimate)
        levels.append(level)
    values = [np.full(100, 0.8), np.full(100, np.nextafter(2 / 3, 1))]
    deviations = deviations_of(levels, [Pair(0, 1, 0.0)], values)
    assert len(deviations.largest) == 0


def test_levels_that_vary_as_one_by_hand() -> None:
    level = sensitivity_of([1, 0] * 30, [0, 1] * 30)
    levels = {"PA": level, "AP": level}
    gap = largest_gap(levels, joint_covariance([level, level]), [np.full(9, 0.5)] * 2, 0.95)
    assert (gap.interval, gap.p_value) == (None, None)
    assert gap.note == "not estimable: the two levels vary as one"


LEVELS = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 15)), min_size=2, max_size=4).filter(
    lambda levels: all(right + wrong > 3 for right, wrong in levels)
)


@given(LEVELS, st.integers(0, 3))
def test_interval_contains_the_difference_and_agrees_with_its_p_value(
    levels: list[tuple[int, int]], seed: int
) -> None:
    named = own_patients(*levels)
    gap = largest_gap(named, joint_covariance([*named.values()]), drawn(named, seed), 0.9)
    assert gap.interval is not None
    assert gap.p_value is not None
    low, high = gap.interval
    assert -1 <= low <= gap.difference <= high <= 1
    assert low < high
    # To within one replicate of the 1,000.
    if gap.p_value < 0.099:
        assert low >= 0
    elif gap.p_value > 0.101:
        assert low <= 0


@given(LEVELS)
def test_other_names_change_no_number_against_itself(levels: list[tuple[int, int]]) -> None:
    named = own_patients(*levels)
    values, covariance = drawn(named), joint_covariance([*named.values()])
    turned = dict(reversed(named.items()))
    mirrored = [row[::-1] for row in covariance[::-1]]
    gap, again = (
        largest_gap(named, covariance, values, 0.95),
        largest_gap(turned, mirrored, values[::-1], 0.95),
    )
    assert again.difference == gap.difference
    if len(levels) == 2 and gap.difference:
        assert again == gap
