"""Training epochs: from an untrained network to the weights of the best epoch.

Owns the loop over epochs, its optimizer and its stopping rule. Every random number of an epoch depends on the seed
and the epoch alone, and the state after each is saved, so that a resumed training ends in the same bits. Sources:
Loshchilov and Hutter 2019, arXiv 1711.05101 (AdamW); Pascanu et al. 2013, arXiv 1211.5063 (clipping by the global
norm).
"""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model import network, runtime
from model.artifact.calibration import sigmoid
from model.artifact.operating_point import SCORE_PLACES
from model.data.augmentation import Augment
from model.data.batches import Batches
from model.data.splits import Examples
from model.data.training_set import Material
from model.inference.predict import logits
from model.runtime import keras
from model.training import initial_weights
from model.training.checkpoints import Arrays, Checkpoints, Snapshot, arrays_of
from model.training.learning_rate import learning_rate_schedule
from model.training.losses import ClassWeightedBinaryCrossentropy
from model.training.progress import Pace, Watch
from model.training.tuning_auroc import auroc_of_heads
from protocols.errors import BadInputError
from protocols.model_folder import Epoch
from protocols.progress import Progress
from protocols.schema.training import Training


@dataclass(frozen=True, slots=True)
class Fitted:
    """The result of the epochs.

    Attributes:
        model: the network as `predict` runs it, with the weights of the best epoch.
        tune_logits: its outputs on the tuning split, of shape (images, heads).
        history: one entry per epoch, including those before an interruption.
        seconds: of wall clock, since the start or resumption.
        images_per_second: training images, over all that an epoch takes; 0 where less than two steps were done.
    """

    model: keras.Model
    tune_logits: NDArray[np.float64]
    history: tuple[Epoch, ...]
    seconds: float
    images_per_second: float


def fit(
    training: Training,
    material: Material,
    *,
    begin_with: Path | None,
    checkpoints: Checkpoints,
    progress: Progress,
) -> Fitted:
    """Run epochs until the tuning AUROC of the primary finding has not risen for ``patience`` of them.

    Args:
        training: the protocol's ``[training]``.
        material: pixels and labels.
        begin_with: a file of initial weights, where the protocol names one.
        checkpoints: the state is resumed from here and saved here after each epoch.
        progress: called after each step.

    Raises:
        BadInputError: the loss, or a tuning output, is not a finite number; or the file of weights is not the one
            that the protocol names.
        NotPossibleHereError: a checkpoint cannot be written.
    """
    train, tune = material.division.train, material.division.tune
    steps = math.ceil(len(material.train_places) / training.batch_size)
    rate = learning_rate_schedule(training, steps)
    loss = ClassWeightedBinaryCrossentropy(train.labels)
    learner, learnt, judge = _networks(training, rate, loss, begin_with)
    snapshot, note = checkpoints.latest()
    history: list[Epoch] = []
    best_weights: Arrays = arrays_of(learnt.get_weights())
    if snapshot is not None:
        _resume(learner, snapshot)
        history = [Epoch(int(row[0]), *map(float, row[1:])) for row in snapshot.history]
        best_weights = snapshot.best
    pace = Pace(training.epochs * steps, note, progress)

    while not _finished(training, history):
        number = len(history) + 1
        runtime.begin_epoch(learner, seed=training.seed, epoch=number)
        batches = Batches(
            material.pixels,
            material.train_places,
            train.labels,
            batch_size=training.batch_size,
            seed=training.seed,
            epoch=number,
        )
        watch = Watch(training, number, history, pace, images=len(material.train_places) / steps)
        mean_loss = learner.fit(batches, shuffle=False, verbose=0, callbacks=[watch]).history["loss"][0]
        judge.set_weights(learnt.get_weights())
        answers = logits(judge, material.pixels, rows=material.tune_places)
        if not (math.isfinite(mean_loss) and np.isfinite(answers).all()):
            raise _diverged(training, number, steps, watch.steps_done)
        last_rate = float(keras.ops.convert_to_numpy(rate(number * steps - 1)))
        tune_loss = float(keras.ops.convert_to_numpy(loss(tune.labels, answers)))
        history.append(Epoch(number, last_rate, mean_loss, tune_loss, *_judged(answers, tune)))
        if best(history).epoch == number:
            best_weights = arrays_of(learnt.get_weights())
        checkpoints.save(
            Snapshot(
                learner=arrays_of(learner.variables),
                optimizer=arrays_of(learner.optimizer.variables),
                best=best_weights,
                history=np.array([astuple(epoch) for epoch in history]),
            )
        )

    kept = best(history)
    judge.set_weights(best_weights)
    pace.finish(f"best epoch {kept.epoch}, tuning AUROC {kept.tune_auroc:.3f}")
    tune_logits = logits(judge, material.pixels, rows=material.tune_places)
    return Fitted(judge, tune_logits, tuple(history), pace.seconds, pace.images_per_second)


