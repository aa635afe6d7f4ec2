"""Random augmentation of training images: by hand, from seed and epoch alone, and none in prediction."""

import numpy as np
import pytest

from model import runtime
from model.data.augmentation import Augment
from model.runtime import keras
from protocols.schema.training import Augmentation

PICTURES = np.random.default_rng(2).uniform(0, 255, (3, 16, 16, 1)).astype("float32")
ALL = {"turn_degrees": 5.0, "shift": 0.05, "zoom": 0.08, "brightness": 0.1, "contrast": 0.1, "mirror": True}


def augment(seed: int = 1, **ranges: float | bool) -> Augment:
    return Augment(Augmentation(**{**dict.fromkeys(ALL, 0.0), "mirror": False, **ranges}), seed=seed)


def changed(layer: Augment, pictures: np.ndarray = PICTURES) -> np.ndarray:
    return keras.ops.convert_to_numpy(layer(pictures, training=True))


def of_epoch(seed: int, epoch: int) -> np.ndarray:
    layer = augment(seed=99, **ALL)
    model = keras.Sequential([layer])
    model(PICTURES, training=True)  # earlier random numbers have no effect
    runtime.begin_epoch(model, seed=seed, epoch=epoch)
    return changed(layer)


@pytest.fixture
def upper_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.random, "uniform", lambda shape, low, high, seed: keras.ops.full(shape, high))


@pytest.fixture
def lower_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.random, "uniform", lambda shape, low, high, seed: keras.ops.full(shape, low))


def test_nothing_changes_in_prediction() -> None:
    bytes_of = PICTURES.astype(np.uint8)
    answer = augment(**ALL)(bytes_of)
    np.testing.assert_array_equal(answer, bytes_of)
    assert keras.ops.convert_to_numpy(answer).dtype == np.float32


def test_ranges_of_zero_use_no_random_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.random, "uniform", None)
    monkeypatch.setattr(keras.ops.image, "affine_transform", None)
    np.testing.assert_array_equal(changed(augment()), PICTURES)


def test_epoch_begins_the_same_whatever_came_before() -> None:
    np.testing.assert_array_equal(of_epoch(1, 4), of_epoch(1, 4))


@pytest.mark.parametrize(("seed", "epoch"), [(1, 5), (2, 4)])
def test_random_numbers_change_with_seed_and_epoch(seed: int, epoch: int) -> None:
    assert not np.array_equal(of_epoch(1, 4), of_epoch(seed, epoch))


@pytest.mark.parametrize("name", ["turn_degrees", "shift", "zoom", "brightness", "contrast"])
def test_images_change_each_on_its_own(name: str) -> None:
    first, second = changed(augment(**{name: ALL[name]}), np.repeat(PICTURES[:1], 2, axis=0))
    assert not np.array_equal(first, second) and not np.array_equal(first, PICTURES[0])


@pytest.mark.usefixtures("upper_ends")
def test_shift_of_two_pixels_by_hand() -> None:
    expected = np.zeros_like(PICTURES)
    expected[:, :-2, :-2] = PICTURES[:, 2:, 2:]  # 1/8 of 16 pixels to each side
    np.testing.assert_allclose(changed(augment(shift=0.125)), expected, atol=1e-3)


@pytest.mark.usefixtures("upper_ends")
def test_turn_against_rotation_of_the_axes() -> None:
    # a spot 6 pixels right of the centre, turned by 30 degrees, lies at 6 (cos 30, -sin 30) from it
    size, centre = 33, 16
    picture = np.zeros((1, size, size, 1), "float32")
    picture[0, centre, centre + 6] = 255.0
    turned = changed(augment(turn_degrees=30.0), picture)[0, :, :, 0]
    weights = turned / turned.sum()
    down, across = (float((weights * axis).sum()) - centre for axis in np.mgrid[:size, :size])
    assert (across, down) == pytest.approx((6 * np.cos(np.pi / 6), -6 * np.sin(np.pi / 6)), abs=0.1)


@pytest.mark.usefixtures("upper_ends")
def test_zoom_takes_from_farther_out_by_hand() -> None:
    # output x takes from centre + 1.5 (x - centre): black beyond 2/3 of the way to the edge
    answer = changed(augment(zoom=0.5), np.full((1, 31, 31, 1), 200.0, "float32"))[0, 15, :, 0]
    np.testing.assert_allclose(answer[5:26], 200.0, atol=1e-3)
    np.testing.assert_allclose(answer[[0, 1, 2, 3, 27, 28, 29, 30]], 0.0, atol=1e-3)


@pytest.mark.usefixtures("lower_ends")
def test_mirror_by_hand() -> None:
    np.testing.assert_allclose(changed(augment(mirror=True)), PICTURES[:, :, ::-1], atol=1e-3)


def test_half_of_the_images_are_mirrored() -> None:
    layer = augment(mirror=True)
    answers = changed(layer, np.repeat(PICTURES[:1], 400, axis=0))
    mirrored = np.isclose(answers, PICTURES[0, :, ::-1], atol=1e-2).all(axis=(1, 2, 3)).sum()
    kept = np.isclose(answers, PICTURES[0], atol=1e-2).all(axis=(1, 2, 3)).sum()
    assert mirrored + kept == 400 and 150 < mirrored < 250


@pytest.mark.usefixtures("upper_ends")
def test_brightness_and_contrast_by_hand() -> None:
    picture = np.array([[40.0, 100.0], [120.0, 240.0]], "float32").reshape(1, 2, 2, 1)  # mean 125
    brighter = changed(augment(brightness=0.1), picture).ravel()
    np.testing.assert_allclose(brighter, [65.5, 125.5, 145.5, 255.0], rtol=1e-6)
    steeper = changed(augment(contrast=0.2), picture).ravel()
    np.testing.assert_allclose(steeper, [23.0, 95.0, 119.0, 255.0], rtol=1e-6)  # 125 + 1.2 (g - 125)


def test_grey_values_stay_in_range() -> None:
    answer = changed(augment(brightness=0.5, contrast=0.5))
    assert answer.min() >= 0.0 and answer.max() <= 255.0


def test_whole_pixels_go_in_and_the_network_is_trained_in_float32() -> None:
    with runtime.precision("bfloat16"):
        layer = augment(**ALL)
    assert keras.ops.convert_to_numpy(layer(PICTURES.astype(np.uint8), training=True)).dtype == np.float32
