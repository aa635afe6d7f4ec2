"""The model folder: what was trained, its weights, its threshold and its history, written once and checked when read.

Owns plan.json, model.weights.h5, operating_point.json and history.csv. The architecture is always rebuilt from the
plan by our own code and only weights whose hash is right are read, so nothing in a folder is ever executed.
"""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

import numpy as np
from pydantic import Field, ValidationError

from model import network
from model.operating_point import OperatingPointChoice
from model.pack import PREPROCESSING
from model.runtime import Device, keras
from model.splits import Division, Examples
from protocols.canonical import (
    FITTED_PLACES,
    csv_text,
    json_text,
    rounded,
    sha256_file,
    write_bytes,
    write_text,
)
from protocols.errors import BadInputError
from protocols.schema import Split as SplitRule
from protocols.schema import Table, Training

PLAN = "plan.json"
WEIGHTS = "model.weights.h5"
OPERATING_POINT = "operating_point.json"
HISTORY = "history.csv"


class ProtocolIdentity(Table):
    """Which protocol ordered the training."""

    id: str
    version: int
    sha256: str


class ExampleCounts(Table):
    """How many labelled images of how many patients, and how many were left out without a label."""

    images: int
    patients: int
    positives: int
    negatives: int
    unlabelled: int

    @classmethod
    def of(cls, examples: Examples) -> Self:
        """The counts of one split."""
        return cls(
            images=len(examples.rows),
            patients=examples.patients,
            positives=examples.positives,
            negatives=examples.negatives,
            unlabelled=examples.unlabelled,
        )


class SplitRecord(Table):
    """Who divided the patients, the rule where it was the hash, and the result."""

    origin: Literal["studies", "hash"]
    salt: str | None
    tune_share: float | None
    train: ExampleCounts
    tune: ExampleCounts

    @classmethod
    def of(cls, division: Division, rule: SplitRule | None) -> Self:
        """The record of a division; the rule is told only where it was used."""
        used = rule if division.origin == "hash" else None
        return cls(
            origin=division.origin,
            salt=used.salt if used else None,
            tune_share=used.tune_share if used else None,
            train=ExampleCounts.of(division.train),
            tune=ExampleCounts.of(division.tune),
        )


class Plan(Table):
    """The resolved plan: everything that is needed to rebuild the network, and what it was made from.

    Versions and the machine's name are not in it: the same training gives the same bytes.
    """

    schema_: Literal["cxr510k-model/1"] = Field(default="cxr510k-model/1", alias="schema")
    protocol: ProtocolIdentity
    training: Training
    preprocessing: str
    backend: str
    device: Device
    split: SplitRecord
    best_epoch: int
    tune_auroc: float
    weights_sha256: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split: its mean loss, and the tuning split's AUROC after it."""

    epoch: int
    loss: float
    tune_auroc: float


def weights_of(model: keras.Model) -> bytes:
    """The weights as the bytes of an HDF5 file; the same weights always give the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        model.save_weights(path)
        return path.read_bytes()


def save(
    folder: Path,
    plan: Plan,
    weights: bytes,
    *,
    choice: OperatingPointChoice,
    history: Sequence[Epoch],
) -> None:
    """Write the four files into ``folder``, the plan last: a folder without it is no model."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / WEIGHTS, weights)
    write_text(folder / OPERATING_POINT, json_text(_operating_point(plan, choice)))
    rows = [[str(e.epoch), f"{e.loss:.6f}", f"{e.tune_auroc:.6f}"] for e in history]
    write_text(folder / HISTORY, csv_text(["epoch", "loss", "tune_auroc"], rows))
    write_text(folder / PLAN, json_text(plan.model_dump(mode="json", by_alias=True)))


def load(folder: Path) -> tuple[keras.Model, Plan]:
    """Rebuild the network of a model folder and fill in its weights.

    Raises:
        BadInputError: a file is missing, the plan is not one, or the weights are not those that the plan
            records, are of another network or hold a number that is not finite.
    """
    plan = read_plan(folder)
    if plan.preprocessing != PREPROCESSING:
        raise BadInputError(
            f"{folder / PLAN}: was trained on pictures {plan.preprocessing!r}; this version of the suite makes them "
            f"{PREPROCESSING!r}: use the version that trained it, or train again."
        )
    path = folder / WEIGHTS
    if not path.is_file():
        raise BadInputError(f"{path}: is missing; name a model folder as `train` writes it.")
    if sha256_file(path) != plan.weights_sha256:
        raise BadInputError(
            f"{path}: is not the file that {PLAN} records (its SHA-256 differs), so it is not read; "
            "restore it, or train again."
        )
    model = network.build(plan.training.network, image_size=plan.training.image_size)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of layers that the file lacks
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise BadInputError(
            f"{path}: does not hold the weights of a {plan.training.network} network as {PLAN} says; train again."
        ) from error
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise BadInputError(f"{path}: holds weights that are not finite numbers; train again.")
    return model, plan


def read_plan(folder: Path) -> Plan:
    """The plan of a model folder.

    Raises:
        BadInputError: there is none, or it has other keys or values than `train` writes.
    """
    path = folder / PLAN
    try:
        return Plan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); name a model folder as `train` writes it."
        ) from error
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) or "the whole" for fault in error.errors()})
        raise BadInputError(
            f"{path}: is not a plan as `train` writes it (see {', '.join(places)})."
        ) from error


def _operating_point(plan: Plan, choice: OperatingPointChoice) -> dict[str, object]:
    return {
        "threshold": rounded(choice.threshold, FITTED_PLACES),
        "rule": choice.rule,
        "chosen_on": {
            "split": "tune",
            "images": plan.split.tune.images,
            "patients": plan.split.tune.patients,
            "positives": choice.positives,
            "negatives": choice.negatives,
            "sensitivity": rounded(choice.sensitivity),
            "specificity": rounded(choice.specificity),
            "f1": rounded(choice.f1),
        },
        "weights_sha256": plan.weights_sha256,
    }
