"""Average precision and its curve against scikit-learn, by hand at the boundary and against itself."""

import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import average_precision_score, precision_recall_curve

from tests.validation.rankings import CLUSTERED, random_units, taken, units, with_positives
from validation.cohort.outcomes import Units
from validation.intervals.proportions import clopper_pearson, clustered_proportion, exact_clustered
from validation.metrics import average_precision as module
from validation.metrics.average_precision import (
    average_precision,
    average_precision_jackknife,
    precision_recall,
)


def jackknife_by_sklearn(ranked: Units) -> np.ndarray:
    values = []
    for patient in np.unique(ranked.patient):
        rest = taken(ranked, ranked.patient != patient)
        some = with_positives(rest)
        values.append(average_precision_score(rest.truth, rest.score) if some else np.nan)
    return np.array(values)


@given(CLUSTERED.filter(with_positives))
def test_value_against_sklearn(ranked: Units) -> None:
    assert average_precision(ranked) == pytest.approx(average_precision_score(ranked.truth, ranked.score))


@given(CLUSTERED)
def test_jackknife_against_sklearn(ranked: Units) -> None:
    expected = jackknife_by_sklearn(ranked)
    assert average_precision_jackknife(ranked) == pytest.approx(expected, abs=1e-11, nan_ok=True)


@pytest.mark.parametrize("most", [40, 500])  # below and above what is left out by itself
@pytest.mark.parametrize("distinct", [20, 10**9])
def test_jackknife_with_a_patient_of_many_units_against_sklearn(most: int, distinct: int) -> None:
    ranked = random_units(1, images_of=[most, 1, 2, 3, *[1] * 20], distinct=distinct)
    assert average_precision_jackknife(ranked) == pytest.approx(jackknife_by_sklearn(ranked), abs=1e-11)


def test_a_patient_left_out_by_himself_is_the_same_against_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    ranked = random_units(2, images_of=[9, 1, 2, 30, *[4] * 20], distinct=60)
    running = average_precision_jackknife(ranked)
    monkeypatch.setattr(module, "MANY", 3)
    assert average_precision_jackknife(ranked).tolist() == running.tolist()


