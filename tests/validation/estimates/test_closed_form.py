"""Closed estimates against the intervals that they choose from, and where nothing can be said."""

import numpy as np
import pytest

from validation.cohort.outcomes import ResampledPatients, Sample, Tally, Units
from validation.estimates.closed_form import closed_estimate, closed_estimates, exact_interval
from validation.intervals.proportions import clopper_pearson
from validation.metrics.auroc import placements
from validation.metrics.auroc_interval import delong_student
from validation.results.secondary import ClosedEstimate


def sample(rows: list[tuple[int, int, float]]) -> Sample:
    """Units of (patient, truth, score), called at 0.5."""
    patient, truth, score = (np.array(column) for column in zip(*rows, strict=True))
    units = Units(patient.astype(np.intp), truth.astype(np.int8), score, score >= 0.5)
    place = np.where(truth == 1, np.where(units.called, 0, 2), np.where(units.called, 1, 3))
    patients = int(patient.max()) + 1
    counts = np.zeros((patients, 4))
    np.add.at(counts, (patient, place), 1.0)
    tally = Tally(
        images=len(rows),
        patients=len(set(patient.tolist())),
        positives=int(truth.sum()),
        negatives=int((truth == 0).sum()),
        positive_patients=len(set(patient[truth == 1].tolist())),
        negative_patients=len(set(patient[truth == 0].tolist())),
    )
    drawn = ResampledPatients(patients, patient.astype(np.intp), None)
    return Sample(drawn, counts, units, units, units, units, tally, tally, tally)


MIXED = sample([(place, int(place % 3 == 0), ((place * 9) % 20) / 20) for place in range(20)])


def test_one_unit_a_patient_is_clopper_pearson_against_itself() -> None:
    tp, fp, fn, tn = MIXED.counts.sum(axis=0)
    for made, (x, n) in zip(
        closed_estimates(MIXED, ("sensitivity", "specificity", "ppv", "npv", "accuracy"), 0.95),
        ((tp, tp + fn), (tn, tn + fp), (tp, tp + fp), (tn, tn + fn), (tp + tn, 20)),
        strict=True,
    ):
        assert made.value == pytest.approx(x / n, abs=1e-9)
        assert made.interval == pytest.approx(clopper_pearson(x, n, 0.95), abs=1e-9)


def test_f1_is_mapped_from_the_jaccard_index_by_hand() -> None:
    tp, fp, fn, _ = MIXED.counts.sum(axis=0)
    low, high = clopper_pearson(tp, tp + fp + fn, 0.95)
    assert exact_interval("f1", MIXED.counts, 0.95) == pytest.approx(
        (2 * low / (1 + low), 2 * high / (1 + high))
    )
    assert closed_estimate("f1", MIXED.counts, 0.95).value == pytest.approx(2 * tp / (2 * tp + fp + fn))


def test_auroc_is_delong_student_against_itself() -> None:
    (made,) = closed_estimates(MIXED, ("auroc",), 0.95)
    assert made.interval == pytest.approx(delong_student(placements(MIXED.ranked), 0.95), abs=6e-7)


@pytest.mark.parametrize(("positive", "value"), [(0.9, 1.0), (0.1, 0.0)])  # perfect, inverted
def test_auroc_at_the_boundary_by_hand(positive: float, value: float) -> None:
    (made,) = closed_estimates(
        sample([(place, place % 2, positive if place % 2 else 0.5) for place in range(20)]), ("auroc",), 0.95
    )
    bound = 10 / (10 + 3.841458821)
    assert made.value == value
    assert made.interval == pytest.approx((bound, 1) if value else (0, 1 - bound), abs=1e-8)


UNDEFINED = [
    # metric, units, why
    ("sensitivity", [(0, 0, 0.1), (1, 0, 0.9)], "not estimable: the denominator is 0"),
    ("ppv", [(0, 0, 0.1), (1, 1, 0.2)], "not estimable: the denominator is 0"),
    ("f1", [(0, 0, 0.1), (1, 0, 0.2)], "not estimable: the denominator is 0"),
    ("auroc", [(0, 1, 0.1), (1, 1, 0.9)], "not estimable: one class has no unit"),
]


@pytest.mark.parametrize(("metric", "rows", "note"), UNDEFINED)
def test_undefined_says_why_by_hand(metric: str, rows: list[tuple[int, int, float]], note: str) -> None:
    assert closed_estimates(sample(rows), (metric,), 0.95) == (ClosedEstimate(metric, None, None, note),)


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 1, 0.9), (0, 1, 0.3), (0, 0, 0.5)],  # one patient alone
        [(0, 1, 0.5), (1, 1, 0.5), (2, 0, 0.5), (3, 0, 0.5)],  # every score equal
    ],
)
def test_auroc_without_variance_has_no_interval_by_hand(rows: list[tuple[int, int, float]]) -> None:
    (made,) = closed_estimates(sample(rows), ("auroc",), 0.95)
    assert made == ClosedEstimate("auroc", 0.5, None, "no variance between patients")


def test_a_metric_without_a_closed_interval_is_refused() -> None:
    with pytest.raises(KeyError, match="balanced_accuracy"):
        closed_estimates(MIXED, ("balanced_accuracy",), 0.95)
