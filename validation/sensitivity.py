"""The whole cohort again under other rules: would another defensible choice have said something else?

Owns which analyses stand beside the primary one and the samples they are computed from. Leaving out sites or readers
is `leave_one_out`; what comes of a sample is `estimates`.
Source: the contract ("Statistics", 4 and 5); FDA 2007 (equivocal results both ways).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from protocols.records import Verdict
from protocols.schema import Protocol, SensitivityAnalysis
from validation.cohort import TRUTH_CODES, JoinedCohort
from validation.inputs import Records
from validation.outcomes import DrawnPatients, Sample, drawn_patients, sample_of
from validation.results import SensitivityExclusion
from validation.weighting import whole_weights


def samples_beside(
    cohort: JoinedCohort,
    records: Records,
    protocol: Protocol,
    primary: DrawnPatients,
    latent: Mapping[str, Verdict],
) -> dict[str, Sample]:
    """By name: the other unit, one image a patient, both extremes of what is missing, and what the protocol names.

    The extremes bring excluded images back; where these have patients of their own, those are drawn too.

    Args:
        cohort: as analysed.
        records: the tables behind it.
        protocol: the plan.
        primary: the patients of the primary draw.
        latent: the verdicts of Dawid and Skene's model on the images that it covers; empty without a fit.
    """
    analysed, unit = cohort.analysed, protocol.analysis.unit
    at_extremes = (
        primary
        if (cohort.eligible == analysed).all()
        else drawn_patients(cohort, cohort.eligible, protocol.bootstrap.strata)
    )
    samples = {
        "other_unit": sample_of(cohort, analysed, primary, unit="patient" if unit == "image" else "image"),
        "one_image_per_patient": sample_of(cohort, _one_a_patient(cohort), primary, unit="image"),
        "all_best": sample_of(cohort, cohort.eligible, at_extremes, unit=unit, case="best"),
        "all_worst": sample_of(cohort, cohort.eligible, at_extremes, unit=unit, case="worst"),
    }
    if protocol.weights:
        weights = whole_weights(protocol.weights, records.studies, analysed)
        samples["weighted"] = sample_of(cohort, analysed, primary, unit="image", weights=weights)
    if latent:
        truth = [
            TRUTH_CODES[latent[image]] if image in latent else code
            for image, code in zip(cohort.image_id, cohort.truth, strict=True)
        ]
        judged_anew = replace(cohort, truth=np.array(truth, dtype=np.int8))
        samples["dawid_skene"] = sample_of(judged_anew, analysed, primary, unit=unit)
    for analysis in protocol.sensitivity:
        samples[analysis.id] = sample_of(cohort, analysed & ~_excluded(analysis, records), primary, unit=unit)
    return samples


def exclusion(analysis: SensitivityAnalysis, cohort: JoinedCohort, records: Records) -> SensitivityExclusion:
    """The analysed images that an analysis of the protocol leaves out."""
    left_out = np.flatnonzero(cohort.analysed & _excluded(analysis, records))
    ids = tuple(cohort.image_id[row] for row in left_out)
    return SensitivityExclusion(analysis.id, analysis.exclude.column, analysis.exclude.above, ids)


def _excluded(analysis: SensitivityAnalysis, records: Records) -> NDArray[np.bool_]:
    excluded: NDArray[np.bool_] = records.studies.numbers(analysis.exclude.column) > analysis.exclude.above
    return excluded


def _one_a_patient(cohort: JoinedCohort) -> NDArray[np.bool_]:
    """Of each patient the analysed image whose id has the smallest SHA-256: chance, but the same in every rerun."""
    chosen: dict[str, tuple[bytes, int]] = {}
    for row in np.flatnonzero(cohort.analysed).tolist():
        here = hashlib.sha256(cohort.image_id[row].encode("utf-8")).digest(), row
        patient = cohort.patient_id[row]
        chosen[patient] = min(chosen.get(patient, here), here)
    members = np.zeros(len(cohort.image_id), dtype=np.bool_)
    members[[row for _, row in chosen.values()]] = True
    return members
