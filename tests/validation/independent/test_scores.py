"""Metrics of scores of the second implementation: pROC's published numbers, scikit-learn, and the boundary."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from validation.cohort.outcomes import Units
from validation.independent import scores as independent
from validation.independent.scores import Scored
from validation.metrics.auroc import placements
from validation.metrics.auroc_interval import delong_newcombe

CONFIDENCE = 0.95


def asah(shared_data: Path, marker: str) -> list[Scored]:
    with (shared_data / "known" / "aSAH.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [Scored(k, row["outcome"] == "Poor", float(row[marker])) for k, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("marker", "area", "interval"),
    [
        ("s100b", 0.73136856, (0.6301182, 0.8326189)),
        ("wfns", 0.82367886, (0.7485349, 0.8988229)),
        ("ndka", 0.611957994579946, (0.501244999271703, 0.722670989888189)),
    ],
)
def test_auroc_against_published(
    shared_data: Path, marker: str, area: float, interval: tuple[float, float]
) -> None:
    units = asah(shared_data, marker)
    assert independent.auroc(independent.ranking(units), [1] * len(units)) == pytest.approx(area, abs=1e-8)
    assert independent.delong_clustered(units, CONFIDENCE) == pytest.approx(interval, abs=1e-7)


UNITS = st.lists(
    st.tuples(st.integers(0, 9), st.booleans(), st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.7, 1.0])),
    min_size=2,
    max_size=40,
).map(lambda rows: [Scored(*row) for row in rows])


def has_both_classes(units: list[Scored]) -> bool:
    return len({unit.positive for unit in units}) == 2


@given(units=UNITS.filter(has_both_classes), weight=st.lists(st.integers(1, 3), min_size=10, max_size=10))
def test_weighted_scores_against_sklearn(units: list[Scored], weight: list[int]) -> None:
    truth, score = [unit.positive for unit in units], [unit.score for unit in units]
    weights = [weight[unit.patient] for unit in units]
    ranks = independent.ranking(units)
    assert independent.auroc(ranks, weight) == pytest.approx(
        roc_auc_score(truth, score, sample_weight=weights)
    )
    expected = average_precision_score(truth, score, sample_weight=weights)
    assert independent.average_precision(ranks, weight) == pytest.approx(expected, abs=1e-11)
    brier = independent.brier(independent.squared_errors(units), weight)
    assert brier == pytest.approx(brier_score_loss(truth, score, sample_weight=weights), abs=1e-8)


def test_one_class_has_no_auroc_by_hand() -> None:
    units = [Scored(0, True, 0.3), Scored(1, True, 0.7)]
    assert independent.auroc(independent.ranking(units), [1, 1]) is None
    assert independent.average_precision(independent.ranking(units), [1, 1]) == 1
    assert independent.delong_clustered(units, CONFIDENCE) is None


def test_delong_near_one_stays_below_it_by_hand() -> None:
    units = [Scored(k, True, 0.9 - 0.8 * (k == 0)) for k in range(10)]
    units += [Scored(10 + k, False, 0.2 + 0.71 * (k == 0)) for k in range(10)]
    low, high = independent.delong_clustered(units, CONFIDENCE) or (0.0, 1.0)
    assert 0 < low < high < 1


def test_perfect_and_inverted_devices_by_hand() -> None:
    z_squared = stats.norm.ppf(0.975) ** 2
    assert independent.wilson_patients(1.0, 12, CONFIDENCE) == pytest.approx((12 / (12 + z_squared), 1))
    assert independent.wilson_patients(0.0, 12, CONFIDENCE) == pytest.approx(
        (0, z_squared / (12 + z_squared))
    )


def test_student_interval_by_hand() -> None:
    # Positives 0.9, 0.8, 0.3 and negatives 0.4, 0.2 of five patients: placements 1, 1, 1/2 and 2/3, 1, A = 5/6.
    units = [Scored(k, k < 3, score) for k, score in enumerate([0.9, 0.8, 0.3, 0.4, 0.2])]
    area, beyond, under = 5 / 6, [1 / 6, 1 / 6, -1 / 3], [-1 / 6, 1 / 6]
    variance = sum(p**2 for p in beyond) / 2 / 3 + sum(q**2 for q in under) / 1 / 2
    moved = [p / 3 for p in beyond] + [q / 2 for q in under]
    rests_on = sum(u**2 for u in moved) ** 2 / sum(u**4 for u in moved)
    reach = stats.t.ppf(0.975, max(rests_on, 3)) * variance**0.5 / (area * (1 - area))
    expected = [stats.logistic.cdf(stats.logistic.ppf(area) + sign * reach) for sign in (-1, 1)]
    assert independent.delong_student(units, CONFIDENCE) == pytest.approx(tuple(expected))


def test_variance_that_cancels_within_patients_is_exactly_none_by_hand() -> None:
    # Every patient has the same positive and negative scores: leaving one out, or drawing others, changes nothing.
    units = [
        Scored(k, positive, score) for k in range(4) for positive in (True, False) for score in (0.3, 0.6)
    ]
    assert independent.delong_clustered(units, CONFIDENCE) is None
    assert independent.delong_student(units, CONFIDENCE) is None


def test_newcombe_by_hand() -> None:
    # m = n = 1: V(t) = t (1 - t), Wilson's interval of half a success in one trial.
    z = stats.norm.ppf(0.975)
    reach = z * (1 / 4 + z**2 / 4) ** 0.5 / (1 + z**2)
    assert independent.newcombe(0.5, 1, 1, CONFIDENCE) == pytest.approx((0.5 - reach, 0.5 + reach))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans(), st.integers(0, 6)), min_size=4, max_size=40),
    st.booleans(),
)
def test_intervals_against_the_first_implementation(
    study: list[tuple[int, bool, int]], grouped: bool
) -> None:
    units = [Scored(patient, positive, score) for patient, positive, score in study]
    patient, positive, score = (np.array(column) for column in zip(*study, strict=True))
    ranked = Units(
        patient.astype(np.intp),
        positive.astype(np.int8),
        score.astype(float),
        score > 3,
        patient.astype(np.intp) if grouped else None,
    )
    placed = placements(ranked)
    assume(placed.pairs)
    first, mine = delong_newcombe(placed, CONFIDENCE), independent.delong_newcombe(units, CONFIDENCE, grouped)
    assert mine == (first and pytest.approx(first, abs=1e-9))
