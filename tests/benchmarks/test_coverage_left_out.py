"""The part of the coverage certificate on average precision and Brier score: its truths, and two of its cells."""

import numpy as np
import pytest

from tests.benchmarks.coverage.left_out import DECIDES, METRICS, ORDINARY, left_out, left_out_cells, ordinary
from tests.benchmarks.coverage.left_out_tables import left_out_values
from tests.benchmarks.coverage.scores import ScoreCell, estimates, simulated_study, the_protocol, truths

HARD = ScoreCell(60, "1 to 8", 0.6, 0.85)


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("prevalence", [0.1, 0.3])
def test_the_truth_is_that_of_a_large_study_against_theory(metric: str, prevalence: float) -> None:
    large = simulated_study(
        ScoreCell(40_000, "1 to 8", 0.3, 0.85, prevalence=prevalence), np.random.default_rng(1)
    )
    found = METRICS[metric](large).value
    assert found == pytest.approx(truths(0.85, prevalence)[metric], abs=0.01)


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_the_interval_is_the_products_against_itself(metric: str) -> None:
    study = simulated_study(HARD, np.random.default_rng(3))
    (estimate,) = [one for one in estimates(study, the_protocol()) if one.metric == metric]
    found = METRICS[metric](study)
    bounds = ordinary(found)
    assert estimate.value == pytest.approx(found.value, abs=1e-6)
    assert estimate.decision_interval == DECIDES
    low, high = estimate.decision or (1.0, 0.0)
    # Four patients not seen, and fewer degrees of freedom.
    assert low < bounds[0] < found.value < bounds[1] < high


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_it_meets_its_targets_where_the_ordinary_one_does_not_against_theory(metric: str) -> None:
    tallies = left_out(HARD, metric=metric, studies=400, seed=[510, 1])
    assert not tallies[DECIDES].falls_short(clustered=True, strictly=False)
    assert tallies[DECIDES].held > tallies[ORDINARY].held
    assert tallies[DECIDES].width > tallies[ORDINARY].width


def test_no_two_cells_are_alike_and_tables_hold_all_of_them_by_hand() -> None:
    cells = left_out_cells()
    assert len(set(cells)) == len(cells)
    tallies = left_out(cells[0], metric="brier", studies=20, seed=[510, 2])
    values = left_out_values({"brier": dict.fromkeys(cells, tallies)})
    assert values["brier_kinds"].count("\n") == 1 + 2 * 5  # a head of two lines, two intervals of five kinds
    assert values["brier_worst"].count("\n") == 9
