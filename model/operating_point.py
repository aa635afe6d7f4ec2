"""The threshold, chosen by the protocol's rule on the tuning split and on scores as `predict` writes them.

Owns the rules; where the choice is written is `checkpoint`. All comparisons are of whole numbers or
fractions, so no rounding error decides. Sources: the contract ("Protocol"); Youden 1950.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError

SCORE_PLACES = 6


@dataclass(frozen=True, slots=True)
class OperatingPointChoice:
    """A threshold (positive when score >= threshold) and what it achieves where it was chosen."""

    threshold: float
    rule: str
    positives: int
    negatives: int
    sensitivity: float
    specificity: float
    f1: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    threshold: float
    true_positives: int
    false_positives: int
    positives: int
    negatives: int

    @property
    def sensitivity(self) -> Fraction:
        return Fraction(self.true_positives, self.positives)

    @property
    def specificity(self) -> Fraction:
        return Fraction(self.negatives - self.false_positives, self.negatives)

    @property
    def f1(self) -> Fraction:
        called = self.true_positives + self.false_positives
        return Fraction(2 * self.true_positives, called + self.positives)


def choose(rule: str, scores: NDArray[np.float64], labels: NDArray[np.int64]) -> OperatingPointChoice:
    """Choose among the scores that occur.

    Args:
        rule: ``sensitivity_at_least:S``, the largest threshold that reaches S; ``max_f1``; or
            ``youden``, the largest sensitivity + specificity. Of equal thresholds the higher is taken: it
            calls fewer images positive for the same worth, and does not depend on the order of rows.
        scores: in [0, 1] with 6 decimals, of shape (images,).
        labels: 1 or 0.

    Raises:
        BadInputError: all labels are of one kind, so that no rule can be judged.
    """
    if not 0 < labels.sum() < len(labels):
        raise BadInputError(
            f"the tuning split has {int(labels.sum())} positive of {len(labels)} images; an operating point needs "
            "positive and negative ones."
        )
    falling = _candidates(scores, labels)
    worth: dict[str, Callable[[_Candidate], Fraction]] = {
        "max_f1": lambda c: c.f1,
        "youden": lambda c: c.sensitivity + c.specificity,
    }
    if rule in worth:
        best = max(falling, key=worth[rule])  # of equals `max` takes the first: the highest threshold
    else:
        wanted = Fraction(rule.removeprefix("sensitivity_at_least:"))
        best = next(candidate for candidate in falling if candidate.sensitivity >= wanted)
    return OperatingPointChoice(
        threshold=best.threshold,
        rule=rule,
        positives=best.positives,
        negatives=best.negatives,
        sensitivity=float(best.sensitivity),
        specificity=float(best.specificity),
        f1=float(best.f1),
    )


def _candidates(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> list[_Candidate]:
    """Every distinct score as a threshold, from the highest down."""
    values, places = np.unique(scores, return_inverse=True)
    positives = np.bincount(places[labels == 1], minlength=len(values))[::-1]
    negatives = np.bincount(places[labels == 0], minlength=len(values))[::-1]
    totals = int(positives.sum()), int(negatives.sum())
    return [
        _Candidate(float(value), int(true), int(false), *totals)
        for value, true, false in zip(values[::-1], np.cumsum(positives), np.cumsum(negatives), strict=True)
    ]
