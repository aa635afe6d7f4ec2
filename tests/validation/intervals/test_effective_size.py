"""Effective sizes: by hand, at their limits, and what never changes them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.intervals.effective_size import (
    effective_patients,
    effective_size,
    units_by_patient,
    variance_of_sizes,
)

SIZES = st.lists(st.integers(1, 40), min_size=2, max_size=30)


def test_units_of_those_who_have_any_by_hand() -> None:
    assert units_by_patient(np.array([4, 1, 4, 4])).tolist() == [1.0, 3.0]


def test_effective_patients_by_hand() -> None:
    # 20 images in 12 patients, 9 of them of one: 400 / (81 + 11).
    assert effective_patients(np.array([9.0, *[1.0] * 11])) == pytest.approx(400 / 92)
    assert effective_patients(np.array([])) == 0


def test_effective_size_by_hand() -> None:
    sizes = np.array([4.0, 2.0, 2.0, 2.0])  # 10 images, Kish's size 100 / 28
    # sum m_k^3 / m^3 is 88 / 1000.
    assert effective_size(sizes, 1.0, unseen=0.5) == pytest.approx(1 / (0.1 + 0.5 * 0.088))
    # With four patients unseen it would be below Kish's size, which then counts.
    assert effective_size(sizes, 1.0, unseen=4.0) == pytest.approx(1 / 0.28)
    # A design effect beyond that of complete correlation decides itself.
    assert effective_size(sizes, 5.0, unseen=2.0) == pytest.approx(2)


@given(SIZES, st.floats(0, 50), st.floats(0.1, 10))
def test_effective_size_lies_between_its_limits(sizes: list[int], effect: float, unseen: float) -> None:
    units_of = np.array(sizes, dtype=float)
    by_variance = units_of.sum() / max(1.0, effect)
    found = effective_size(units_of, effect, unseen=unseen)
    assert min(by_variance, effective_patients(units_of)) - 1e-9 <= found <= by_variance + 1e-9


@given(SIZES)
def test_variance_of_sizes_against_numpy(sizes: list[int]) -> None:
    units_of = np.array(sizes, dtype=float)
    of_units = np.repeat(units_of / units_of.sum(), sizes)
    assert variance_of_sizes(units_of) == pytest.approx(of_units.var(), abs=1e-15)


def test_equal_sizes_have_no_variance() -> None:
    assert variance_of_sizes(np.full(7, 3.0)) == 0
