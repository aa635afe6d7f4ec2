"""line_listing.csv -> scores by truth, the ROC curve and the table of calls.

Owns the reading of the listing and the reduction of images to patients. Its counts must agree with results.json, which
`two_by_two` checks.
Source: the contract ("results.json: line_listing.csv"; "Statistics", 5 for patients).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from protocols.tables.reading import read_table

COLUMNS = ("image_id", "patient_id", "reference", "score", "called", "outcome", "step")
REFERENCES = ("positive", "negative", "indeterminate")
CALLS = ("positive", "negative", "")
GRID = 1000


@dataclass(frozen=True, slots=True)
class Listing:
    """The analysed images, each field with one entry per image; ``score`` is NaN where there is none.

    ``levels`` is by axis, in the order of the file's columns.
    """

    patient_id: tuple[str, ...]
    reference: tuple[str, ...]
    score: NDArray[np.float64]
    called: tuple[str, ...]
    outcome: tuple[str, ...]
    image_id: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def outcomes(self) -> Mapping[str, int]:
        """Count the images that are TP, FP, FN and TN."""
        return Counter(self.outcome)

    def calls(self) -> Mapping[tuple[str, str], int]:
        """Count the images by reference and call; the call is empty without a score."""
        return Counter(zip(self.reference, self.called, strict=True))


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the determinate, processed units by truth, in ascending order."""

    positive: NDArray[np.float64]
    negative: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Roc:
    """An empirical ROC curve, both coordinates in [0, 1] from (0, 0) to (1, 1), and the area under it."""

    false_positive_rate: NDArray[np.float64]
    true_positive_rate: NDArray[np.float64]
    area: float


def read_listing(path: Path) -> Listing:
    """Read the analysed lines of a listing.

    Raises:
        BadInputError: the file cannot be read, or a column is missing.
    """
    table = read_table(path)
    table.require(COLUMNS)
    columns = table.columns
    kept = [row for row, step in enumerate(columns["step"]) if step == "analysed"]

    def cells(name: str) -> tuple[str, ...]:
        return tuple(columns[name][row] for row in kept)

    score = np.array([float(cell) if cell else np.nan for cell in cells("score")], dtype=np.float64)
    return Listing(
        patient_id=cells("patient_id"),
        reference=cells("reference"),
        score=score,
        called=cells("called"),
        outcome=cells("outcome"),
        image_id=cells("image_id"),
        levels={name: cells(name) for name in columns if name not in COLUMNS},
    )


def scores_by_truth(listing: Listing, unit: str, *, in_order: bool = False) -> Scores:
    """Return the scores of determinate, processed images, or of patients as the contract reduces them.

    A patient is positive if any image is, else indeterminate if any is. The score of a patient is the largest; without
    a positive call and with an unscored image there is none. With ``in_order`` nothing is left out: a positive without
    a score gets minus infinity, a negative with an unscored image infinity.
    """
    if unit == "image":
        reference, score, incomplete = listing.reference, listing.score, np.isnan(listing.score)
    else:
        reference, score, incomplete = _by_patient(listing)
    if in_order:
        score = np.where(np.isnan(score), -np.inf, score)
        score[incomplete & _are(reference, "negative")] = np.inf
    return Scores(*(np.sort(score[_are(reference, word) & ~np.isnan(score)]) for word in REFERENCES[:2]))


def _are(reference: tuple[str, ...], word: str) -> NDArray[np.bool_]:
    return np.array([cell == word for cell in reference], dtype=np.bool_)


def _by_patient(listing: Listing) -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.bool_]]:
    """Return reference and score per patient, and whether any image of the patient has no score."""
    images: dict[str, list[int]] = {}
    for row, patient in enumerate(listing.patient_id):
        images.setdefault(patient, []).append(row)
    reference, score, incomplete = [], np.full(len(images), np.nan), np.zeros(len(images), np.bool_)
    for position, rows in enumerate(images.values()):
        truths = {listing.reference[row] for row in rows}
        reference.append(next(word for word in ("positive", "indeterminate", "negative") if word in truths))
        calls = {listing.called[row] for row in rows}
        incomplete[position] = "" in calls
        if "positive" in calls or "" not in calls:
            score[position] = np.nanmax(listing.score[rows])
    return tuple(reference), score, incomplete


def roc(scores: Scores) -> Roc | None:
    """Compute the curve over all thresholds, thinned to a grid of 0.001; None where a class has no score.

    The area is computed before thinning: the proportion of positive-negative pairs in the right order, ties half.
    """
    positives, negatives = len(scores.positive), len(scores.negative)
    if not positives or not negatives:
        return None
    thresholds = np.unique(np.concatenate([scores.positive, scores.negative]))
    missed = np.searchsorted(scores.positive, thresholds)
    cleared = np.searchsorted(scores.negative, thresholds)
    true_positives = np.concatenate([[0], (positives - missed)[::-1]])
    false_positives = np.concatenate([[0], (negatives - cleared)[::-1]])
    doubled = int(np.sum(np.diff(false_positives) * (true_positives[1:] + true_positives[:-1])))
    x, y = false_positives / negatives, true_positives / positives
    cells = np.stack([np.round(x * GRID), np.round(y * GRID)])
    kept = np.concatenate([[True], np.any(np.diff(cells) != 0, axis=0)])
    kept[-1] = True
    return Roc(x[kept], y[kept], doubled / (2 * positives * negatives))
