"""What each epoch came to: history.csv, and which epoch is the best.

Owns the columns. No clock is in them: the same training gives the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

HISTORY_COLUMNS = ("epoch", "learning_rate", "loss", "tune_loss", "tune_auroc", "tune_auroc_mean")


@dataclass(frozen=True, slots=True)
class Epoch:
    """One pass over the training split and the judgement on the tuning split after it.

    Attributes:
        epoch: from 1.
        learning_rate: of its last step.
        loss: mean over the batches of the training split, augmented, while it was learnt from.
        tune_loss: of the whole tuning split, unchanged, with the same class weights.
        tune_auroc: of the primary finding.
        tune_auroc_mean: over all heads that the tuning split can judge.
    """

    epoch: int
    learning_rate: float
    loss: float
    tune_loss: float
    tune_auroc: float
    tune_auroc_mean: float

    def cells(self) -> list[str]:
        """As history.csv has it."""
        measures = (self.loss, self.tune_loss, self.tune_auroc, self.tune_auroc_mean)
        return [str(self.epoch), f"{self.learning_rate:.9f}", *(f"{value:.6f}" for value in measures)]

    def numbers(self) -> tuple[float, ...]:
        """All values at full precision, for a checkpoint."""
        return tuple(getattr(self, name) for name in HISTORY_COLUMNS)

    @classmethod
    def of_numbers(cls, values: Sequence[float]) -> "Epoch":
        """The reverse of `numbers`."""
        return cls(int(values[0]), *(float(value) for value in values[1:]))


def best(history: Sequence[Epoch]) -> Epoch:
    """The epoch with the highest AUROC of the primary finding; of equals the first."""
    return max(history, key=lambda epoch: epoch.tune_auroc)
