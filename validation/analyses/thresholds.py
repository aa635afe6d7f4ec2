"""The device at thresholds around the locked one: how much results depend on it. Nothing here decides.

Owns the choice of thresholds. Outcomes are `outcomes`, with the same rules for missing results; intervals
`closed_form`.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import PLACES, rounded
from validation.cohort.outcomes import Unit, Units, by_patient, counts_by_cluster, outcome
from validation.estimates.closed_form import closed_estimate
from validation.results.secondary import ThresholdRow

SHIFTS = (-10, -5, -2, -1, 1, 2, 5, 10)  # percentage points of the units with a score
METRICS = ("sensitivity", "specificity", "f1", "ppv", "npv")


def threshold_rows(
    images: Units, *, unit: Unit, clusters: int, threshold: float, confidence_level: float
) -> tuple[ThresholdRow, ...]:
    """Return rows at the locked threshold, and at those where the proportion of test positives is nearest each shift.

    A unit is test positive where a score of it is at or above the threshold; the proportion is of the units with any
    score, whatever their reference. Equal scores have equal results, so that a shift may be missed; of two scores
    equally near the one closer to the locked threshold is taken, and a threshold with the results of another row is
    left out.

    Args:
        images: all images of the row, including those without a score or with an indeterminate reference.
        unit: the unit of analysis; a patient is test positive where any image is.
        clusters: number of resampled clusters, which ``images.cluster`` indexes.
        threshold: the locked one, in [0, 1].
        confidence_level: of `exact_clustered`.

    Returns:
        Thresholds rising; the locked one as it is given, with shift 0.
    """
    scores = images if unit == "image" else by_patient(_scored(images))
    ordered = np.sort(scores.score[scores.processed])
    locked = int((ordered >= threshold).sum())
    rows = []
    for at, called in sorted({threshold: locked, **_around(ordered, locked)}.items()):
        units = _called_at(images, at)
        units = units if unit == "image" else by_patient(units)
        counts = counts_by_cluster(units, outcome(units), clusters)
        shift = (called - locked) / max(1, len(ordered))
        estimates = tuple(
            closed_estimate(name, counts, confidence_level, grouped=images.grouped) for name in METRICS
        )
        rows.append(ThresholdRow(at, rounded(shift, PLACES), called, estimates))
    return tuple(rows)


def _around(ordered: NDArray[np.float64], locked: int) -> dict[float, int]:
    """Choose scores as thresholds, with their numbers of test positives, from all scores in rising order."""
    candidates, first = np.unique(ordered, return_index=True)
    called = len(ordered) - first
    different = called != locked
    # The locked threshold represents every score with the same test positives.
    candidates = np.append(candidates[different], np.nan)
    called = np.append(called[different], locked)
    chosen = {}
    for shift in SHIFTS:
        missed = np.abs(100 * (called - locked) - shift * len(ordered))
        nearest = np.flatnonzero(missed == missed.min())
        place = nearest[np.abs(called[nearest] - locked).argmin()]
        if called[place] != locked:
            chosen[float(candidates[place])] = int(called[place])
    return chosen


def _scored(images: Units) -> Units:
    return images.at(images.processed)


def _called_at(images: Units, threshold: float) -> Units:
    return replace(images, called=images.score >= threshold)
