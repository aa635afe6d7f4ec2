"""The model folder: read back what was written, and refuse every other."""

import csv
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import network
from model.artifact import model_folder
from model.artifact.model_folder import load, save, weights_of
from model.artifact.operating_point import Point
from model.runtime import keras
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.model_folder import OPERATING_POINT, PLAN, read_operating_point, read_plan
from protocols.storage.canonical import sha256_bytes, sha256_file


@pytest.fixture
def folder(trained: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.folder, tmp_path / "model"))


def rewritten(folder: Path, name: str = PLAN, **values: object) -> None:
    document = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(document | values))


def recalibrated(folder: Path, **values: object) -> None:
    frozen = json.loads((folder / OPERATING_POINT).read_text())
    rewritten(folder, OPERATING_POINT, calibration=frozen["calibration"] | values)


def rehashed(folder: Path) -> None:
    sha256 = sha256_file(folder / "model.weights.h5")
    rewritten(folder, weights_sha256=sha256)
    rewritten(folder, OPERATING_POINT, weights_sha256=sha256)


def test_load_gives_back_what_was_trained(trained: Any, folder: Path) -> None:
    loaded = load(folder)
    assert loaded.plan == trained.plan
    assert loaded.calibration == trained.operating_point.calibration
    assert (loaded.calibration.slope, loaded.calibration.intercept) == (1.0, 0.0)
    assert sha256_bytes(weights_of(loaded.model)) == trained.plan.weights_sha256


