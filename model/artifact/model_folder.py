"""The model folder: what was trained, its weights, its threshold and its history, written once and checked when read.

Owns the writing, and the way from weights to a network; names and documents are `protocols.model_folder`'s. The
architecture is always rebuilt from the plan by our own code and only weights whose hash is right are read, so nothing
in a folder is ever executed.
"""

import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model import network
from model.artifact.operating_point import SCORE_PLACES, Point
from model.data.pack.pack import PREPROCESSING
from model.runtime import keras
from protocols.errors import BadInputError, NotPossibleHereError
from protocols.model_folder import (
    CURVE_COLUMNS,
    HISTORY,
    HISTORY_COLUMNS,
    IMAGES,
    OPERATING_POINT,
    PLAN,
    TUNING_CURVE,
    WEIGHTS,
    Epoch,
    ModelOperatingPoint,
    ModelPlan,
    ScoreCalibration,
    read_operating_point,
    read_plan,
)
from protocols.storage.canonical import csv_text, json_text, sha256_file, write_bytes, write_text


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A device as it was frozen.

    Attributes:
        model: images with values 0 to 255 of shape (n, size, size, 1) -> logits of shape (n, heads), float32.
        plan: of the training; ``plan.training.primary`` is the head that is scored.
        calibration: from that head's logit to the score.
    """

    model: keras.Model
    plan: ModelPlan
    calibration: ScoreCalibration


def weights_of(model: keras.Model) -> bytes:
    """Return the weights as the bytes of an HDF5 file; the same weights always give the same bytes.

    Raises:
        NotPossibleHereError: there is no room for a temporary file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS
        try:
            model.save_weights(path)
        except (
            OSError,
            RuntimeError,
        ) as error:  # HDF5 reports a full disk in many words, and in either class
            raise NotPossibleHereError(
                f"{folder}: the weights cannot be written there for a moment ({str(error).splitlines()[0]}); make room "
                "for temporary files, or name another folder for them in TMPDIR."
            ) from error
        return path.read_bytes()


def save(
    folder: Path,
    plan: ModelPlan,
    weights: bytes,
    *,
    frozen: ModelOperatingPoint,
    curve: Sequence[Point],
    history: Sequence[Epoch],
    images: str,
) -> None:
    """Write the six files into ``folder``, the plan last: a folder without it is no model."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / WEIGHTS, weights)
    write_text(folder / OPERATING_POINT, json_text(frozen.model_dump(mode="json")))
    write_text(folder / TUNING_CURVE, csv_text(CURVE_COLUMNS, map(_curve_row, curve)))
    write_text(folder / HISTORY, csv_text(HISTORY_COLUMNS, map(_history_row, history)))
    write_text(folder / IMAGES, images)
    write_text(folder / PLAN, json_text(plan.model_dump(mode="json", by_alias=True)))


def load(folder: Path) -> LoadedModel:
    """Rebuild the network of a model folder, fill in its weights and read its calibration.

    Raises:
        BadInputError: a file is missing, the plan or the operating point is invalid or belongs to other weights, or
            the weights are not those that the plan records, are of another network or are not all finite.
    """
    plan = read_plan(folder)
    if plan.preprocessing != PREPROCESSING:
        raise BadInputError(
            f"{folder / PLAN}: was trained on images preprocessed as {plan.preprocessing!r}; this version of the "
            f"suite preprocesses them as {PREPROCESSING!r}: use the version that trained it, or train again."
        )
    frozen = read_operating_point(folder, plan)
    return LoadedModel(_network(folder / WEIGHTS, plan), plan, frozen.calibration)


def _network(path: Path, plan: ModelPlan) -> keras.Model:
    if not path.is_file():
        raise BadInputError(f"{path}: is missing; name a model folder as `train` writes it.")
    if sha256_file(path) != plan.weights_sha256:
        raise BadInputError(
            f"{path}: is not the file that {PLAN} records (its SHA-256 differs), so it is not read; "
            "restore it, or train again."
        )
    training = plan.training
    model = network.build(
        training.network,
        image_size=training.image_size,
        outputs=len(training.outputs),
        dropout=training.dropout,
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of layers that the file lacks
            model.load_weights(path)
    except (OSError, ValueError, KeyError, UserWarning) as error:
        raise BadInputError(
            f"{path}: does not hold the weights of a {training.network} network as {PLAN} says; train again."
        ) from error
    if not all(np.isfinite(weight).all() for weight in model.get_weights()):
        raise BadInputError(f"{path}: holds weights that are not finite numbers; train again.")
    return model


def _history_row(epoch: Epoch) -> list[str]:
    measures = (epoch.loss, epoch.tune_loss, epoch.tune_auroc, epoch.tune_auroc_mean)
    return [str(epoch.epoch), f"{epoch.learning_rate:.9f}", *(f"{value:.6f}" for value in measures)]


def _curve_row(point: Point) -> list[str]:
    measures = (point.sensitivity, point.specificity, point.f1)
    return [
        f"{point.threshold:.{SCORE_PLACES}f}",
        str(point.true_positives),
        str(point.false_positives),
        *(f"{float(measure):.{SCORE_PLACES}f}" for measure in measures),
    ]
