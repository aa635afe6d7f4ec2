"""Perturbations of whole images: by hand on small ones, and laws for any image."""

from functools import partial
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.random import Philox

from model.inference.occlusions import SHORTCUTS
from model.inference.perturbations import (
    PERTURBATIONS,
    bit_depth,
    blur,
    brightness,
    contrast,
    crop,
    flip,
    half_resolution,
    inversion,
    jpeg,
    noise,
    rotation,
)

BATTERY = (*PERTURBATIONS, *SHORTCUTS)
PICTURES = st.sampled_from([16, 32, 37]).flatmap(lambda side: arrays(np.uint8, (side, side)))
RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


@given(picture=PICTURES, position=st.integers(0, 10**6))
@settings(max_examples=25)
def test_every_change_keeps_shape_and_type_and_its_argument(picture: np.ndarray, position: int) -> None:
    before = picture.copy()
    for one in BATTERY:
        changed = one.change(picture, position)
        assert changed.shape == picture.shape, one.item.id
        assert changed.dtype == np.uint8, one.item.id
        np.testing.assert_array_equal(one.change(picture, position), changed, one.item.id)
    np.testing.assert_array_equal(picture, before)


@given(picture=PICTURES)
@settings(max_examples=25)
def test_strength_nought_changes_nothing(picture: np.ndarray) -> None:
    for change in (
        partial(noise, deviation=0.0),
        partial(crop, fraction=0.0),
        partial(rotation, degrees=0),
        partial(bit_depth, bits=8),
        partial(contrast, factor=1.0),
        partial(brightness, levels=0.0),
        partial(blur, fraction=0.0),
    ):
        np.testing.assert_array_equal(change(picture, 3), picture)


@given(picture=PICTURES)
@settings(max_examples=25)
def test_inversion_and_flip_undo_themselves(picture: np.ndarray) -> None:
    for change in (inversion, flip):
        np.testing.assert_array_equal(change(change(picture, 0), 0), picture)


@given(picture=PICTURES, bits=st.integers(1, 7))
@settings(max_examples=25)
def test_bit_depth_leaves_its_levels(picture: np.ndarray, bits: int) -> None:
    changed = bit_depth(picture, 0, bits=bits)
    assert len(np.unique(changed)) <= 2**bits
    assert np.abs(changed.astype(int) - picture).max() <= 255 / (2**bits - 1) / 2 + 1
    np.testing.assert_array_equal(bit_depth(changed, 0, bits=bits), changed)


def test_inversion_by_hand() -> None:
    np.testing.assert_array_equal(inversion(RAMP, 0), 255 - RAMP.astype(int))


def test_bit_depth_by_hand() -> None:
    # One bit is black and white, split in the middle; two bits are 0, 85, 170 and 255.
    assert bit_depth(RAMP, 0, bits=1).ravel()[[0, 127, 128, 255]].tolist() == [0, 0, 255, 255]
    assert np.unique(bit_depth(RAMP, 0, bits=2)).tolist() == [0, 85, 170, 255]


def test_contrast_and_brightness_by_hand() -> None:
    picture = np.array([[100, 100], [110, 60]], dtype=np.uint8)
    assert contrast(picture, 0, factor=1.3).tolist() == [[100, 100], [113, 48]]
    assert contrast(picture, 0, factor=0.7).tolist() == [[100, 100], [107, 72]]
    assert brightness(picture, 0, levels=-70).tolist() == [[30, 30], [40, 0]]
    assert brightness(picture, 0, levels=150).tolist() == [[250, 250], [255, 210]]


def test_crop_by_hand() -> None:
    # Of 20 pixels, 10 % off each edge leave 16: the content of the outer two is gone.
    picture = np.zeros((20, 20), dtype=np.uint8)
    picture[:2] = picture[-2:] = picture[:, :2] = picture[:, -2:] = 255
    assert crop(picture, 0, fraction=0.1).max() == 0
    assert crop(picture, 0, fraction=0.05).max() == 255


def test_rotation_by_hand() -> None:
    # Anticlockwise by a right angle: what was right is above.
    picture = np.zeros((16, 16), dtype=np.uint8)
    picture[:, -4:] = 200
    turned = rotation(picture, 0, degrees=90)
    assert turned[:4].min() == 200
    assert turned[4:].max() == 0
    assert rotation(np.full((16, 16), 90, np.uint8), 0, degrees=10)[0, 0] == 0


def test_half_resolution_by_hand() -> None:
    # A chessboard of single pixels is even grey at half the resolution.
    board = (255 * (np.indices((16, 16)).sum(axis=0) % 2)).astype(np.uint8)
    assert np.unique(half_resolution(board, 0)).tolist() == [128]


def test_blur_keeps_the_mean_and_lowers_the_spread() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (128, 128), dtype=np.uint8)
    blurred = blur(picture, 0, fraction=0.01)
    assert abs(blurred.mean() - picture.mean()) < 1
    assert blurred.std() < picture.std() / 2


def test_stronger_compression_loses_more() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (64, 64), dtype=np.uint8)
    lost = [
        np.abs(jpeg(picture, 0, quality=quality).astype(int) - picture).mean() for quality in (95, 50, 20)
    ]
    assert lost == sorted(lost)


@pytest.mark.parametrize("deviation", [4, 12])
def test_noise_against_theory(deviation: int) -> None:
    grey = np.full((256, 256), 128, dtype=np.uint8)
    added = noise(grey, 0, deviation=deviation).astype(float) - 128
    # Rounding to whole grey levels adds a twelfth to the variance.
    assert abs(added.mean()) < 4 * deviation / 256
    assert abs(added.std() - np.sqrt(deviation**2 + 1 / 12)) < 0.02 * deviation
    # Neighbours, other images and the other strength share nothing.
    assert abs(np.corrcoef(added[:, 1:].ravel(), added[:, :-1].ravel())[0, 1]) < 0.02
    other = noise(grey, 1, deviation=deviation).astype(float) - 128
    assert abs(np.corrcoef(added.ravel(), other.ravel())[0, 1]) < 0.02
    stronger = noise(grey, 0, deviation=2 * deviation).astype(float) - 128
    assert abs(np.corrcoef(added.ravel(), stronger.ravel())[0, 1]) < 0.02


def test_noise_by_hand() -> None:
    """Image 5 at 12 grey levels, from the bits of Philox by the standard library's normal quantile."""
    words = Philox(key=[510, 12 * 256], counter=[0, 0, 0, 5]).random_raw(3)
    halves = [half for word in words.tolist() for half in (word % 2**32, word >> 32)]
    expected = [round(128 + 12 * NormalDist().inv_cdf((half + 0.5) / 2**32)) for half in halves]
    grey = np.full((16, 16), 128, dtype=np.uint8)
    assert noise(grey, 5, deviation=12)[0, :6].tolist() == expected == [127, 132, 123, 111, 118, 107]


def test_items_have_names_of_their_own() -> None:
    for values in ([one.item.id for one in BATTERY], [one.item.name for one in BATTERY]):
        assert len(set(values)) == len(values)
    assert all(one.item.does.endswith(".") for one in BATTERY)
