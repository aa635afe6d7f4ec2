"""The threshold by each rule, by hand on six scores, and against every threshold there is."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from model.artifact.calibration import fit
from model.artifact.operating_point import MOST_POINTS, Point, choose, curve, operating_point_of, thinned
from protocols.errors import BadInputError
from protocols.model_folder import ModelOperatingPoint

# falling: 0.9 positive, 0.8 negative, 0.7 positive, 0.6 positive, 0.4 negative, 0.2 negative
SCORES = np.array([0.2, 0.9, 0.6, 0.8, 0.4, 0.7])
LABELS = np.array([0, 1, 1, 0, 0, 1])
CHOSEN = [
    # rule, threshold, sensitivity, specificity, f1
    ("sensitivity_at_least:0.30", 0.9, 1 / 3, 1.0, 0.5),
    ("sensitivity_at_least:0.5", 0.7, 2 / 3, 2 / 3, 2 / 3),
    ("sensitivity_at_least:1", 0.6, 1.0, 2 / 3, 6 / 7),
    ("max_f1", 0.6, 1.0, 2 / 3, 6 / 7),
    ("youden", 0.6, 1.0, 2 / 3, 6 / 7),
]


@pytest.mark.parametrize(("rule", "threshold", "sensitivity", "specificity", "f1"), CHOSEN)
def test_choice_by_hand(
    rule: str, threshold: float, sensitivity: float, specificity: float, f1: float
) -> None:
    choice = choose(rule, SCORES, LABELS)
    assert choice.threshold == threshold
    assert (choice.sensitivity, choice.specificity, choice.f1) == pytest.approx(
        (sensitivity, specificity, f1)
    )


EQUALS = [
    # youden: at 0.9 1/2 + 1 and at 0.5 1 + 1/2 are worth the same; the higher is taken
    ("youden", [0.9, 0.7, 0.5, 0.3], [1, 0, 1, 0], 0.9),
    # f1: at 0.9 2/3 and at 0.2 4/6 are worth the same
    ("max_f1", [0.9, 0.6, 0.4, 0.2], [1, 0, 0, 1], 0.9),
    # the positive and the negative share a score: both are called
    ("sensitivity_at_least:0.6", [0.9, 0.5, 0.5, 0.1], [1, 1, 0, 0], 0.5),
    # every score alike
    ("max_f1", [0.5, 0.5], [1, 0], 0.5),
    # a third is a third: 1/3 >= 0.333333 and not >= 0.333334
    ("sensitivity_at_least:0.333333", [0.9, 0.8, 0.7, 0.1], [1, 1, 1, 0], 0.9),
    ("sensitivity_at_least:0.333334", [0.9, 0.8, 0.7, 0.1], [1, 1, 1, 0], 0.8),
    # 0.9 as a decimal, not as the nearest double: 9 of 10 reach it
    ("sensitivity_at_least:0.90", [*np.linspace(0.99, 0.9, 10), 0.1], [1] * 10 + [0], 0.91),
]


@pytest.mark.parametrize(("rule", "scores", "labels", "threshold"), EQUALS)
def test_ties_by_hand(rule: str, scores: list[float], labels: list[int], threshold: float) -> None:
    assert choose(rule, np.round(scores, 6), np.array(labels)).threshold == threshold


def test_max_f1_against_sklearn() -> None:
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 200)
    scores = np.round(rng.random(200) * 0.7 + 0.3 * labels, 2)
    best = max(f1_score(labels, scores >= threshold) for threshold in np.unique(scores))
    choice = choose("max_f1", scores, labels)
    assert choice.f1 == pytest.approx(best)
    assert f1_score(labels, scores >= choice.threshold) == pytest.approx(best)


@pytest.mark.parametrize("labels", [[1, 1], [0, 0]])
def test_one_kind_of_label_is_refused(labels: list[int]) -> None:
    with pytest.raises(BadInputError, match="needs positive and negative ones"):
        choose("youden", np.array([0.1, 0.2]), np.array(labels))


def test_curve_by_hand() -> None:
    points = [(p.threshold, p.true_positives, p.false_positives) for p in curve(SCORES, LABELS)]
    assert points == [(0.9, 1, 0), (0.8, 1, 1), (0.7, 2, 1), (0.6, 3, 1), (0.4, 3, 2), (0.2, 3, 3)]
    tied = curve(np.array([0.5, 0.5, 0.1]), np.array([1, 0, 0]))
    assert [(p.threshold, p.true_positives, p.false_positives) for p in tied] == [(0.5, 1, 1), (0.1, 1, 2)]


@pytest.mark.parametrize("points", [1, 2, MOST_POINTS, MOST_POINTS + 1, 7 * MOST_POINTS + 3])
def test_thinned_curve_keeps_its_ends_and_the_choice(points: int) -> None:
    falling = [Point(1 - place / points, place, 0, points, 1) for place in range(points)]
    chosen = falling[points // 3].threshold
    kept = thinned(falling, threshold=chosen)
    assert len(kept) <= MOST_POINTS + 2
    assert kept[0] == falling[0] and kept[-1] == falling[-1]
    assert chosen in [point.threshold for point in kept]
    assert kept == sorted(kept, key=lambda point: -point.threshold)
    assert points > MOST_POINTS or kept == falling


def test_record_carries_the_decimals_it_is_written_with_by_hand() -> None:
    logits = np.array([-1.0, 2.0, 0.5, 1.5, -0.5, 1.0])
    choice = choose("youden", SCORES, LABELS)
    record = operating_point_of(
        choice, "youden", fit("platt", logits, LABELS), patients=4, weights_sha256="ab"
    )
    assert (record.chosen_on.images, record.chosen_on.patients, record.chosen_on.split) == (6, 4, "tune")
    assert record.chosen_on.specificity == 0.666666667
    assert record.calibration.method == "platt" and record.calibration.images == 6
    assert record.calibration.log_loss_after < record.calibration.log_loss_before
    assert record.calibration == fit("platt", logits, LABELS)
    assert ModelOperatingPoint.model_validate_json(record.model_dump_json()) == record
