"""The part of the coverage certificate on MOVER: its studies, their true values, six of its cells."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from tests.benchmarks.coverage.mover import (
    HIGH,
    INDEPENDENT,
    MOVER,
    ORDINARY,
    PAIRS,
    MoverCell,
    mover_cells,
    mover_intervals,
    simulated_counts,
    sufficient,
    with_and_without_correlation,
)
from tests.benchmarks.coverage.scores import the_protocol
from tests.benchmarks.coverage.tally import ABOVE_CLUSTERED, ABOVE_ORDINARY, COVERAGE
from tests.benchmarks.coverage.whole_studies import estimates, sample
from validation.metrics.counts import confusion

STUDIES = 1_000
ALIKE = MoverCell("balanced_accuracy", 500, "skewed", 0.3, 0.6, *ORDINARY)
# Errors that go together and that compensate, few patients and many.
IN_CI = (
    ALIKE,
    MoverCell("balanced_accuracy", 100, "1 to 8", 0.3, -0.6, *ORDINARY),
    MoverCell("lr_positive", 500, "1 to 8", 0.1, 0.6, *ORDINARY),
    MoverCell("lr_negative", 150, "skewed", 0.3, -0.6, *HIGH),
    MoverCell("balanced_accuracy", 150, "1", 0.1, 0.0, *ORDINARY),
)


def one_study(cell: MoverCell, seed: int = 1) -> NDArray[np.float64]:
    """Counts by patient."""
    return next(simulated_counts(cell, np.random.default_rng(seed)))


@pytest.mark.parametrize("cell", IN_CI, ids=lambda cell: f"{cell.metric}-{cell.images}-{cell.correlation}")
def test_mover_meets_its_targets_against_theory(cell: MoverCell) -> None:
    tally = with_and_without_correlation(cell, studies=STUDIES, seed=[510, 1])[MOVER]
    assert tally.held >= binom.ppf(0.001, STUDIES, COVERAGE)
    assert tally.above <= binom.ppf(0.999, STUDIES, ABOVE_CLUSTERED if cell.clustered else ABOVE_ORDINARY)


def test_without_the_correlation_they_are_not_met_against_theory() -> None:
    studies = 2 * STUDIES
    tally = with_and_without_correlation(replace(ALIKE, images="8"), studies=studies, seed=[510, 1])[
        INDEPENDENT
    ]
    assert tally.held < binom.ppf(0.001, studies, COVERAGE)


@pytest.mark.parametrize(
    ("metric", "truth"), [("balanced_accuracy", 0.8), ("lr_positive", 3.4), ("lr_negative", 0.2)]
)
def test_the_true_value_by_hand(metric: str, truth: float) -> None:
    assert replace(ALIKE, metric=metric).truth == pytest.approx(truth)


@pytest.mark.parametrize("metric", PAIRS)
@pytest.mark.parametrize("correlation", [-0.6, 0.0, 0.6])
def test_the_true_value_is_that_of_a_large_study_against_theory(metric: str, correlation: float) -> None:
    cell = replace(ALIKE, metric=metric, correlation=correlation, patients=20_000)
    total = one_study(cell).sum(axis=0)
    assert (total[0] + total[2]) / total.sum() == pytest.approx(cell.prevalence, abs=0.01)
    assert float(cell.pair.value(confusion(total))) == pytest.approx(cell.truth, rel=0.04)


@pytest.mark.parametrize("correlation", [-0.6, -0.3, 0.0, 0.3, 0.6])
def test_the_errors_of_a_patients_two_classes_are_correlated_against_theory(correlation: float) -> None:
    """Of patients with one image of each class, P(both right) is the bivariate normal probability."""
    half = MoverCell("balanced_accuracy", 20_000, "2", 0.5, correlation, 0.5, 0.5)
    tp, fp, fn, tn = one_study(half).T
    mixed = (tp + fn == 1) & (fp + tn == 1)
    expected = 0.25 + np.arcsin(correlation) / (2 * np.pi)  # Sheppard, at the medians
    assert (tp * tn)[mixed].mean() == pytest.approx(expected, abs=0.025)
    of_positives = tp + fn == 2
    within = 0.25 + np.arcsin(max(0.3, abs(correlation))) / (2 * np.pi)
    assert (tp == 2)[of_positives].mean() == pytest.approx(within, abs=0.025)


@pytest.mark.parametrize("metric", PAIRS)
def test_the_interval_against_the_product(metric: str) -> None:
    cell = MoverCell(metric, 60, "1 to 8", 0.3, 0.6, *ORDINARY)
    counts = one_study(cell)
    patient = np.repeat(np.arange(60), counts.sum(axis=1).astype(int))
    outcomes = np.concatenate([np.repeat(np.arange(4), row.astype(int)) for row in counts])
    study = sample(patient, np.isin(outcomes, (0, 2)), np.where(outcomes < 2, 0.9, 0.1))
    (expected,) = (one for one in estimates(study, the_protocol()) if one.metric == metric)
    assert expected.decision_interval == MOVER
    assert mover_intervals(cell.pair, counts)[MOVER] == pytest.approx(expected.intervals[MOVER])


def test_an_lr_negative_whose_interval_is_too_low_is_the_error_by_hand() -> None:
    cell = MoverCell("lr_negative", 30, "1 to 8", 0.3, 0.0, *ORDINARY)
    tally = with_and_without_correlation(cell, studies=300, seed=[510, 2])[MOVER]
    low = high = 0
    done = (one for one in simulated_counts(cell, np.random.default_rng([510, 2])) if sufficient(cell, one))
    for _, counts in zip(range(300), done, strict=False):
        interval = mover_intervals(cell.pair, counts)[MOVER]
        assert interval is not None
        low += interval[1] < cell.truth
        high += interval[0] > cell.truth
    assert (tally.above, tally.below) == (low, high)


def test_a_study_with_too_few_patients_or_without_a_value_is_insufficient_by_hand() -> None:
    cell = replace(ALIKE, metric="lr_positive")
    some = np.array([[1.0, 1, 0, 1]] * 10)
    assert sufficient(cell, some)
    assert not sufficient(cell, some[:9])
    no_false_positive = some * [1, 0, 1, 1]
    assert not sufficient(cell, no_false_positive)
    assert sufficient(replace(cell, metric="lr_negative"), no_false_positive)


def test_no_two_cells_are_alike_by_hand() -> None:
    cells = mover_cells()
    assert len(set(cells)) == len(cells)
    assert {cell.correlation for cell in cells if not cell.clustered} == {0.0}
