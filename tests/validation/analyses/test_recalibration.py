"""Logistic recalibration against statsmodels, theory and itself."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from validation.analyses.recalibration import LogitUnits, in_the_large, line
from validation.results.secondary import Measured


def logit_units(patient: list[int], truth: list[int], logit: list[float]) -> LogitUnits:
    return LogitUnits(
        np.array(patient, dtype=np.intp), max(patient) + 1, np.array(truth, float), np.array(logit, float)
    )


def simulated(
    generator: np.random.Generator, *, patients: int, images: int, intercept: float = 0, slope: float = 1
) -> LogitUnits:
    """Patients with 1 to ``images`` images, alike in risk; truth follows intercept + slope logit."""
    patient = np.repeat(np.arange(patients), generator.integers(1, images + 1, patients))
    logit = -0.5 + generator.normal(size=patients)[patient] + generator.normal(size=len(patient))
    truth = generator.random(len(patient)) < expit(intercept + slope * logit)
    return LogitUnits(patient, patients, truth.astype(float), logit)


def student(value: float, error: float, patients: int) -> tuple[float, float]:
    """The interval of another library's standard error, with K/(K-1) and t of K - 1."""
    half = stats.t.ppf(0.975, patients - 1) * error * np.sqrt(patients / (patients - 1))
    return value - half, value + half


def assert_measured(measured: Measured, value: float, interval: tuple[float, float]) -> None:
    assert measured.value == pytest.approx(value, abs=1e-6)
    assert measured.interval == pytest.approx(interval, abs=1e-6)


@pytest.mark.parametrize("images", [1, 4])  # one image per patient is the ordinary HC0, too
def test_line_against_statsmodels(images: int) -> None:
    units = simulated(np.random.default_rng(5), patients=150, images=images, intercept=0.4, slope=0.7)
    covariance = (
        {"cov_type": "HC0"}
        if images == 1
        else {"cov_type": "cluster", "cov_kwds": {"groups": units.patient, "use_correction": False}}
    )
    model = sm.GLM(units.truth, sm.add_constant(units.logit), family=sm.families.Binomial())
    oracle = model.fit(tol=1e-14, **covariance)
    fitted = line(units, 0.95)
    for measured, value, error in zip(
        (fitted.intercept, fitted.slope), oracle.params, oracle.bse, strict=True
    ):
        assert_measured(measured, value, student(value, error, 150))


@pytest.mark.parametrize("images", [1, 4])
def test_in_the_large_against_statsmodels(images: int) -> None:
    units = simulated(np.random.default_rng(6), patients=150, images=images, intercept=-0.6)
    model = sm.GLM(units.truth, np.ones(len(units.truth)), family=sm.families.Binomial(), offset=units.logit)
    oracle = model.fit(
        tol=1e-14, cov_type="cluster", cov_kwds={"groups": units.patient, "use_correction": False}
    )
    assert_measured(
        in_the_large(units, 0.95), oracle.params[0], student(oracle.params[0], oracle.bse[0], 150)
    )


def test_intervals_cover_a_slope_of_1_and_an_intercept_of_0_against_theory() -> None:
    generator = np.random.default_rng(510)
    held = np.zeros(3, dtype=int)
    for _ in range(400):
        units = simulated(generator, patients=80, images=4)
        fitted = line(units, 0.95)
        for place, (measured, true) in enumerate(
            ((fitted.slope, 1), (fitted.intercept, 0), (in_the_large(units, 0.95), 0))
        ):
            assert measured.interval is not None
            held[place] += measured.interval[0] <= true <= measured.interval[1]
    # Sandwich intervals of 80 clusters may fall a little short of 95 %: not below 92 %, chance of failing 1e-4.
    assert (held >= stats.binom.ppf(1e-4, 400, 0.92)).all()


