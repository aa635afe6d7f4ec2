"""Net benefit by hand, its interval against scipy and statsmodels, and laws."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from validation.analyses.decision_curve import GRID, decision_curve
from validation.cohort.outcomes import Units
from validation.results.secondary import DecisionCurvePoint


def units(patient: list[int], truth: list[int], score: list[float]) -> Units:
    return Units(
        np.array(patient, dtype=np.intp),
        np.array(truth, dtype=np.int8),
        np.array(score, dtype=np.float64),
        np.zeros(len(patient), dtype=np.bool_),
    )


CLUSTERED = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1), st.sampled_from([0.0, 0.05, 0.2, 0.2, 0.5, 0.9, 1.0])),
    min_size=1,
    max_size=30,
).map(lambda rows: units(*map(list, zip(*rows, strict=True))))  # type: ignore[arg-type]


def at(points: tuple[DecisionCurvePoint, ...], threshold: float) -> DecisionCurvePoint:
    return next(point for point in points if point.threshold == threshold)


def weighted(ranked: Units, threshold: float) -> np.ndarray:
    """What each unit adds: 1 for a true call, -odds for a false one."""
    called = ranked.score >= threshold
    return np.where(called, np.where(ranked.truth == 1, 1, -threshold / (1 - threshold)), 0.0)


def test_net_benefit_by_hand() -> None:
    # Ten units, threshold 0.2: three true calls, two false ones, odds 1/4.
    ranked = units(
        list(range(10)), [1, 1, 1, 1, 0, 0, 0, 0, 0, 0], [0.9, 0.2, 0.3, 0.1, 0.2, 0.7] + [0.1] * 4
    )
    point = at(decision_curve(ranked, 0.5, 0.95), 0.2)
    assert point.net_benefit == pytest.approx((3 - 2 / 4) / 10)
    assert point.treat_all == pytest.approx((4 - 6 / 4) / 10)


def test_one_image_per_patient_is_the_interval_of_a_mean_against_scipy() -> None:
    generator = np.random.default_rng(1)
    ranked = units(list(range(40)), generator.integers(0, 2, 40).tolist(), generator.random(40).tolist())
    for point in decision_curve(ranked, 0.33, 0.9):
        values = weighted(ranked, point.threshold)
        if values.any():
            expected = stats.t.interval(0.9, 39, loc=values.mean(), scale=stats.sem(values))
            assert point.interval == pytest.approx(expected, abs=1e-6)


def test_clustered_interval_against_statsmodels() -> None:
    generator = np.random.default_rng(2)
    patient = np.repeat(np.arange(30), generator.integers(1, 6, 30))
    truth = (generator.random(30) < 0.4)[patient].astype(int)
    ranked = units(patient.tolist(), truth.tolist(), generator.random(len(patient)).tolist())
    point = at(decision_curve(ranked, 0.5, 0.95), 0.15)
    oracle = sm.OLS(weighted(ranked, 0.15), np.ones(len(patient))).fit(
        cov_type="cluster", cov_kwds={"groups": patient, "use_correction": False}
    )
    half = stats.t.ppf(0.975, 29) * oracle.bse[0] * np.sqrt(30 / 29)
    assert point.interval == pytest.approx((oracle.params[0] - half, oracle.params[0] + half), abs=1e-6)


@given(CLUSTERED, st.sampled_from([0.0, 0.2, 0.123456, 1.0]))
@settings(max_examples=50)
def test_laws_of_net_benefit_against_theory(ranked: Units, threshold: float) -> None:
    points = decision_curve(ranked, threshold, 0.95)
    assert [point.threshold for point in points] == sorted({*GRID, threshold} - {1.0})
    for point in points:
        assert point.net_benefit <= ranked.truth.mean() + 1e-6
        if point.threshold <= ranked.score.min():  # all are test positive
            assert point.net_benefit == point.treat_all
        if point.interval is not None:
            assert point.interval[0] <= point.net_benefit <= point.interval[1]
            assert point.interval[0] < point.interval[1]


@given(CLUSTERED, st.randoms())
@settings(max_examples=30)
def test_order_of_rows_changes_nothing_against_itself(ranked: Units, random: object) -> None:
    order = list(range(len(ranked.score)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Units(ranked.patient[order], ranked.truth[order], ranked.score[order], ranked.called[order])
    assert decision_curve(shuffled, 0.5, 0.95) == decision_curve(ranked, 0.5, 0.95)


def test_where_no_one_is_test_positive_there_is_no_variance_by_hand() -> None:
    ranked = units([0, 1, 2], [0, 1, 1], [0.1, 0.2, 0.3])
    last = decision_curve(ranked, 0.5, 0.95)[-1]
    assert (last.net_benefit, last.interval) == (0, None)


def test_no_units_and_one_patient_by_hand() -> None:
    assert decision_curve(units([], [], []), 0.5, 0.95) == ()
    alone = decision_curve(units([3, 3], [0, 1], [0.1, 0.9]), 0.5, 0.95)
    assert all(point.interval is None for point in alone)


def test_grid_is_denser_where_triage_devices_are_used_by_hand() -> None:
    assert (GRID[0], GRID[19], GRID[20], GRID[-1], len(GRID)) == (0.01, 0.2, 0.25, 0.99, 36)
