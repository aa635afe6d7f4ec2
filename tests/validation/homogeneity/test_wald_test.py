"""The test of homogeneity by hand, against SciPy, statsmodels and itself."""

from collections.abc import Mapping
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import f as f_distribution
from scipy.stats import ttest_ind
from statsmodels.stats.multitest import multipletests

from protocols.schema.criteria import Family
from tests.validation.homogeneity.test_level_estimates import sensitivity_of
from tests.validation.rankings import units
from validation.estimates.replication import Replicates
from validation.homogeneity.level_estimates import LevelEstimate, NotGiven, joint_covariance
from validation.homogeneity.wald_test import (
    LevelData,
    Wald,
    degrees_of_freedom,
    holm,
    homogeneity_of,
    quadratic_form,
    wald_test,
    with_holm,
)
from validation.results.secondary import Homogeneity

NO_UNITS = units([], [], [])


def own_patients(*levels: tuple[int, int]) -> list[LevelEstimate]:
    """Levels of so many right and wrong images, each of another patient."""
    total = sum(right + wrong for right, wrong in levels)
    estimates, start = [], 0
    for right, wrong in levels:
        rights, wrongs = np.zeros(total, dtype=int), np.zeros(total, dtype=int)
        rights[start : start + right] = 1
        wrongs[start + right : start + right + wrong] = 1
        estimates.append(sensitivity_of(rights.tolist(), wrongs.tolist()))
        start += right + wrong
    return estimates


def wald_of(levels: list[LevelEstimate]) -> Wald:
    found = wald_test(levels, joint_covariance(levels))
    assert isinstance(found, Wald)
    return found


def test_two_levels_of_their_own_patients_by_hand() -> None:
    # 18 of 20 and 12 of 20: effective sizes 19, one success and one failure more in the variance.
    shares = (0.9 * 19 + 1) / 21, (0.6 * 19 + 1) / 21
    variances = [share * (1 - share) / 19 for share in shares]
    d = int(sum(variances) ** 2 / sum(variance**2 / 19 for variance in variances))
    found = wald_of(own_patients((18, 2), (12, 8)))
    assert found.statistic == pytest.approx(0.3**2 / sum(variances), abs=1e-6)
    assert found.degrees_of_freedom == (1, d)
    assert found.p_value == pytest.approx(f_distribution.sf(found.statistic, 1, d), abs=1e-6)


def test_many_patients_against_scipy() -> None:
    # What is added for few patients is then lost in rounding.
    levels = own_patients((16_000, 4_000), (15_700, 4_300))
    welch = ttest_ind([1] * 16_000 + [0] * 4_000, [1] * 15_700 + [0] * 4_300, equal_var=False)
    found = wald_of(levels)
    assert found.statistic == pytest.approx(welch.statistic**2, rel=2e-3)
    assert found.degrees_of_freedom[1] == pytest.approx(welch.df, rel=2e-3)


def test_degrees_of_freedom_against_welch() -> None:
    # At one half nothing is added to the variance.
    welch = ttest_ind([0, 1] * 10, [0, 1] * 35, equal_var=False).df
    assert degrees_of_freedom(own_patients((10, 10), (35, 35))) == int(welch)


def test_degrees_of_freedom_of_shared_patients_by_hand() -> None:
    random = np.random.default_rng(3)
    results = [random.integers(0, 2, 40) for _ in range(3)]
    levels = [sensitivity_of(right.tolist(), (1 - right).tolist()) for right in results]
    # Hotelling: K - 1 of the covariance, q and K - L + 1 of F.
    assert degrees_of_freedom(levels) == 39
    assert wald_of(levels).degrees_of_freedom == (2, 38)


def test_quadratic_form_by_hand() -> None:
    # [[2, 1], [1, 2]]^-1 = [[2, -1], [-1, 2]] / 3
    assert quadratic_form([[2.0, 1.0], [1.0, 2.0]], [1.0, 3.0]) == pytest.approx((2 - 3 - 3 + 18) / 3)
    assert quadratic_form([[1.0, 1.0], [1.0, 1.0]], [1.0, 2.0]) is None


@given(st.lists(st.lists(st.integers(-4, 4), min_size=4, max_size=4), min_size=6, max_size=9))
def test_quadratic_form_against_numpy(rows: list[list[int]]) -> None:
    stacked = np.array(rows, dtype=float)
    matrix = stacked.T @ stacked + np.eye(4)
    expected = float(np.array([1.0, -2.0, 0.5, 3.0]) @ np.linalg.solve(matrix, [1.0, -2.0, 0.5, 3.0]))
    assert quadratic_form(matrix.tolist(), [1.0, -2.0, 0.5, 3.0]) == pytest.approx(expected)


LEVELS = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=2, max_size=5).filter(
    lambda levels: all(right + wrong > 4 for right, wrong in levels)
)


@given(LEVELS, st.randoms(use_true_random=False))
def test_order_of_levels_changes_nothing_against_itself(levels: list[tuple[int, int]], random) -> None:
    estimates = own_patients(*levels)
    found = wald_test(estimates, joint_covariance(estimates))
    random.shuffle(estimates)
    again = wald_test(estimates, joint_covariance(estimates))
    if isinstance(found, NotGiven):
        assert found == again
    else:
        assert isinstance(again, Wald)
        assert again.statistic == pytest.approx(found.statistic, abs=2e-6)
        assert again.degrees_of_freedom == found.degrees_of_freedom


