"""line_listing.csv: every study with its reference, score, test result, outcome and levels, to verify any count.

Owns the columns and their values. Source: the contract ("results.json").
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from protocols.tables.column_writer import csv_rows, numbers_as_text
from protocols.tables.reading import TEXT
from validation.cohort.join import INDETERMINATE, NEGATIVE, NO_TRUTH, POSITIVE, JoinedCohort
from validation.cohort.outcomes import Units, outcome
from validation.cohort.subgroups import Axis

COLUMNS = ("image_id", "patient_id", "reference", "score", "called", "outcome", "step")
REFERENCE_WORDS = {POSITIVE: "positive", NEGATIVE: "negative", INDETERMINATE: "indeterminate", NO_TRUTH: ""}
OUTCOME_WORDS = np.array(["TP", "FP", "FN", "TN"], dtype=object)


def line_listing(cohort: JoinedCohort, axes: Sequence[Axis]) -> str:
    """Return one line per study in the order of the cohort; outcome and called are empty where there is none."""
    units = Units(np.arange(len(cohort.image_id)), cohort.truth, cohort.score, cohort.called)
    words = (
        cohort.image_id,
        cohort.patient_id,
        pd.Series(cohort.truth).map(REFERENCE_WORDS),
        numbers_as_text(cohort.score),
        np.where(units.processed, np.where(cohort.called, "positive", "negative"), ""),
        np.where(cohort.analysed, OUTCOME_WORDS[outcome(units)], ""),
        cohort.step,
        *(np.array(axis.levels, dtype=object)[axis.codes] for axis in axes),
    )
    columns = [pd.Series(cells, dtype=TEXT) for cells in words]
    return csv_rows([*COLUMNS, *(axis.name for axis in axes)], columns)
