"""Reference and test result -> TP, FP, FN or TN of every unit, and the sample that one row is computed from.

Owns the unit of analysis (image or patient) and the rules for missing results. Counts are summed by cluster (patient,
or group of patients such as a site) here, once, so that a bootstrap replicate is a weighted sum over clusters.
Source: the contract ("Statistics", 4 and 5).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from validation.cohort.join import INDETERMINATE, NEGATIVE, POSITIVE, JoinedCohort
from validation.results.results import ClusterCounts

TP, FP, FN, TN = range(4)
Unit = Literal["image", "patient"]
Case = Literal["worst", "best"]


@dataclass(frozen=True, slots=True)
class Units:
    """Units of analysis (images or patients), shape (units,) each.

    ``patient`` numbers the patients; ``truth`` is 1, 0 or -1; ``called`` is test positive; ``score`` is NaN and
    ``called`` False where not processed. ``group`` numbers the clusters where these are groups of patients; None where
    patients are the clusters.
    """

    patient: NDArray[np.intp]
    truth: NDArray[np.int8]
    score: NDArray[np.float64]
    called: NDArray[np.bool_]
    group: NDArray[np.intp] | None = None

    @property
    def processed(self) -> NDArray[np.bool_]:
        """Whether each unit has a score."""
        return ~np.isnan(self.score)

    @property
    def cluster(self) -> NDArray[np.intp]:
        """The number of each unit's cluster among the resampled ones."""
        return self.patient if self.group is None else self.group

    @property
    def grouped(self) -> bool:
        """Whether clusters are groups of patients."""
        return self.group is not None

    def at(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Units":
        """Return some of the units, chosen by a mask or by their numbers, in the order of these."""
        return Units(
            self.patient[chosen],
            self.truth[chosen],
            self.score[chosen],
            self.called[chosen],
            None if self.group is None else self.group[chosen],
        )


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of images and patients of an estimate, and of units, patients and clusters of each class.

    ``clusters`` is None where patients are the clusters.
    """

    images: int
    patients: int
    positives: int
    negatives: int
    positive_patients: int
    negative_patients: int
    clusters: ClusterCounts | None = None

    @property
    def fewer_clusters(self) -> int:
        """The number of clusters, patients or groups of them, with a unit of the class that has fewer."""
        if self.clusters is None:
            return min(self.positive_patients, self.negative_patients)
        return min(self.clusters.positive, self.clusters.negative)


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The sample that one row of the results is computed from.

    Attributes:
        drawn: the clusters that are resampled.
        counts: TP, FP, FN, TN by resampled cluster, shape (clusters, 4), whole numbers as float64.
        images: all images of the row, whatever the unit of analysis.
        units: all units of the row; the same object as ``images`` where the unit is the image.
        scored: the determinate, processed units, for metrics that use the score as a number.
        ranked: the determinate units with a rank (`in_order`); the same object as ``scored`` where nothing is missing.
        tally, scored_tally, ranked_tally: of ``units``, ``scored`` and ``ranked``.
        squared_weights: sum of squared weights of each of TP, FP, FN, TN, where units are weighted; ``counts`` are
            then sums of weights.
        squares: the sums behind the Brier score, shape (clusters, 2), where they are not those of ``scored``.
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
    """The resampled clusters in their order: patients, or groups of patients; one object for all that share replicates.

    ``count`` is the number of clusters. ``index`` gives for each study the number of its patient, ``group`` that of its
    cluster (None where patients are the clusters), -1 where the image is not among those resampled. ``strata`` are the
    numbers of the patients of each stratum, None without strata.
    """

    count: int
    index: NDArray[np.intp]
    strata: Mapping[str, NDArray[np.intp]] | None
    group: NDArray[np.intp] | None = None

    @property
    def grouped(self) -> bool:
        """Whether clusters are groups of patients."""
        return self.group is not None

    @property
    def cluster(self) -> NDArray[np.intp]:
        """The number of each study's cluster, -1 where it is not among those resampled."""
        return self.index if self.group is None else self.group


def resampled_patients(
    cohort: JoinedCohort, members: NDArray[np.bool_], strata: Literal["none", "class"] = "none"
) -> ResampledPatients:
    """Return the patients of some images, and their clusters, each ordered by the code points of their names.

    Args:
        cohort: all images, with their clusters where these are not the patients.
        members: the images whose clusters are resampled, shape (studies,).
        strata: ``class`` where the design fixed the numbers of patients with positive images only, negative images
            only, both, or (all being indeterminate) neither; each stratum is then resampled separately.
    """
    index, patients = _numbered(cohort.patient_id, members)
    if cohort.cluster is not None:
        group, clusters = _numbered(cohort.cluster, members)
        return ResampledPatients(clusters, index, None, group)
    by_class = None
    if strata == "class":
        positive, negative = (
            np.bincount(index[members & (cohort.truth == truth)], minlength=patients) > 0
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
    return ResampledPatients(patients, index, by_class)


def _numbered(names: Sequence[str], members: NDArray[np.bool_]) -> tuple[NDArray[np.intp], int]:
    """Return the number of each name among those of some images, by code point, -1 for others; and their count."""
    wanted = sorted({names[row] for row in np.flatnonzero(members).tolist()})
    position = {name: place for place, name in enumerate(wanted)}
    return np.array([position.get(name, -1) for name in names], dtype=np.intp), len(wanted)


def images_of(cohort: JoinedCohort, rows: NDArray[np.intp], drawn: ResampledPatients) -> Units:
    """Return some images as units, in the order of ``rows``, shape (images,)."""
    group = None if drawn.group is None else drawn.group[rows]
    return Units(drawn.index[rows], cohort.truth[rows], cohort.score[rows], cohort.called[rows], group)


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
        drawn: the clusters that are resampled; every member's is among them.
        unit: the unit of analysis.
        weights: of each study, whole numbers, shape (studies,); only with unit ``image``.
        metrics: as in `Sample`.
    """
    rows = np.flatnonzero(members)
    images = images_of(cohort, rows, drawn)
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
        counts=counts_by_cluster(units, cells, drawn.count, of_rows),
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


def counts_by_cluster(
    units: Units, cells: NDArray[np.intp], clusters: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Count TP, FP, FN, TN by resampled cluster, shape (clusters, 4), from the outcome of each unit."""
    flat = np.bincount(4 * units.cluster + cells, weights, 4 * clusters)
    return flat.reshape(clusters, 4).astype(np.float64)


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
    present, first, position = np.unique(images.patient, return_index=True, return_inverse=True)

    def any_of(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return np.bincount(position, weights=flags, minlength=len(present)) > 0

    truth = np.where(any_of(images.truth == INDETERMINATE), INDETERMINATE, NEGATIVE)
    truth[any_of(images.truth == POSITIVE)] = POSITIVE
    called = any_of(images.called)
    score = np.full(len(present), -np.inf)
    np.maximum.at(score, position[images.processed], images.score[images.processed])
    score[any_of(~images.processed) & ~called] = np.nan
    group = None if images.group is None else images.group[first]
    return Units(present, truth.astype(np.int8), score, called, group)


def _take(units: Units, chosen: NDArray[np.bool_]) -> Units:
    return units if chosen.all() else units.at(chosen)


def tally_of(units: Units, images: int) -> Tally:
    """Count the units of each class, their patients and clusters; ``images`` are those of all units."""
    positive, negative = units.truth == POSITIVE, units.truth == NEGATIVE
    return Tally(
        images=images,
        patients=len(np.unique(units.patient)),
        positives=int(positive.sum()),
        negatives=int(negative.sum()),
        positive_patients=len(np.unique(units.patient[positive])),
        negative_patients=len(np.unique(units.patient[negative])),
        clusters=ClusterCounts(
            *(len(np.unique(units.cluster[chosen])) for chosen in (slice(None), positive, negative))
        )
        if units.grouped
        else None,
    )
