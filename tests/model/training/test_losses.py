"""The weighted cross-entropy by hand and against its law: both classes of every finding weigh alike."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from model.runtime import keras
from model.training.losses import ClassWeightedBinaryCrossentropy

UNKNOWN = math.nan


def loss_of(labels: object, logits: object, split: object) -> float:
    loss = ClassWeightedBinaryCrossentropy(np.array(split, float))
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


def test_several_findings_have_their_own_weights_by_hand() -> None:
    split = [[1.0, UNKNOWN], [0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]  # w1 = 3/4 and 2/3
    assert loss_of([[1, 1]], [[0, 0]], split) == pytest.approx((3 / 4 + 2 / 3) / 2 * math.log(2), rel=1e-6)


splits = arrays.arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.integers(1, 5)),
    elements=st.sampled_from([0.0, 1.0, UNKNOWN]),
)


@settings(max_examples=60)
@given(split=splits)
def test_both_classes_weigh_alike_over_the_split_against_theory(split: np.ndarray) -> None:
    loss = ClassWeightedBinaryCrossentropy(split)
    of_positives = loss.weight_of_positives * (split == 1).sum(axis=0)
    of_negatives = loss.weight_of_negatives * (split == 0).sum(axis=0)
    np.testing.assert_allclose(of_positives, of_negatives, rtol=1e-6)
    both = (split == 1).any(axis=0) & (split == 0).any(axis=0)
    np.testing.assert_array_equal(of_positives > 0, both)  # nothing weighs where one class alone is known
    assert math.isfinite(loss_of(split, np.zeros_like(split), split))


@settings(max_examples=20)
@given(split=splits)
def test_findings_of_one_class_change_nothing_against_theory(split: np.ndarray) -> None:
    learnable = (split == 1).any(axis=0) & (split == 0).any(axis=0)
    logits = np.linspace(-3, 3, split.size).reshape(split.shape)
    whole = loss_of(split, logits, split)
    if learnable.any():
        part = loss_of(split[:, learnable], logits[:, learnable], split[:, learnable])
        assert whole == pytest.approx(part, rel=1e-5)
    else:
        assert whole == 0.0


def test_unknown_labels_have_no_gradient_and_the_others_theirs_by_hand() -> None:
    import tensorflow as tf

    split = np.array([[1.0, 1.0], [0.0, 0.0]])  # every weight is 1/2
    loss = ClassWeightedBinaryCrossentropy(split)
    logits = tf.Variable([[0.0, 90.0], [-90.0, 0.0]])
    with tf.GradientTape() as tape:
        value = loss(np.array([[1, UNKNOWN], [UNKNOWN, 0]], "float32"), logits)
    # of two known labels, each 1/2 * (p - y) with p = 1/2
    np.testing.assert_allclose(tape.gradient(value, logits), [[-0.125, 0.0], [0.0, 0.125]], atol=1e-7)


def test_one_value_per_image_so_that_several_gpus_can_share_a_batch() -> None:
    values = ClassWeightedBinaryCrossentropy(np.array(SPLIT)).call(
        np.array([[1], [UNKNOWN], [0]], "float32"), np.zeros((3, 1), "float32")
    )
    expected = np.array([0.75, 0.0, 0.25]) * math.log(2) * 3 / 2
    np.testing.assert_allclose(keras.ops.convert_to_numpy(values), expected, rtol=1e-6)


def test_computed_in_float32_under_mixed_precision() -> None:
    from model import runtime

    with runtime.precision("bfloat16"):
        loss = ClassWeightedBinaryCrossentropy(np.array(SPLIT))
    logits = keras.ops.cast(np.array([[-200.0], [3.0]]), "bfloat16")
    value = loss(np.array([[1], [0]], "float32"), logits)
    expected = (0.75 * 200 + 0.25 * math.log1p(math.exp(3))) / 2
    assert float(keras.ops.convert_to_numpy(value)) == pytest.approx(expected, rel=1e-6)
