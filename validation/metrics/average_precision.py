"""Average precision and points of the precision-recall curve, of ranked units.

Owns what is made of precision and recall at every score: the value, the value without each patient, and the points.
The order of scores and the replicates are `ranking`; the interval of a precision is `proportions`. Precision depends
on prevalence, and so does all of this.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import PLACES, rounded
from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Units
from validation.intervals.proportions import clustered_proportion, exact_clustered
from validation.metrics.counts import divide
from validation.metrics.ranking import Steps, on_grid, steps_of
from validation.results.secondary import PrecisionRecallPoint

RECALLS = 20  # 0.05, 0.10, ..., 1.00
MANY = 256  # units of one patient


@dataclass(frozen=True, slots=True)
class Curve:
    """Counts at each step: its own positives, and the positives and units that test positive; shape (steps,) each."""

    gained: NDArray[np.float64]
    positives: NDArray[np.float64]
    called: NDArray[np.float64]


def average_precision(ranked: Units) -> float:
    """Return the sum over falling scores of (gain in recall) x precision, in (0, 1]; NaN without positives.

    Units of one score are one step and nothing is interpolated, as in scikit-learn. It is 1 without negatives and
    the prevalence where every score is equal; a score without information comes close to the prevalence.
    """
    positive = ranked.truth == POSITIVE
    area = _area(_curve(steps_of(ranked), positive))
    return float(on_grid(divide(np.asarray(area), np.asarray(float(positive.sum())))))


def average_precision_jackknife(ranked: Units) -> NDArray[np.float64]:
    """Return average precision without each patient with a unit, in patient order; NaN where no positive is left.

    A step with h positives, at which P positives and N units test positive, a and c of them the patient's, counts
    h (P - a) / (N - c) without that patient, unless it has units of the patient itself. From one of these to the next
    a and c stay the same, so that running sums of h P / (N - c) and h / (N - c) for each c serve all patients.
    """
    present, patient = np.unique(ranked.cluster, return_inverse=True)
    steps, positive = steps_of(ranked), ranked.truth == POSITIVE
    whole, size = _curve(steps, positive), len(present)
    area = np.zeros(size)
    # Running sums for each number of units would be too many for a patient who has very many: left out one by one.
    many = np.bincount(patient, minlength=size) > MANY
    for one in np.flatnonzero(many):
        mine = patient == one
        own = _curve(Steps(steps.threshold, steps.at[mine]), positive[mine])
        area[one] = _area(
            Curve(whole.gained - own.gained, whole.positives - own.positives, whole.called - own.called)
        )
    few = ~many[patient]
    stays = _stays(np.flatnonzero(~many), patient[few], steps.at[few], positive[few], len(steps.threshold))
    area += np.bincount(stays.patient, _own_terms(whole, stays) + _terms_between(whole, stays), size)
    positives = np.bincount(patient[positive], minlength=size).astype(np.float64)
    return on_grid(divide(area, positives.sum() - positives))


def precision_recall(ranked: Units, confidence_level: float) -> tuple[PrecisionRecallPoint, ...]:
    """Return the highest threshold that reaches each recall of 0.05, 0.10, ..., 1.00; empty without positives.

    The interval is `exact_clustered` of the precision, with patients as clusters, of the units positive there.
    Numbers are rounded to 9 decimals but for the threshold, which is a score.
    """
    steps, positive = steps_of(ranked), ranked.truth == POSITIVE
    curve, total = _curve(steps, positive), float(positive.sum())
    reached = np.searchsorted(RECALLS * curve.positives, np.arange(1, RECALLS + 1) * total)
    points = []
    for step in np.unique(reached).tolist() if total else []:
        called = steps.at <= step
        right = np.bincount(ranked.cluster[called], positive[called]).astype(np.float64)
        trials = np.bincount(ranked.cluster[called]).astype(np.float64)
        sample = clustered_proportion(right, trials, confidence_level, grouped=ranked.grouped)
        low, high = exact_clustered(sample, confidence_level)
        points.append(
            PrecisionRecallPoint(
                threshold=float(steps.threshold[step]),
                recall=rounded(float(curve.positives[step]) / total, PLACES),
                precision=rounded(sample.proportion, PLACES),
                interval=(rounded(low, PLACES), rounded(high, PLACES)),
            )
        )
    return tuple(points)


@dataclass(frozen=True, slots=True)
class _Stays:
    """Each patient's way down the steps: an entry for every step that has units of that patient, in this order.

    The first entry of each is at step -1, for what is above all its units. ``gained`` are the patient's positives at
    the step, ``positives`` and ``units`` those called so far; ``until`` is the next entry's step or the number of
    steps.
    """

    patient: NDArray[np.intp]
    step: NDArray[np.intp]
    until: NDArray[np.intp]
    gained: NDArray[np.float64]
    positives: NDArray[np.float64]
    units: NDArray[np.float64]


def _stays(
    patients: NDArray[np.intp],
    patient: NDArray[np.intp],
    at: NDArray[np.intp],
    positive: NDArray[np.bool_],
    steps: int,
) -> _Stays:
    called = at < steps
    places = np.concatenate([patients * (steps + 1), (patient * (steps + 1) + at + 1)[called]])
    entries, entry = np.unique(places, return_inverse=True)
    entry = entry[len(patients) :]
    step = entries % (steps + 1) - 1
    begins = step == -1
    nth = np.cumsum(begins) - 1
    until = np.roll(step, -1)
    gained = np.bincount(entry, positive[called], len(entries)).astype(np.float64)
    positives = np.cumsum(gained)
    units = np.cumsum(np.bincount(entry, minlength=len(entries))).astype(np.float64)
    return _Stays(
        patient=patients[nth],
        step=step,
        until=np.where(until == -1, steps, until),
        gained=gained,
        positives=positives - positives[begins][nth],
        units=units - units[begins][nth],
    )


def _own_terms(whole: Curve, stays: _Stays) -> NDArray[np.float64]:
    """Return what is left of the terms at steps that have units of the patient."""
    own = stays.step >= 0
    step = np.maximum(stays.step, 0)[own]
    terms = np.zeros(len(own))
    terms[own] = (
        (whole.gained[step] - stays.gained[own])
        * (whole.positives[step] - stays.positives[own])
        / np.maximum(whole.called[step] - stays.units[own], 1)
    )
    return terms


def _terms_between(whole: Curve, stays: _Stays) -> NDArray[np.float64]:
    """Sum the terms at the steps after each that has units of the patient, to before the next that has."""
    sums = np.zeros(len(stays.step))
    order = np.argsort(stays.units, kind="stable")
    borders = np.flatnonzero(np.diff(stays.units[order])) + 1
    for rows in np.split(order, borders) if len(order) else []:
        others = whole.called - stays.units[rows[:1]]
        # Where no other unit tests positive, no terms are used.
        quotients = np.where(others > 0, whole.gained / np.maximum(others, 1), 0.0)
        of_all = np.append(0.0, np.cumsum(quotients * whole.positives))
        of_one = np.append(0.0, np.cumsum(quotients))
        after, until = stays.step[rows] + 1, stays.until[rows]
        sums[rows] = of_all[until] - of_all[after] - stays.positives[rows] * (of_one[until] - of_one[after])
    return sums


def _curve(steps: Steps, positive: NDArray[np.bool_]) -> Curve:
    size = len(steps.threshold)
    gained = np.bincount(steps.at[positive], minlength=size).astype(np.float64)
    called = np.cumsum(np.bincount(steps.at, minlength=size)[:size]).astype(np.float64)
    return Curve(gained, np.cumsum(gained), called)


def _area(curve: Curve) -> float:
    """Sum gained x precision, in order of score as on each resample; 0/0 is 0, where nothing tests positive."""
    terms = curve.gained * curve.positives / np.maximum(curve.called, 1)
    return float(np.append(0.0, np.cumsum(terms))[-1])
