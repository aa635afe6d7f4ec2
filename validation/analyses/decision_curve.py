"""Net benefit at threshold probabilities, compared with treating all and treating none.

Of determinate, processed units. The score is taken as a probability: at a threshold probability p one false positive
weighs p / (1 - p) true positives. Source: Vickers & Elkin 2006.
"""

import numpy as np

from protocols.storage.canonical import FITTED_PLACES, rounded
from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Units
from validation.intervals.linearisation import student_interval
from validation.results.secondary import DecisionCurvePoint

# Finer in the range where triage devices are used.
GRID = tuple(percent / 100 for percent in (*range(1, 21), *range(25, 100, 5), 99))


def decision_curve(
    ranked: Units, threshold: float, confidence_level: float
) -> tuple[DecisionCurvePoint, ...]:
    """Compute net benefit (TP - FP p/(1-p)) / n, test positive at score >= p, on the grid and at the locked threshold.

    Args:
        ranked: units with truth 1 or 0 and a score in [0, 1].
        threshold: the locked one; left out where it is 1, at which a false positive has infinite weight.
        confidence_level: of the linearised interval with patients as clusters. The interval is None for a single
            patient and where no patient differs from the others.

    Returns:
        Thresholds rising, numbers rounded to 6 decimals but for the threshold; empty without units.
    """
    units = len(ranked.score)
    if units == 0:
        return ()
    present, patient = np.unique(ranked.cluster, return_inverse=True)
    positive = ranked.truth == POSITIVE
    of_patient = np.bincount(patient)
    prevalence = float(positive.sum()) / units
    points = []
    for at in sorted({*GRID, *((threshold,) if threshold < 1 else ())}):
        odds = at / (1 - at)
        called = ranked.score >= at
        tp = np.bincount(patient[called & positive], minlength=len(present))
        fp = np.bincount(patient[called & ~positive], minlength=len(present))
        net_benefit = (float(tp.sum()) - float(fp.sum()) * odds) / units
        influence = (tp - fp * odds - net_benefit * of_patient) / units
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
