"""The machine beneath the model: backend, device, precision, threads and determinism, each fixed and recorded.

Owns the import of Keras (every other module takes ``keras`` from here, so that its settings come first) and the
only lines that speak to TensorFlow or JAX themselves. Threads are pinned because their number changes the
trained weights (measured). Source: TensorFlow's documentation of `enable_op_determinism`.
"""

import contextlib
import os
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from protocols.errors import NotPossibleHereError

Device = Literal["cpu", "gpu"]
BACKENDS = ("jax", "tensorflow")
INTRA_OP_THREADS = 2
INTER_OP_THREADS = 1


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
    """What the arithmetic ran on: volatile, recorded beside the evidence and never part of it.

    ``threads`` are those within and between operations; None where the backend cannot pin them.
    """

    backend: str
    device: Device
    device_name: str
    threads: tuple[int, int] | None
    versions: dict[str, str]


def start(device: Device) -> Runtime:
    """Choose the device and fix precision, threads and determinism for the rest of the process.

    Args:
        device: ``cpu`` or ``gpu``; there is no falling back from one to the other.

    Raises:
        NotPossibleHereError: the backend is neither TensorFlow nor JAX, ``gpu`` was asked for and there is
            none, or the process already runs on the other device.
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
    """Seed every generator that Keras and its backend draw initial weights and augmentation from."""
    keras.utils.set_random_seed(value)


@cache
def _start_tensorflow(device: Device) -> str:
    import tensorflow as tf

    with _without_import_noise():
        gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise _no_gpu("TensorFlow")
    try:
        tf.config.threading.set_intra_op_parallelism_threads(INTRA_OP_THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(INTER_OP_THREADS)
        tf.config.set_visible_devices(gpus[:1] if device == "gpu" else [], "GPU")
    except RuntimeError as error:
        raise NotPossibleHereError(
            f"device {device!r} cannot be chosen: TensorFlow already runs in this process; start a new one."
        ) from error
    tf.config.experimental.enable_op_determinism()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if device == "gpu":
        return str(tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU"))
    return _cpu_name()


@cache
def _start_jax(device: Device) -> str:
    import jax

    jax.config.update("jax_default_matmul_precision", "highest")
    try:
        chosen = jax.devices(device)[0]
    except RuntimeError as error:
        raise _no_gpu("JAX") from error
    jax.config.update("jax_default_device", chosen)
    return _cpu_name() if device == "cpu" else str(chosen.device_kind)


def _no_gpu(library: str) -> NotPossibleHereError:
    return NotPossibleHereError(
        f"--device gpu: {library} sees no GPU on this machine; install the extra 'gpu' and a driver, "
        "or use --device cpu."
    )


def _cpu_name() -> str:
    """The processor's own name where Linux tells it."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
