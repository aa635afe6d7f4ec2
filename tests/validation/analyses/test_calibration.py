"""Calibration against scikit-learn, the published formulas worked by hand, and itself."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import brier_score_loss

from validation.analyses.calibration import bins_of, calibration
from validation.cohort.outcomes import Units
from validation.intervals.proportions import clopper_pearson
from validation.results.secondary import Measured


def units(patient: list[int], truth: list[int], score: list[float]) -> Units:
    return Units(
        np.array(patient, dtype=np.intp),
        np.array(truth, dtype=np.int8),
        np.array(score, dtype=np.float64),
        np.zeros(len(patient), dtype=np.bool_),
    )


def simulated(seed: int, *, patients: int, images: int = 4) -> Units:
    """Scores that are the probabilities of what is true, patients alike in risk."""
    generator = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), generator.integers(1, images + 1, patients))
    score = generator.beta(2, 4, patients)[patient] * generator.uniform(0.5, 1, len(patient))
    truth = generator.random(len(patient)) < score
    return units(patient.tolist(), truth.astype(int).tolist(), score.tolist())


SCORES = [0.0, 0.03, 0.2, 0.2, 0.5, 0.71, 0.9, 1.0]
CLUSTERED = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 1), st.sampled_from(SCORES)), min_size=1, max_size=40
).map(lambda rows: units(*map(list, zip(*rows, strict=True))))  # type: ignore[arg-type]


@given(CLUSTERED)
@settings(max_examples=50)
def test_brier_against_sklearn(ranked: Units) -> None:
    parts = calibration(ranked, 0.95).brier
    assert parts is not None
    assert parts.brier == pytest.approx(brier_score_loss(ranked.truth, ranked.score, labels=[0, 1]), abs=6e-7)


@given(CLUSTERED)
@settings(max_examples=50)
def test_parts_of_the_brier_score_against_published(ranked: Units) -> None:
    # Stephenson, Coelho & Jolliffe 2008, term by term: BS = REL - RES + UNC + WBV - WBC.
    parts, bin_of = calibration(ranked, 0.95).brier, bins_of(ranked.score)
    n, prevalence = len(bin_of), ranked.truth.mean()
    reliability = resolution = variance = covariance = 0.0
    for number in set(bin_of.tolist()):
        score, truth = ranked.score[bin_of == number], ranked.truth[bin_of == number]
        reliability += len(score) * (score.mean() - truth.mean()) ** 2 / n
        resolution += len(score) * (truth.mean() - prevalence) ** 2 / n
        variance += ((score - score.mean()) ** 2).sum() / n
        covariance += 2 * ((score - score.mean()) * (truth - truth.mean())).sum() / n
    assert parts is not None
    assert (parts.reliability, parts.resolution, parts.uncertainty, parts.within_bins) == pytest.approx(
        (reliability, resolution, prevalence * (1 - prevalence), variance - covariance), abs=6e-7
    )


@given(CLUSTERED)
@settings(max_examples=50)
def test_parts_add_up_to_the_brier_score_against_theory(ranked: Units) -> None:
    parts = calibration(ranked, 0.95).brier
    assert parts is not None
    # Five numbers, each rounded by half a millionth at most.
    assert parts.brier == pytest.approx(
        parts.reliability - parts.resolution + parts.uncertainty + parts.within_bins, abs=2.6e-6
    )


def test_z_by_hand() -> None:
    # Spiegelhalter 1986: sum of (o - f)(1 - 2f), over the root of the sum of (1 - 2f)^2 f (1 - f).
    made = calibration(units([0, 1, 2], [1, 0, 0], [0.2, 0.4, 0.9]), 0.95).spiegelhalter
    z = (0.8 * 0.6 - 0.4 * 0.2 + 0.9 * 0.8) / math.sqrt(0.36 * 0.16 + 0.04 * 0.24 + 0.64 * 0.09)
    assert made.z == pytest.approx(z, abs=1e-6)
    assert made.p_value == pytest.approx(2 * stats.norm.sf(z), abs=1e-6)


def test_one_image_per_patient_is_the_ordinary_z_against_itself() -> None:
    made = calibration(simulated(1, patients=60, images=1), 0.95).spiegelhalter
    assert (made.clustered_z, made.clustered_p_value) == (made.z, made.p_value)


def test_copies_of_images_within_their_patient_leave_the_clustered_z_against_itself() -> None:
    once = simulated(4, patients=50)
    thrice = Units(*(np.repeat(field, 3) for field in (once.patient, once.truth, once.score, once.called)))
    before, after = (calibration(ranked, 0.95).spiegelhalter for ranked in (once, thrice))
    assert before.z is not None
    assert after.z == pytest.approx(math.sqrt(3) * before.z, abs=2e-6)
    assert after.clustered_z == before.clustered_z


def test_z_rejects_calibrated_scores_as_often_as_it_says_against_theory() -> None:
    generator = np.random.default_rng(9)
    rejected = np.zeros(2, dtype=int)
    for _ in range(200):
        score = np.repeat(generator.beta(2, 4, 60), 3)
        # Images of a patient share their truth: only the clustered test may keep its level.
        truth = np.repeat(generator.random(60), 3) < score
        made = calibration(
            units(np.repeat(np.arange(60), 3).tolist(), truth.astype(int).tolist(), score.tolist()), 0.95
        ).spiegelhalter
        assert made.p_value is not None
        assert made.clustered_p_value is not None
        rejected += [made.p_value < 0.05, made.clustered_p_value < 0.05]
    assert stats.binom.ppf(1e-4, 200, 0.05) <= rejected[1] <= stats.binom.ppf(1 - 1e-4, 200, 0.05)
    assert rejected[0] > stats.binom.ppf(1 - 1e-4, 200, 0.05)


def test_bins_of_different_scores_are_of_one_size_by_hand() -> None:
    score = np.random.default_rng(0).permutation(50) / 50
    assert np.bincount(bins_of(score)).tolist() == [5] * 10
    assert bins_of(score)[score.argsort()].tolist() == sorted(bins_of(score).tolist())


@pytest.mark.parametrize(
    ("score", "bins"),
    [
        ([0.3], [5]),  # one unit lies in the middle
        ([0.3, 0.3, 0.3], [5, 5, 5]),  # equal scores are one bin
        ([0.1, 0.2], [2, 7]),
        ([0.1, 0.1, 0.1, 0.9], [3, 3, 3, 8]),  # ties take the bin of their middle
    ],
)
def test_bins_with_ties_by_hand(score: list[float], bins: list[int]) -> None:
    assert bins_of(np.array(score)).tolist() == bins


@given(CLUSTERED)
@settings(max_examples=50)
def test_bins_split_no_score_and_lose_no_unit_against_theory(ranked: Units) -> None:
    made = calibration(ranked, 0.95)
    assert sum(one.units for one in made.bins) == made.units == len(ranked.score)
    assert sum(one.positives for one in made.bins) == made.positives
    assert all(below.high < above.low for below, above in zip(made.bins, made.bins[1:], strict=False))
    assert all(one.interval[0] <= one.share <= one.interval[1] for one in made.bins)
    assert all(one.interval[0] < one.interval[1] for one in made.bins)


def test_a_bin_by_hand() -> None:
    # 20 patients with one unit each and one score: 6 positives, ordinary Clopper-Pearson.
    only = calibration(units(list(range(20)), [1] * 6 + [0] * 14, [0.25] * 20), 0.95).bins[0]
    assert (only.low, only.high, only.mean_score, only.share) == (0.25, 0.25, 0.25, 0.3)
    assert (only.units, only.patients, only.positives) == (20, 20, 6)
    assert only.interval == pytest.approx(clopper_pearson(6, 20, 0.95), abs=6e-7)


def test_scores_at_the_boundary_are_counted_by_hand() -> None:
    score = [0, 1, 1e-6, 0.999999, 1e-9, 0.5]
    made = calibration(units(list(range(6)), [0, 1, 0, 1, 1, 0], score), 0.95)
    assert made.clipped == 3
    assert made.slope.value is not None
    assert made.brier is not None
    assert made.brier.brier == pytest.approx(1.25 / 6, abs=1e-6)  # of the scores as they are


@given(CLUSTERED, st.randoms())
@settings(max_examples=50)
def test_order_of_rows_changes_nothing_against_itself(ranked: Units, random: object) -> None:
    order = list(range(len(ranked.score)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = Units(ranked.patient[order], ranked.truth[order], ranked.score[order], ranked.called[order])
    assert calibration(shuffled, 0.95) == calibration(ranked, 0.95)


def test_nothing_to_calibrate_states_it_by_hand() -> None:
    made = calibration(units([], [], []), 0.95)
    nothing = Measured(None, None, "not estimable: 0 determinate, processed units")
    assert (made.in_the_large, made.intercept, made.slope) == (nothing,) * 3
    assert (made.units, made.brier, made.bins) == (0, None, ())
    assert made.spiegelhalter.note == nothing.note


HARD = [
    # patient, truth, score, note of the slope, note of z
    ([0, 1, 2], [1, 1, 1], [0.2, 0.5, 0.9], "not estimable: 0 negatives", None),
    ([0, 1, 2], [0, 0, 0], [0.2, 0.5, 0.9], "not estimable: 0 positives", None),
    ([0, 1, 2, 3], [0, 1, 0, 1], [0.3] * 4, "not estimable: every score is the same", None),
    (
        [0, 1, 2, 3],
        [0, 1, 0, 1],
        [0.5] * 4,
        "not estimable: every score is the same",
        "not estimable: every score is 0, 0.5 or 1, or as good as that",
    ),
    (
        [0, 1, 2, 3],
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        "not estimable: the scores separate the classes",
        "not estimable: every score is 0, 0.5 or 1, or as good as that",
    ),
    (
        [0, 1],
        [0, 0],
        [1e-300, 1e-300],  # squares that overflow
        "not estimable: 0 positives",
        "not estimable: every score is 0, 0.5 or 1, or as good as that",
    ),
    ([0] * 4, [0, 1, 0, 1], [0.2, 0.3, 0.6, 0.8], "one patient alone", "clustered: one patient alone"),
    (
        [0, 0, 1, 1],  # deviations cancel within each patient
        [1, 0, 1, 0],
        [0.25, 0.25, 0.75, 0.75],
        "no variance between patients",
        None,
    ),
]


@pytest.mark.parametrize(("patient", "truth", "score", "of_slope", "of_z"), HARD)
def test_hard_cases_state_why_by_hand(
    patient: list[int], truth: list[int], score: list[float], of_slope: str, of_z: str | None
) -> None:
    made = calibration(units(patient, truth, score), 0.95)
    assert (made.slope.note, made.spiegelhalter.note) == (of_slope, of_z)


def test_patients_that_cancel_have_no_clustered_z_by_hand() -> None:
    # One image in four of every patient is positive, as all scores predict: 3/8 less three times 1/8.
    made = calibration(units([0] * 4 + [1] * 4, [1, 0, 0, 0] * 2, [0.25] * 8), 0.95).spiegelhalter
    assert (made.z, made.p_value, made.clustered_z, made.clustered_p_value) == (0, 1, None, None)
    assert made.note == "clustered: no variance between patients"


def test_one_patient_with_500_images_by_hand() -> None:
    rich = simulated(3, patients=20, images=1)
    score = np.concatenate([rich.score, np.random.default_rng(1).random(500)])
    truth = np.concatenate([rich.truth, (np.random.default_rng(2).random(500) < 0.3)])
    made = calibration(units([*range(20), *[20] * 500], truth.tolist(), score.tolist()), 0.95)
    assert made.slope.interval is not None
    assert made.spiegelhalter.clustered_z is not None
