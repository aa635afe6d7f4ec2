"""The weighted cross-entropy by hand."""

import math

import numpy as np
import pytest

from model.losses import ClassWeightedBinaryCrossentropy
from model.runtime import keras

UNKNOWN = math.nan


def loss_of(labels: list[list[float]], logits: list[list[float]], split: list[list[float]]) -> float:
    loss = ClassWeightedBinaryCrossentropy(np.array(split))
    value = loss(np.array(labels, "float32"), np.array(logits, "float32"))
    return float(keras.ops.convert_to_numpy(value))


SPLIT = [[1.0], [0.0], [0.0], [0.0]]  # one positive of four: w1 = 3/4, w0 = 1/4
CASES = [
    # p = 0.5 for all: -log 0.5 = 0.693147; (0.75 + 3 * 0.25) / 4 of it
    ([[1], [0], [0], [0]], [[0], [0], [0], [0]], 0.375 * math.log(2)),
    # a positive at p = 0.9 (logit log 9) and a negative at 0.2 (logit -log 4)
    ([[1], [0]], [[math.log(9)], [-math.log(4)]], -(0.75 * math.log(0.9) + 0.25 * math.log(0.8)) / 2),
    # the unknown one counts for nothing, whatever its logit
    ([[1], [UNKNOWN]], [[0], [50]], 0.75 * math.log(2)),
    # nothing known: no loss rather than 0/0
    ([[UNKNOWN]], [[3]], 0.0),
    # sure and wrong by a logit of 200: log-sigmoid does not overflow
    ([[1]], [[-200]], 0.75 * 200),
]


@pytest.mark.parametrize(("labels", "logits", "expected"), CASES)
def test_loss_by_hand(labels: list[list[float]], logits: list[list[float]], expected: float) -> None:
    assert loss_of(labels, logits, SPLIT) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("positives", [1, 3, 10])
def test_both_classes_contribute_equally_by_hand(positives: int) -> None:
    split = [[1.0]] * positives + [[0.0]] * (20 - positives)
    of_positives = loss_of(split[:positives], [[0.0]] * positives, split) * positives
    of_negatives = loss_of(split[positives:], [[0.0]] * (20 - positives), split) * (20 - positives)
    assert of_positives == pytest.approx(of_negatives, rel=1e-6)


def test_several_findings_have_their_own_weights_by_hand() -> None:
    split = [[1.0, UNKNOWN], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]  # w1 = 3/4 and 2/3
    assert loss_of([[1, 1]], [[0, 0]], split) == pytest.approx((3 / 4 + 2 / 3) / 2 * math.log(2), rel=1e-6)
