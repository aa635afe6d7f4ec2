"""The errors of a device by subgroup and by distance from the threshold, and the worst of them by name.

Owns the counts by level and by distance, and the order; illustrations are `localisation`. An error is an outcome FN or
FP of the listing, so that values counted in the worst case are included. Counted per image, whatever the unit of
analysis.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports.content.estimate_rows import AxisRows
from reports.run_files.line_listing import Listing
from validation.results.results import Subgroup

MOST_LISTED = 200
BANDS = 5
MISSED, RAISED = "FN", "FP"
# Outcomes by the class that an image counts in.
AS_POSITIVE, AS_NEGATIVE = ("TP", "FN"), ("TN", "FP")


@dataclass(frozen=True, slots=True)
class Failure:
    """An image that is a false negative or a false positive; ``levels`` are of uncrossed axes.

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
    """Images counted as positive and as negative, and the errors among both."""

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
    """Errors with a distance in a half-open range ``[low, high)``; the last band includes its upper bound."""

    low: float
    high: float
    missed: int
    raised: int


@dataclass(frozen=True, slots=True)
class Failures:
    """The errors that a report prints.

    Attributes:
        counts: of all analysed images.
        axes: errors by axis, uncrossed axes first.
        bands: by increasing distance; together they contain every error with a score.
        unscored: false negatives and false positives without a score.
        indeterminate: errors whose reference is indeterminate.
        worst: the worst of both kinds, at most `MOST_LISTED` together, by decreasing distance, without a score last;
            each kind has at least half of the places as far as it has errors.
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
        """How many of `worst` are false negatives, and how many false positives."""
        missed = sum(one.outcome == MISSED for one in self.worst)
        return missed, len(self.worst) - missed


def failures_of(listing: Listing, axes: Sequence[AxisRows], threshold: float) -> Failures:
    """Count and order the errors of a listing.

    The distance of an error is that of its score from the threshold, as a proportion of the range on that side: 0 at
    the threshold, 1 at a score of 0 (FN) or 1 (FP). Proportions make both sides comparable where the threshold is far
    from the middle.
    """
    outcome = np.array(listing.outcome, dtype=object)
    wrong = np.isin(outcome, (MISSED, RAISED))
    distance = _distance(listing.score, outcome, threshold)
    scored = ~np.isnan(listing.score)
    return Failures(
        counts=_counts(outcome, np.ones(len(outcome), dtype=np.bool_)),
        axes=tuple(_of_axis(listing, outcome, axis) for axis in sorted(axes, key=lambda axis: axis.crossed)),
        bands=tuple(_bands(outcome, distance, wrong & scored)),
        unscored=_counts(outcome, ~scored),
        indeterminate=int(np.sum(wrong & (np.array(listing.reference, dtype=object) == "indeterminate"))),
        worst=tuple(_worst(listing, distance, wrong, axes)),
    )


def _counts(outcome: NDArray[np.object_], where: NDArray[np.bool_]) -> ErrorCounts:
    def number(*chosen: str) -> int:
        return int(np.sum(where & np.isin(outcome, chosen)))

    return ErrorCounts(
        positives=number(*AS_POSITIVE),
        missed=number(MISSED),
        negatives=number(*AS_NEGATIVE),
        raised=number(RAISED),
    )


def _distance(
    score: NDArray[np.float64], outcome: NDArray[np.object_], threshold: float
) -> NDArray[np.float64]:
    """Return the distance per image, valid for errors only; 0 if the threshold is an end of the scale."""
    below = (threshold - score) / threshold if threshold > 0 else score * 0
    above = (score - threshold) / (1 - threshold) if threshold < 1 else score * 0
    return np.where(outcome == MISSED, below, above)


def _of_axis(listing: Listing, outcome: NDArray[np.object_], axis: AxisRows) -> ErrorsOfAxis:
    levels = np.array(listing.levels[axis.name], dtype=object)
    rows = (ErrorsOfLevel(row.subgroup, _counts(outcome, levels == row.subgroup.level)) for row in axis.rows)
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
