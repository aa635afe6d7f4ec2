"""The errors of a device: where they lie, how far on the wrong side their scores are, and the worst of them by name.

Owns the counting of errors by level and by distance and their order; pictures of them are `localisation`. What is an
error is the listing's outcome, so that what the protocol counts in the worst case stands here as well. Counted by
image, whatever the unit of analysis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.content.rows import AxisRows
from reports.run_files.line_listing import Listing
from validation.results.results import Subgroup

MOST_LISTED = 200
BANDS = 5
MISSED, RAISED = "FN", "FP"
# Outcomes by the class that an image counts in.
AS_POSITIVE, AS_NEGATIVE = ("TP", "FN"), ("TN", "FP")


@dataclass(frozen=True, slots=True)
class Failure:
    """One image that the device got wrong; ``levels`` are of the axes that cross nothing.

    ``distance`` is None where there is no score.
    """

    image_id: str
    patient_id: str
    outcome: str
    reference: str
    score: float | None
    called: str
    distance: float | None
    levels: tuple[Subgroup, ...]


@dataclass(frozen=True, slots=True)
class ErrorCounts:
    """Images counted as positive and as negative, and the errors among each."""

    positives: int
    missed: int
    negatives: int
    raised: int


@dataclass(frozen=True, slots=True)
class ErrorsOfLevel:
    """The errors of one level of an axis."""

    subgroup: Subgroup
    counts: ErrorCounts


@dataclass(frozen=True, slots=True)
class ErrorsOfAxis:
    """An axis and the errors of its levels, in the order of the results."""

    name: str
    rows: tuple[ErrorsOfLevel, ...]


@dataclass(frozen=True, slots=True)
class Band:
    """Errors whose distance lies between two bounds; the upper belongs to the next band, but for the last."""

    low: float
    high: float
    missed: int
    raised: int


@dataclass(frozen=True, slots=True)
class Failures:
    """What a report tells of errors.

    Attributes:
        counts: of all analysed images.
        axes: where the errors lie, axes that cross nothing first.
        bands: by rising distance; together they hold every error with a score.
        unscored: false negatives and false positives without a score.
        indeterminate: errors whose reference is indeterminate.
        worst: the worst of either kind, at most `MOST_LISTED` together, by falling distance; without a score last.
            Neither kind takes the other's half while that has errors to fill it.
    """

    counts: ErrorCounts
    axes: tuple[ErrorsOfAxis, ...]
    bands: tuple[Band, ...]
    unscored: ErrorCounts
    indeterminate: int
    worst: tuple[Failure, ...]

    @property
    def errors(self) -> int:
        """False negatives and false positives together."""
        return self.counts.missed + self.counts.raised

    @property
    def listed(self) -> tuple[int, int]:
        """How many of `worst` are missed, and how many raised."""
        missed = sum(one.outcome == MISSED for one in self.worst)
        return missed, len(self.worst) - missed


def failures_of(listing: Listing, axes: Sequence[AxisRows], threshold: float) -> Failures:
    """Count and order the errors of a listing.

    The distance of an error is how far its score lies on the wrong side of the threshold, as a share of the way from
    there to the end of the scale: 0 at the threshold, 1 at a score of 0 (missed) or 1 (raised). Shares make both sides
    comparable where the threshold is far from the middle.
    """
    outcome = np.array(listing.outcome, dtype=object)
    wrong = _among(outcome, (MISSED, RAISED))
    distance = _distance(listing.score, outcome, threshold)
    scored = ~np.isnan(listing.score)
    return Failures(
        counts=_counts(outcome, np.ones(len(outcome), dtype=np.bool_)),
        axes=tuple(_of_axis(listing, outcome, axis) for axis in sorted(axes, key=lambda axis: axis.crossed)),
        bands=tuple(_bands(outcome, distance, wrong & scored)),
        unscored=_counts(outcome, ~scored),
        indeterminate=int(
            np.sum(wrong & _among(np.array(listing.reference, dtype=object), ("indeterminate",)))
        ),
        worst=tuple(_worst(listing, distance, wrong, axes)),
    )


def _among(words: NDArray[np.object_], chosen: Sequence[str]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.zeros(len(words), dtype=np.bool_)
    for word in chosen:
        found |= (words == word).astype(np.bool_)
    return found


def _counts(outcome: NDArray[np.object_], where: NDArray[np.bool_]) -> ErrorCounts:
    def number(*chosen: str) -> int:
        return int(np.sum(where & _among(outcome, chosen)))

    return ErrorCounts(
        positives=number(*AS_POSITIVE),
        missed=number(MISSED),
        negatives=number(*AS_NEGATIVE),
        raised=number(RAISED),
    )


def _distance(
    score: NDArray[np.float64], outcome: NDArray[np.object_], threshold: float
) -> NDArray[np.float64]:
    """Of every image, meaningful for errors alone; 0 where the threshold is itself the end of the scale."""
    below = (threshold - score) / threshold if threshold > 0 else score * 0
    above = (score - threshold) / (1 - threshold) if threshold < 1 else score * 0
    return np.where(_among(outcome, (MISSED,)), below, above)


def _of_axis(listing: Listing, outcome: NDArray[np.object_], axis: AxisRows) -> ErrorsOfAxis:
    levels = np.array(listing.levels[axis.name], dtype=object)
    rows = (
        ErrorsOfLevel(row.subgroup, _counts(outcome, _among(levels, (row.subgroup.level,))))
        for row in axis.rows
    )
    return ErrorsOfAxis(axis.name, tuple(rows))


def _bands(
    outcome: NDArray[np.object_], distance: NDArray[np.float64], wrong: NDArray[np.bool_]
) -> Iterator[Band]:
    which = np.full(len(distance), -1)
    which[wrong] = np.minimum(np.floor(distance[wrong] * BANDS), BANDS - 1)
    for band in range(BANDS):
        counts = _counts(outcome, which == band)
        yield Band(band / BANDS, (band + 1) / BANDS, counts.missed, counts.raised)


def _worst(
    listing: Listing, distance: NDArray[np.float64], wrong: NDArray[np.bool_], axes: Sequence[AxisRows]
) -> Iterator[Failure]:
    def place(row: int) -> tuple[bool, float, str]:
        unscored = bool(np.isnan(distance[row]))
        return unscored, 0.0 if unscored else -float(distance[row]), listing.image_id[row]

    kinds: dict[str, list[int]] = {MISSED: [], RAISED: []}
    for row in (int(index) for index in np.flatnonzero(wrong)):
        kinds[listing.outcome[row]].append(row)
    missed, raised = (sorted(rows, key=place) for rows in kinds.values())
    of_missed = min(len(missed), max(MOST_LISTED // 2, MOST_LISTED - len(raised)))
    plain = [axis.name for axis in axes if not axis.crossed]
    for row in sorted(missed[:of_missed] + raised[: MOST_LISTED - of_missed], key=place):
        unscored = bool(np.isnan(listing.score[row]))
        yield Failure(
            image_id=listing.image_id[row],
            patient_id=listing.patient_id[row],
            outcome=listing.outcome[row],
            reference=listing.reference[row],
            score=None if unscored else float(listing.score[row]),
            called=listing.called[row],
            distance=None if unscored else float(distance[row]),
            levels=tuple(Subgroup(name, listing.levels[name][row]) for name in plain),
        )
