"""Truth and call -> outcome, for images and for patients, by hand."""

import numpy as np
import pytest

from tests.validation.samples import NAN, Row, sample
from validation.cohort.outcomes import FN, FP, TN, TP, Unit, Units, by_patient, in_order, outcome

OUTCOMES = [
    # truth, score (threshold 0.5), worst, best
    (1, 0.9, TP, TP),
    (1, 0.1, FN, FN),
    (0, 0.9, FP, FP),
    (0, 0.1, TN, TN),
    (1, NAN, FN, TP),  # not processed: an error of its class, or right
    (0, NAN, FP, TN),
    (-1, 0.9, FP, TP),  # indeterminate reference
    (-1, 0.1, FN, TN),
    (-1, NAN, FN, TN),  # both at once
]


def units(rows: list[tuple[int, int, float]]) -> Units:
    patient, truth, score = (list(column) for column in zip(*rows, strict=True))
    scores = np.array(score)
    called = np.nan_to_num(scores, nan=0.0) >= 0.5
    return Units(np.array(patient, dtype=np.intp), np.array(truth, dtype=np.int8), scores, called)


@pytest.mark.parametrize(("truth", "score", "worst", "best"), OUTCOMES)
def test_outcome_by_hand(truth: int, score: float, worst: int, best: int) -> None:
    one = units([(0, truth, score)])
    assert (outcome(one, "worst")[0], outcome(one, "best")[0]) == (worst, best)


PATIENTS = [
    # images of one patient as (truth, score) -> truth, score, called
    ([(0, 0.1), (1, 0.2)], (1, 0.2, False)),  # any positive
    ([(0, 0.1), (-1, 0.2)], (-1, 0.2, False)),  # else any indeterminate
    ([(1, 0.1), (-1, 0.2)], (1, 0.2, False)),
    ([(0, 0.9), (0, 0.1)], (0, 0.9, True)),  # test positive when any is; the largest score
    ([(0, NAN), (0, 0.1)], (0, NAN, False)),  # else not processed when any is not
    ([(0, NAN), (0, 0.9)], (0, 0.9, True)),
    ([(0, NAN)], (0, NAN, False)),
]


@pytest.mark.parametrize(("images", "expected"), PATIENTS)
def test_patient_by_hand(images: list[tuple[int, float]], expected: tuple[int, float, bool]) -> None:
    patient = by_patient(units([(3, truth, score) for truth, score in images]))
    assert (int(patient.truth[0]), bool(patient.called[0])) == (expected[0], expected[2])
    assert float(patient.score[0]) == pytest.approx(expected[1], nan_ok=True)


def test_patients_keep_their_place_in_the_resample_by_hand() -> None:
    patients = by_patient(units([(4, 0, 0.1), (2, 1, 0.9), (4, 1, 0.3)]))
    assert patients.patient.tolist() == [2, 4]
    assert patients.truth.tolist() == [1, 1]


INF = float("inf")
RANKS: list[tuple[Unit, list[Row], list[float], list[float]]] = [
    # unit, images, ranked scores at the worst, at the best
    ("image", [(0, 1, NAN), (0, 0, NAN), (1, 1, 0.3), (1, -1, NAN)], [-INF, INF, 0.3], [INF, -INF, 0.3]),
    ("patient", [(0, 1, 0.3), (0, 1, NAN)], [-INF], [INF]),  # test negative: not processed
    ("patient", [(0, 1, 0.9), (0, 1, NAN)], [0.9], [INF]),  # test positive: at least its largest score
    ("patient", [(0, 0, 0.9), (0, 0, NAN)], [INF], [0.9]),  # a negative could have scored higher still
    ("patient", [(0, 0, 0.3), (0, 0, NAN)], [INF], [-INF]),
    ("patient", [(0, 0, 0.3), (1, 1, NAN), (1, -1, 0.4)], [0.3, -INF], [0.3, INF]),
]


@pytest.mark.parametrize(("unit", "rows", "worst", "best"), RANKS)
def test_what_is_not_processed_has_its_place_in_the_order_by_hand(
    unit: Unit, rows: list[Row], worst: list[float], best: list[float]
) -> None:
    made = sample(rows, unit)
    assert made.ranked.score.tolist() == worst
    assert made.ranked_tally.positives + made.ranked_tally.negatives == len(worst)
    missing = {patient for patient, _, score in rows if np.isnan(score)}
    incomplete = np.array([patient in missing for patient in made.units.patient])
    if unit == "image":
        incomplete = ~made.units.processed
    kept = made.units.truth != -1
    assert in_order(made.units, incomplete, "best").score[kept].tolist() == best


def test_scored_units_leave_out_what_has_no_score_by_hand() -> None:
    made = sample([(0, 1, NAN), (0, 0, 0.2), (1, 1, 0.3), (1, -1, 0.9)])
    assert made.scored.score.tolist() == [0.2, 0.3]
    assert (made.tally.images, made.ranked_tally.images, made.scored_tally.images) == (4, 3, 2)
