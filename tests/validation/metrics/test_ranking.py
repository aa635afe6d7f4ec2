"""The walk over all draws against scikit-learn with drawn counts as weights, by hand and against itself."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.validation.rankings import CLUSTERED, PATIENTS, both_classes, random_units, taken, units
from validation.cohort.outcomes import Units
from validation.metrics.auroc import auroc, placements, resampled_auroc
from validation.metrics.average_precision import average_precision
from validation.metrics.ranking import ranked_replicates, ranking_of, steps_of

DRAWS = arrays(np.float64, (PATIENTS, 3), elements=st.integers(0, 3).map(float))


def replicates(ranked: Units, weights: np.ndarray) -> np.ndarray:
    (areas,) = ranked_replicates([ranking_of(ranked, len(weights))], weights)
    return areas


def by_sklearn(ranked: Units, drawn: np.ndarray) -> tuple[float, float]:
    weight = drawn[ranked.patient]
    counts = ranked.truth, ranked.score
    positives, negatives = weight[ranked.truth == 1].sum(), weight[ranked.truth == 0].sum()
    return (
        roc_auc_score(*counts, sample_weight=weight) if positives and negatives else np.nan,
        average_precision_score(*counts, sample_weight=weight) if positives else np.nan,
    )


@given(CLUSTERED, DRAWS)
def test_small_samples_against_sklearn(ranked: Units, weights: np.ndarray) -> None:
    expected = np.array([by_sklearn(ranked, drawn) for drawn in weights.T]).T
    assert replicates(ranked, weights) == pytest.approx(expected, nan_ok=True)


@given(CLUSTERED, DRAWS)
def test_auroc_of_few_resamples_against_the_walk(ranked: Units, weights: np.ndarray) -> None:
    walked, _ = replicates(ranked, weights)
    assert np.array_equal(resampled_auroc(ranked, weights), walked, equal_nan=True)


@pytest.mark.parametrize("distinct", [10, 200, 10**9])
def test_many_steps_against_sklearn(distinct: int) -> None:
    ranked = random_units(3, images_of=[1, 2, 3, 4] * 50, distinct=distinct)
    weights = np.random.default_rng(4).multinomial(200, np.full(200, 1 / 200), size=4).T.astype(np.float64)
    expected = np.array([by_sklearn(ranked, drawn) for drawn in weights.T]).T
    assert replicates(ranked, weights) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("positives", "heaviest"), [(40, 1), (40_000, 2), (40_000, 900)])
def test_sums_stay_exact_however_large_by_hand(positives: int, heaviest: int) -> None:
    # One score: precision is the prevalence and all pairs are ties.
    truth = [1] * positives + [0] * positives * 3
    ranked = units(truth, truth, [0.5] * len(truth))
    weights = np.array([[1.0, heaviest], [1.0, heaviest]])
    assert (replicates(ranked, weights) == [[0.5, 0.5], [0.25, 0.25]]).all()


def test_a_draw_by_hand() -> None:
    ranked = units([0, 1, 2], [1, 0, 1], [0.9, 0.8, 0.7])
    # Patient 1 twice: the first positive is above both negatives, the second below; 1/2 x 1 + 1/2 x 2/4.
    assert replicates(ranked, np.array([[1.0], [2.0], [1.0]])).tolist() == [[0.5], [0.75]]


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ([0.0, 0.0, 0.0], (np.nan, np.nan)),  # nobody
        ([0.0, 2.0, 0.0], (np.nan, np.nan)),  # no positive
        ([1.0, 0.0, 2.0], (np.nan, 1.0)),  # no negative
        ([0.0, 1.0, 1.0], (0.0, 0.5)),  # the first step without its patient
    ],
)
def test_classes_that_are_not_drawn_by_hand(drawn: list[float], expected: tuple[float, float]) -> None:
    ranked = units([0, 1, 2], [1, 0, 1], [0.9, 0.8, 0.7])
    areas = replicates(ranked, np.array(drawn)[:, None])[:, 0]
    assert tuple(areas) == pytest.approx(expected, nan_ok=True)


def test_no_units_by_hand() -> None:
    assert np.isnan(replicates(units([], [], []), np.ones((2, 3)))).all()


@given(CLUSTERED.filter(both_classes))
def test_everybody_drawn_once_is_the_estimate_against_itself(ranked: Units) -> None:
    areas = replicates(ranked, np.ones((PATIENTS, 1)))[:, 0]
    assert areas.tolist() == [auroc(placements(ranked)), average_precision(ranked)]


@given(CLUSTERED, DRAWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit_against_itself(
    ranked: Units, weights: np.ndarray, random: Random
) -> None:
    rows = np.arange(len(ranked.truth))
    random.shuffle(rows)
    shuffled = taken(ranked, rows)
    assert np.array_equal(replicates(shuffled, weights), replicates(ranked, weights), equal_nan=True)
    assert ranking_of(shuffled, PATIENTS).identity == ranking_of(ranked, PATIENTS).identity


@given(CLUSTERED, DRAWS)
def test_only_the_order_of_scores_counts_against_itself(ranked: Units, weights: np.ndarray) -> None:
    bent = Units(ranked.patient, ranked.truth, ranked.score**3 / 7, ranked.called)
    assert np.array_equal(replicates(bent, weights), replicates(ranked, weights), equal_nan=True)


def test_what_is_computed_together_changes_no_bit_against_itself() -> None:
    ranked = random_units(5, images_of=[3] * 60, distinct=100)
    weights = np.random.default_rng(6).integers(0, 4, size=(60, 97)).astype(np.float64)
    apart = [replicates(ranked, weights[:, columns]) for columns in np.split(np.arange(97), [1, 8, 40])]
    assert np.array_equal(np.concatenate(apart, axis=1), replicates(ranked, weights))


def test_each_ranking_gets_its_own_against_itself() -> None:
    first, second = (random_units(seed, images_of=[2] * 30, distinct=50) for seed in (7, 8))
    weights = np.random.default_rng(9).integers(0, 4, size=(30, 5)).astype(np.float64)
    together = ranked_replicates([ranking_of(one, 30) for one in (first, second, first)], weights)
    apart = [replicates(one, weights) for one in (first, second, first)]
    assert np.array_equal(together, np.stack(apart))


@given(CLUSTERED, DRAWS)
def test_counting_everybody_twice_changes_no_bit_against_itself(ranked: Units, weights: np.ndarray) -> None:
    assert np.array_equal(replicates(ranked, 2 * weights), replicates(ranked, weights), equal_nan=True)


def test_patients_alike_give_one_value_on_all_draws_by_hand() -> None:
    # One positive and two negatives each and one score: a third, however many patients a draw brings.
    ranked = units(np.repeat(np.arange(50), 3).tolist(), [1, 0, 0] * 50, [0.4] * 150)
    weights = np.random.default_rng(10).integers(0, 4, size=(50, 500)).astype(np.float64)
    (value,) = set(replicates(ranked, weights)[1].tolist())
    assert value == average_precision(ranked) == pytest.approx(1 / 3)


def test_steps_by_hand() -> None:
    steps = steps_of(units([0] * 6, [1, 0, 0, 1, 0, 1], [0.2, 0.9, 0.2, 0.6, 0.1, 0.6]))
    assert steps.threshold.tolist() == [0.6, 0.2]
    assert steps.at.tolist() == [1, 0, 1, 0, 2, 0]
