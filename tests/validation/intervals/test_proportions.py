"""Closed intervals against published tables, other libraries and the formulas worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from validation.intervals.proportions import (
    ClusteredProportion,
    clopper_pearson,
    clustered_proportion,
    exact_clustered,
    korn_graubard,
    wilson,
)

# x, n, Wilson, Clopper-Pearson at 95 %: FDA's 2007 guidance on diagnostic tests (worked examples) and
# published triage devices.
PUBLISHED = [
    (44, 51, (0.7428, 0.9319), (0.7374, 0.9430)),  # sensitivity, FDA 7.1
    (168, 169, (0.9672, 0.9990), (0.9675, 0.9999)),  # specificity, FDA 7.1
    (40, 44, (0.7884, 0.9641), (0.7833, 0.9747)),  # positive agreement, FDA 7.2
    (171, 176, (0.9352, 0.9878), (0.9350, 0.9907)),  # negative agreement, FDA 7.2
    (211, 220, (0.9241, 0.9783), (0.9238, 0.9811)),  # overall agreement, FDA 7.2
    (136, 146, (0.8785, 0.9624), (0.8776, 0.9667)),
    (411, 442, (0.9022, 0.9502), (0.9019, 0.9519)),
    (317, 376, (0.8029, 0.8764), (0.8023, 0.8784)),
    (400, 428, (0.9071, 0.9544), (0.9068, 0.9561)),
    (190, 201, (0.9047, 0.9692), (0.9042, 0.9724)),
    (397, 412, (0.9408, 0.9778), (0.9407, 0.9795)),
    (10, 10, (0.7225, 1), (0.6915, 1)),  # boundary: everything right
    (20, 20, (0.8389, 1), (0.8316, 1)),
    (30, 30, (0.8865, 1), (0.8843, 1)),
    (50, 50, (0.9287, 1), (0.9289, 1)),
    (100, 100, (0.9630, 1), (0.9638, 1)),
]

# x, n and the printed interval in per cent: Annalise polytrauma study, PMC10996416, table 3.
PUBLISHED_TABLE = [
    (67, 171, (31.8, 46.9)),
    (1227, 1229, (99.4, 100.0)),
    (143, 348, (35.9, 46.5)),
    (977, 1052, (91.2, 94.4)),
    (113, 349, (27.5, 37.6)),
    (1042, 1055, (97.9, 99.3)),
    (57, 172, (26.2, 40.7)),
    (1224, 1232, (98.7, 99.7)),
]


@pytest.mark.parametrize(("x", "n", "score", "exact"), PUBLISHED)
def test_binomial_intervals_against_published(
    x: int, n: int, score: tuple[float, float], exact: tuple[float, float]
) -> None:
    assert wilson(x / n, n, 0.95) == pytest.approx(score, abs=5e-5)
    assert clopper_pearson(x, n, 0.95) == pytest.approx(exact, abs=5e-5)


@pytest.mark.parametrize(("x", "n", "percent"), PUBLISHED_TABLE)
def test_clopper_pearson_against_published_table(x: int, n: int, percent: tuple[float, float]) -> None:
    low, high = clopper_pearson(x, n, 0.95)
    # To the last printed digit; one lower bound, 91.145, is printed as 91.2.
    assert (100 * low, 100 * high) == pytest.approx(percent, abs=0.056)


@given(n=st.integers(1, 500), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_binomial_intervals_against_scipy(n: int, share: float, level: float) -> None:
    x = round(share * n)
    oracle = stats.binomtest(x, n)
    assert clopper_pearson(x, n, level) == pytest.approx(
        tuple(oracle.proportion_ci(level, "exact")), abs=1e-10
    )
    assert wilson(x / n, n, level) == pytest.approx(tuple(oracle.proportion_ci(level, "wilson")), abs=1e-10)


def test_design_effect_by_hand() -> None:
    # Three patients: 2 of 2, 1 of 3, 0 of 1; p = 1/2, residuals 1, -1/2, -1/2.
    sample = clustered_proportion(np.array([2.0, 1, 0]), np.array([2.0, 3, 1]), 0.95)
    variance = 3 / 2 * (1 + 0.25 + 0.25) / 36
    assert sample.design_effect == pytest.approx(variance / (0.25 / 6))
    # Kish's size is 36 / 14. Two more patients with p = 1/2 add 2 (1/2)^2 (8 + 27 + 1) / 6^3 to the variance.
    student = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 36 / 14 - 1)) ** 2
    assert 6 / sample.design_effect == pytest.approx(
        4
    )  # above Kish's size, which is above that with two more
    assert 0.25 / (variance + 0.5 * 36 / 216) < 36 / 14
    assert sample.effective_trials == pytest.approx(36 / 14 * student)


def test_two_unseen_patients_count_by_hand() -> None:
    # Twenty patients with 3 of 3 and twenty with 1 of 3: p = 2/3, all residuals are 1.
    sample = clustered_proportion(np.array([3.0] * 20 + [1.0] * 20), np.full(40, 3.0), 0.95)
    variance = 40 / 39 * 40 / 120**2
    assert sample.design_effect == pytest.approx(variance / (2 / 9 / 120))
    # Each of the two is wrong on 3 images: (2/3)^2 * 40 * 27 / 120^3.
    unseen = 2 * 4 / 9 * 40 * 27 / 120**3
    student = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 39)) ** 2
    assert sample.effective_trials == pytest.approx(2 / 9 / (variance + unseen) * student)


def test_two_patients_who_fail_on_everything_may_be_missing_against_theory() -> None:
    """Of 100 patients with 8 images 2 % fail on all and the others on 3 %: the lower bound is rarely above the truth.

    In 13 % of studies no such patient is sampled, and the variance between patients knows nothing of them.
    """
    random, truth, studies = np.random.default_rng(510), 0.98 * 0.97, 2000
    above = 0
    for _ in range(studies):
        rate = np.where(random.random(100) < 0.02, 0.0, 0.97)
        sample = clustered_proportion(random.binomial(8, rate).astype(float), np.full(100, 8.0), 0.95)
        above += exact_clustered(sample, 0.95)[0] > truth
    assert above <= stats.binom.ppf(1 - 1e-4, studies, 0.035)


def test_one_image_per_patient_is_clopper_pearson_against_itself() -> None:
    successes = np.array([1.0] * 44 + [0.0] * 7)
    sample = clustered_proportion(successes, np.ones(51), 0.95)
    assert sample.design_effect == 1
    assert exact_clustered(sample, 0.95) == clopper_pearson(44, 51, 0.95)


def test_one_patient_alone_has_the_widest_interval_by_hand() -> None:
    sample = clustered_proportion(np.array([5.0]), np.array([9.0]), 0.95)
    assert exact_clustered(sample, 0.95) == (0.0, 1.0)


@pytest.mark.parametrize("successes", [[3.0, 2, 5], [0.0, 0, 0]])  # no errors, no successes
def test_boundary_has_no_design_effect_and_a_width_by_hand(successes: list[float]) -> None:
    sample = clustered_proportion(np.array(successes), np.array([3.0, 2, 5]), 0.95)
    assert sample.design_effect is None
    assert sample.effective_trials == pytest.approx(100 / 38)
    low, high = exact_clustered(sample, 0.95)
    assert high - low > 0.5


def test_equal_proportions_in_every_patient_are_no_variance_by_hand() -> None:
    # Every patient has one of two: the design effect is 0, n is 80 and Student's degrees of freedom are 39.
    sample = clustered_proportion(np.ones(40), np.full(40, 2.0), 0.95)
    assert sample.design_effect == 0
    assert sample.effective_trials == pytest.approx(
        80 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 39)) ** 2
    )
    # A third is not exact in binary: the residuals still are.
    thirds = clustered_proportion(np.array([1.0, 2, 3] * 10), np.array([3.0, 6, 9] * 10), 0.95)
    assert thirds.design_effect == 0
    # Kish's size is 180^2 / 1260; the unseen weigh 2 (2/3)^2 (27 + 216 + 729) 10 / 180^3 and leave a size of 150.
    student = (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 180**2 / 1260 - 1)) ** 2
    unseen = 8 / 9 * 9720 / 180**3
    assert thirds.effective_trials == pytest.approx(min(180, 2 / 9 / unseen) * student)


def test_weighted_counts_are_taken_as_they_are_by_hand() -> None:
    # Not whole: nothing is divided out, and the formula is that of counts.
    weighted = clustered_proportion(np.array([1.5, 0.75, 0]), np.array([1.5, 2.25, 0.75]), 0.95)
    counts = clustered_proportion(np.array([2.0, 1, 0]), np.array([2.0, 3, 1]), 0.95)
    assert weighted.design_effect == pytest.approx(0.75 * (counts.design_effect or 0))
    assert weighted.effective_trials is not None
    assert weighted.effective_trials <= 4.5


PATIENTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=40).filter(
    lambda pairs: sum(a + b for a, b in pairs) > 0
)


@given(patients=PATIENTS)
def test_effective_size_never_exceeds_the_size_and_the_interval_contains_its_estimate(
    patients: list[tuple[int, int]],
) -> None:
    sample = _sample(patients)
    low, high = exact_clustered(sample, 0.95)
    assert sample.effective_trials is None or sample.effective_trials <= sample.trials * (1 + 1e-12)
    assert low <= sample.proportion <= high
    assert low < high


@given(patients=PATIENTS, copies=st.integers(2, 5))
def test_copies_of_every_image_within_its_patient_change_nothing_against_itself(
    patients: list[tuple[int, int]], copies: int
) -> None:
    once = _sample(patients)
    copied = _sample([(copies * good, copies * bad) for good, bad in patients])
    assert exact_clustered(copied, 0.95) == exact_clustered(once, 0.95)
    assert copied.effective_trials == once.effective_trials
    assert copied.trials == copies * once.trials
    assert copied.design_effect == pytest.approx(once.design_effect and copies * once.design_effect)


@given(patients=PATIENTS, copies=st.integers(2, 5))
def test_copies_of_every_patient_never_widen_against_itself(
    patients: list[tuple[int, int]], copies: int
) -> None:
    low, high = exact_clustered(_sample(patients), 0.95)
    copied_low, copied_high = exact_clustered(_sample(patients * copies), 0.95)
    assert copied_low >= low - 1e-12
    assert copied_high <= high + 1e-12


@given(patients=PATIENTS)
def test_exchanging_errors_and_successes_mirrors_the_interval_against_itself(
    patients: list[tuple[int, int]],
) -> None:
    low, high = exact_clustered(_sample(patients), 0.95)
    mirrored = exact_clustered(_sample([(bad, good) for good, bad in patients]), 0.95)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_one_patient_with_500_images_among_20_by_hand() -> None:
    # All wrong in the large patient, all right elsewhere: the estimate is that patient's, and so is the doubt.
    sample = clustered_proportion(np.array([0.0] + [1.0] * 20), np.array([500.0] + [1.0] * 20), 0.95)
    assert sample.effective_trials is not None
    assert sample.effective_trials < 1.3
    low, high = exact_clustered(sample, 0.95)
    assert low < 0.04
    assert high > 0.95


def _sample(patients: list[tuple[int, int]]) -> ClusteredProportion:
    successes = np.array([good for good, _ in patients], dtype=float)
    trials = np.array([good + bad for good, bad in patients], dtype=float)
    return clustered_proportion(successes, trials, 0.95)


def test_korn_graubard_by_hand() -> None:
    """n_eff = 217 / 1.409 (t_216 / t_111)^2 = 152.4 of 112 patients; without a variance there is none."""
    sample = ClusteredProportion(200 / 217, 217, 112, 1.409, 116.0, 11.0)
    assert korn_graubard(sample, 0.95) == pytest.approx((0.867, 0.959), abs=5e-4)
    assert korn_graubard(ClusteredProportion(1.0, 217, 112, None, 116.0, 0.0), 0.95) is None
    capped = ClusteredProportion(0.5, 100, 50, 0.4, 100.0, 30.0)
    assert korn_graubard(capped, 0.95) == clopper_pearson(50.0, 100.0, 0.95)


def test_what_a_variance_rests_on_by_hand() -> None:
    """One unit per patient needs no variance; without errors there is none; else (sum r^2)^2 / sum r^4."""
    ones = np.ones(4)
    assert clustered_proportion(np.array([1.0, 0, 1, 1]), ones, 0.95).effective_patients is None
    assert clustered_proportion(2 * ones, 2 * ones, 0.95).effective_patients is None
    sizes = np.array([1.0, 2.0, 3.0])
    assert clustered_proportion(sizes, sizes, 0.95).effective_patients == 0
    # p = 3/6; r = (1, 2, 0) - p (1, 2, 3) = (0.5, 1, -1.5); r^2 = 0.25, 1, 2.25
    made = clustered_proportion(np.array([1.0, 2.0, 0.0]), sizes, 0.95)
    assert made.effective_patients == pytest.approx(3.5**2 / (0.25**2 + 1 + 2.25**2))
