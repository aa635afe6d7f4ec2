"""Devices and precision: what is asked for or a refusal, never something else."""

import subprocess
import sys
from pathlib import Path

import pytest

from model import runtime
from model.runtime import keras
from protocols.errors import NotPossibleHereError

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


def test_precision_is_float32_whatever_keras_was_told() -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    runtime.start("cpu")
    assert keras.config.dtype_policy().name == "float32"


def test_absent_gpu_is_refused_and_never_replaced() -> None:
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        pytest.skip("this machine has a GPU, so nothing is to be refused")
    with pytest.raises(NotPossibleHereError, match="--device gpu: TensorFlow sees no GPU on this machine"):
        runtime.start("gpu")


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
