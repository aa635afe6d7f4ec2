"""Sensitivity analyses: the whole cohort under other defensible rules.

Owns the choice of analyses and their samples. Worst and best cases of missing results are `best_and_worst_case`;
leaving out sites or readers is `leave_one_out`; the estimates of a sample are `estimates`. Source: the contract
("Statistics", 4 and 5); FDA 2007 (equivocal results both ways).
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import SensitivityAnalysis
from protocols.tables.records import Verdict
from validation.analyses.best_and_worst_case import extreme_samples
from validation.cohort.inputs import Records
from validation.cohort.join import TRUTH_CODES, JoinedCohort
from validation.cohort.outcomes import Case, ResampledPatients, Sample, Unit, resampled_patients, sample_of
from validation.cohort.weighting import whole_weights
from validation.metrics.counts import COUNT_METRICS
from validation.results.results import SensitivityExclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The study under another rule.

    Attributes:
        cohort: with the reference of this analysis.
        members: the images that enter, shape (studies,).
        drawn: the patients that are resampled.
        unit: the unit of analysis.
        extreme: worst or best case of missing results; None where they count as in the primary analysis.
        weights: of each study; then only metrics of counts are computed.
    """

    cohort: JoinedCohort
    members: NDArray[np.bool_]
    drawn: ResampledPatients
    unit: Unit
    extreme: Case | None = None
    weights: NDArray[np.float64] | None = None

    def samples(
        self, level: NDArray[np.bool_] | None = None, metrics: Collection[str] | None = None
    ) -> tuple[Sample, ...]:
        """Return the samples of one row, each metric from one of them; none where the analysis has no such metric.

        Args:
            level: the images of the row, shape (studies,); None for all.
            metrics: those requested; None for all that the analysis has.
        """
        if self.weights is not None:
            metrics = COUNT_METRICS.keys() if metrics is None else COUNT_METRICS.keys() & set(metrics)
        if metrics is not None and not metrics:
            return ()
        sample = sample_of(
            self.cohort,
            self.members if level is None else self.members & level,
            self.drawn,
            unit=self.unit,
            weights=self.weights,
            metrics=None if metrics is None else dict.fromkeys(metrics),
        )
        return extreme_samples(sample, self.extreme, metrics) if self.extreme else (sample,)


def analyses_beside(
    primary: Analysis, records: Records, protocol: Protocol, latent: Mapping[str, Verdict]
) -> dict[str, Analysis]:
    """Return by name: the other unit, one image per patient, both extremes, processed images only, the protocol's own.

    The extremes include excluded images and resample their patients too. An analysis that equals the primary one is
    the same object.

    Args:
        primary: the analysis that decides.
        records: its tables.
        protocol: the protocol.
        latent: the verdicts of Dawid and Skene's model on the images that it covers; empty without a fit.
    """
    cohort, analysed = primary.cohort, primary.members
    processed = analysed & ~np.isnan(cohort.score)
    everything = primary
    if not (cohort.eligible == analysed).all():
        drawn = resampled_patients(cohort, cohort.eligible, protocol.bootstrap.strata)
        everything = replace(primary, members=cohort.eligible, drawn=drawn)
    analyses = {
        "other_unit": replace(primary, unit="patient" if primary.unit == "image" else "image"),
        "one_image_per_patient": replace(primary, members=_one_per_patient(cohort), unit="image"),
        "all_best": replace(everything, extreme="best"),
        "all_worst": replace(everything, extreme="worst"),
        "processed_only": primary if (processed == analysed).all() else replace(primary, members=processed),
    }
    if protocol.weights:
        weights = whole_weights(protocol.weights, records.studies, analysed)
        analyses["weighted"] = replace(primary, unit="image", weights=weights)
    if latent:
        truth = [
            TRUTH_CODES[latent[image]] if image in latent else code
            for image, code in zip(cohort.image_id, cohort.truth, strict=True)
        ]
        judged_anew = replace(cohort, truth=np.array(truth, dtype=np.int8))
        analyses["dawid_skene"] = replace(primary, cohort=judged_anew)
    for analysis in protocol.sensitivity:
        analyses[analysis.id] = replace(primary, members=analysed & ~_excluded(analysis, records))
    return analyses


def exclusion(analysis: SensitivityAnalysis, cohort: JoinedCohort, records: Records) -> SensitivityExclusion:
    """Return the analysed images that an analysis of the protocol excludes."""
    left_out = np.flatnonzero(cohort.analysed & _excluded(analysis, records))
    ids = tuple(cohort.image_id[row] for row in left_out)
    return SensitivityExclusion(analysis.id, analysis.exclude.column, analysis.exclude.above, ids)


def _excluded(analysis: SensitivityAnalysis, records: Records) -> NDArray[np.bool_]:
    excluded: NDArray[np.bool_] = records.studies.numbers(analysis.exclude.column) > analysis.exclude.above
    return excluded


def _one_per_patient(cohort: JoinedCohort) -> NDArray[np.bool_]:
    """Choose per patient the analysed image whose id has the smallest SHA-256: pseudo-random, but reproducible."""
    chosen: dict[str, tuple[bytes, int]] = {}
    for row in np.flatnonzero(cohort.analysed).tolist():
        here = hashlib.sha256(cohort.image_id[row].encode("utf-8")).digest(), row
        patient = cohort.patient_id[row]
        chosen[patient] = min(chosen.get(patient, here), here)
    members = np.zeros(len(cohort.image_id), dtype=np.bool_)
    members[[row for _, row in chosen.values()]] = True
    return members
