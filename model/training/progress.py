"""Progress and speed of a training, for the screen and the run record only.

Owns the only clock of training. None of it enters the model folder.
"""

import math
import time
from collections.abc import Sequence

from model.runtime import keras
from protocols.model_folder import Epoch
from protocols.progress import Progress
from protocols.schema.training import Training


class Pace:
    """A step counter for the screen, with rate and time left; its clock starts after the first step, which compiles."""

    def __init__(self, all_steps: int, note: str, progress: Progress) -> None:
        self._all_steps = all_steps
        self._note = f"{note}; " if note else ""
        self._progress = progress
        self._begun = time.perf_counter()
        self._first_step: float | None = None
        self._timed_steps = 0
        self._timed_images = 0.0

    @property
    def seconds(self) -> float:
        """Wall-clock time since this object was created."""
        return time.perf_counter() - self._begun

    @property
    def images_per_second(self) -> float:
        """Training images per second since the first step; 0 before the second."""
        return self._timed_images / self._elapsed if self._timed_steps else 0.0

    @property
    def _elapsed(self) -> float:
        return time.perf_counter() - (self._first_step or self._begun)

    def step(self, done: int, images: float, note: str) -> None:
        """Report that ``done`` steps of all are done, the last of them with ``images`` images."""
        if self._first_step is None:
            self._first_step = time.perf_counter()
        else:
            self._timed_steps += 1
            self._timed_images += images
            left = round((self._all_steps - done) * self._elapsed / self._timed_steps)
            note += f", {self.images_per_second:.0f} images/s, at most {left // 60}:{left % 60:02} left"
        if done < self._all_steps:  # `finish` reports the last one, once and with its result
            self._progress("train", done, self._all_steps, self._note + note)

    def finish(self, note: str) -> None:
        """Report the end, also after fewer epochs than planned."""
        self._progress("train", self._all_steps, self._all_steps, self._note + note)


class Watch(keras.callbacks.Callback):
    """A Keras callback that reports each step of an epoch, and stops at the first whose loss is not finite."""

    def __init__(
        self, training: Training, number: int, history: Sequence[Epoch], pace: Pace, *, images: float
    ) -> None:
        super().__init__()
        self.steps_done = 0
        self._before = f"epoch {number} of at most {training.epochs}, loss "
        self._after = f", tuning AUROC {history[-1].tune_auroc:.3f}" if history else ""
        self._number = number
        self._pace = pace
        self._images = images

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Report a step; Keras calls this after each."""
        self.steps_done = batch + 1
        done = (self._number - 1) * self.params["steps"] + batch + 1
        self._pace.step(done, self._images, f"{self._before}{logs['loss']:.4f}{self._after}")
        self.model.stop_training = not math.isfinite(logs["loss"])
