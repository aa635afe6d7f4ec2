"""Weights to begin with: read as numbers, equal to their source, and refused with a reason."""

import hashlib
import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest

from model import network, runtime
from model.runtime import keras
from model.training import initial_weights
from protocols.errors import BadInputError

GREY = np.random.default_rng(4).uniform(0, 255, (2, 32, 32, 1)).astype("float32")


def compact(*, seed: int, outputs: int = 1) -> keras.Model:
    runtime.seed(seed)
    return network.build("compact", image_size=32, outputs=outputs, dropout=0.2)


def fill(model: keras.Model, path: Path, name: str = "compact") -> None:
    initial_weights.fill(model, path, network=name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def features(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    trunk = keras.Model(model.input, model.get_layer("features").output)
    return keras.ops.convert_to_numpy(trunk(pictures))


@pytest.fixture(scope="module")
def source() -> keras.Model:
    model = compact(seed=1)
    for layer in model.layers:  # statistics as after a training, not zeros and ones
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([weight + 0.25 for weight in layer.get_weights()])
    return model


@pytest.fixture(scope="module")
def file(source: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "model.weights.h5"
    source.save_weights(path)
    return path


@pytest.mark.parametrize("outputs", [1, 14])
def test_trunk_against_its_source_and_the_head_is_new(source: keras.Model, file: Path, outputs: int) -> None:
    model = compact(seed=2, outputs=outputs)
    head = model.get_layer("logits").get_weights()
    fill(model, file)
    np.testing.assert_array_equal(features(model, GREY), features(source, GREY))
    np.testing.assert_array_equal(model.get_layer("logits").get_weights()[0], head[0])


def published(path: Path, *, channels: int = 3, top: bool = False) -> keras.Model:
    """A file in the older layout, written by Keras' own code, and the network in it."""
    from keras.src.legacy.saving import legacy_h5_format

    runtime.seed(9)
    shape = (32, 32, channels)
    trunk = keras.applications.DenseNet121(include_top=top, weights=None, input_shape=shape, classes=5)
    rng = np.random.default_rng(3)
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([rng.uniform(0.8, 1.2, weight.shape) for weight in layer.get_weights()])
    with h5py.File(path, "w") as written:
        legacy_h5_format.save_weights_to_hdf5_group(written, trunk)
    return trunk


@pytest.mark.slow
def test_published_weights_answer_as_the_colour_network_to_grey_repeated_against_keras(
    tmp_path: Path,
) -> None:
    trunk = published(tmp_path / "densenet121.h5")
    model = network.build("densenet121", image_size=32, outputs=2, dropout=0.0)
    fill(model, tmp_path / "densenet121.h5", "densenet121")
    standardised = (GREY - GREY.mean(axis=(1, 2, 3), keepdims=True)) / GREY.std(axis=(1, 2, 3), keepdims=True)
    expected = keras.ops.convert_to_numpy(trunk(np.repeat(standardised, 3, axis=3)))
    np.testing.assert_allclose(features(model, GREY), expected, rtol=1e-3, atol=1e-4)

    published(tmp_path / "top.h5", top=True)
    with pytest.raises(BadInputError, match="has 242 layers with weights where the trunk has 241"):
        fill(model, tmp_path / "top.h5", "densenet121")
    published(tmp_path / "grey.h5", channels=1)
    with pytest.raises(BadInputError, match=r"has shapes \[\(7, 7, 1, 64\)\] in layer 'conv1_conv'"):
        fill(model, tmp_path / "grey.h5", "densenet121")


class Malicious:
    """Would leave a file behind if anything unpickled it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return Path.touch, (self.path,)


def _nan(written: h5py.File) -> None:
    written["layers/conv2d/vars/0"][0, 0, 0, 0] = np.nan


def _shape(written: h5py.File) -> None:
    del written["layers/conv2d/vars/0"]
    written["layers/conv2d/vars/0"] = np.zeros((3, 3, 1, 16), np.float32)


def _missing(written: h5py.File) -> None:
    del written["layers/conv2d"]


def _integers(written: h5py.File) -> None:
    del written["layers/conv2d/vars/0"]
    written["layers/conv2d/vars/0"] = np.zeros((5, 5, 1, 16), np.int32)


def _link(written: h5py.File) -> None:
    del written["layers/conv2d/vars/0"]
    written["layers/conv2d/vars/0"] = h5py.ExternalLink("elsewhere.h5", "/numbers")


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (_nan, "numbers that are not finite in layer 'stem_conv'"),
        (_shape, r"shapes \[\(3, 3, 1, 16\)\] in layer 'stem_conv' where \[\(5, 5, 1, 16\)\] are expected"),
        (_missing, "has no layer 'stem_conv'"),
        (_integers, "contains other data than its own numbers in layer 'stem_conv'"),
        (_link, "points to other data under 'layers/conv2d/vars/0'"),
    ],
)
def test_wrong_content_is_refused_and_the_model_left_alone(
    file: Path, tmp_path: Path, damage: object, told: str
) -> None:
    path = tmp_path / "bad.weights.h5"
    path.write_bytes(file.read_bytes())
    with h5py.File(path, "r+") as written:
        damage(written)  # type: ignore[operator]
    model = compact(seed=2)
    before = model.get_weights()
    with pytest.raises(BadInputError, match=told):
        fill(model, path)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("kept", [0, 7, 2_000, 0.5, 0.99])
def test_truncated_file_is_refused(file: Path, tmp_path: Path, kept: float) -> None:
    content = file.read_bytes()
    path = tmp_path / "short.weights.h5"
    path.write_bytes(content[: int(kept * len(content)) if kept < 1 else int(kept)])
    with pytest.raises(BadInputError, match="is damaged or in another format"):
        fill(compact(seed=2), path)


@pytest.mark.parametrize("name", ["model.keras", "model.pkl", "model", "weights.hdf5"])
def test_other_endings_are_never_opened(tmp_path: Path, name: str) -> None:
    path, trace = tmp_path / name, tmp_path / "trace"
    path.write_bytes(pickle.dumps(Malicious(trace)))
    with pytest.raises(BadInputError, match=r"must be a file whose name ends in .weights.h5 or .h5"):
        fill(compact(seed=2), path)
    assert not trace.exists()


@pytest.mark.parametrize("name", ["model.h5", "model.weights.h5"])
def test_pickle_under_a_right_name_is_not_executed(tmp_path: Path, name: str) -> None:
    path, trace = tmp_path / name, tmp_path / "trace"
    path.write_bytes(pickle.dumps(Malicious(trace)))
    with pytest.raises(BadInputError, match="is damaged or in another format"):
        fill(compact(seed=2), path)
    assert not trace.exists()


def test_file_of_another_hash_is_refused(file: Path) -> None:
    with pytest.raises(BadInputError, match="is not the file that the protocol names"):
        initial_weights.fill(compact(seed=2), file, network="compact", sha256="0" * 64)


def test_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot be read \(No such file or directory\)"):
        initial_weights.fill(compact(seed=2), tmp_path / "no.h5", network="compact", sha256="0" * 64)


def test_published_file_is_for_densenet121_alone(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(file.read_bytes())
    with pytest.raises(BadInputError, match="is the published file of densenet121"):
        fill(compact(seed=2), path)
