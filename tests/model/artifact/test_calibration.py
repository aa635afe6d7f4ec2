"""Slope and intercept by hand, against scikit-learn and SciPy, and the laws that any fit keeps."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from model.artifact.calibration import fit, log_loss, probabilities, sigmoid, smoothed
from model.training.tuning_auroc import auroc
from protocols.model_folder import ScoreCalibration

RNG = np.random.default_rng(4)
LABELS = RNG.integers(0, 2, 300)
LOGITS = RNG.normal(2.0, 3.0, 300) + 4.0 * LABELS


def test_smoothed_targets_by_hand() -> None:
    # three positives: 4/5; two negatives: 1/4
    assert smoothed(np.array([1, 1, 0, 1, 0])).tolist() == [0.8, 0.8, 0.25, 0.8, 0.25]


def test_log_loss_by_hand() -> None:
    # -(log 0.8 + log 0.5) / 2, and no overflow where a certain answer is wrong
    assert log_loss(np.array([np.log(4.0), 0.0]), np.array([1, 0])) == pytest.approx(-np.log(0.8 * 0.5) / 2)
    assert log_loss(np.array([-1e6]), np.array([1])) == 1e6


def test_sigmoid_of_any_logit_by_hand() -> None:
    values = sigmoid(np.array([-1e9, -np.log(3.0), 0.0, np.log(3.0), 1e9, np.nan]))
    np.testing.assert_allclose(values, [0.0, 0.25, 0.5, 0.75, 1.0, np.nan], atol=1e-15)


def test_platt_of_two_groups_by_hand() -> None:
    # logit 0: 1 of 4 positive; logit 1: 3 of 4. Targets 5/6 and 1/6, so the means are (5 + 3)/24 and (15 + 1)/24.
    logits = np.repeat([0.0, 1.0], 4)
    labels = np.array([1, 0, 0, 0, 1, 1, 1, 0])
    found = fit("platt", logits, labels)
    low, high = np.log((8 / 24) / (16 / 24)), np.log((16 / 24) / (8 / 24))
    assert (found.slope, found.intercept) == (round(high - low, 6), round(low, 6))


def doubled(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each image once as positive and once as negative, weighted by its smoothed target."""
    targets = smoothed(labels)
    return (
        np.concatenate([logits, logits])[:, None],
        np.repeat([1, 0], len(labels)),
        np.concatenate([targets, 1 - targets]),
    )


@pytest.mark.parametrize(("method", "both"), [("platt", True), ("temperature", False)])
def test_fit_against_sklearn(method: str, both: bool) -> None:
    features, classes, weights = doubled(LOGITS, LABELS)
    oracle = LogisticRegression(C=np.inf, fit_intercept=both, tol=1e-12, max_iter=1000)
    oracle.fit(features, classes, sample_weight=weights)
    found = fit(method, LOGITS, LABELS)
    assert found.slope == pytest.approx(float(oracle.coef_[0, 0]), abs=1e-5)
    assert found.intercept == pytest.approx(float(np.atleast_1d(oracle.intercept_)[0]), abs=1e-5)


def test_fit_against_scipy() -> None:
    targets = smoothed(LABELS)
    best = minimize(lambda p: log_loss(p[0] * LOGITS + p[1], targets), [0.0, 0.0], method="Nelder-Mead")
    found = fit("platt", LOGITS, LABELS)
    assert (found.slope, found.intercept) == pytest.approx(tuple(best.x), abs=2e-4)


def test_logits_that_are_right_stay_as_they_are_against_theory() -> None:
    rng = np.random.default_rng(7)
    logits = rng.normal(0.0, 2.0, 200_000)
    labels = (rng.random(200_000) < sigmoid(logits)).astype(np.int64)
    found = fit("platt", logits, labels)
    assert found.slope == pytest.approx(1.0, abs=0.02)
    assert found.intercept == pytest.approx(0.0, abs=0.02)


def test_separated_classes_keep_a_finite_slope() -> None:
    found = fit("platt", np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0, 0, 1, 1]))
    assert 0 < found.slope < 10
    assert found.log_loss_after < 1


def test_none_changes_nothing_by_hand() -> None:
    found = fit("none", LOGITS, LABELS)
    loss = round(log_loss(LOGITS, LABELS), 6)
    assert found == ScoreCalibration(
        method="none",
        slope=1.0,
        intercept=0.0,
        images=300,
        log_loss_before=loss,
        log_loss_after=loss,
        reason=None,
    )


@pytest.mark.parametrize("method", ["temperature", "platt"])
@pytest.mark.parametrize(
    ("logits", "sentence"),
    [
        (
            [1.5, 0.5, -0.5, -1.5],
            r"the fitted slope is -\d\.\d+: a higher score does not go with the finding",
        ),
        ([2.0, 2.0, 2.0, 2.0], "every tuning image has the same score"),
    ],
)
def test_device_worse_than_chance_is_not_turned_round(
    method: str, logits: list[float], sentence: str
) -> None:
    found = fit(method, np.array(logits), np.array([0, 0, 1, 1]))
    assert (found.method, found.slope, found.intercept) == ("none", 1.0, 0.0)
    assert found.reason is not None and found.log_loss_after == found.log_loss_before
    assert re.match(sentence, found.reason)


@given(
    st.lists(st.tuples(st.floats(-200, 200), st.integers(0, 1)), min_size=2, max_size=40).filter(
        lambda rows: 0 < sum(label for _, label in rows) < len(rows)
    ),
    st.sampled_from(["temperature", "platt"]),
)
def test_a_fit_never_makes_the_smoothed_loss_larger_nor_the_order_another(
    rows: list[tuple[float, int]], method: str
) -> None:
    logits = np.round([logit for logit, _ in rows], 3)
    labels = np.array([label for _, label in rows])
    found = calibration = fit(method, logits, labels)
    assert calibration.slope > 0
    assert np.isfinite([calibration.slope, calibration.intercept, found.log_loss_after]).all()
    if found.reason is None:
        targets = smoothed(labels)
        after = log_loss(calibration.slope * logits + calibration.intercept, targets)
        assert after <= log_loss(logits, targets) + 1e-3
        scores = probabilities(calibration, logits)
        assert (np.diff(scores[np.argsort(logits, kind="stable")]) >= 0).all()


def test_auroc_stays_against_itself() -> None:
    scores = np.round(probabilities(fit("platt", LOGITS, LABELS), LOGITS), 6)
    assert auroc(scores, LABELS) == pytest.approx(auroc(LOGITS, LABELS), abs=1e-3)
