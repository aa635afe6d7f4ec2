"""Training, from top to bottom: divide, pack, fit, keep the best epoch, choose the threshold, write.

Owns the order of the steps and the stopping rule. Each step lives in its own file. Images marked ``test`` are never
opened here. The same machine, backend and threads give the same bits again.
"""

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from model import checkpoint, network, operating_point, runtime
from model.augmentation import Movement
from model.batches import Batches
from model.checkpoint import Epoch, Plan, ProtocolIdentity, SplitRecord
from model.losses import ClassWeightedBinaryCrossentropy
from model.operating_point import OperatingPointChoice
from model.pack import PREPROCESSING, Pack, pack
from model.predict import scores
from model.ranking import auroc
from model.runtime import Device, Runtime, keras
from model.splits import Division, Examples, divide
from protocols.canonical import FITTED_PLACES, rounded, sha256_bytes
from protocols.errors import BadInputError
from protocols.images.folder import ImageFolder
from protocols.load import LoadedProtocol
from protocols.progress import Progress
from protocols.records import Labels, Studies
from protocols.schema import Training

NAMED_FAULTS = 20


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """What a training made.

    Attributes:
        folder: the model folder.
        plan: as written to plan.json.
        choice: the operating point.
        history: one entry an epoch run.
        runtime: what it ran on.
        seconds: wall-clock time of the epochs, for the volatile record only.
    """

    folder: Path
    plan: Plan
    choice: OperatingPointChoice
    history: tuple[Epoch, ...]
    runtime: Runtime
    seconds: float


def train(
    loaded: LoadedProtocol,
    studies: Studies,
    labels: Labels,
    images: ImageFolder,
    out: Path,
    *,
    device: Device,
    progress: Progress,
) -> TrainedModel:
    """Train the protocol's network and write the model folder.

    Args:
        loaded: a protocol with ``[training]`` and ``[operating_point] from = "model"``.
        studies: the cohort, with a split column.
        labels: findings of the images to learn from.
        images: where the files are.
        out: the model folder; made where it is absent.
        device: ``cpu`` or ``gpu``.
        progress: told as pictures are packed and steps are done.

    Raises:
        BadInputError: the protocol does not train, the split or the labels are unusable, an image cannot be
            decoded, or the loss is not a number. Nothing has been written.
        NotPossibleHereError: the device is not there.
    """
    training, rule = _instructions(loaded)
    division = divide(studies, labels, label=training.label, rule=loaded.protocol.split)
    ran_on = runtime.start(device)

    with tempfile.TemporaryDirectory(prefix="cxr510k-") as folder:
        rows = [*division.train.rows, *division.tune.rows]
        packed = pack(studies, rows, images, Path(folder), image_size=training.image_size, progress=progress)
        _refuse_faults(packed, [studies.image_id[row] for row in rows])

        started = time.perf_counter()
        model, history = fit(training, division, packed, progress=progress)
        seconds = time.perf_counter() - started
        tune_scores = scores(model, packed.pixels[len(division.train.rows) :])

    choice = operating_point.choose(rule, tune_scores, division.tune.labels)
    weights = checkpoint.weights_of(model)
    best = max(history, key=lambda epoch: epoch.tune_auroc)
    plan = Plan(
        protocol=ProtocolIdentity(
            id=loaded.protocol.id, version=loaded.protocol.version, sha256=loaded.sha256
        ),
        training=training,
        preprocessing=PREPROCESSING,
        backend=ran_on.backend,
        device=ran_on.device,
        split=SplitRecord.of(division, loaded.protocol.split),
        best_epoch=best.epoch,
        tune_auroc=rounded(best.tune_auroc, FITTED_PLACES),
        weights_sha256=sha256_bytes(weights),
    )
    checkpoint.save(out, plan, weights, choice=choice, history=history)
    return TrainedModel(out, plan, choice, history, ran_on, seconds)


