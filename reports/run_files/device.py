"""model/ of a run folder -> the description of the device under test.

Owns which keys of plan.json and operating_point.json and which columns of history.csv and tuning_curve.csv a report
prints. `reports` never imports `model`: these files are evidence, and are read as such. Source: the contract ("Run
folder"); docs/results.md.
"""

import csv
from collections.abc import Sequence
from dataclasses import Field as Column
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from protocols.errors import BadInputError
from protocols.schema.protocol import InputGate, Training

PLAN = "plan.json"
OPERATING_POINT = "operating_point.json"
HISTORY = "history.csv"
TUNING_CURVE = "tuning_curve.csv"


class Evidence(BaseModel):
    """A JSON file of which a report prints a part; other keys are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Examples(Evidence):
    """Images and patients of a split, and the images left out by reason."""

    images: int
    patients: int
    positives: int
    negatives: int
    primary_unknown: int
    unlabelled: int
    out_of_scope: dict[str, int]

    @property
    def refused(self) -> int:
        """Images that the input gate refused."""
        return sum(self.out_of_scope.values())


class DeviceSplit(Evidence):
    """How training and tuning patients were divided."""

    origin: str
    tune_share: float | None
    train: Examples
    tune: Examples


class Head(Evidence):
    """One finding that the network scores."""

    finding: str
    train_positives: int
    train_negatives: int
    tune_positives: int
    tune_negatives: int
    tune_auroc: float | None


class Leakage(Evidence):
    """Tuning images identical or near to an image of training."""

    identical: int
    near: int


class DevicePlan(Evidence):
    """What was trained, on what, and which epoch was kept."""

    training: Training
    input_gate: InputGate
    preprocessing: str
    backend: str
    device: str
    split: DeviceSplit
    heads: Annotated[tuple[Head, ...], Field(strict=False)]
    leakage: Leakage
    best_epoch: int
    tune_auroc: float
    weights_sha256: str


class ChosenOn(Evidence):
    """Performance at the frozen threshold on the split where it was chosen."""

    images: int
    patients: int
    positives: int
    negatives: int
    sensitivity: float
    specificity: float
    f1: float


class Calibration(Evidence):
    """The map from logit to score, and the log-loss of the tuning split before and after it."""

    method: str
    slope: float
    intercept: float
    images: int
    log_loss_before: float
    log_loss_after: float
    reason: str | None


class FrozenThreshold(Evidence):
    """The threshold, its rule, its calibration, and the weights they belong to."""

    threshold: float
    rule: str
    chosen_on: ChosenOn
    calibration: Calibration
    weights_sha256: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split, and the evaluation on the tuning split after it."""

    epoch: int
    learning_rate: float
    loss: float
    tune_loss: float
    tune_auroc: float
    tune_auroc_mean: float


@dataclass(frozen=True, slots=True)
class TuningPoint:
    """Performance on the tuning split at one threshold."""

    threshold: float
    sensitivity: float
    specificity: float
    f1: float


Read = TypeVar("Read", bound=Evidence)


@dataclass(frozen=True, slots=True)
class Device:
    """The device under test as its folder describes it."""

    plan: DevicePlan
    threshold: FrozenThreshold
    history: tuple[Epoch, ...]
    tuning_curve: tuple[TuningPoint, ...]


def read_device(folder: Path) -> Device | None:
    """Read a model folder; None where the run has none.

    Raises:
        BadInputError: a file of it is missing or not as `train` writes it.
    """
    if not folder.is_dir():
        return None
    return Device(
        plan=_read(folder / PLAN, DevicePlan),
        threshold=_read(folder / OPERATING_POINT, FrozenThreshold),
        history=_history(folder / HISTORY),
        tuning_curve=_tuning_curve(folder / TUNING_CURVE),
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
    return tuple(Epoch(int(numbers[0]), *numbers[1:]) for numbers in _numbers(path, fields(Epoch)))


def _tuning_curve(path: Path) -> tuple[TuningPoint, ...]:
    return tuple(TuningPoint(*numbers) for numbers in _numbers(path, fields(TuningPoint)))


def _numbers(path: Path, columns: Sequence[Column[Any]]) -> list[list[float]]:
    """Read the named columns of a table of numbers; other columns are ignored."""
    names = [column.name for column in columns]
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [[float(row[name]) for name in names] for row in csv.DictReader(file)]
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); restore the model folder."
        ) from error
    except (KeyError, TypeError, ValueError) as error:
        raise BadInputError(f"{path}: is not as `train` writes it (columns {', '.join(names)}).") from error
