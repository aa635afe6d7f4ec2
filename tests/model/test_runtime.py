"""Devices, precision and random numbers: as requested or refused, and the same bytes each time."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from model import runtime
from model.data.augmentation import Augment
from model.runtime import keras
from protocols.errors import NotPossibleHereError
from protocols.model_folder import DeviceName
from protocols.schema.training import Augmentation

REPOSITORY = Path(__file__).parents[2]


def in_another_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", "HOME": str(Path.home()), **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def test_record_names_the_backend_and_its_version() -> None:
    ran_on = runtime.start("cpu")
    assert (ran_on.backend, ran_on.device, ran_on.threads) == ("tensorflow", "cpu", (2, 1))
    assert ran_on.device_name and set(ran_on.versions) == {"keras", "numpy", "pillow", "tensorflow"}


def test_precision_is_float32_whatever_keras_was_set_to() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    runtime.start("cpu")
    assert keras.config.dtype_policy().name == "float32"


@pytest.mark.parametrize("device", ["gpu", "gpus"])
def test_absent_gpu_is_refused_and_never_replaced(device: DeviceName) -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU, so nothing is to be refused")
    told = f"--device {device}: TensorFlow sees no GPU on this machine"
    with pytest.raises(NotPossibleHereError, match=told):
        runtime.start(device)


def test_precision_is_left_as_it_was_found() -> None:
    runtime.start("cpu")
    with pytest.raises(ZeroDivisionError), runtime.precision("bfloat16"):
        assert keras.config.dtype_policy().name == "mixed_bfloat16"
        raise ZeroDivisionError
    assert keras.config.dtype_policy().name == "float32"


def test_other_backends_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(NotPossibleHereError, match="KERAS_BACKEND is 'torch'"):
        runtime.start("cpu")


@pytest.mark.slow
def test_start_is_silent() -> None:
    done = in_another_process("from model import runtime; runtime.start('cpu')")
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.slow
def test_jax_backend_starts_without_tensorflow() -> None:
    code = (
        "from model import runtime; print(runtime.start('cpu').backend); "
        "import sys; print('tensorflow' in sys.modules)"
    )
    done = in_another_process(code, KERAS_BACKEND="jax")
    assert done.stdout == "jax\nFalse\n"


@pytest.mark.slow
def test_several_gpus_are_refused_on_jax() -> None:
    code = "from model import runtime\ntry: runtime.start('gpus')\nexcept Exception as error: print(error)"
    done = in_another_process(code, KERAS_BACKEND="jax")
    assert done.stdout.startswith("--device gpus: training on several GPUs needs TensorFlow")


def streams() -> keras.Model:
    ranges = Augmentation(turn_degrees=5, shift=0.1, zoom=0.1, brightness=0.1, contrast=0.1, mirror=False)
    inner = keras.Sequential([keras.layers.Dropout(0.5), keras.layers.Flatten(), keras.layers.Dropout(0.5)])
    return keras.Sequential([keras.Input((8, 8, 1)), Augment(ranges, seed=0), inner])


def states(model: keras.Model) -> list[tuple[int, ...]]:
    found = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    return [tuple(keras.ops.convert_to_numpy(state).tolist()) for state in found]


def test_every_layer_and_epoch_has_its_own_stream_whatever_came_before() -> None:
    seen: list[tuple[int, ...]] = []
    for epoch in (1, 2, 3):
        one, other = streams(), streams()
        other(np.ones((1, 8, 8, 1)), training=True)
        for model in (one, other):
            runtime.begin_epoch(model, seed=510, epoch=epoch)
        assert states(one) == states(other) and len(states(one)) == 3
        seen += states(one)
    # a random number adds one to the second word, so streams share numbers only where their first words are equal
    assert len({first for first, _ in seen}) == 9


def test_streams_against_itself() -> None:
    model = streams()
    runtime.begin_epoch(model, seed=510, epoch=1)
    # the first raw word of np.random.Philox(key=[510, 1], counter=[0, position, 0, 0]), high and low 31 bits
    assert states(model) == [(1781969151, 1330293243), (1865750317, 643282462), (962332392, 1074278444)]


TRAINING = """
import hashlib, os
import numpy as np
from model import runtime

