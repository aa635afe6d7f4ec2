"""Summary of the analysed cohort: images and patients by class, images per patient, unknown values.

Owns the `cohort` part of results.json. Source: the contract ("results.json").
"""

import numpy as np
import pandas as pd

from protocols.storage.canonical import rounded
from protocols.tables.records import Studies
from validation.cohort.join import NEGATIVE, POSITIVE, JoinedCohort
from validation.results.results import CohortSummary


def cohort_summary(cohort: JoinedCohort, studies: Studies) -> CohortSummary:
    """Count the analysed images; prevalence is None where no reference is determinate."""
    patient = studies.frame["patient_id"][cohort.analysed].astype(object)
    truth = pd.Series(cohort.truth)[cohort.analysed]
    images_of = patient.value_counts()
    positives, negatives = int((truth == POSITIVE).sum()), int((truth == NEGATIVE).sum())
    determinate = positives + negatives
    sizes, patients = np.unique(images_of, return_counts=True)
    return CohortSummary(
        images=len(patient),
        patients=len(images_of),
        positives=positives,
        negatives=negatives,
        positive_patients=patient[truth == POSITIVE].nunique(),
        negative_patients=patient[truth == NEGATIVE].nunique(),
        prevalence=rounded(positives / determinate) if determinate else None,
        images_per_patient=rounded(len(patient) / len(images_of)),
        patients_by_images=dict(zip(map(str, sizes), patients.tolist(), strict=True)),
        synthetic=bool(studies.phantom[cohort.analysed].any()),
        data_quality=cohort.data_quality,
    )