def test_scores_that_were_bent_are_found_out_against_theory() -> None:
    bent = simulated(np.random.default_rng(8), patients=3000, images=3, intercept=0.5, slope=0.6)
    fitted = line(bent, 0.95)
    assert fitted.slope.interval is not None
    assert fitted.intercept.interval is not None
    assert fitted.slope.interval[0] <= 0.6 <= fitted.slope.interval[1] < 1
    assert 0 < fitted.intercept.interval[0] <= 0.5 <= fitted.intercept.interval[1]


UNFITTED = [
    # truth, logit, why there is no line
    ([1, 1, 1], [-1.0, 0, 1], "not estimable: 0 negatives"),
    ([0, 0, 0], [-1.0, 0, 1], "not estimable: 0 positives"),
    ([0, 1, 0], [2.0, 2, 2], "not estimable: every score is the same"),
    ([0, 0, 1, 1], [-2.0, -1, 1, 2], "not estimable: the scores separate the classes"),
    ([0, 0, 1, 1], [2.0, 1, -1, -2], "not estimable: the scores separate the classes"),  # inverted
    ([0, 0, 1, 1], [-2.0, 1, 1, 2], "not estimable: the scores separate the classes"),  # touching
    ([0, 1, 0, 1], [0, 1e-7, 2e-7, 1e-3], "not estimable: the line is too steep"),
]


@pytest.mark.parametrize(("truth", "logit", "note"), UNFITTED)
def test_why_there_is_no_line_by_hand(truth: list[int], logit: list[float], note: str) -> None:
    fitted = line(logit_units(list(range(len(truth))), truth, logit), 0.95)
    assert fitted.slope == Measured(None, None, note)
    assert fitted.intercept == Measured(None, None, note)


def test_in_the_large_of_one_class_by_hand() -> None:
    measured = in_the_large(logit_units([0, 1], [1, 1], [0.0, 1.0]), 0.95)
    assert measured == Measured(None, None, "not estimable: 0 negatives")


def test_in_the_large_of_equal_scores_is_the_distance_of_two_logits_by_hand() -> None:
    # One of four is positive, all scores are 0.5: logit 1/4 less logit 1/2.
    measured = in_the_large(logit_units([0, 1, 2, 3], [1, 0, 0, 0], [0.0] * 4), 0.95)
    assert measured.value == pytest.approx(-np.log(3), abs=1e-6)


def test_scores_as_wrong_as_they_can_be_still_converge_by_hand() -> None:
    # Inverted and certain: information is of the order of the clipped scores.
    wrong = logit_units([0, 1, 2, 3], [1, 1, 0, 0], [-13.8, -13.8, 13.8, 13.8])
    assert in_the_large(wrong, 0.95).value == pytest.approx(0, abs=1e-6)


def test_one_patient_alone_has_no_interval_by_hand() -> None:
    alone = logit_units([0] * 4, [0, 1, 0, 1], [-1.0, 0, 1, 2])
    assert line(alone, 0.95).slope.note == "one patient alone"
    assert in_the_large(alone, 0.95).interval is None


def test_patients_that_cancel_have_no_interval_by_hand() -> None:
    # Every patient has one positive and one negative at a score of 0.5.
    measured = in_the_large(logit_units([0, 0, 1, 1], [0, 1, 0, 1], [0.0] * 4), 0.95)
    assert measured == Measured(0.0, None, "no variance between patients")


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 1), st.integers(-4, 4)), min_size=2, max_size=20),
    st.integers(2, 4),
)
def test_copies_of_images_within_their_patient_change_nothing_against_itself(
    rows: list[tuple[int, int, int]], copies: int
) -> None:
    position = {patient: place for place, patient in enumerate(sorted({row[0] for row in rows}))}
    patient, truth, logit = ([*column] for column in zip(*sorted(rows), strict=True))
    patient = [position[one] for one in patient]
    once = logit_units(patient, truth, logit)
    often = LogitUnits(
        *(
            np.repeat(field, copies) if isinstance(field, np.ndarray) else field
            for field in (once.patient, once.patients, once.truth, once.logit)
        )
    )
    assert in_the_large(often, 0.95) == in_the_large(once, 0.95)
    assert line(often, 0.95) == line(once, 0.95)