def _networks(
    training: Training,
    rate: keras.optimizers.schedules.LearningRateSchedule,
    loss: keras.losses.Loss,
    begin_with: Path | None,
) -> tuple[keras.Model, keras.Model, keras.Model]:
    """Build augmentation and network for training; the network within; and the network as `predict` runs it."""
    size = training.image_size
    build = partial(
        network.build,
        training.network,
        image_size=size,
        outputs=len(training.outputs),
        dropout=training.dropout,
    )
    runtime.seed(training.seed)
    with runtime.scope():
        with runtime.precision(training.precision):
            learnt = build()
            augment = Augment(training.augmentation, seed=training.seed)
            learner = keras.Sequential([keras.Input((size, size, 1), dtype="uint8"), augment, learnt])
        if begin_with is not None:
            assert training.initial_weights_sha256 is not None, (
                "a file that the protocol does not name was refused"
            )
            initial_weights.fill(
                learnt, begin_with, network=training.network, sha256=training.initial_weights_sha256
            )
        optimizer = keras.optimizers.AdamW(
            rate, weight_decay=training.weight_decay, global_clipnorm=training.clip_norm
        )
        optimizer.exclude_from_weight_decay(var_names=["bias", "beta", "gamma"])
        optimizer.build(learner.trainable_variables)
        learner.compile(optimizer=optimizer, loss=loss)
    return learner, learnt, build()


def _resume(learner: keras.Model, snapshot: Snapshot) -> None:
    for variable, value in zip(learner.variables, snapshot.learner, strict=True):
        variable.assign(value)
    for variable, value in zip(learner.optimizer.variables, snapshot.optimizer, strict=True):
        variable.assign(value)


def best(history: Sequence[Epoch]) -> Epoch:
    """Return the epoch with the highest AUROC of the primary finding; of equals the first."""
    return max(history, key=lambda epoch: epoch.tune_auroc)


def _finished(training: Training, history: Sequence[Epoch]) -> bool:
    if not history:
        return False
    done = len(history)
    return done == training.epochs or done - best(history).epoch >= training.patience


def _judged(answers: NDArray[np.float64], tune: Examples) -> tuple[float, float]:
    """Compute the AUROC of the primary finding, and the mean over the heads with both classes in the tuning split."""
    aurocs = auroc_of_heads(np.round(sigmoid(answers), SCORE_PLACES), tune.labels)
    primary = aurocs[tune.primary]
    assert primary is not None, "a division without both kinds of the primary finding was refused"
    known = [auroc for auroc in aurocs if auroc is not None]
    return primary, sum(known) / len(known)


def _diverged(training: Training, number: int, steps: int, steps_done: int) -> BadInputError:
    first = (number - 1) * steps + 1
    return BadInputError(
        f"training stopped: the loss or a tuning score is not a finite number in epoch {number} (steps {first} to "
        f"{first + steps_done - 1}); lower [training] learning_rate, which is {training.learning_rate:g}."
    )
