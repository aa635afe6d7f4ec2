"""The two networks: shape of the answer, and what they do not look at."""

import numpy as np
import pytest

from model import network, runtime
from model.artifact.model_folder import weights_of
from model.runtime import keras

PICTURES = np.random.default_rng(4).uniform(40, 120, (2, 64, 64, 1)).astype("float32")


def answers(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    return keras.ops.convert_to_numpy(model.predict_on_batch(pictures))


@pytest.fixture(scope="module")
def compact() -> keras.Model:
    runtime.seed(1)
    return network.build("compact", image_size=64, outputs=3, dropout=0.5)


def test_one_logit_per_finding(compact: keras.Model) -> None:
    assert answers(compact, PICTURES).shape == (2, 3)


def test_brightness_and_contrast_do_not_matter(compact: keras.Model) -> None:
    np.testing.assert_allclose(answers(compact, 0.5 * PICTURES + 60), answers(compact, PICTURES), atol=1e-4)


def test_black_image_has_a_finite_answer(compact: keras.Model) -> None:
    assert np.isfinite(answers(compact, np.zeros_like(PICTURES))).all()


def test_seed_decides_the_initial_weights() -> None:
    built = []
    for seed in (7, 7, 8):
        runtime.seed(seed)
        built.append(network.build("compact", image_size=32, outputs=1, dropout=0.0).get_weights()[0])
    assert np.array_equal(built[0], built[1]) and not np.array_equal(built[0], built[2])


@pytest.mark.parametrize("name", ["compact", pytest.param("densenet121", marks=pytest.mark.slow)])
def test_repeated_building_gives_the_same_weights_file(name: str) -> None:
    files = []
    for _ in range(2):
        runtime.seed(7)
        files.append(weights_of(network.build(name, image_size=32, outputs=2, dropout=0.1)))
    assert files[0] == files[1]


def test_weights_file_is_of_the_weights_alone() -> None:
    models = [network.build("compact", image_size=32, outputs=2, dropout=0.1) for _ in range(2)]
    models[1].set_weights(models[0].get_weights())
    assert weights_of(models[0]) == weights_of(models[1])


@pytest.mark.slow
def test_densenet121_against_published() -> None:
    # Huang et al. 2017, table 1: with one input channel and one logit, the ImageNet network's 7,978,856
    # parameters and 83,648 moving statistics less 1,000 outputs (1,025,000) and two input channels (6,272), plus 1,025
    model = network.build("densenet121", image_size=64, outputs=1, dropout=0.0)
    assert model.count_params() == 7_978_856 + 83_648 - 1_025_000 - 6_272 + 1_025
    assert answers(model, PICTURES).shape == (2, 1)


@pytest.mark.parametrize("name", ["compact", pytest.param("densenet121", marks=pytest.mark.slow)])
def test_logits_against_the_feature_map_by_hand(name: str) -> None:
    # no dropout in prediction: a logit is the map's mean, weighted by the last layer, which class activation maps need
    runtime.seed(1)
    model = network.build(name, image_size=64, outputs=3, dropout=0.5)
    features = keras.Model(model.input, model.get_layer("features").output)
    kernel, bias = model.get_layer("logits").get_weights()
    pooled = keras.ops.convert_to_numpy(features(PICTURES)).mean(axis=(1, 2))
    np.testing.assert_allclose(answers(model, PICTURES), pooled @ kernel + bias, rtol=1e-4, atol=1e-5)
    assert [layer.name for layer in model.layers[-4:]] == ["features", "pooled", "dropout", "logits"]


def test_dropout_works_in_training_alone(compact: keras.Model) -> None:
    first, second = (keras.ops.convert_to_numpy(compact(PICTURES, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(answers(compact, PICTURES), answers(compact, PICTURES))


def test_mixed_precision_keeps_the_ends_and_the_weights_in_float32() -> None:
    runtime.seed(1)
    with runtime.precision("bfloat16"):
        mixed = network.build("compact", image_size=64, outputs=2, dropout=0.1)
    assert {str(weight.dtype) for weight in mixed.get_weights()} == {"float32"}
    inner = {layer.name: layer.compute_dtype for layer in mixed.layers}
    assert inner["block1_first_conv"] == "bfloat16"
    assert {inner[name] for name in ("standardise", "pooled", "dropout", "logits")} == {"float32"}
    exact = network.build("compact", image_size=64, outputs=2, dropout=0.1)
    exact.set_weights(mixed.get_weights())
    assert answers(mixed, PICTURES).dtype == np.float32
    # bfloat16 has 8 bits, a relative step of 2^-8 at each of ten layers
    np.testing.assert_allclose(answers(mixed, PICTURES), answers(exact, PICTURES), rtol=0.03, atol=0.1)
