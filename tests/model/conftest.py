"""A tiny cohort on disk that a network can learn: a bright disc in the lower half or none, and noise."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from protocols.images.folder import ImageFolder
from protocols.schema.load import LoadedProtocol, parse_protocol
from protocols.storage.canonical import csv_text, write_text
from protocols.tables.checks import labels_from, studies_from
from protocols.tables.reading import read_table
from protocols.tables.records import Labels, Studies

SIDE = 48
PATIENTS = 60
CRITERION = """
[[criteria]]
id = "SE"
metric = "sensitivity"
subgroup = "overall"
bound = "lower"
goal = 0.5
justification = "for the test"
"""
PROTOCOL = """
schema = "cxr510k-protocol/1"
id = "discs"
version = 1
title = "Discs"
stage = "{stage}"
[claim]
type = "detection"
finding = "a disc"
[reference_standard]
kind = "consensus"
rule = "majority"
[operating_point]
from = "model"
rule = "youden"
[input_gate]
smallest_side = {smallest_side}
[split]
salt = "discs"
tune_share = 0.3
[training]
label = "{label}"
label_source = "known_truth"
heads = {heads}
{initial_weights}
network = "{network}"
image_size = 32
batch_size = 16
epochs = {epochs}
patience = 3
learning_rate = 0.003
warmup_epochs = {warmup_epochs}
weight_decay = 0.0001
clip_norm = 1.0
dropout = {dropout}
precision = "{precision}"
calibration = "{calibration}"
seed = {seed}

[training.augmentation]
turn_degrees = 5.0
shift = 0.05
zoom = 0.08
brightness = {brightness}
contrast = {contrast}
mirror = false
"""

DEFAULTS = {
    "stage": "exploratory",
    "smallest_side": 32,
    "label": "disc",
    "heads": [],
    "initial_weights": "",
    "network": "compact",
    "epochs": 5,
    "warmup_epochs": 0,
    "dropout": 0.0,
    "precision": "float32",
    "calibration": "none",
    "seed": 510,
    "brightness": 0.0,
    "contrast": 0.0,
}


@dataclass(frozen=True, slots=True)
class TinyCohort:
    """The folder and what was read from it."""

    folder: Path
    studies: Studies
    labels: Labels
    images: ImageFolder


def silent(stage: str, done: int, total: int, note: str = "") -> None:
    """A progress that prints nothing."""


@pytest.fixture(scope="session", autouse=True)
def cpu() -> None:
    """Threads can be set only before the first operation of a process, whichever test brings it."""
    from model import runtime

    runtime.start("cpu")


@pytest.fixture(scope="session")
def progress() -> Any:
    return silent


@pytest.fixture(scope="session")
def protocol() -> Callable[..., LoadedProtocol]:
    def with_values(**values: object) -> LoadedProtocol:
        text = PROTOCOL.format(**{**DEFAULTS, **values}) + CRITERION
        return parse_protocol(text.encode(), source="discs.toml")

    return with_values


def disc_picture(*, positive: bool, rng: np.random.Generator) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    picture = rng.normal(90, 15, (SIDE, SIDE))
    if positive:
        row, column = rng.uniform(0.6, 0.8) * SIDE, rng.uniform(0.2, 0.8) * SIDE
        picture += 70 * ((rows - row) ** 2 + (columns - column) ** 2 < 40)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> TinyCohort:
    """60 patients of two images, 40 to train and 20 to test; the second image of each 5th has no label."""
    folder = tmp_path_factory.mktemp("discs")
    (folder / "images").mkdir()
    rng = np.random.default_rng(1)
    studies, labels = [], []
    for patient in range(PATIENTS):
        for image in range(2):
            name = f"d-{patient:03}-{image}"
            positive = bool(rng.random() < 0.4)
            Image.fromarray(disc_picture(positive=positive, rng=rng)).save(folder / "images" / f"{name}.png")
            split = "test" if patient % 3 == 2 else "train"
            studies.append([name, f"p{patient:03}", "50", "F", "PA", f"images/{name}.png", split])
            unknown = patient % 5 == 0 and image == 1
            labels.append([name, "" if unknown else str(int(positive)), "1"])
    header = ["image_id", "patient_id", "age_years", "sex", "view", "image_path", "split"]
    write_text(folder / "studies.csv", csv_text(header, studies))
    write_text(folder / "labels.csv", csv_text(["image_id", "disc", "always"], labels))
    return TinyCohort(
        folder,
        studies_from(read_table(folder / "studies.csv")),
        labels_from(read_table(folder / "labels.csv")),
        ImageFolder(folder, search=False),
    )


@pytest.fixture(scope="session")
def trained(
    cohort: TinyCohort,
    protocol: Callable[..., LoadedProtocol],
    progress: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Any:
    """A compact network trained once for all tests; its folder is read only."""
    from model.training.train import train

    out = tmp_path_factory.mktemp("trained") / "model"
    return train(
        protocol(),
        cohort.studies,
        cohort.labels,
        cohort.images,
        out,
        work=out.parent / "work",
        device="cpu",
        progress=progress,
    )
