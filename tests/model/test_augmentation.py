"""Movement of training pictures: a pure function of seed, epoch and picture, and none in prediction."""

import numpy as np
import pytest

from model import augmentation
from model.augmentation import Movement
from model.runtime import keras

PICTURES = np.random.default_rng(2).uniform(0, 255, (3, 16, 16, 1)).astype("float32")


def moved(seed: int, epoch: int) -> np.ndarray:
    movement = Movement(seed=seed)
    movement(PICTURES, training=True)  # draws made before count for nothing
    movement.begin(epoch)
    return keras.ops.convert_to_numpy(movement(PICTURES, training=True))


def test_nothing_moves_in_prediction() -> None:
    np.testing.assert_array_equal(Movement(seed=1)(PICTURES), PICTURES)


def test_epoch_begins_the_same_whatever_came_before() -> None:
    np.testing.assert_array_equal(moved(1, 4), moved(1, 4))


@pytest.mark.parametrize(("seed", "epoch"), [(1, 5), (2, 4)])
def test_draws_change_with_seed_and_epoch(seed: int, epoch: int) -> None:
    assert not np.array_equal(moved(1, 4), moved(seed, epoch))


def test_pictures_move_each_on_its_own() -> None:
    alike = np.repeat(PICTURES[:1], 2, axis=0)
    movement = Movement(seed=1)
    first, second = keras.ops.convert_to_numpy(movement(alike, training=True))
    assert not np.array_equal(first, second)


def test_shift_of_two_pixels_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    # every draw is its upper end: no turn, no zoom, 1/8 of 16 pixels to each side
    monkeypatch.setattr(augmentation, "TURN", 0.0)
    monkeypatch.setattr(augmentation, "ZOOM", 0.0)
    monkeypatch.setattr(augmentation, "SHIFT", 0.125)
    monkeypatch.setattr(keras.random, "uniform", lambda shape, low, high, seed: keras.ops.full(shape, high))
    result = keras.ops.convert_to_numpy(Movement(seed=1)(PICTURES, training=True))
    expected = np.zeros_like(PICTURES)
    expected[:, :-2, :-2] = PICTURES[:, 2:, 2:]
    np.testing.assert_allclose(result, expected, atol=1e-3)


def test_quarter_turn_keeps_the_centre_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "TURN", np.pi / 2)
    monkeypatch.setattr(augmentation, "ZOOM", 0.0)
    monkeypatch.setattr(augmentation, "SHIFT", 0.0)
    monkeypatch.setattr(keras.random, "uniform", lambda shape, low, high, seed: keras.ops.full(shape, high))
    result = keras.ops.convert_to_numpy(Movement(seed=1)(PICTURES, training=True))
    # output (x, y) comes from (size - 1 - y, x): the picture turned anticlockwise
    np.testing.assert_allclose(result, np.rot90(PICTURES, axes=(1, 2)), atol=0.05)
