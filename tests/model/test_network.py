"""The two networks: shape of the answer, and what they do not look at."""

import numpy as np
import pytest

from model import network, runtime
from model.checkpoint import weights_of
from model.runtime import keras

PICTURES = np.random.default_rng(4).uniform(40, 120, (2, 64, 64, 1)).astype("float32")


def answers(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model.predict_on_batch(pictures))


@pytest.fixture(scope="module")
def compact() -> keras.Model:
    runtime.seed(1)
    return network.build("compact", image_size=64)


def test_one_logit_a_picture(compact: keras.Model) -> None:
    assert answers(compact, PICTURES).shape == (2, 1)


def test_brightness_and_contrast_do_not_matter(compact: keras.Model) -> None:
    np.testing.assert_allclose(answers(compact, 0.5 * PICTURES + 60), answers(compact, PICTURES), atol=1e-4)


def test_black_picture_has_a_finite_answer(compact: keras.Model) -> None:
    assert np.isfinite(answers(compact, np.zeros_like(PICTURES))).all()


def test_seed_decides_the_initial_weights() -> None:
    built = []
    for seed in (7, 7, 8):
        runtime.seed(seed)
        built.append(network.build("compact", image_size=32).get_weights()[0])
    assert np.array_equal(built[0], built[1]) and not np.array_equal(built[0], built[2])


@pytest.mark.parametrize("name", ["compact", pytest.param("densenet121", marks=pytest.mark.slow)])
def test_building_twice_gives_the_same_weights_file(name: str) -> None:
    files = []
    for _ in range(2):
        runtime.seed(7)
        files.append(weights_of(network.build(name, image_size=32)))
    assert files[0] == files[1]


@pytest.mark.slow
def test_densenet121_against_published() -> None:
    # Huang et al. 2017, table 1: with one input channel and one logit, the ImageNet network's 7,978,856
    # parameters and 83,648 moving statistics less 1,000 outputs (1,025,000) and two input channels (6,272), plus 1,025
    model = network.build("densenet121", image_size=64)
    assert model.count_params() == 7_978_856 + 83_648 - 1_025_000 - 6_272 + 1_025
    assert answers(model, PICTURES).shape == (2, 1)