replicas = int(os.environ["REPLICAS"])
if replicas > 1:
    import tensorflow as tf
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * replicas)
runtime.start("cpu")
if replicas > 1:
    runtime._strategy = tf.distribute.MirroredStrategy([f"CPU:{position}" for position in range(replicas)])

from model import network
from model.data.augmentation import Augment
from model.data.batches import Batches
from model.training.losses import ClassWeightedBinaryCrossentropy
from model.runtime import keras
from protocols.schema.training import Augmentation

rng = np.random.default_rng(1)
pixels = rng.integers(0, 255, (37, 32, 32), dtype=np.uint8)
labels = (rng.random((37, 2)) < 0.4).astype(float)
labels[3, 1] = np.nan
ranges = Augmentation(turn_degrees=5, shift=0.05, zoom=0.1, brightness=0.1, contrast=0.1, mirror=True)

def learner():
    runtime.seed(3)
    with runtime.scope(), runtime.precision(os.environ["PRECISION"]):
        model = network.build("compact", image_size=32, outputs=2, dropout=0.3)
        made = keras.Sequential([Augment(ranges, seed=3), model])
        optimizer = keras.optimizers.AdamW(1e-3, clipnorm=1.0)
        made.compile(optimizer=optimizer, loss=ClassWeightedBinaryCrossentropy(labels))
        optimizer.build(made.trainable_variables)
    return made

def run(made, epochs):
    for epoch in epochs:
        runtime.begin_epoch(made, seed=3, epoch=epoch)
        batches = Batches(pixels, np.arange(37), labels, batch_size=16, seed=3, epoch=epoch)
        loss = made.fit(batches, shuffle=False, verbose=0).history["loss"][0]
        assert np.isfinite(loss), loss

made = learner()
run(made, [1])
if os.environ["RESUMED"] == "yes":
    stopped, made = made, learner()
    made.set_weights(stopped.get_weights())
    for to, of in zip(made.optimizer.variables, stopped.optimizer.variables):
        to.assign(keras.ops.convert_to_numpy(of))
run(made, [2, 3])
weights = [np.asarray(weight) for weight in made.get_weights()]
assert {str(weight.dtype) for weight in weights} == {"float32"}
print(hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("backend", "precision", "replicas"),
    [
        ("tensorflow", "float32", 1),
        ("tensorflow", "bfloat16", 1),
        ("tensorflow", "float32", 2),
        ("tensorflow", "bfloat16", 2),
        ("jax", "float32", 1),
    ],
)
def test_resumed_training_in_another_process_ends_in_the_same_bytes(
    backend: str, precision: str, replicas: int
) -> None:
    settings = {"KERAS_BACKEND": backend, "PRECISION": precision, "REPLICAS": str(replicas)}
    whole, resumed = (
        in_another_process(TRAINING, RESUMED=resumed, **settings).stdout for resumed in ("no", "yes")
    )
    assert len(whole) == 65 and whole == resumed


SHARED = """
import numpy as np
import tensorflow as tf
from model import runtime

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
runtime.start("cpu")
from model.data.batches import Batches
from model.training.losses import ClassWeightedBinaryCrossentropy
from model.runtime import keras

rng = np.random.default_rng(1)
pixels = rng.integers(0, 255, (36, 4, 4), dtype=np.uint8)
labels = (rng.random((36, 2)) < 0.4).astype(float)

def trained(strategy):
    runtime._strategy = strategy
    runtime.seed(3)
    with runtime.scope():
        pictures = keras.Input((4, 4, 1))
        values = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(pictures))
        model = keras.Model(pictures, keras.layers.Dense(2)(values))
        optimizer = keras.optimizers.SGD(0.1, clipnorm=0.2)
        model.compile(optimizer=optimizer, loss=ClassWeightedBinaryCrossentropy(labels))
    batches = Batches(pixels, np.arange(36), labels, batch_size=12, seed=3, epoch=1)
    loss = model.fit(batches, shuffle=False, verbose=0).history["loss"][0]
    return np.concatenate([[loss], *(weight.ravel() for weight in model.get_weights())])

alone, shared = trained(None), trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
print(abs(alone - shared).max())
"""


@pytest.mark.slow
def test_batch_shared_by_two_devices_against_one() -> None:
    # without batch normalisation, whose statistics are each device's own, the steps are the same but for rounding
    assert float(in_another_process(SHARED).stdout) < 1e-6