def fit(
    training: Training, division: Division, packed: Pack, *, progress: Progress
) -> tuple[keras.Model, tuple[Epoch, ...]]:
    """Run epochs until the tuning AUROC has not risen for ``patience`` of them.

    Args:
        training: the protocol's ``[training]``.
        division: labels of the train and tune images.
        packed: their pictures, train first.
        progress: told after each step.

    Returns:
        The network with the weights of the best epoch (of equals the first), and the history.

    Raises:
        BadInputError: the loss, or a tuning score, is not a finite number.
    """
    train_pixels = packed.pixels[: len(division.train.rows)]
    tune_pixels = packed.pixels[len(division.train.rows) :]
    steps = math.ceil(len(train_pixels) / training.batch_size)

    runtime.seed(training.seed)
    model = network.build(training.network, image_size=training.image_size)
    movement = Movement(seed=training.seed)
    learner = keras.Sequential([movement, model])
    learner.compile(optimizer=_optimizer(training, steps), loss=_loss(division.train))

    history: list[Epoch] = []
    best_weights = model.get_weights()
    for number in range(1, training.epochs + 1):
        batches = Batches(
            train_pixels,
            division.train.labels,
            batch_size=training.batch_size,
            seed=training.seed,
            epoch=number,
        )
        movement.begin(number)
        watch = _Watch(training, number, history, progress)
        loss = learner.fit(batches, shuffle=False, verbose=0, callbacks=[watch]).history["loss"][0]
        tune_scores = scores(model, tune_pixels)
        if not (math.isfinite(loss) and np.isfinite(tune_scores).all()):
            raise _diverged(training, number, steps, watch.steps_done)
        history.append(Epoch(number, loss, auroc(tune_scores, division.tune.labels)))
        best = max(history, key=lambda epoch: epoch.tune_auroc)
        if best.epoch == number:
            best_weights = model.get_weights()
        if number - best.epoch >= training.patience:
            break
    model.set_weights(best_weights)
    all_steps = steps * training.epochs
    progress("train", all_steps, all_steps, f"best epoch {best.epoch}, tuning AUROC {best.tune_auroc:.3f}")
    return model, tuple(history)


class _Watch(keras.callbacks.Callback):
    """Reports each step, and stops at the first whose loss is not finite."""

    def __init__(self, training: Training, number: int, history: Sequence[Epoch], progress: Progress) -> None:
        super().__init__()
        self.steps_done = 0
        self._epochs = training.epochs
        self._number = number
        self._last = f", tuning AUROC {history[-1].tune_auroc:.3f}" if history else ""
        self._progress = progress

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        self.steps_done = batch + 1
        steps = self.params["steps"]
        self._progress(
            "train",
            (self._number - 1) * steps + batch + 1,
            self._epochs * steps,
            f"epoch {self._number} of at most {self._epochs}, loss {logs['loss']:.4f}{self._last}",
        )
        self.model.stop_training = not math.isfinite(logs["loss"])


def _instructions(loaded: LoadedProtocol) -> tuple[Training, str]:
    protocol = loaded.protocol
    if protocol.training is None or protocol.operating_point.rule is None:
        raise BadInputError(
            f"protocol {protocol.id!r}: `train` needs the table [training], and an [operating_point] with "
            'from = "model" and a rule; add what is missing.'
        )
    return protocol.training, protocol.operating_point.rule


def _optimizer(training: Training, steps: int) -> keras.Optimizer:
    """AdamW along half a cosine over all epochs; biases and normalisation are not decayed."""
    rate = keras.optimizers.schedules.CosineDecay(training.learning_rate, steps * training.epochs, alpha=0.01)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=training.weight_decay)
    optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
    return optimizer


def _loss(examples: Examples) -> ClassWeightedBinaryCrossentropy:
    return ClassWeightedBinaryCrossentropy(examples.labels[:, None].astype(np.float64))


def _refuse_faults(packed: Pack, image_ids: Sequence[str]) -> None:
    if not packed.faults:
        return
    faults = sorted(f"{image_ids[position]} {reason}" for position, reason in packed.faults.items())
    more = f"; and {len(faults) - NAMED_FAULTS} more" if len(faults) > NAMED_FAULTS else ""
    raise BadInputError(
        f"{len(faults)} of the {len(image_ids)} images to train on cannot be read; replace them, "
        f"or leave them out of the studies: {'; '.join(faults[:NAMED_FAULTS])}{more}."
    )


def _diverged(training: Training, number: int, steps: int, steps_done: int) -> BadInputError:
    first = (number - 1) * steps + 1
    return BadInputError(
        f"training stopped: the loss or a tuning score is not a finite number in epoch {number} (steps {first} to "
        f"{first + steps_done - 1}); lower [training] learning_rate, which is {training.learning_rate:g}."
    )