@pytest.mark.parametrize(
    ("truth", "score", "expected"),
    [
        ([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 1.0),  # perfect
        ([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], (1 / 3 + 2 / 4) / 2),  # inverted
        ([1, 0, 0, 0, 1], [0.5] * 5, 0.4),  # every score equal: the prevalence
        ([0, 0, 1, 0], [0.9, 0.8, 0.7, 0.1], 1 / 3),  # one positive
        ([1, 1], [0.3, 0.3], 1.0),  # no negatives
        ([1, 0, 1], [0.9, 0.5, 0.5], 1 / 2 + 1 / 2 * 2 / 3),  # tied with a negative
        ([0, 0], [0.3, 0.4], np.nan),  # no positives
        ([], [], np.nan),
    ],
)
def test_value_by_hand(truth: list[int], score: list[float], expected: float) -> None:
    ranked = units(range(len(truth)), truth, score)
    assert average_precision(ranked) == pytest.approx(expected, nan_ok=True, abs=1e-12)


def test_jackknife_by_hand() -> None:
    # Patient 1 is positive at 0.9 and negative at 0.5, patient 4 negative at 0.7, patient 9 positive at 0.5.
    ranked = units([1, 4, 1, 9], [1, 0, 0, 1], [0.9, 0.7, 0.5, 0.5])
    assert average_precision_jackknife(ranked) == pytest.approx(
        [1 / 2, 1 / 2 + 1 / 2 * 2 / 3, 1.0], abs=1e-12
    )


@pytest.mark.parametrize("truth", [[1, 0, 1], [0, 0, 0], [1, 1, 1]])
def test_without_the_only_patient_nothing_is_left_by_hand(truth: list[int]) -> None:
    assert np.isnan(average_precision_jackknife(units([3, 3, 3], truth, [0.1, 0.2, 0.3]))).all()


def test_no_patient_by_hand() -> None:
    assert len(average_precision_jackknife(units([], [], []))) == 0


@given(CLUSTERED)
def test_only_the_order_of_scores_counts_against_itself(ranked: Units) -> None:
    bent = Units(ranked.patient, ranked.truth, ranked.score**3 / 7, ranked.called)
    for of in (average_precision, average_precision_jackknife):
        assert np.array_equal(of(bent), of(ranked), equal_nan=True)


@given(CLUSTERED)
def test_the_order_of_rows_changes_no_bit_against_itself(ranked: Units) -> None:
    backwards = taken(ranked, np.arange(len(ranked.truth))[::-1])
    for of in (average_precision, average_precision_jackknife):
        assert np.array_equal(of(backwards), of(ranked), equal_nan=True)
    assert precision_recall(backwards, 0.95) == precision_recall(ranked, 0.95)


def test_points_by_hand() -> None:
    # Five positives: one above all, then a negative of another patient, two tied with a negative, and the rest.
    ranked = units(
        [0, 1, 2, 2, 3, 4, 5, 6], [1, 0, 1, 1, 0, 1, 1, 0], [0.9, 0.8, 0.7, 0.7, 0.7, 0.4, 0.3, 0.2]
    )
    points = precision_recall(ranked, 0.95)
    assert [(point.threshold, point.recall, point.precision) for point in points] == [
        (0.9, 0.2, 1.0),
        (0.7, 0.6, 0.6),
        (0.4, 0.8, 0.666666667),
        (0.3, 1.0, 0.714285714),
    ]
    of_second = clustered_proportion(np.array([1.0, 0, 2, 0]), np.array([1.0, 1, 2, 1]), 0.95)
    assert points[1].interval == pytest.approx(exact_clustered(of_second, 0.95), abs=1e-9)


def test_points_against_sklearn() -> None:
    ranked = random_units(11, images_of=[1, 2, 3] * 60, distinct=150)
    precision, recall, threshold = precision_recall_curve(ranked.truth, ranked.score)
    of_curve = {t: (r, p) for t, r, p in zip(threshold, recall, precision, strict=False)}
    points = precision_recall(ranked, 0.95)
    assert len(points) == 20
    for target, point in zip(range(1, 21), points, strict=True):
        assert (point.recall, point.precision) == pytest.approx(of_curve[point.threshold], abs=1e-9)
        assert point.recall >= target / 20 - 1e-9
        assert all(r < target / 20 for t, (r, _) in of_curve.items() if t > point.threshold)


def test_one_image_a_patient_has_ordinary_intervals_against_itself() -> None:
    ranked = random_units(12, images_of=[1] * 200, distinct=10**6)
    for point in precision_recall(ranked, 0.95):
        called = ranked.score >= point.threshold
        ordinary = clopper_pearson(float(ranked.truth[called].sum()), float(called.sum()), 0.95)
        assert point.interval == pytest.approx(ordinary, abs=1e-9)


@pytest.mark.parametrize(
    ("truth", "score", "expected"),
    [
        ([0, 0], [0.1, 0.2], []),  # no positives
        ([1, 0, 1], [0.5] * 3, [(0.5, 1.0)]),  # every score equal
        ([1, 0, 0], [0.1, 0.2, 0.3], [(0.1, 1.0)]),  # one positive
    ],
)
def test_few_points_by_hand(
    truth: list[int], score: list[float], expected: list[tuple[float, float]]
) -> None:
    points = precision_recall(units(range(len(truth)), truth, score), 0.95)
    assert [(point.threshold, point.recall) for point in points] == expected


def test_a_single_patient_gets_no_certainty_by_hand() -> None:
    (point,) = precision_recall(units([0, 0], [1, 1], [0.7, 0.7]), 0.95)
    assert (point.precision, point.interval) == (1.0, (0.0, 1.0))


@given(CLUSTERED.filter(with_positives))
def test_every_point_lies_in_its_interval_against_itself(ranked: Units) -> None:
    points = precision_recall(ranked, 0.95)
    assert points[-1].recall == 1
    for point in points:
        assert point.interval[0] <= point.precision <= point.interval[1]
        assert point.interval[0] < point.interval[1]
