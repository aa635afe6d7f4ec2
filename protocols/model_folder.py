"""The model folder: the names of its files and the types of its documents, which `model` writes and every part reads.

Owns both, and reads what other parts than `model` need: plan, operating point, history and tuning curve. Writing, and
the weights, are `model.artifact`'s. Source: docs/reference/model-folder.md.
"""

import csv
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field

from protocols.errors import BadInputError
from protocols.schema.document import Share, Table
from protocols.schema.training import InputGate, Training
from protocols.storage.canonical import sha256_bytes
from protocols.storage.json_document import read_document, read_document_file
from protocols.storage.reading import read_content

PLAN = "plan.json"
OPERATING_POINT = "operating_point.json"
WEIGHTS = "model.weights.h5"
HISTORY = "history.csv"
TUNING_CURVE = "tuning_curve.csv"
IMAGES = "images.csv"
ILLUSTRATIONS = "illustrations.csv"
THUMBNAILS, OVERLAYS = "thumbnails", "saliency"

HISTORY_COLUMNS = ("epoch", "learning_rate", "loss", "tune_loss", "tune_auroc", "tune_auroc_mean")
CURVE_COLUMNS = ("threshold", "true_positives", "false_positives", "sensitivity", "specificity", "f1")
ILLUSTRATION_COLUMNS = ("image_id", "outcome", "score", "boxes", "thumbnail", "overlay")

PLAN_SCHEMA = "cxr510k-model/1"
RESTORE = "restore the model folder, or train again"

