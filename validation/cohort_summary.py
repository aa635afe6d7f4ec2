"""Who was analysed: images and patients by class, images a patient, what is unknown.

Owns the `cohort` part of results.json. Source: the contract ("results.json").
"""

from collections import Counter

import numpy as np

from protocols.canonical import rounded
from protocols.records import Studies
from validation.cohort import NEGATIVE, POSITIVE, JoinedCohort
from validation.results import CohortSummary


def cohort_summary(cohort: JoinedCohort, studies: Studies) -> CohortSummary:
    """Count the analysed images; prevalence is None where no reference is determinate."""
    analysed = np.flatnonzero(cohort.analysed)
    images_of = Counter(cohort.patient_id[row] for row in analysed)
    patients_with = {
        truth: {cohort.patient_id[row] for row in analysed if cohort.truth[row] == truth}
        for truth in (POSITIVE, NEGATIVE)
    }
    positives = int((cohort.truth[analysed] == POSITIVE).sum())
    negatives = int((cohort.truth[analysed] == NEGATIVE).sum())
    determinate = positives + negatives
    return CohortSummary(
        images=len(analysed),
        patients=len(images_of),
        positives=positives,
        negatives=negatives,
        positive_patients=len(patients_with[POSITIVE]),
        negative_patients=len(patients_with[NEGATIVE]),
        prevalence=rounded(positives / determinate) if determinate else None,
        images_per_patient=rounded(len(analysed) / len(images_of)),
        patients_by_images={str(count): many for count, many in sorted(Counter(images_of.values()).items())},
        synthetic=any(studies.is_phantom(int(row)) for row in analysed),
        data_quality=cohort.data_quality,
    )
