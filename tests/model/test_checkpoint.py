"""The model folder: read back what was written, and refuse every other."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import checkpoint, network
from model.checkpoint import load, read_plan, save, weights_of
from protocols.canonical import sha256_bytes, sha256_file
from protocols.errors import BadInputError


@pytest.fixture
def folder(trained: Any, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained.folder, tmp_path / "model"))


def rewritten(folder: Path, **values: object) -> None:
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan | values))


def rehashed(folder: Path) -> None:
    rewritten(folder, weights_sha256=sha256_file(folder / "model.weights.h5"))


def test_load_gives_back_what_was_trained(trained: Any, folder: Path) -> None:
    model, plan = load(folder)
    assert plan == trained.plan
    assert sha256_bytes(weights_of(model)) == plan.weights_sha256


def test_saving_again_gives_the_same_bytes(trained: Any, folder: Path, tmp_path: Path) -> None:
    model, plan = load(folder)
    again = tmp_path / "again"
    save(again, plan, weights_of(model), choice=trained.choice, history=trained.history)
    assert {p.name: p.read_bytes() for p in again.iterdir()} == {
        p.name: p.read_bytes() for p in folder.iterdir()
    }


def flip_weights(folder: Path) -> None:
    content = bytearray((folder / "model.weights.h5").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "model.weights.h5").write_bytes(content)


def truncate_weights_and_rehash(folder: Path) -> None:
    path = folder / "model.weights.h5"
    path.write_bytes(path.read_bytes()[:5000])
    rehashed(folder)


def replace_weights_by_another_networks(folder: Path) -> None:
    wider = checkpoint.keras.Sequential([checkpoint.keras.Input((3,)), checkpoint.keras.layers.Dense(2)])
    (folder / "model.weights.h5").write_bytes(weights_of(wider))
    rehashed(folder)


def replace_weights_by_nan(folder: Path) -> None:
    model = network.build("compact", image_size=32)
    model.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    (folder / "model.weights.h5").write_bytes(weights_of(model))
    rehashed(folder)


DAMAGES: list[tuple[Callable[[Path], object], str]] = [
    (flip_weights, r"model.weights.h5: is not the file that plan.json records"),
    (truncate_weights_and_rehash, "does not hold the weights of a compact network"),
    (replace_weights_by_another_networks, "does not hold the weights of a compact network"),
    (replace_weights_by_nan, "holds weights that are not finite numbers"),
    (lambda folder: (folder / "model.weights.h5").unlink(), r"model.weights.h5: is missing"),
    (lambda folder: (folder / "plan.json").unlink(), r"plan.json: cannot be read \(No such file"),
    (lambda folder: (folder / "plan.json").write_text("{"), r"plan.json: is not a plan .*\(see the whole\)"),
    (lambda folder: rewritten(folder, backend=3), r"is not a plan .*\(see backend\)"),
    (lambda folder: rewritten(folder, code="import os"), r"is not a plan .*\(see code\)"),
    (lambda folder: rewritten(folder, preprocessing="another"), "'another'; this version .* 'fitted into"),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGES)
def test_damaged_folder_is_refused(folder: Path, damage: Callable[[Path], object], sentence: str) -> None:
    damage(folder)
    with pytest.raises(BadInputError, match=sentence):
        load(folder)


def test_plan_carries_no_version_and_no_machine(folder: Path) -> None:
    assert sorted(json.loads((folder / "plan.json").read_text())) == [
        "backend",
        "best_epoch",
        "device",
        "preprocessing",
        "protocol",
        "schema",
        "split",
        "training",
        "tune_auroc",
        "weights_sha256",
    ]
    assert read_plan(folder).protocol.id == "discs"
