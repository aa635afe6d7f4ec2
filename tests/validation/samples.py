"""Samples of a few images, as the validation makes them of a cohort."""

from types import SimpleNamespace
from typing import cast

import numpy as np
from hypothesis import strategies as st

from validation.cohort.join import JoinedCohort
from validation.cohort.outcomes import ResampledPatients, Sample, Unit, sample_of

NAN = float("nan")
Row = tuple[int, int, float]  # patient; truth 1, 0 or -1 for indeterminate; score, NaN where not processed

ROWS = st.lists(
    st.tuples(
        st.integers(0, 5), st.sampled_from([1, 1, 0, 0, -1]), st.sampled_from([0.1, 0.3, 0.3, 0.6, 0.8, NAN])
    ),
    min_size=1,
    max_size=25,
)


def sample(rows: list[Row], unit: Unit = "image") -> Sample:
    """Images called at 0.5."""
    patient, truth, score = (np.array(column) for column in zip(*rows, strict=True))
    called = np.nan_to_num(score.astype(np.float64), nan=0.0) >= 0.5
    cohort = SimpleNamespace(truth=truth.astype(np.int8), score=score.astype(np.float64), called=called)
    drawn = ResampledPatients(int(patient.max()) + 1, patient.astype(np.intp), None)
    return sample_of(cast(JoinedCohort, cohort), np.ones(len(rows), dtype=np.bool_), drawn, unit=unit)
