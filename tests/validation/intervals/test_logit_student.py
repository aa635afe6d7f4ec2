"""Student's t on the logit scale, and the jackknife's interval: by hand, against scipy, and what never changes it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit
from scipy.stats import t as student

from validation.intervals.bootstrap import NoInterval
from validation.intervals.logit_student import degrees_of_influence, jackknife_student, on_logit_scale

LEVEL = 0.95
BOTH = [np.ones(12), np.ones(15)]  # the units of each patient of either class
VALUES = st.lists(st.floats(0.3, 0.9), min_size=4, max_size=30).filter(lambda found: np.ptp(found) > 1e-3)


def test_the_scale_against_scipy() -> None:
    expected = (expit(logit(0.9) - 0.7), expit(logit(0.9) + 0.7))
    assert on_logit_scale(0.9, 0.7) == pytest.approx(expected, rel=1e-12)


def test_degrees_of_freedom_by_hand() -> None:
    # (1 + 1 + 4)^2 / (1 + 1 + 16) = 2, raised to 3, at most one fewer than patients.
    assert degrees_of_influence(np.array([1.0, 1.0, 4.0]), 3) == 2
    assert degrees_of_influence(np.array([1.0, 1.0, 4.0]), 9) == 3
    assert degrees_of_influence(np.ones(12), 20) == 12
    assert degrees_of_influence(np.zeros(12), 20) == 3
    # Five groups of which one holds nearly all.
    assert degrees_of_influence(np.ones(5), 5, [np.array([1e6, 1, 1, 1, 1])]) < 1.3


def test_the_interval_of_a_mean_against_scipy() -> None:
    values = np.linspace(0.1, 0.4, 16)
    mean, number = float(values.mean()), len(values)
    left_out = (values.sum() - values) / (number - 1)
    squares = (values - mean) ** 2
    variance, slope = squares.sum() / (number - 1) / number, mean * (1 - mean)
    degrees = squares.sum() ** 2 / (squares**2).sum()
    # A mean has no bias, its logit that of the curve: half the second derivative times the variance.
    centre = logit(mean) - (2 * mean - 1) / slope**2 * variance / 2
    half = student.ppf(0.975, degrees) * math.sqrt(variance * (1 + 4 / number)) / slope
    expected = (expit(centre - half), expit(centre + half))
    assert jackknife_student(mean, left_out, [np.ones(20), np.ones(16)], LEVEL) == pytest.approx(
        expected, rel=1e-9
    )


def test_groups_have_no_unseen_patients_and_few_degrees() -> None:
    left_out = np.array([0.60, 0.61, 0.62, 0.64, 0.65])
    sizes = np.array([40.0, 10, 10, 10, 10])
    found = jackknife_student(0.62, left_out, [sizes, np.ones(5)], LEVEL, grouped=True)
    squares = (left_out - left_out.mean()) ** 2
    degrees = degrees_of_influence(squares, 5, [sizes])
    variance, slope = 0.8 * squares.sum(), 0.62 * 0.38
    bias = 4 * (left_out.mean() - 0.62) / slope + 0.24 * variance / (2 * slope**2)
    half = student.ppf(0.975, degrees) * math.sqrt(variance) / slope
    expected = (expit(logit(0.62) - bias - half), expit(logit(0.62) - bias + half))
    assert found == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("value", "left_out", "reason"),
    [
        (0.5, [0.4, np.nan, 0.6], "undefined without one of the patients"),
        (1.0, [1.0, 0.9, 0.9], "no variance between patients"),
        (0.5, [0.5, 0.5, 0.5], "no variance between patients"),
        (0.5, [0.5], "no variance between patients"),
    ],
)
def test_what_has_no_interval_says_why(value: float, left_out: list[float], reason: str) -> None:
    assert jackknife_student(value, np.array(left_out), BOTH, LEVEL) == NoInterval(reason)


def test_a_bias_is_taken_off_and_the_value_stays_within_by_hand() -> None:
    # Without any patient the value falls by far more than its variance: logit V is too high, but V stays a bound.
    left_out = np.linspace(0.58, 0.59, 12)
    found = jackknife_student(0.6, left_out, BOTH, LEVEL)
    assert not isinstance(found, NoInterval)
    assert (found[0], found[1] > 0.6) == (0.6, True)


def test_without_a_class_there_is_none() -> None:
    only = jackknife_student(0.5, np.array([0.4, 0.6]), [np.array([]), np.ones(2)], LEVEL)
    assert only == NoInterval("not estimable: one class has no unit")


@given(VALUES, st.randoms(use_true_random=False))
def test_order_changes_nothing_and_a_higher_level_widens(left_out: list[float], random) -> None:
    value = float(np.mean(left_out))
    shuffled = list(left_out)
    random.shuffle(shuffled)
    found, again, wider = (
        jackknife_student(value, np.array(values), BOTH, level)
        for values, level in ((left_out, LEVEL), (shuffled, LEVEL), (left_out, 0.99))
    )
    assert not isinstance(found, NoInterval)
    assert not isinstance(again, NoInterval)
    assert not isinstance(wider, NoInterval)
    assert found == pytest.approx(again, rel=1e-9)
    assert 0 <= wider[0] <= found[0] <= value <= found[1] <= wider[1] <= 1
