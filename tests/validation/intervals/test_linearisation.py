"""Intervals from influences: Student's by scipy, and the cases without one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from validation.intervals.linearisation import patient_sums, student_interval, total
from validation.results.secondary import Measured


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_a_mean_of_one_value_per_patient_against_scipy(level: float) -> None:
    values = np.random.default_rng(2).normal(3, 2, 25)
    measured = student_interval(values.mean(), (values - values.mean()) / 25, level)
    expected = stats.t.interval(level, 24, loc=values.mean(), scale=stats.sem(values))
    assert measured.interval == pytest.approx(expected, abs=1e-6)


def test_one_patient_alone_by_hand() -> None:
    assert student_interval(0.5, np.zeros(1), 0.95) == Measured(0.5, None, "one patient alone")


@pytest.mark.parametrize("influence", [0.0, 1e-12])  # none, and what rounding leaves of none
def test_no_width_is_no_interval_by_hand(influence: float) -> None:
    measured = student_interval(0.5, np.array([influence, -influence]), 0.95)
    assert measured == Measured(0.5, None, "no variance between patients")


@given(st.lists(st.floats(-1e6, 1e6), max_size=30), st.randoms())
def test_the_total_is_the_same_in_any_order_against_itself(values: list[float], random: object) -> None:
    shuffled = list(values)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert total(np.array(shuffled)) == total(np.array(values))


def test_sums_by_patient_by_hand() -> None:
    assert patient_sums(np.array([1.0, 2, 4]), np.array([2, 0, 2]), 3).tolist() == [2, 0, 5]
