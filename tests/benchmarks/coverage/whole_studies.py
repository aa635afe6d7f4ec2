"""A simulated study in the product's own types, and its estimates with one draw of patients kept for all studies.

A protocol fixes the seed, so that all studies of a size have the same draws in the product as well.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from protocols.schema.protocol import Protocol
from validation.cohort.join import JoinedCohort
from validation.cohort.outcomes import ResampledPatients, Sample, sample_of
from validation.estimates.estimates import estimates_of
from validation.estimates.replication import Replicates
from validation.intervals.bootstrap import resample_chunks
from validation.metrics.brier import squares_by_cluster
from validation.metrics.ranking import ranked_replicates, ranking_of
from validation.results.results import OVERALL_AXIS, OVERALL_LEVEL, DataQuality, Estimate, Subgroup

THRESHOLD = 0.5
OVERALL = Subgroup(OVERALL_AXIS, OVERALL_LEVEL)


def sample(patient: NDArray[np.intp], positive: NDArray[np.bool_], score: NDArray[np.float64]) -> Sample:
    """Images of patients 0, 1, ..., all read and all processed."""
    cohort = JoinedCohort(
        image_id=(),
        patient_id=(),
        truth=positive.astype(np.int8),
        score=score,
        called=score >= THRESHOLD,
        step=(),
        analysed=np.ones(len(patient), dtype=np.bool_),
        eligible=np.ones(len(patient), dtype=np.bool_),
        flow=(),
        data_quality=DataQuality(0, 0, 0, 0, 0, 0, 0),
        account=(),
    )
    drawn = ResampledPatients(int(patient.max()) + 1, patient, None)
    return sample_of(cohort, cohort.eligible, drawn, unit="image")


def estimates(study: Sample, protocol: Protocol) -> tuple[Estimate, ...]:
    """All metrics of a study, as `validate` would give them."""
    bootstrap = protocol.bootstrap
    weights = _weights(bootstrap.seed, bootstrap.replicates, study.drawn.count)
    squares = squares_by_cluster(study.scored, study.drawn.count)
    by_patient = np.concatenate([study.counts, squares], axis=1)
    with threadpool_limits(limits=1, user_api="blas"):
        sums = (by_patient.T @ weights).T
    areas = ranked_replicates([ranking_of(study.ranked, study.drawn.count)], weights)[0]
    replicates = Replicates(sums[:, :4], sums[:, 4:], areas[0], areas[1])
    return estimates_of(study, replicates, OVERALL, protocol)


@lru_cache(maxsize=2)
def _weights(seed: int, replicates: int, patients: int) -> NDArray[np.float64]:
    chunks = resample_chunks(seed, replicates, patients)
    return np.concatenate([chunk.weights for chunk in chunks], axis=1).astype(np.float64)
