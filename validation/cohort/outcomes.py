"""Reference and test result -> TP, FP, FN or TN of every unit, and the sample that one row is computed from.

Owns the unit of analysis (image or patient) and the rules for missing results. Counts are summed by patient here,
once, so that a bootstrap replicate is a weighted sum over patients.
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
    """Units of analysis (images or patients), shape (units,) each.

    ``patient`` indexes the resampled patients; ``truth`` is 1, 0 or -1; ``called`` is test positive; ``score`` is
    NaN and ``called`` False where not processed.
    """

    patient: NDArray[np.intp]
    truth: NDArray[np.int8]
    score: NDArray[np.float64]
    called: NDArray[np.bool_]

    @property
    def processed(self) -> NDArray[np.bool_]:
        """Whether each unit has a score."""
        return ~np.isnan(self.score)


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of images and patients of an estimate, and of units and patients of each class."""

    images: int
    patients: int
    positives: int
    negatives: int
    positive_patients: int
    negative_patients: int


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The sample that one row of the results is computed from.

    Attributes:
        drawn: the patients that are resampled.
        counts: TP, FP, FN, TN by resampled patient, shape (patients, 4), whole numbers as float64.
        images: all images of the row, whatever the unit of analysis.
        units: all units of the row; the same object as ``images`` where the unit is the image.
        scored: the determinate, processed units, for metrics that use the score as a number.
        ranked: the determinate units with a rank (`in_order`); the same object as ``scored`` where nothing is missing.
        tally, scored_tally, ranked_tally: of ``units``, ``scored`` and ``ranked``.
        squared_weights: sum of squared weights of each of TP, FP, FN, TN, where units are weighted; ``counts`` are
            then sums of weights.
        squares: the sums behind the Brier score, shape (patients, 2), where they are not those of ``scored``.
        metrics: those requested, each with its rule for missing results where that is not the primary analysis'
            rule; None for all.
    """

    drawn: "ResampledPatients"
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
        """Return whether any of some metrics is requested."""
        return self.metrics is None or not self.metrics.keys().isdisjoint(metrics)


@dataclass(frozen=True, slots=True, eq=False)
class ResampledPatients:
    """The resampled patients in their order; one object for all samples that share replicates.

    ``index`` gives for each study the position of its patient, -1 where that is not among them. ``strata`` are
    the positions of the patients of each stratum, None without strata.
    """

    count: int
    index: NDArray[np.intp]
    strata: Mapping[str, NDArray[np.intp]] | None


def resampled_patients(
    cohort: JoinedCohort, members: NDArray[np.bool_], strata: Literal["none", "class"] = "none"
) -> ResampledPatients:
    """Return the patients of some images, ordered by the code points of their id.

    Args:
        cohort: all images.
        members: the images whose patients are resampled, shape (studies,).
        strata: ``class`` where the design fixed the numbers of patients with positive images only, negative images
            only, both, or (all being indeterminate) neither; each stratum is then resampled separately.
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
    return ResampledPatients(len(wanted), index, by_class)


def sample_of(
    cohort: JoinedCohort,
    members: NDArray[np.bool_],
    drawn: ResampledPatients,
    *,
    unit: Unit,
    weights: NDArray[np.float64] | None = None,
    metrics: Mapping[str, str | None] | None = None,
) -> Sample:
    """Return the sample of some images, by the rules of the primary analysis for missing results.

    Args:
        cohort: all images.
        members: the images of this row, shape (studies,).
        drawn: the patients that are resampled; every member's patient is among them.
        unit: the unit of analysis.
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
    """Classify each unit as TP, FP, FN or TN (0 to 3), shape (units,).

    Worst case: a unit without a score is an error of its class; with an indeterminate reference a test positive is
    a false positive and a test negative a false negative; both at once are a false negative.
    Best case: the same units are correct: TP or TN by the test result, without a score by the class, both at once TN.
    """
    worst = case == "worst"
    # In the best case an indeterminate reference agrees with the test result, in the worst it contradicts it.
    positive = np.where(units.truth == INDETERMINATE, units.called != worst, units.truth == POSITIVE)
    right = np.where(units.processed, units.called == positive, not worst)
    return np.where(positive, np.where(right, TP, FN), np.where(right, TN, FP)).astype(np.intp)


def counts_by_patient(
    units: Units, cells: NDArray[np.intp], patients: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Count TP, FP, FN, TN by resampled patient, shape (patients, 4), from the outcome of each unit."""
    flat = np.bincount(4 * units.patient + cells, weights, 4 * patients)
    return flat.reshape(patients, 4).astype(np.float64)


def incomplete_units(units: Units, images: Units) -> NDArray[np.bool_]:
    """Return whether each unit includes an image without a score, shape (units,)."""
    if units is images:
        return ~units.processed
    return np.isin(units.patient, images.patient[~images.processed])


def in_order(units: Units, incomplete: NDArray[np.bool_], case: Case = "worst") -> Units:
    """Rank incomplete units too, so that a device gains nothing by giving no score.

    Worst case: an incomplete negative ranks above every score (inf), a positive without a score below (-inf); a
    test positive patient with a positive reference keeps the largest available score. Best case: the reverse.
    """
    if not incomplete.any():
        return units
    highest = incomplete & ((units.truth == POSITIVE) == (case == "best"))
    return replace(units, score=np.where(highest, np.inf, np.where(units.processed, units.score, -np.inf)))


def by_patient(images: Units) -> Units:
    """Reduce images to one unit per patient.

    The reference is positive if any image is, else indeterminate if any is. A patient is test positive if any image
    is. One who is not, and has an image that was not processed, counts as not processed; otherwise the score is the
    largest.
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
    """Count the units of each class and their patients; ``images`` are those of all units."""
    positive, negative = units.truth == POSITIVE, units.truth == NEGATIVE
    return Tally(
        images=images,
        patients=len(np.unique(units.patient)),
        positives=int(positive.sum()),
        negatives=int(negative.sum()),
        positive_patients=len(np.unique(units.patient[positive])),
        negative_patients=len(np.unique(units.patient[negative])),
    )
