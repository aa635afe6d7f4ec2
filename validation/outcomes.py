"""Truth and call -> TP, FP, FN or TN for every unit, and from these the sample that one row is computed from.

Owns the unit of analysis (image or patient) and the rules for what is missing. Counts are reduced by
patient here, once, so that resampling patients is a sum of few numbers.
Source: the contract ("Statistics", 4 and 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from validation.cohort import INDETERMINATE, NEGATIVE, POSITIVE, JoinedCohort

TP, FP, FN, TN = range(4)
Unit = Literal["image", "patient"]
Case = Literal["worst", "best"]


@dataclass(frozen=True, slots=True)
class Units:
    """Images or patients as the analysis counts them, shape (units,) each.

    ``patient`` indexes the patients of the draw; ``truth`` is 1, 0 or -1; ``score`` is NaN and
    ``called`` False where not processed.
    """

    patient: NDArray[np.intp]
    truth: NDArray[np.int8]
    score: NDArray[np.float64]
    called: NDArray[np.bool_]

    @property
    def processed(self) -> NDArray[np.bool_]:
        """Which units have a score."""
        return ~np.isnan(self.score)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many images and patients stand behind a number, and how many units of each class."""

    images: int
    patients: int
    positives: int
    negatives: int
    positive_patients: int
    negative_patients: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What one row of the results is computed from.

    Attributes:
        drawn: the patients that are resampled.
        counts: TP, FP, FN, TN by patient of the draw, shape (patients, 4), whole numbers as float64.
        images: all images of the row as units, whatever the unit of analysis.
        ranked: the determinate, processed units, for what needs scores.
        tally: of all units of the row.
        ranked_tally: of the units in ``ranked``.
        squared_weights: sum of squared weights of each of TP, FP, FN, TN, where units are weighted; ``counts`` are
            then sums of weights.
    """

    drawn: "DrawnPatients"
    counts: NDArray[np.float64]
    images: Units
    ranked: Units
    tally: Tally
    ranked_tally: Tally
    squared_weights: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPatients:
    """The patients that are resampled, in the order of the draw; one object for all samples that share a draw.

    ``index`` gives for each study the position of its patient, -1 where that is not among them. ``strata`` are
    the positions of the patients of each stratum, None where all are drawn together.
    """

    count: int
    index: NDArray[np.intp]
    strata: Mapping[str, NDArray[np.intp]] | None


def drawn_patients(
    cohort: JoinedCohort, members: NDArray[np.bool_], strata: Literal["none", "class"] = "none"
) -> DrawnPatients:
    """The patients of some images, ordered by the code points of their id.

    Args:
        cohort: all images.
        members: which images bring their patients, shape (studies,).
        strata: ``class`` where the design fixed how many patients have positive images only, negative images only,
            both, or (all being indeterminate) neither; each is then drawn from itself.
    """
    wanted = sorted({cohort.patient_id[row] for row in np.flatnonzero(members)})
    position = {patient: place for place, patient in enumerate(wanted)}
    index = np.array([position.get(patient, -1) for patient in cohort.patient_id], dtype=np.intp)
    by_class = None
    if strata == "class":
        positive, negative = (
            np.bincount(index[members & (cohort.truth == truth)], minlength=len(wanted)) > 0
            for truth in (POSITIVE, NEGATIVE)
        )
        by_class = {
            name: np.flatnonzero(chosen)
            for name, chosen in (
                ("positive_only", positive & ~negative),
                ("negative_only", negative & ~positive),
                ("both", positive & negative),
                ("neither", ~positive & ~negative),
            )
            if chosen.any()
        }
    return DrawnPatients(len(wanted), index, by_class)


def sample_of(
    cohort: JoinedCohort,
    members: NDArray[np.bool_],
    drawn: DrawnPatients,
    *,
    unit: Unit,
    case: Case = "worst",
    weights: NDArray[np.float64] | None = None,
) -> Sample:
    """The sample of some images.

    Args:
        cohort: all images.
        members: which of them belong to this row, shape (studies,).
        drawn: the patients that are resampled; every member's patient is among them.
        unit: what counts once.
        case: what a missing score or an indeterminate reference counts as.
        weights: of each study, whole numbers, shape (studies,); only with unit ``image``.
    """
    rows = np.flatnonzero(members)
    images = Units(
        patient=drawn.index[rows],
        truth=cohort.truth[rows],
        score=cohort.score[rows],
        called=cohort.called[rows],
    )
    units = images if unit == "image" else by_patient(images)
    counts, cells = np.zeros((drawn.count, 4)), outcome(units, case)
    np.add.at(counts, (units.patient, cells), 1.0 if weights is None else weights[rows])
    squared = None if weights is None else np.bincount(cells, weights[rows] ** 2, 4).astype(np.float64)
    usable = units.processed & (units.truth != INDETERMINATE)
    ranked = _take(units, usable)
    images_ranked = int((images.processed & (images.truth != INDETERMINATE)).sum())
    return Sample(
        drawn, counts, images, ranked, _tally(units, len(rows)), _tally(ranked, images_ranked), squared
    )


def outcome(units: Units, case: Case) -> NDArray[np.intp]:
    """TP, FP, FN or TN (0 to 3) of each unit, shape (units,).

    Worst case: a unit without a score is an error of its class; an indeterminate reference makes a
    positive call false positive and a negative one false negative; both at once are false negative.
    Best case: the same units count as right, each in the class the worst case gives it to or, with a
    score, in the class of its call.
    """
    positive, called = units.truth == POSITIVE, units.called
    result = np.where(positive, np.where(called, TP, FN), np.where(called, FP, TN))
    indeterminate, missing = units.truth == INDETERMINATE, ~units.processed
    worst = case == "worst"
    result[indeterminate] = (
        np.where(called, FP, FN)[indeterminate] if worst else np.where(called, TP, TN)[indeterminate]
    )
    result[missing & (units.truth == NEGATIVE)] = FP if worst else TN
    result[missing & (units.truth != NEGATIVE)] = FN if worst else TP
    return result.astype(np.intp)


def by_patient(images: Units) -> Units:
    """One unit a patient: positive if any image is, else indeterminate if any is; called positive if any is.

    A patient without a positive call of whom any image was not processed counts as not processed;
    the score is otherwise the largest.
    """
    present, position = np.unique(images.patient, return_inverse=True)

    def any_of(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(position, weights=flags, minlength=len(present)) > 0

    truth = np.where(any_of(images.truth == INDETERMINATE), INDETERMINATE, NEGATIVE)
    truth[any_of(images.truth == POSITIVE)] = POSITIVE
    called = any_of(images.called)
    score = np.full(len(present), -np.inf)
    np.maximum.at(score, position[images.processed], images.score[images.processed])
    score[any_of(~images.processed) & ~called] = np.nan
    return Units(present, truth.astype(np.int8), score, called)


def _take(units: Units, chosen: NDArray[np.bool_]) -> Units:
    return Units(units.patient[chosen], units.truth[chosen], units.score[chosen], units.called[chosen])


def _tally(units: Units, images: int) -> Tally:
    positive, negative = units.truth == POSITIVE, units.truth == NEGATIVE
    return Tally(
        images=images,
        patients=len(np.unique(units.patient)),
        positives=int(positive.sum()),
        negatives=int(negative.sum()),
        positive_patients=len(np.unique(units.patient[positive])),
        negative_patients=len(np.unique(units.patient[negative])),
    )
