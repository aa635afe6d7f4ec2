"""The runtime of the model: backend, devices, precision, threads, random numbers and determinism, each fixed.

Owns the import of Keras (every other module takes ``keras`` from here, so that its settings come first) and the
only calls of TensorFlow or JAX themselves. Threads are pinned because their number changes the trained weights
(measured). Source: TensorFlow's documentation of `enable_op_determinism`.
"""

import contextlib
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from protocols.errors import NotPossibleHereError
from protocols.model_folder import DeviceName

Precision = Literal["float32", "bfloat16"]
BACKENDS = ("jax", "tensorflow")
INTRA_OP_THREADS = 2
INTER_OP_THREADS = 1

_strategy: Any = None  # TensorFlow's, after start("gpus")


@contextlib.contextmanager
def _without_import_noise() -> Iterator[None]:
    """Close standard error for C++ code that logs before its own log level is set."""
    kept = os.dup(2)
    try:
        with Path(os.devnull).open("wb") as nothing:
            os.dup2(nothing.fileno(), 2)
            yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with _without_import_noise():
    import keras as keras


@dataclass(frozen=True, slots=True)
class Runtime:
    """Backend, device and versions of a computation: volatile, recorded beside the evidence and never part of it.

    ``threads`` are those within and between operations; None where the backend cannot pin them.
    """

    backend: str
    device: DeviceName
    device_name: str
    threads: tuple[int, int] | None
    versions: dict[str, str]


def start(device: DeviceName) -> Runtime:
    """Choose the device and fix precision, threads and determinism for the rest of the process.

    Args:
        device: ``cpu``, ``gpu`` for the first or ``gpus`` for all available; there is no fallback.

    Raises:
        NotPossibleHereError: the backend is neither TensorFlow nor JAX, a GPU was requested and there is none,
            ``gpus`` was requested of JAX, or the process already runs on another device.
    """
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise NotPossibleHereError(
            f"KERAS_BACKEND is {backend!r}; this suite runs on {' or '.join(BACKENDS)}: set it to tensorflow."
        )
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.config.set_image_data_format("channels_last")
    keras.config.set_epsilon(1e-7)
    name = _start_tensorflow(device) if backend == "tensorflow" else _start_jax(device)
    packages = ("keras", "numpy", "pillow", backend)
    return Runtime(
        backend=backend,
        device=device,
        device_name=name,
        threads=(INTRA_OP_THREADS, INTER_OP_THREADS) if backend == "tensorflow" else None,
        versions={package: version(package) for package in packages},
    )


def seed(value: int) -> None:
    """Seed every generator of initial weights in Keras and its backend."""
    keras.utils.set_random_seed(value)


def begin_epoch(model: keras.Model, *, seed: int, epoch: int) -> None:
    """Set every random stream of a model (augmentation, dropout) to its start for an epoch.

    Each stream gets two words of its own of Philox(seed, epoch), which NumPy keeps stable. No two layers or epochs
    share random numbers, and those of an epoch do not depend on what ran before it.

    Args:
        model: built, with its layers at any depth.
        seed: of the protocol.
        epoch: from 1.
    """
    streams = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    for position, state in enumerate(streams, start=1):
        # The counter's second word: the order of the batches uses the same key with 0 there.
        word = np.random.Philox(key=[seed, epoch], counter=[0, position, 0, 0]).random_raw()
        state.assign([word >> 33, word & 0x7FFFFFFF])  # 31 bits: backends differ in the sign of a word


@contextlib.contextmanager
def precision(name: Precision) -> Iterator[None]:
    """Build the layers inside in this precision; ``bfloat16`` keeps weights and updates in float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if name == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def scope() -> contextlib.AbstractContextManager[Any]:
    """Return the context to build and compile in: with ``gpus`` each weight is mirrored on every GPU."""
    return _strategy.scope() if _strategy is not None else contextlib.nullcontext()


def replicas() -> int:
    """Return the number of devices that share a batch: all GPUs with ``gpus``, else one."""
    return _strategy.num_replicas_in_sync if _strategy is not None else 1


@cache
def _start_tensorflow(device: DeviceName) -> str:
    import tensorflow as tf

    with _without_import_noise():
        gpus = tf.config.list_physical_devices("GPU")
    if device != "cpu" and not gpus:
        raise _no_gpu(device, "TensorFlow")
    chosen = {"cpu": [], "gpu": gpus[:1], "gpus": gpus}[device]
    try:
        tf.config.threading.set_intra_op_parallelism_threads(INTRA_OP_THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(INTER_OP_THREADS)
        tf.config.set_visible_devices(chosen, "GPU")
    except RuntimeError as error:
        raise NotPossibleHereError(
            f"device {device!r} cannot be chosen: TensorFlow already runs in this process; start a new one."
        ) from error
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if device == "cpu":
        return _cpu_name()
    if device == "gpus":
        global _strategy
        _strategy = tf.distribute.MirroredStrategy([f"GPU:{position}" for position in range(len(gpus))])
    details = (tf.config.experimental.get_device_details(gpu) for gpu in chosen)
    return ", ".join(str(detail.get("device_name", "GPU")) for detail in details)


@cache
def _start_jax(device: DeviceName) -> str:
    import jax

    if device == "gpus":
        raise NotPossibleHereError(
            "--device gpus: training on several GPUs needs TensorFlow, and KERAS_BACKEND is 'jax'; "
            "set it to tensorflow, or use --device gpu."
        )
    jax.config.update("jax_default_matmul_precision", "highest")
    try:
        chosen = jax.devices(device)[0]
    except RuntimeError as error:
        raise _no_gpu(device, "JAX") from error
    jax.config.update("jax_default_device", chosen)
    return _cpu_name() if device == "cpu" else str(chosen.device_kind)


def _no_gpu(device: DeviceName, library: str) -> NotPossibleHereError:
    return NotPossibleHereError(
        f"--device {device}: {library} sees no GPU on this machine; install the extra 'gpu' and a driver, "
        "or use --device cpu."
    )


def _cpu_name() -> str:
    """Return the processor's model name where Linux reports it, else the architecture."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