def test_saving_again_gives_the_same_bytes(trained: Any, folder: Path, tmp_path: Path) -> None:
    loaded = load(folder)
    frozen = read_operating_point(folder, loaded.plan)
    header, *rows = csv.reader((folder / "tuning_curve.csv").read_text().splitlines())
    counts = (frozen.chosen_on.positives, frozen.chosen_on.negatives)
    assert header[:3] == ["threshold", "true_positives", "false_positives"]
    save(
        tmp_path / "again",
        loaded.plan,
        weights_of(loaded.model),
        frozen=frozen,
        curve=[Point(float(row[0]), int(row[1]), int(row[2]), *counts) for row in rows],
        history=trained.history,
        images=(folder / "images.csv").read_text(),
    )
    assert contents(tmp_path / "again") == contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def flip_weights(folder: Path) -> None:
    content = bytearray((folder / "model.weights.h5").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.weights.h5").write_bytes(content)


def truncate_weights_and_rehash(folder: Path) -> None:
    path = folder / "model.weights.h5"
    path.write_bytes(path.read_bytes()[:5000])
    rehashed(folder)


def replace_weights_by_another_networks(folder: Path) -> None:
    wider = model_folder.keras.Sequential(
        [model_folder.keras.Input((3,)), model_folder.keras.layers.Dense(2)]
    )
    replace_weights(folder, weights_of(wider))


def replace_weights_by_more_heads(folder: Path) -> None:
    replace_weights(folder, weights_of(network.build("compact", image_size=32, outputs=14, dropout=0.0)))


def replace_weights_by_nan(folder: Path) -> None:
    model = load(folder).model
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    replace_weights(folder, weights_of(model))


def replace_weights_by_an_archive(folder: Path) -> None:
    replace_weights(folder, malicious_archive())


def replace_weights(folder: Path, content: bytes) -> None:
    (folder / "model.weights.h5").write_bytes(content)
    rehashed(folder)


def malicious_archive(command: str = "exit 1", *, gadget: bool = False) -> bytes:
    """A .keras file whose configuration names a function of the standard library to call, or Keras' own unlocking."""
    called = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
    if gadget:
        unlock = "enable_unsafe_deserialization"
        called = {
            "module": "keras.config",
            "class_name": "function",
            "config": unlock,
            "registered_name": unlock,
        }
    lambda_layer = {
        "module": "keras.layers",
        "class_name": "Lambda",
        "config": {"name": "x", "function": called, "arguments": {} if gadget else {"command": command}},
    }
    config = {
        "module": "keras",
        "class_name": "Sequential",
        "config": {"name": "m", "layers": [lambda_layer]},
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0", "date_saved": ""}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", b"")
    return held.getvalue()


@pytest.mark.parametrize("name", ["model.keras", "config.json", "model.pkl", "saved_model.pb"])
@pytest.mark.fault(45)
def test_other_files_of_a_folder_are_never_loaded(
    name: str, folder: Path, trained: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def called(*_: object, **__: object) -> None:
        raise AssertionError("a model file was loaded")

    for loader in ("load_model", "model_from_json"):
        monkeypatch.setattr(model_folder.keras.models, loader, called)
    monkeypatch.setattr("pickle.loads", called)
    (folder / name).write_bytes(malicious_archive())
    assert sha256_bytes(weights_of(load(folder).model)) == trained.plan.weights_sha256


def hostile(command: str) -> dict[str, bytes]:
    """Three .keras files that run a command where they are loaded as such: a Lambda, a function by name, a gadget."""
    lambda_of = keras.Sequential([keras.Input((1,)), keras.layers.Lambda(lambda x: x)])
    held = {"function by name": malicious_archive(command), "gadget": malicious_archive(command, gadget=True)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lambda.keras"
        lambda_of.layers[0].function = eval(f"lambda x: __import__('os').system({command!r}) and x or x")
        lambda_of.save(path)
        held["lambda"] = path.read_bytes()
    return held


@pytest.mark.fault(45)
def test_no_code_of_a_malicious_model_file_runs(folder: Path, trained: Any, tmp_path: Path) -> None:
    """The Lambda does run where Keras is asked to load it without its safe mode, so this test could fail."""
    ran = tmp_path / "ran"
    archives = hostile(f"touch {ran}")
    dangerous = tmp_path / "dangerous.keras"
    dangerous.write_bytes(archives["lambda"])
    keras.models.load_model(dangerous, safe_mode=False)(np.zeros((1, 1), np.float32))
    assert ran.exists()
    ran.unlink()
    for archive in archives.values():
        (folder / "model.keras").write_bytes(archive)
        assert sha256_bytes(weights_of(load(folder).model)) == trained.plan.weights_sha256
    for archive in archives.values():
        replace_weights(folder, archive)
        with pytest.raises(BadInputError, match="does not hold the weights of a compact network"):
            load(folder)
    assert not ran.exists()


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (flip_weights, r"model.weights.h5: is not the file that plan.json records"),
    (truncate_weights_and_rehash, "does not hold the weights of a compact network"),
    (replace_weights_by_another_networks, "does not hold the weights of a compact network"),
    (replace_weights_by_more_heads, "does not hold the weights of a compact network"),
    (replace_weights_by_an_archive, "does not hold the weights of a compact network"),
    (replace_weights_by_nan, "holds weights that are not finite numbers"),
    (lambda folder: (folder / "model.weights.h5").unlink(), r"model.weights.h5: is missing"),
    (lambda folder: (folder / "plan.json").unlink(), r"plan.json: cannot be read \(No such file"),
    (
        lambda folder: (folder / "plan.json").write_text("{"),
        r"plan.json: is not cxr510k-model/1 \(is no JSON",
    ),
    (
        lambda folder: rewritten(folder, backend=3),
        r"is not cxr510k-model/1 \(backend: input should be a valid string\); restore",
    ),
    (lambda folder: rewritten(folder, code="import os"), r"is not cxr510k-model/1 \(code: extra inputs"),
    (lambda folder: rewritten(folder, preprocessing="another"), "'another'; this version .* 'fitted into"),
    (lambda folder: rewritten(folder, weights_sha256="short"), r"is not cxr510k-model/1 \(weights_sha256: "),
    (
        lambda folder: (folder / OPERATING_POINT).unlink(),
        r"operating_point.json: cannot be read \(No such file",
    ),
    (
        lambda folder: rewritten(folder, OPERATING_POINT, weights_sha256="00"),
        "was chosen for other weights than plan.json records",
    ),
    (lambda folder: recalibrated(folder, slope=-1.0), r"is not an operating point .*calibration.slope"),
    (lambda folder: recalibrated(folder, method="eval"), r"is not an operating point .*calibration.method"),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES)
@pytest.mark.fault(45)
def test_damaged_folder_is_refused(folder: Path, damage: Callable[[Path], object], sentence: str) -> None:
    damage(folder)
    with pytest.raises(BadInputError, match=sentence):
        load(folder)


@pytest.mark.fault(48)
@pytest.mark.parametrize("kind", [OSError, RuntimeError])
def test_weights_that_find_no_room_are_told_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    model = load(folder).model

    def full(_: Path) -> None:
        raise kind("Can't write data (file write failed: errno = 28\n, buf = 0x5593)")

    monkeypatch.setattr(model, "save_weights", full)
    with pytest.raises(
        NotPossibleHereError, match=r"cannot be written there .*errno = 28\); make room for temp"
    ):
        weights_of(model)


def test_plan_carries_no_version_and_no_machine(folder: Path) -> None:
    assert sorted(json.loads((folder / "plan.json").read_text())) == [
        "backend",
        "best_epoch",
        "device",
        "heads",
        "input_gate",
        "leakage",
        "preprocessing",
        "protocol",
        "schema",
        "split",
        "training",
        "tune_auroc",
        "weights_sha256",
    ]
    assert read_plan(folder).protocol.id == "discs"
