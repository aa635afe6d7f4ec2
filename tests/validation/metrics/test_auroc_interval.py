"""The interval of AUROC with Student's quantile: by hand, at its limits, and under copies of images and patients."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from validation.cohort.outcomes import Units
from validation.metrics.auroc import auroc, auroc_variance, delong_clustered, placements
from validation.metrics.auroc_interval import (
    degrees_of_freedom,
    delong_newcombe,
    delong_student,
    effective_units,
    influence,
    newcombe,
)


def test_interval_by_hand() -> None:
    # Four positives 5, 6, 7, 2 and four negatives 1, 3, 4, 8 of eight patients: 10 of 16 pairs are in order.
    placed = placements(_units([5, 6, 7, 2, 1, 3, 4, 8], [1, 1, 1, 1, 0, 0, 0, 0]))
    area = 10 / 16
    # A positive is above 3, 3, 3, 1 of 4 negatives; below 4, 3, 3, 0 of 4 positives lies a negative.
    moved = np.array([3 / 4, 3 / 4, 3 / 4, 1 / 4, 4 / 4, 3 / 4, 3 / 4, 0]) - area
    assert influence(placed) == pytest.approx(moved / 4)
    resting_on = (moved**2).sum() ** 2 / (moved**4).sum()
    assert degrees_of_freedom(placed) == pytest.approx(max(3, resting_on))
    variance = auroc_variance(placed)
    assert variance == pytest.approx((moved[:4] ** 2).sum() / 12 + (moved[4:] ** 2).sum() / 12)
    half = stats.t.ppf(0.975, max(3, resting_on)) * math.sqrt(variance) / (area * (1 - area))
    logit = math.log(area / (1 - area))
    expected = tuple(1 / (1 + math.exp(-(logit + side * half))) for side in (-1, 1))
    assert delong_student(placed, 0.95) == pytest.approx(expected)


def test_one_pair_out_of_order_still_has_three_degrees_of_freedom_by_hand() -> None:
    scores = [*range(20, 40), 4.5, *range(20)]
    placed = placements(_units(scores, [1] * 21 + [0] * 20))
    squares = influence(placed) ** 2
    assert squares.sum() ** 2 / (squares**2).sum() < 3
    assert degrees_of_freedom(placed) == 3


def test_with_many_patients_it_is_delong_on_the_logit_scale_against_theory() -> None:
    random = np.random.default_rng(1)
    truth = np.repeat([1, 0], 5_000)
    placed = placements(_units(list(random.normal(size=10_000) + truth), list(truth)))
    interval, ordinary = delong_student(placed, 0.95), delong_clustered(placed, 0.95)
    assert interval is not None
    assert interval == pytest.approx(ordinary, abs=2e-4)


@pytest.mark.parametrize(
    ("scores", "truth"),
    [
        ([1, 2, 3, 4], [0, 0, 1, 1]),  # perfect
        ([4, 3, 2, 1], [0, 0, 1, 1]),  # inverted
        ([1, 2, 3], [1, 1, 1]),  # no negatives
        ([1, 3, 2], [0, 0, 1]),  # one positive patient
        ([1, 1, 1, 1], [0, 0, 1, 1]),  # every score equal
    ],
)
def test_there_is_none_where_nothing_can_be_said_by_hand(scores: list[float], truth: list[int]) -> None:
    assert delong_student(placements(_units(scores, truth)), 0.95) is None


STUDY = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 6), st.booleans()), min_size=4, max_size=40
)  # patient, score, positive


@given(study=STUDY)
def test_it_holds_its_estimate_and_has_a_width(study: list[tuple[int, int, bool]]) -> None:
    placed = placements(_of(study))
    interval = delong_student(placed, 0.95) if placed.pairs else None
    if interval is not None:
        assert 0 <= interval[0] < auroc(placed) < interval[1] <= 1


@given(study=STUDY, copies=st.integers(2, 4))
def test_copies_of_images_change_nothing_and_copies_of_patients_never_widen_against_itself(
    study: list[tuple[int, int, bool]], copies: int
) -> None:
    once = delong_student(placements(_of(study)), 0.95)
    of_images = delong_student(placements(_of(study * copies)), 0.95)
    more = [
        (patient + 10 * copy, score, positive) for copy in range(copies) for patient, score, positive in study
    ]
    of_patients = delong_student(placements(_of(more)), 0.95)
    if once is None or of_images is None:
        assert once is of_images is None
    else:
        assert of_images == pytest.approx(once, abs=1e-9)
        assert of_patients is not None
        assert of_patients[0] >= once[0] - 1e-9
        assert of_patients[1] <= once[1] + 1e-9


def _of(study: list[tuple[int, int, bool]]) -> Units:
    patients, scores, truth = zip(*study, strict=True)
    return _units(list(scores), [int(positive) for positive in truth], list(patients))


def _units(scores: list[float], truth: list[int], patients: list[int] | None = None) -> Units:
    patient = np.arange(len(scores)) if patients is None else np.array(patients)
    score = np.array(scores, dtype=float)
    return Units(patient.astype(np.intp), np.array(truth, dtype=np.int8), score, score > 0)


@pytest.mark.parametrize(
    ("area", "m", "n", "bounds"),
    [
        # (A - t)^2 = z^2 V(t) solved by hand for m = n = 1, where V(t) = t (1 - t): Wilson's interval of one trial.
        (0.5, 1.0, 1.0, (0.0546, 0.9454)),
        # 20 + 80: at t = 0.78825 V is 0.16691 (1 + 49 * 0.61554) / 1600, whose root times z is 0.11175 = 0.9 - t.
        (0.9, 20.0, 80.0, (0.78825, 0.95363)),
    ],
)
def test_newcombe_by_hand(area: float, m: float, n: float, bounds: tuple[float, float]) -> None:
    assert newcombe(area, m, n, 0.95) == pytest.approx(bounds, abs=1e-4)


@given(area=st.floats(0.001, 0.999), m=st.floats(1.5, 500), n=st.floats(1.5, 500))
def test_the_bounds_of_newcombe_are_z_standard_errors_away_against_theory(
    area: float, m: float, n: float
) -> None:
    for bound in newcombe(area, m, n, 0.95):
        hanley = ((m + n) / 2 - 1) * ((1 - bound) / (2 - bound) + bound / (1 + bound))
        variance = bound * (1 - bound) * (1 + hanley) / (m * n)
        assert (area - bound) ** 2 == pytest.approx(1.959964**2 * variance, rel=1e-4, abs=1e-12)


def test_effective_units_by_hand() -> None:
    """Placements 1, 1, 0, 0 of two patients: alike within them the design effect is 3, mixed there is no variance."""
    patient = np.array([0, 0, 1, 1])
    # Alone 4 (1/4) / 3, together 2 (1) 2: 4 (1/3) 4 / (4 * 4) = 4/3, less than Kish's 2.
    alike, mixed = np.array([1.0, 1, 0, 0]), np.array([1.0, 0, 1, 0])
    assert effective_units(alike, patient, grouped=False) == pytest.approx(4 / 3)
    # Without a variance 4 units, and four more patients of two: 1 / (1/4 + 4 * 16 / 64) is less than Kish's 2.
    assert effective_units(mixed, patient, grouped=False) == 2
    assert effective_units(mixed, patient, grouped=True) == 4
    assert effective_units(np.array([1.0, 0.25, 0.5, 0]), np.arange(4), grouped=False) == 4


def test_four_unseen_patients_count_by_hand() -> None:
    """40 patients of two units, half with placements 1 and 1/2, half with 0 and 1/2: the units are alike in part."""
    placement, patient = np.tile([1.0, 0.5, 0.0, 0.5], 20), np.repeat(np.arange(40), 2)
    alone, together = 40 * 0.25 / 79, 40 * 0.25 * 40 / 39
    by_variance = 80 * 80 * alone / together
    assert effective_units(placement, patient, grouped=True) == pytest.approx(by_variance)
    expected = 1 / (1 / by_variance + 4 * 40 * 8 / 80**3)
    assert expected > 40
    assert effective_units(placement, patient, grouped=False) == pytest.approx(expected)


@given(study=STUDY)
def test_the_union_contains_both_and_is_none_where_the_first_is_against_itself(
    study: list[tuple[int, int, bool]],
) -> None:
    placed = placements(_of(study))
    if not placed.pairs:
        return
    student, union = delong_student(placed, 0.95), delong_newcombe(placed, 0.95)
    if student is None:
        assert union is None
    else:
        assert union is not None
        assert 0 <= union[0] <= student[0] < auroc(placed) < student[1] <= union[1] <= 1


def test_ten_positives_of_a_thousand_are_covered_against_theory() -> None:
    """10 positives and 990 negatives, one image each, AUROC 0.97: Student's interval alone is above it in 7 %."""
    random, truth = np.random.default_rng(510), np.repeat([1, 0], [10, 990])
    shift = math.sqrt(2) * float(stats.norm.ppf(0.97))
    above = [0, 0]
    for _ in range(400):
        placed = placements(_units(list(random.normal(size=1000) + shift * truth), list(truth)))
        for number, method in enumerate((delong_student, delong_newcombe)):
            interval = method(placed, 0.95)
            above[number] += interval is not None and interval[0] > 0.97
    assert above[0] > stats.binom.ppf(0.99, 400, 0.025)
    assert above[1] <= stats.binom.ppf(1 - 1e-4, 400, 0.025)
