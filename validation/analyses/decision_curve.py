"""Net benefit of calling at every threshold probability, beside calling everyone and calling no one.

Of determinate, processed units. Reads the score as a probability: whoever would act on a probability of p weighs
one false call against (1 - p) / p missed positives. Source: Vickers & Elkin 2006.
"""

import numpy as np

from protocols.storage.canonical import FITTED_PLACES, rounded
from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Units
from validation.intervals.linearisation import student_interval
from validation.results.secondary import DecisionCurvePoint

# Closer together where a triage device is used.
GRID = tuple(percent / 100 for percent in (*range(1, 21), *range(25, 100, 5), 99))


def decision_curve(
    ranked: Units, threshold: float, confidence_level: float
) -> tuple[DecisionCurvePoint, ...]:
    """Net benefit (TP - FP p/(1-p)) / n where score >= p is called positive, on the grid and at the locked threshold.

    Args:
        ranked: units with truth 1 or 0 and a score in [0, 1].
        threshold: the locked one; left out where it is 1, which weighs a false call infinitely.
        confidence_level: of the linearised interval with patients as clusters. The interval is None for one patient
            alone and where no patient differs from the others.

    Returns:
        Thresholds rising, numbers rounded to 6 decimals but for the threshold; empty without units.
    """
    units = len(ranked.score)
    if units == 0:
        return ()
    present, patient = np.unique(ranked.patient, return_inverse=True)
    positive = ranked.truth == POSITIVE
    of_patient = np.bincount(patient)
    prevalence = float(positive.sum()) / units
    points = []
    for at in sorted({*GRID, *((threshold,) if threshold < 1 else ())}):
        odds = at / (1 - at)
        called = ranked.score >= at
        true_calls = np.bincount(patient[called & positive], minlength=len(present))
        false_calls = np.bincount(patient[called & ~positive], minlength=len(present))
        net_benefit = (float(true_calls.sum()) - float(false_calls.sum()) * odds) / units
        influence = (true_calls - false_calls * odds - net_benefit * of_patient) / units
        measured = student_interval(net_benefit, influence, confidence_level)
        points.append(
            DecisionCurvePoint(
                threshold=at,
                net_benefit=rounded(net_benefit, FITTED_PLACES),
                interval=measured.interval,
                treat_all=rounded(prevalence - (1 - prevalence) * odds, FITTED_PLACES),
            )
        )
    return tuple(points)
