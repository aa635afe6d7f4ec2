"""model/ of a run folder -> what a report says about the device under test; nothing where there is no such folder.

Owns which keys of plan.json, operating_point.json and history.csv are told. `reports` never imports `model`:
these files are evidence, and are read as such. Source: the contract ("Run folder"); docs/results.md.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from protocols.errors import BadInputError
from protocols.schema import Training

PLAN = "plan.json"
OPERATING_POINT = "operating_point.json"
HISTORY = "history.csv"


class Evidence(BaseModel):
    """A JSON file of which a report tells a part: what else it holds is left alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Examples(Evidence):
    """How many labelled images of how many patients a split has."""

    images: int
    patients: int
    positives: int
    negatives: int
    unlabelled: int


class DeviceSplit(Evidence):
    """How training and tuning patients were divided."""

    origin: str
    tune_share: float | None
    train: Examples
    tune: Examples


class DevicePlan(Evidence):
    """What was trained, on what, and which epoch was kept."""

    training: Training
    preprocessing: str
    backend: str
    device: str
    split: DeviceSplit
    best_epoch: int
    tune_auroc: float
    weights_sha256: str


class ChosenOn(Evidence):
    """What the frozen threshold achieved where it was chosen."""

    images: int
    patients: int
    positives: int
    negatives: int
    sensitivity: float
    specificity: float
    f1: float


class FrozenThreshold(Evidence):
    """The threshold, its rule, and the weights it belongs to."""

    threshold: float
    rule: str
    chosen_on: ChosenOn
    weights_sha256: str


Read = TypeVar("Read", bound=Evidence)


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split."""

    epoch: int
    loss: float
    tune_auroc: float


@dataclass(frozen=True, slots=True)
class Device:
    """The device under test as its folder describes it."""

    plan: DevicePlan
    threshold: FrozenThreshold
    history: tuple[Epoch, ...]


def read_device(folder: Path) -> Device | None:
    """Read a model folder; None where the run has none.

    Raises:
        BadInputError: a file of it is missing or is not what `train` writes.
    """
    if not folder.is_dir():
        return None
    return Device(
        plan=_read(folder / PLAN, DevicePlan),
        threshold=_read(folder / OPERATING_POINT, FrozenThreshold),
        history=_history(folder / HISTORY),
    )


def _read(path: Path, kind: type[Read]) -> Read:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); restore the model folder."
        ) from error
    except ValidationError as error:
        place = ".".join(str(step) for step in error.errors()[0]["loc"])
        raise BadInputError(f"{path}: is not as `train` writes it (see {place or 'the whole'}).") from error


def _history(path: Path) -> tuple[Epoch, ...]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return tuple(
                Epoch(int(row["epoch"]), float(row["loss"]), float(row["tune_auroc"]))
                for row in csv.DictReader(file)
            )
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); restore the model folder."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(
            f"{path}: is not as `train` writes it (columns epoch, loss, tune_auroc)."
        ) from error