DeviceName = Literal["cpu", "gpu", "gpus"]
CalibrationMethod = Literal["none", "temperature", "platt"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Row = TypeVar("Row")


class ProtocolReference(Table):
    """The protocol of the training."""

    id: str
    version: int
    sha256: str


class SplitExamples(Table):
    """Numbers of images and patients of a split, and of the images left out.

    ``positives``, ``negatives`` and ``primary_unknown`` are of the primary finding, and add up to ``images``.
    ``unlabelled`` images have no known label of any head; ``out_of_scope`` counts those that the input gate
    refused, by reason.
    """

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


class TrainingSplit(Table):
    """The origin of the split, the rule where it is the hash, and the result."""

    origin: Literal["studies", "hash"]
    salt: str | None
    tune_share: float | None
    train: SplitExamples
    tune: SplitExamples


class TrainedHead(Table):
    """One finding of the network: its known labels, and its AUROC on the tuning split.

    The AUROC is of scores before calibration, with the weights that were kept; None where a class is missing there.
    """

    finding: str
    train_positives: int
    train_negatives: int
    tune_positives: int
    tune_negatives: int
    tune_auroc: float | None

    @property
    def learnt(self) -> bool:
        """Whether the training labels have both classes; otherwise the loss ignores the head."""
        return bool(self.train_positives and self.train_negatives)


class TuningLeakage(Table):
    """Tuning images that are the same as, or nearly the same as, a training image of another patient."""

    identical: int
    near: int


class ModelPlan(Table):
    """plan.json: how to rebuild the network, and the data it was made from.

    Versions and the machine's name are not in it: the same training gives the same bytes.
    """

    schema_: Literal["cxr510k-model/1"] = Field(default="cxr510k-model/1", alias="schema")
    protocol: ProtocolReference
    training: Training
    input_gate: InputGate
    preprocessing: str
    backend: str
    device: DeviceName
    split: TrainingSplit
    heads: tuple[TrainedHead, ...]
    leakage: TuningLeakage
    best_epoch: int
    tune_auroc: float
    weights_sha256: Sha256


class ScoreCalibration(Table):
    """The calibration of a logit to a score, sigmoid(slope * logit + intercept), and its effect where it was fitted.

    The slope is above 0, so the order of images stays. The losses are the mean of -log(probability of the true class),
    natural logarithm, before and after; ``reason`` states why the requested method was not used, None where it was.
    """

    method: CalibrationMethod
    slope: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    intercept: Annotated[float, Field(allow_inf_nan=False)]
    images: int
    log_loss_before: float
    log_loss_after: float
    reason: str | None


class TuningResult(Table):
    """The images that the threshold was chosen on, and its performance there."""

    split: Literal["tune"] = "tune"
    images: int
    patients: int
    positives: int
    negatives: int
    sensitivity: float
    specificity: float
    f1: float


class ChosenThreshold(Table):
    """The required content of operating_point.json of any device: test positive when score >= threshold."""

    model_config = ConfigDict(extra="ignore")

    threshold: Share
    rule: str


class ModelOperatingPoint(ChosenThreshold):
    """operating_point.json of a device trained here: also the tuning result, the calibration and the weights."""

    model_config = ConfigDict(extra="forbid")

    chosen_on: TuningResult
    calibration: ScoreCalibration
    weights_sha256: str


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split, and the evaluation on the tuning split after it: a row of history.csv.

    Attributes:
        epoch: from 1.
        learning_rate: of its last step.
        loss: mean over the augmented batches of the training split, during the epoch.
        tune_loss: of the whole tuning split, unchanged, with the same class weights.
        tune_auroc: of the primary finding.
        tune_auroc_mean: over all heads with both classes in the tuning split.
    """

    epoch: int
    learning_rate: float
    loss: float
    tune_loss: float
    tune_auroc: float
    tune_auroc_mean: float


@dataclass(frozen=True, slots=True)
class TuningPoint:
    """The performance of one threshold on the tuning split: a row of tuning_curve.csv."""

    threshold: float
    sensitivity: float
    specificity: float
    f1: float


def read_plan(folder: Path) -> ModelPlan:
    """Read plan.json of a model folder.

    Raises:
        BadInputError: there is none, or it has other keys or values than `train` writes.
    """
    return read_document_file(folder / PLAN, ModelPlan, schema=PLAN_SCHEMA, next_step=RESTORE)


def read_operating_point(folder: Path, plan: ModelPlan) -> ModelOperatingPoint:
    """Read operating_point.json of a model folder.

    Raises:
        BadInputError: there is none, it is not one, or it was chosen for other weights than the plan's.
    """
    path = folder / OPERATING_POINT
    frozen = read_document_file(path, ModelOperatingPoint, name="an operating point", next_step=RESTORE)
    if frozen.weights_sha256 != plan.weights_sha256:
        raise BadInputError(
            f"{path}: was chosen for other weights than {PLAN} records; restore both, or train again."
        )
    return frozen


def read_threshold(path: Path) -> tuple[ChosenThreshold, str]:
    """Read the threshold of any device's operating_point.json, with the SHA-256 of the bytes it was read from.

    Raises:
        BadInputError: the file cannot be read, or states no threshold in [0, 1] with the rule that chose it.
    """
    needed = "give a file with a threshold in [0, 1] and the rule that chose it"
    content = read_content(path, next_step=needed)
    chosen = read_document(
        content, ChosenThreshold, name="an operating point", source=str(path), next_step=needed
    )
    return chosen, sha256_bytes(content)


def read_history(folder: Path) -> tuple[Epoch, ...]:
    """Read history.csv of a model folder.

    Raises:
        BadInputError: there is none, or it is not as `train` writes it.
    """
    return _rows(folder / HISTORY, Epoch)


def read_tuning_curve(folder: Path) -> tuple[TuningPoint, ...]:
    """Read tuning_curve.csv of a model folder.

    Raises:
        BadInputError: there is none, or it is not as `train` writes it.
    """
    return _rows(folder / TUNING_CURVE, TuningPoint)


def _rows(path: Path, kind: type[Row]) -> tuple[Row, ...]:
    """Read the columns of a table of numbers that a type names, as that type; other columns are left alone."""
    columns: list[tuple[str, Any]] = [(one.name, one.type) for one in fields(kind)]  # type: ignore[arg-type]
    try:
        rows = csv.DictReader(read_content(path, next_step=RESTORE).decode("utf-8").splitlines())
        return tuple(kind(*(number(row[name]) for name, number in columns)) for row in rows)
    except (KeyError, TypeError, ValueError) as error:
        names = ", ".join(name for name, _ in columns)
        raise BadInputError(f"{path}: is not as `train` writes it (columns {names}); {RESTORE}.") from error
