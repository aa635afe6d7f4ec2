"""The threshold, chosen by the protocol's rule on the tuning split and on scores as `predict` writes them.

Owns the rules and the curve beside the choice; the document operating_point.json, which freezes the calibration of the
scores with the threshold, is `protocols.model_folder`'s. All comparisons are of whole numbers or fractions, so no
rounding error decides. Sources: the contract ("Protocol"); Youden 1950.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.model_folder import ModelOperatingPoint, ScoreCalibration, TuningResult
from protocols.storage.canonical import FITTED_PLACES, rounded

SCORE_PLACES = 6
MOST_POINTS = 1000


@dataclass(frozen=True, slots=True)
class Point:
    """The confusion counts of one threshold; positive when score >= threshold, and both classes are present."""

    threshold: float
    true_positives: int
    false_positives: int
    positives: int
    negatives: int

    @property
    def sensitivity(self) -> Fraction:
        """Proportion of the positives at or above the threshold, TP / P in [0, 1]."""
        return Fraction(self.true_positives, self.positives)

    @property
    def specificity(self) -> Fraction:
        """Proportion of the negatives below the threshold, TN / N in [0, 1]."""
        return Fraction(self.negatives - self.false_positives, self.negatives)

    @property
    def f1(self) -> Fraction:
        """F1 score at the threshold, 2 TP / (2 TP + FP + FN) in [0, 1]."""
        test_positives = self.true_positives + self.false_positives
        return Fraction(2 * self.true_positives, test_positives + self.positives)


def choose(rule: str, scores: NDArray[np.float64], labels: NDArray[np.int64]) -> Point:
    """Choose the threshold among the observed scores by the protocol's rule.

    Args:
        rule: ``sensitivity_at_least:S``, the largest threshold that reaches S; ``max_f1``; or
            ``youden``, the largest sensitivity + specificity. Of equally good thresholds the highest is taken: fewer
            images test positive, and the choice does not depend on the order of rows.
        scores: in [0, 1] with 6 decimals, of shape (images,).
        labels: 1 or 0.

    Raises:
        BadInputError: all labels are of one class, so that no rule can be evaluated.
    """
    if not 0 < labels.sum() < len(labels):
        raise BadInputError(
            f"the tuning split has {int(labels.sum())} positive of {len(labels)} images; an operating point needs "
            "positive and negative ones."
        )
    falling = curve(scores, labels)
    worth: dict[str, Callable[[Point], Fraction]] = {
        "max_f1": lambda c: c.f1,
        "youden": lambda c: c.sensitivity + c.specificity,
    }
    if rule in worth:
        return max(falling, key=worth[rule])  # of equals `max` takes the first: the highest threshold
    required = Fraction(rule.removeprefix("sensitivity_at_least:"))
    return next(candidate for candidate in falling if candidate.sensitivity >= required)


def curve(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Point]:
    """Return the counts at every distinct score as a threshold, from the highest down.

    Args:
        scores: finite, of shape (images,).
        labels: 1 or 0, with at least one of each.
    """
    values, places = np.unique(scores, return_inverse=True)
    positives = np.bincount(places[labels == 1], minlength=len(values))[::-1]
    negatives = np.bincount(places[labels == 0], minlength=len(values))[::-1]
    totals = int(positives.sum()), int(negatives.sum())
    return [
        Point(float(value), int(true), int(false), *totals)
        for value, true, false in zip(values[::-1], np.cumsum(positives), np.cumsum(negatives), strict=True)
    ]


def thinned(falling: Sequence[Point], *, threshold: float) -> list[Point]:
    """Return about `MOST_POINTS` of a curve at most: every k-th with the smallest such k, the last, the chosen one."""
    every = -(-len(falling) // MOST_POINTS)
    last = len(falling) - 1
    return [
        point
        for place, point in enumerate(falling)
        if place % every == 0 or place == last or point.threshold == threshold
    ]


def operating_point_of(
    chosen: Point, rule: str, calibration: ScoreCalibration, *, patients: int, weights_sha256: str
) -> ModelOperatingPoint:
    """Return the document of a chosen threshold, with the decimals it is written with."""
    return ModelOperatingPoint(
        threshold=rounded(chosen.threshold, FITTED_PLACES),
        rule=rule,
        chosen_on=TuningResult(
            images=chosen.positives + chosen.negatives,
            patients=patients,
            positives=chosen.positives,
            negatives=chosen.negatives,
            sensitivity=rounded(float(chosen.sensitivity)),
            specificity=rounded(float(chosen.specificity)),
            f1=rounded(float(chosen.f1)),
        ),
        calibration=calibration,
        weights_sha256=weights_sha256,
    )
