"""The threshold, chosen by the protocol's rule on the tuning split and on scores as `predict` writes them.

Owns the rules, the curve beside the choice and the document operating_point.json, in which the calibration of the
scores is frozen with the threshold. All comparisons are of whole numbers or fractions, so no rounding error
decides. Sources: the contract ("Protocol"); Youden 1950.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from model.artifact.calibration import Calibration, Fit, Method
from protocols.errors import BadInputError
from protocols.schema.document import Table
from protocols.storage.canonical import FITTED_PLACES, rounded

SCORE_PLACES = 6
MOST_POINTS = 1000


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
class Point:
    """What one threshold does to the images it is tried on."""

    threshold: float
    true_positives: int
    false_positives: int
    positives: int
    negatives: int

    @property
    def sensitivity(self) -> Fraction:
        """Share of the positives at or above the threshold."""
        return Fraction(self.true_positives, self.positives)

    @property
    def specificity(self) -> Fraction:
        """Share of the negatives below it."""
        return Fraction(self.negatives - self.false_positives, self.negatives)

    @property
    def f1(self) -> Fraction:
        """Of the calls at or above it."""
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
    falling = curve(scores, labels)
    worth: dict[str, Callable[[Point], Fraction]] = {
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


def curve(scores: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Point]:
    """Every distinct score as a threshold, from the highest down.

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
    """At most about `MOST_POINTS` of a curve: each k-th with the smallest k that does, the last, and the chosen one."""
    every = -(-len(falling) // MOST_POINTS)
    last = len(falling) - 1
    return [
        point
        for place, point in enumerate(falling)
        if place % every == 0 or place == last or point.threshold == threshold
    ]


class CalibrationRecord(Table):
    """How a logit becomes a score, and what that did to the mean log-loss where it was fitted."""

    method: Method
    slope: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    intercept: Annotated[float, Field(allow_inf_nan=False)]
    images: int
    log_loss_before: float
    log_loss_after: float
    reason: str | None

    @property
    def calibration(self) -> Calibration:
        """The function itself."""
        return Calibration(self.method, self.slope, self.intercept)


class ChosenOn(Table):
    """The images that the threshold was chosen on, and what it achieves there."""

    split: Literal["tune"] = "tune"
    images: int
    patients: int
    positives: int
    negatives: int
    sensitivity: float
    specificity: float
    f1: float


class OperatingPointRecord(Table):
    """operating_point.json: threshold and calibration, what chose them, and the weights they belong to."""

    threshold: Annotated[float, Field(ge=0, le=1)]
    rule: str
    chosen_on: ChosenOn
    calibration: CalibrationRecord
    weights_sha256: str

    @classmethod
    def of(cls, choice: OperatingPointChoice, fit: Fit, *, patients: int, weights_sha256: str) -> Self:
        """The document of a choice, with the decimals it is written with."""
        return cls(
            threshold=rounded(choice.threshold, FITTED_PLACES),
            rule=choice.rule,
            chosen_on=ChosenOn(
                images=choice.positives + choice.negatives,
                patients=patients,
                positives=choice.positives,
                negatives=choice.negatives,
                sensitivity=rounded(choice.sensitivity),
                specificity=rounded(choice.specificity),
                f1=rounded(choice.f1),
            ),
            calibration=CalibrationRecord(
                method=fit.calibration.method,
                slope=fit.calibration.slope,
                intercept=fit.calibration.intercept,
                images=fit.images,
                log_loss_before=rounded(fit.log_loss_before, FITTED_PLACES),
                log_loss_after=rounded(fit.log_loss_after, FITTED_PLACES),
                reason=fit.reason,
            ),
            weights_sha256=weights_sha256,
        )
