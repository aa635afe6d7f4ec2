"""Truth and call -> TP, FP, FN or TN for every unit, and from these the sample that one row is computed from.

Owns the unit of analysis (image or patient) and the rules for what is missing. Counts are reduced by
patient here, once, so that resampling patients is a sum of few numbers.
Source: the contract ("Statistics", 4 and 5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from validation.cohort.join import INDETERMINATE, NEGATIVE, POSITIVE, JoinedCohort

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


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """What one row of the results is computed from.

    Attributes:
        drawn: the patients that are resampled.
        counts: TP, FP, FN, TN by patient of the draw, shape (patients, 4), whole numbers as float64.
        images: all images of the row, whatever the unit of analysis.
        units: all units of the row; the same object as ``images`` where these are what counts once.
        scored: the determinate, processed units, for what reads a score as a number.
        ranked: the determinate units as they are put in order (`in_order`); the same object where nothing is missing.
        tally, scored_tally, ranked_tally: of ``units``, ``scored`` and ``ranked``.
        squared_weights: sum of squared weights of each of TP, FP, FN, TN, where units are weighted; ``counts`` are
            then sums of weights.
        squares: what the Brier score is made of, shape (patients, 2), where that is not of ``scored``.
        metrics: those asked for, each with how what is missing counts in it where that is not the primary analysis'
            rule; None for all.
    """

    drawn: "DrawnPatients"
    counts: NDArray[np.float64]
    images: Units
    units: Units
    scored: Units
    ranked: Units
    tally: Tally
    scored_tally: Tally
    ranked_tally: Tally
    squared_weights: NDArray[np.float64] | None = None
    squares: NDArray[np.float64] | None = None
    metrics: Mapping[str, str | None] | None = None

    def asks(self, *metrics: str) -> bool:
        """Whether any of some metrics is asked for."""
        return self.metrics is None or not self.metrics.keys().isdisjoint(metrics)


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
    weights: NDArray[np.float64] | None = None,
    metrics: Mapping[str, str | None] | None = None,
) -> Sample:
    """The sample of some images, by the rules of the primary analysis for what is missing.

    Args:
        cohort: all images.
        members: which of them belong to this row, shape (studies,).
        drawn: the patients that are resampled; every member's patient is among them.
        unit: what counts once.
        weights: of each study, whole numbers, shape (studies,); only with unit ``image``.
        metrics: as in `Sample`.
    """
    rows = np.flatnonzero(members)
    images = Units(drawn.index[rows], cohort.truth[rows], cohort.score[rows], cohort.called[rows])
    units = images if unit == "image" else by_patient(images)
    of_rows = None if weights is None else weights[rows]
    cells, incomplete, determinate = (
        outcome(units),
        incomplete_units(units, images),
        units.truth != INDETERMINATE,
    )
    scored = _take(units, determinate & units.processed)
    ranked = _take(in_order(units, incomplete), determinate) if (incomplete & determinate).any() else scored
    there = images.truth != INDETERMINATE
    scored_tally = tally_of(scored, int((there & images.processed).sum()))
    return Sample(
        drawn=drawn,
        counts=counts_by_patient(units, cells, drawn.count, of_rows),
        images=images,
        units=units,
        scored=scored,
        ranked=ranked,
        tally=tally_of(units, len(rows)),
        scored_tally=scored_tally,
        ranked_tally=scored_tally if ranked is scored else tally_of(ranked, int(there.sum())),
        squared_weights=None if of_rows is None else np.bincount(cells, of_rows**2, 4).astype(np.float64),
        metrics=metrics,
    )


def outcome(units: Units, case: Case = "worst") -> NDArray[np.intp]:
    """TP, FP, FN or TN (0 to 3) of each unit, shape (units,).

    Worst case: a unit without a score is an error of its class; an indeterminate reference makes a
    positive call false positive and a negative one false negative; both at once are false negative.
    Best case: the same units count as right: by the call TP or TN, without a score by the class, both at once TN.
    """
    worst = case == "worst"
    # Under the best case an indeterminate reference agrees with the call, under the worst it contradicts it.
    positive = np.where(units.truth == INDETERMINATE, units.called != worst, units.truth == POSITIVE)
    right = np.where(units.processed, units.called == positive, not worst)
    return np.where(positive, np.where(right, TP, FN), np.where(right, TN, FP)).astype(np.intp)


def counts_by_patient(
    units: Units, cells: NDArray[np.intp], patients: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """TP, FP, FN, TN by patient of the draw, shape (patients, 4), from the outcome of each unit."""
    flat = np.bincount(4 * units.patient + cells, weights, 4 * patients)
    return flat.reshape(patients, 4).astype(np.float64)


def incomplete_units(units: Units, images: Units) -> NDArray[np.bool_]:
    """Which units are made of an image without a score, shape (units,)."""
    if units is images:
        return ~units.processed
    return np.isin(units.patient, images.patient[~images.processed])


def in_order(units: Units, incomplete: NDArray[np.bool_], case: Case = "worst") -> Units:
    """Units with a place in the order of scores also for those that are incomplete; nothing is gained by not answering.

    Worst case: an incomplete negative ranks above every score (inf), a positive without a score below (-inf); a
    positive patient who is called keeps the largest score there is. Best case: the other way round.
    """
    if not incomplete.any():
        return units
    highest = incomplete & ((units.truth == POSITIVE) == (case == "best"))
    return replace(units, score=np.where(highest, np.inf, np.where(units.processed, units.score, -np.inf)))


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
    if chosen.all():
        return units
    return Units(units.patient[chosen], units.truth[chosen], units.score[chosen], units.called[chosen])


def tally_of(units: Units, images: int) -> Tally:
    """How many units of each class there are, and patients of them; ``images`` are those behind all units."""
    positive, negative = units.truth == POSITIVE, units.truth == NEGATIVE
    return Tally(
        images=images,
        patients=len(np.unique(units.patient)),
        positives=int(positive.sum()),
        negatives=int(negative.sum()),
        positive_patients=len(np.unique(units.patient[positive])),
        negative_patients=len(np.unique(units.patient[negative])),
    )
