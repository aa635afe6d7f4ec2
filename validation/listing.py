"""line_listing.csv: every study with its truth, score, call, outcome and levels, so that any count can be recounted.

Owns the columns and their words. Source: the contract ("results.json").
"""

from collections.abc import Sequence

import numpy as np

from protocols.canonical import csv_text
from validation.cohort import INDETERMINATE, NEGATIVE, NO_TRUTH, POSITIVE, JoinedCohort
from validation.outcomes import Units, outcome
from validation.subgroups import Axis

COLUMNS = ("image_id", "patient_id", "reference", "score", "called", "outcome", "step")
REFERENCE_WORDS = {POSITIVE: "positive", NEGATIVE: "negative", INDETERMINATE: "indeterminate", NO_TRUTH: ""}
OUTCOME_WORDS = ("TP", "FP", "FN", "TN")


def line_listing(cohort: JoinedCohort, axes: Sequence[Axis]) -> str:
    """One line a study in the order of the cohort; outcome and called are empty where there is none."""
    units = Units(np.arange(len(cohort.image_id)), cohort.truth, cohort.score, cohort.called)
    outcomes, has_score = outcome(units), units.processed
    levels = [[axis.levels[code] for code in axis.codes] for axis in axes]
    rows = []
    for row, image in enumerate(cohort.image_id):
        analysed, processed = cohort.step[row] == "analysed", bool(has_score[row])
        rows.append(
            [
                image,
                cohort.patient_id[row],
                REFERENCE_WORDS[int(cohort.truth[row])],
                repr(float(cohort.score[row])) if processed else "",
                ("positive" if cohort.called[row] else "negative") if processed else "",
                OUTCOME_WORDS[outcomes[row]] if analysed else "",
                cohort.step[row],
                *(column[row] for column in levels),
            ]
        )
    return csv_text([*COLUMNS, *(axis.name for axis in axes)], rows)
