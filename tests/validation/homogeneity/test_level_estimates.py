"""Levels against textbook tests of SciPy and statsmodels, pROC's published variances, the bootstrap and by hand."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ttest_ind, ttest_rel
from statsmodels.stats.proportion import test_proportions_2indep as two_proportions

from tests.validation.rankings import random_units, units
from validation.homogeneity.level_estimates import LevelEstimate, NotGiven, joint_covariance, level_estimate
from validation.intervals.bootstrap import resample_chunks
from validation.metrics.auroc import auroc_variance, placements
from validation.metrics.counts import confusion, f1

NO_UNITS = units([], [], [])


def sensitivity_of(right: list[int], wrong: list[int]) -> LevelEstimate:
    counts = np.zeros((len(right), 4))
    counts[:, 0], counts[:, 2] = right, wrong
    found = level_estimate("sensitivity", counts, NO_UNITS)
    assert isinstance(found, LevelEstimate)
    return found


def auroc_of(patient: list[int], truth: list[int], score: list[float], patients: int) -> LevelEstimate:
    found = level_estimate("auroc", np.zeros((patients, 4)), units(patient, truth, score))
    assert isinstance(found, LevelEstimate)
    return found


def between(first: LevelEstimate, second: LevelEstimate) -> float:
    """Covariance between patients, before anything is made safe."""
    return float((first.influence * second.influence).sum())


def test_one_image_per_patient_and_own_patients_against_statsmodels_and_scipy() -> None:
    first = sensitivity_of([1] * 41 + [0] * 9 + [0] * 50, [0] * 41 + [1] * 9 + [0] * 50)
    second = sensitivity_of([0] * 50 + [1] * 33 + [0] * 17, [0] * 50 + [0] * 33 + [1] * 17)
    assert between(first, second) == 0
    z_squared = (first.value - second.value) ** 2 / (between(first, first) + between(second, second))
    textbook = two_proportions(41, 50, 33, 50, method="wald", compare="diff").statistic
    assert z_squared == pytest.approx(textbook**2 * 49 / 50)
    welch = ttest_ind([1] * 41 + [0] * 9, [1] * 33 + [0] * 17, equal_var=False).statistic
    assert z_squared == pytest.approx(welch**2)


def test_shared_patients_against_scipy() -> None:
    random = np.random.default_rng(1)
    one, other = random.integers(0, 2, 60), random.integers(0, 2, 60)
    first, second = (sensitivity_of(x.tolist(), (1 - x).tolist()) for x in (one, other))
    variance = between(first, first) + between(second, second) - 2 * between(first, second)
    paired = ttest_rel(one, other).statistic
    assert (first.value - second.value) ** 2 / variance == pytest.approx(paired**2)


@pytest.mark.parametrize("marker", ["s100b", "wfns", "ndka"])
def test_auroc_against_delong(shared_data: Path, marker: str) -> None:
    with (shared_data / "known" / "aSAH.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    truth, score = ([int(row["outcome"] == "Poor") for row in rows], [float(row[marker]) for row in rows])
    everyone = list(range(len(rows)))
    level = auroc_of(everyone, truth, score, len(rows))
    assert between(level, level) == pytest.approx(auroc_variance(placements(units(everyone, truth, score))))
    assert level.effective == pytest.approx(level.proportion * (1 - level.proportion) / between(level, level))


def clustered(seed: int) -> np.ndarray:
    """TP, FP, FN, TN of two levels with patients in common, shape (2, patients, 4)."""
    random = np.random.default_rng(seed)
    rate = random.beta(4, 1, 150)
    right = random.binomial(random.integers(0, 5, (2, 150)), rate)
    wrong = random.binomial(random.integers(0, 5, (2, 150)), 1 - rate)
    return np.stack([right, random.binomial(3, 0.2, (2, 150)), wrong, np.zeros((2, 150))], axis=2)


def test_f1_of_levels_with_patients_in_common_against_the_bootstrap() -> None:
    counts = clustered(2)
    found = [level_estimate("f1", of_level, NO_UNITS) for of_level in counts]
    levels = [level for level in found if isinstance(level, LevelEstimate)]
    (drawn,) = resample_chunks(510, 2_000, 150)
    replicates = [f1(confusion(drawn.weights.T @ of_level)) for of_level in counts]
    ours = [[one.slope * other.slope * between(one, other) for other in levels] for one in levels]
    assert np.array(ours) == pytest.approx(np.cov(replicates), rel=0.08)


def test_auroc_of_levels_with_patients_in_common_against_the_jackknife() -> None:
    ranked = random_units(4, images_of=[4] * 120, distinct=1_000)
    of_level = np.arange(len(ranked.patient)) % 2 == 0

    def area(level: np.ndarray, without: int) -> LevelEstimate:
        rows = level & (ranked.patient != without)
        return auroc_of(
            ranked.patient[rows].tolist(), ranked.truth[rows].tolist(), ranked.score[rows].tolist(), 120
        )

    levels = [area(level, -1) for level in (of_level, ~of_level)]
    left_out = [[area(level, patient).value for patient in range(120)] for level in (of_level, ~of_level)]
    jackknife = np.cov(left_out, ddof=0) * 119
    for i in range(2):
        for j in range(2):
            assert between(levels[i], levels[j]) == pytest.approx(jackknife[i, j], rel=0.05, abs=2e-6)


def test_effective_size_by_hand() -> None:
    # One image per patient: p (1 - p) over p (1 - p) / (n - 1).
    assert sensitivity_of([1] * 18 + [0] * 2, [0] * 18 + [1] * 2).effective == pytest.approx(19)
    # No errors: (sum n)^2 / sum n^2, the number of patients where all have as many images.
    assert sensitivity_of([3] * 12, [0] * 12).effective == pytest.approx(12)
    assert sensitivity_of([500, *[1] * 20], [0] * 21).effective == pytest.approx(520**2 / (500**2 + 20))
    # Of all results alike within 40 patients of two images: as many as patients, less one.
    assert sensitivity_of([2] * 20 + [0] * 20, [0] * 20 + [2] * 20).effective == pytest.approx(39)


def test_a_variance_that_rests_on_few_patients_is_believed_in_part_by_hand() -> None:
    # 20 patients of two images, two of them with one error: x_k - p n_k is 0.1 or -0.9.
    level = sensitivity_of([2] * 18 + [1] * 2, [0] * 18 + [1] * 2)
    squares, fourths = 18 * 0.1**2 + 2 * 0.9**2, 18 * 0.1**4 + 2 * 0.9**4
    variance = 20 / 19 * squares / 40**2
    believed = min(40, 0.95 * 0.05 / variance)
    trust = squares**2 / fourths / 10
    assert level.effective == pytest.approx(believed**trust * 20 ** (1 - trust))


def test_variances_are_never_zero_by_hand() -> None:
    perfect = sensitivity_of([1] * 12, [0] * 12)
    assert perfect.proportion_variance == pytest.approx(13 / 14 * (1 / 14) / 12)
    area = auroc_of(list(range(9)), [0] * 5 + [1] * 4, [0.1] * 5 + [0.9] * 4, 9)
    assert (area.value, area.effective) == (1, 4)
    assert area.variance == pytest.approx(5 / 6 * (1 / 6) / 4)


def test_f1_is_two_jaccard_by_hand() -> None:
    counts = np.tile([3.0, 1.0, 1.0, 9.0], (20, 1))
    counts[0] = [1, 3, 1, 0]
    level = level_estimate("f1", counts, NO_UNITS)
    assert isinstance(level, LevelEstimate)
    assert level.value == pytest.approx(2 * 58 / (2 * 58 + 22 + 20))
    step = 1e-7
    slope = (level.of(level.proportion + step) - level.of(level.proportion - step)) / (2 * step)
    assert level.slope == pytest.approx(slope, rel=1e-6)
    assert level.variance == pytest.approx(slope**2 * level.proportion_variance, rel=1e-6)


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        ([[0, 0, 0, 1]] * 5, "not estimable: the denominator is 0"),
        ([[500, 0, 3, 1], [0, 0, 0, 1]], "one patient alone"),
    ],
)
def test_a_level_that_cannot_enter_by_hand(counts: list[list[int]], reason: str) -> None:
    assert level_estimate("sensitivity", np.array(counts, dtype=float), NO_UNITS) == NotGiven(reason)


@pytest.mark.parametrize(
    ("patient", "truth", "reason"),
    [
        ([0, 1, 2], [1, 1, 1], "not estimable: one class has no unit"),
        ([0, 0, 1, 2], [1, 1, 0, 0], "one patient alone in a class"),
    ],
)
def test_scores_that_cannot_enter_by_hand(patient: list[int], truth: list[int], reason: str) -> None:
    ranked = units(patient, truth, [0.5] * len(patient))
    assert level_estimate("auroc", np.zeros((3, 4)), ranked) == NotGiven(reason)


COUNTS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=25).filter(
    lambda rows: sum(right + wrong > 0 for right, wrong in rows) > 1
)


@given(COUNTS, st.randoms(use_true_random=False))
def test_order_of_patients_changes_nothing_against_itself(rows: list[tuple[int, int]], random) -> None:
    level = sensitivity_of(*map(list, zip(*rows, strict=True)))
    random.shuffle(rows)
    again = sensitivity_of(*map(list, zip(*rows, strict=True)))
    assert (again.proportion, again.effective) == (level.proportion, level.effective)


@given(COUNTS, st.integers(2, 4))
def test_more_patients_of_the_same_results_make_no_level_worth_less(
    rows: list[tuple[int, int]], times: int
) -> None:
    level = sensitivity_of(*map(list, zip(*rows, strict=True)))
    more = sensitivity_of(*map(list, zip(*(rows * times), strict=True)))
    assert more.proportion == pytest.approx(level.proportion)
    assert more.effective >= level.effective * (1 - 1e-12)


@given(COUNTS)
def test_the_joint_covariance_is_never_indefinite(rows: list[tuple[int, int]]) -> None:
    right, wrong = (list(column) for column in zip(*rows, strict=True))
    first, second = sensitivity_of(right, wrong), sensitivity_of(right[::-1], wrong[::-1])
    (a, b), (_, d) = joint_covariance([first, second])
    assert a > 0
    assert a * d - b * b >= -1e-12 * a * d
