from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from protocols.storage.run_folder import RunFolder
from reports.run_files.line_listing import Listing, Scores, read_listing, roc, scores_by_truth


def scores(positive: list[float], negative: list[float]) -> Scores:
    return Scores(np.sort(np.array(positive)), np.sort(np.array(negative)))


def test_roc_by_hand() -> None:
    curve = roc(scores([0.9, 0.6, 0.6], [0.6, 0.1]))
    assert curve is not None
    assert list(curve.false_positive_rate) == [0, 0, 0.5, 1]
    assert list(curve.true_positive_rate) == pytest.approx([0, 1 / 3, 1, 1])
    assert curve.area == pytest.approx((1 + 1 + 1 + 0.5 + 0.5 + 1) / 6)  # six pairs: two ties count half


@pytest.mark.parametrize("empty", [([], [0.1]), ([0.1], [])])
def test_no_curve_without_a_class(empty: tuple[list[float], list[float]]) -> None:
    assert roc(scores(*empty)) is None


def test_roc_against_sklearn() -> None:
    chance = np.random.default_rng(3)
    positive, negative = np.round(chance.beta(4, 2, 400), 2), np.round(chance.beta(2, 4, 900), 2)
    curve = roc(scores(list(positive), list(negative)))
    assert curve is not None
    truth, score = [1] * 400 + [0] * 900, np.concatenate([positive, negative])
    assert curve.area == pytest.approx(roc_auc_score(truth, score), abs=1e-12)
    x, y, _ = roc_curve(truth, score, drop_intermediate=False)
    assert np.interp(0.2, curve.false_positive_rate, curve.true_positive_rate) == pytest.approx(
        np.interp(0.2, x, y), abs=0.002
    )


def test_thinning_keeps_both_ends_and_few_points() -> None:
    chance = np.random.default_rng(4)
    curve = roc(scores(list(chance.random(30_000)), list(chance.random(30_000))))
    assert curve is not None
    assert len(curve.true_positive_rate) < 3_000
    assert (curve.true_positive_rate[-1], curve.false_positive_rate[-1]) == (1.0, 1.0)


def listing(*rows: tuple[str, str, float | None, str]) -> Listing:
    """Rows of patient, reference, score and call."""
    patients, references, numbers, calls = zip(*rows, strict=True)
    filled = np.array([np.nan if number is None else number for number in numbers])
    return Listing(patients, references, filled, calls, ("",) * len(rows))


@pytest.mark.parametrize(
    ("rows", "positive", "negative"),
    [
        # the largest score; positive if any image is
        ([("p", "negative", 0.2, "negative"), ("p", "positive", 0.1, "negative")], [0.2], []),
        # indeterminate if any is and none positive: not ranked
        ([("p", "negative", 0.2, "negative"), ("p", "indeterminate", 0.1, "negative")], [], []),
        # an image without a score and no positive call: not processed
        ([("p", "negative", None, ""), ("p", "negative", 0.1, "negative")], [], []),
        # an image without a score beside a positive call: processed
        ([("p", "negative", None, ""), ("p", "negative", 0.9, "positive")], [], [0.9]),
    ],
)
def test_scores_of_patients_by_hand(
    rows: list[tuple[str, str, float | None, str]], positive: list[float], negative: list[float]
) -> None:
    found = scores_by_truth(listing(*rows), "patient")
    assert (list(found.positive), list(found.negative)) == (positive, negative)


def test_what_has_no_score_is_last_of_its_class_by_hand() -> None:
    rows = listing(
        ("a", "positive", 0.9, "positive"),
        ("b", "positive", None, ""),
        ("c", "negative", 0.1, "negative"),
        ("d", "negative", 0.95, "positive"),
        ("d", "negative", None, ""),  # called, and yet it could have scored higher still
    )
    found = scores_by_truth(rows, "patient", in_order=True)
    assert (list(found.positive), list(found.negative)) == ([-np.inf, 0.9], [0.1, np.inf])
    found = scores_by_truth(rows, "image", in_order=True)
    assert (list(found.positive), list(found.negative)) == ([-np.inf, 0.9], [0.1, 0.95, np.inf])


@pytest.mark.parametrize("name", ["passing", "by patient, missing excluded", "text-mined", "by patient"])
def test_area_against_results(name: str, run_of: Callable[[str], RunFolder], context_of: Callable) -> None:
    results = context_of(name).results
    curve = roc(
        scores_by_truth(read_listing(run_of(name).line_listing), results.analysis.unit, in_order=True)
    )
    assert curve is not None
    assert curve.area == pytest.approx(results.estimate("auroc").value, abs=1e-9)