@given(LEVELS)
def test_duplicate_patients_make_no_difference_smaller(levels: list[tuple[int, int]]) -> None:
    estimates = own_patients(*levels)
    doubled = own_patients(*((2 * right, 2 * wrong) for right, wrong in levels))
    found = wald_test(estimates, joint_covariance(estimates))
    if isinstance(found, Wald):
        assert wald_of(doubled).statistic >= found.statistic - 1e-6


def test_levels_that_vary_as_one_by_hand() -> None:
    level = sensitivity_of([1, 0] * 30, [0, 1] * 30)
    found = wald_test([level, level], joint_covariance([level, level]))
    assert found == NotGiven("not estimable: levels vary as one")


def test_too_few_patients_for_so_many_levels_by_hand() -> None:
    levels = [sensitivity_of([1, 0, 1], [0, 1, right]) for right in (0, 1, 2, 3)]
    found = wald_test(levels, joint_covariance(levels))
    assert found == NotGiven("not estimable: too few patients for so many levels")


def axis(**levels: list[tuple[int, int]]) -> Mapping[str, LevelData]:
    """Levels of TP and FN by patient, over the same patients; of sample and replicates only what is read."""
    patients = len(next(iter(levels.values())))
    weights = np.random.default_rng(5).multinomial(patients, [1 / patients] * patients, 500).T.astype(float)
    made = {}
    for name, rows in levels.items():
        counts = np.zeros((patients, 4))
        counts[:, [0, 2]] = rows
        undefined = np.full(500, np.nan)
        drawn = Replicates(weights.T @ counts, np.full((500, 2), np.nan), undefined, undefined)
        made[name] = LevelData(SimpleNamespace(counts=counts, ranked=NO_UNITS), drawn)
    return made


PATIENTS = axis(
    F=[(1, 0)] * 18 + [(0, 1)] * 2 + [(0, 0)] * 20,
    M=[(0, 0)] * 20 + [(1, 0)] * 12 + [(0, 1)] * 8,
    O=[(0, 0)] * 39 + [(1, 0)],
    unknown=[(1, 0)] * 40,
)


def test_levels_left_out_by_hand() -> None:
    found = homogeneity_of(
        "sex", "sensitivity", PATIENTS, left_out={"unknown": "not known"}, confidence_level=0.95
    )
    assert (found.levels, found.patients) == (("F", "M"), 40)
    assert found.left_out == {"unknown": "not known", "O": "one patient alone"}
    assert found.statistic == wald_of(own_patients((18, 2), (12, 8))).statistic
    assert (found.in_family, found.holm_p_value, found.note) == (False, None, None)
    assert found.largest_gap is not None
    assert (found.largest_gap.higher, found.largest_gap.lower) == ("F", "M")
    assert found.largest_gap.difference == 0.3


@pytest.mark.parametrize("metric", ["specificity", "auroc"])
def test_a_metric_that_no_level_has_by_hand(metric: str) -> None:
    found = homogeneity_of("sex", metric, PATIENTS, left_out={}, confidence_level=0.95)
    assert (found.levels, found.patients, found.p_value, found.largest_gap) == ((), 0, None, None)
    assert found.note == "not estimable: fewer than two levels"
    assert len(found.left_out) == 4


def test_a_perfect_device_has_a_test_and_a_difference_by_hand() -> None:
    found = homogeneity_of(
        "sex", "sensitivity", axis(F=[(1, 0)] * 15, M=[(2, 0)] * 15), left_out={}, confidence_level=0.95
    )
    assert (found.statistic, found.p_value) == (0, 1)
    assert found.largest_gap is not None
    assert found.largest_gap.interval is not None
    assert found.largest_gap.interval[0] < 0 < found.largest_gap.interval[1]


def test_one_patient_with_500_images_by_hand() -> None:
    found = homogeneity_of(
        "site",
        "sensitivity",
        axis(A=[(300, 200)] + [(1, 0)] * 20 + [(0, 0)] * 20, B=[(0, 0)] * 21 + [(1, 0)] * 19 + [(0, 1)]),
        left_out={},
        confidence_level=0.95,
    )
    assert found.p_value is not None
    assert found.p_value > 0.05


def member(axis: str, metric: str, p_value: float | None) -> Homogeneity:
    return Homogeneity(
        axis=axis,
        metric=metric,
        levels=(),
        left_out={},
        patients=0,
        statistic=None,
        degrees_of_freedom=None,
        p_value=p_value,
        in_family=False,
        holm_p_value=None,
        largest_gap=None,
    )


P_VALUES = st.one_of(st.none(), st.integers(0, 10**6).map(lambda whole: whole / 10**6))


@pytest.mark.slow
@settings(max_examples=25)  # statsmodels takes long
@given(st.lists(P_VALUES, min_size=1, max_size=9))
def test_holm_against_statsmodels(p_values: list[float | None]) -> None:
    expected = multipletests([1.0 if p is None else p for p in p_values], method="holm")[1]
    for p, ours, theirs in zip(p_values, holm(p_values), expected, strict=True):
        assert ours is None if p is None else ours == pytest.approx(theirs, abs=1e-6)


def test_the_family_by_hand() -> None:
    tests = [
        member("sex", "sensitivity", 0.01),
        member("sex", "f1", 0.001),
        member("view", "sensitivity", 0.04),
        member("age_years", "sensitivity", 0.02),
        member("site", "sensitivity", None),
    ]
    family = Family(axes=("sex", "view", "site"), metrics=("sensitivity",))
    adjusted = with_holm(tests, family)
    # Three members: the one without a p-value counts, the other metric and the other axis do not.
    assert [test.holm_p_value for test in adjusted] == [0.03, None, 0.08, None, None]
    assert [test.in_family for test in adjusted] == [True, False, True, False, True]
    assert with_holm(tests, None) == tuple(tests)
