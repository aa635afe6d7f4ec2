"""The protocol in code, in the protocol's order: files in, results and line listing out.

Owns the order of the steps and which analyses stand beside the primary one. Every step is a file of
its own; the run folder is written elsewhere.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.canonical import rounded
from protocols.load import LoadedProtocol
from protocols.progress import Progress
from protocols.records import Studies
from protocols.schema import Protocol, SensitivityAnalysis
from validation.cohort import NEGATIVE, POSITIVE, JoinedCohort, join
from validation.consensus import reference_verdicts
from validation.criteria import judge
from validation.estimates import estimates_of
from validation.inputs import InputFiles, Records, read_records
from validation.listing import line_listing
from validation.operating_point import operating_point
from validation.outcomes import Sample, drawn_patients, sample_of
from validation.replication import replicate
from validation.results import (
    OVERALL_AXIS,
    OVERALL_LEVEL,
    AnalysisUsed,
    CohortSummary,
    Estimate,
    MissingRules,
    ProtocolIdentity,
    ReferenceStandardUsed,
    Resampling,
    Results,
    SensitivityEstimate,
    SensitivityExclusion,
    Subgroup,
)
from validation.subgroups import Axis, axes_of

WHOLE = Subgroup(OVERALL_AXIS, OVERALL_LEVEL)
QUANTILE = "hyndman-fan-7"


@dataclass(frozen=True, slots=True)
class Validation:
    """What a validation makes: results, and the text of line_listing.csv."""

    results: Results
    line_listing: str


def validate(loaded: LoadedProtocol, files: InputFiles, progress: Progress) -> Validation:
    """Run a protocol on the files it is about.

    Raises:
        BadInputError: whatever the contract refuses, in a sentence that names file, row and rule.
    """
    protocol = loaded.protocol
    point = operating_point(protocol.operating_point, files.operating_point)
    records = read_records(files, protocol)
    reference = reference_verdicts(records.reads, protocol.reference_standard.rule)
    cohort = join(records, reference, threshold=point.threshold, missing=protocol.missing)
    axes = axes_of(protocol, records.studies)
    rows = _subgroup_samples(cohort, axes, protocol)
    beside = _samples_beside(cohort, records, protocol)
    replication = replicate([*rows.values(), *beside.values()], protocol.bootstrap, progress)
    drawn_again = iter(replication.replicates)
    estimates = tuple(
        estimate
        for subgroup, sample in rows.items()
        for estimate in estimates_of(sample, next(drawn_again), subgroup, protocol)
    )
    sensitivity_analyses = tuple(
        SensitivityEstimate(**_fields(estimate), analysis=name)
        for name, sample in beside.items()
        for estimate in estimates_of(sample, next(drawn_again), WHOLE, protocol)
    )
    criteria, verdict = judge(protocol, estimates, axes)
    clusters = len(rows[WHOLE].counts)
    results = Results(
        protocol=ProtocolIdentity(protocol.id, protocol.version, loaded.sha256, protocol.stage),
        inputs=records.identity,
        operating_point=point,
        reference_standard=_standard_used(records, protocol),
        analysis=AnalysisUsed(protocol.analysis.unit, MissingRules(**protocol.missing.model_dump())),
        resampling=Resampling(
            **protocol.bootstrap.model_dump(),
            clusters=clusters,
            quantile=QUANTILE,
            draws_sha256=replication.draws_sha256[clusters],
        ),
        flow=(*records.source_flow, *cohort.flow),
        cohort=_summary(cohort, records.studies),
        estimates=estimates,
        sensitivity_analyses=sensitivity_analyses,
        sensitivity_exclusions=tuple(
            _exclusion(analysis, cohort, records) for analysis in protocol.sensitivity
        ),
        criteria=criteria,
        verdict=verdict,
    )
    return Validation(results, line_listing(cohort, axes))


def _subgroup_samples(
    cohort: JoinedCohort, axes: Sequence[Axis], protocol: Protocol
) -> dict[Subgroup, Sample]:
    """The whole cohort and every level that is emitted, in the protocol's order."""
    analysed = cohort.analysed
    drawn = drawn_patients(cohort, analysed)
    members = {WHOLE: analysed} | {
        Subgroup(axis.name, level): analysed & axis.members(level)
        for axis in axes
        for level in axis.emitted(analysed)
    }
    return {
        subgroup: sample_of(cohort, images, drawn, unit=protocol.analysis.unit)
        for subgroup, images in members.items()
    }


def _samples_beside(cohort: JoinedCohort, records: Records, protocol: Protocol) -> dict[str, Sample]:
    """The whole cohort in the other unit, at both extremes of what is missing, and without what the protocol names.

    The extremes bring excluded images back; where these have patients of their own, those are drawn too.
    """
    analysed, unit = cohort.analysed, protocol.analysis.unit
    drawn, drawn_at_extremes = drawn_patients(cohort, analysed), drawn_patients(cohort, cohort.eligible)
    samples = {
        "other_unit": sample_of(cohort, analysed, drawn, unit="patient" if unit == "image" else "image"),
        "all_best": sample_of(cohort, cohort.eligible, drawn_at_extremes, unit=unit, case="best"),
        "all_worst": sample_of(cohort, cohort.eligible, drawn_at_extremes, unit=unit, case="worst"),
    }
    for analysis in protocol.sensitivity:
        samples[analysis.id] = sample_of(cohort, analysed & ~_excluded(analysis, records), drawn, unit=unit)
    return samples


def _excluded(analysis: SensitivityAnalysis, records: Records) -> NDArray[np.bool_]:
    excluded: NDArray[np.bool_] = records.studies.numbers(analysis.exclude.column) > analysis.exclude.above
    return excluded


def _exclusion(analysis: SensitivityAnalysis, cohort: JoinedCohort, records: Records) -> SensitivityExclusion:
    left_out = np.flatnonzero(cohort.analysed & _excluded(analysis, records))
    ids = tuple(cohort.image_id[row] for row in left_out)
    return SensitivityExclusion(analysis.id, analysis.exclude.column, analysis.exclude.above, ids)


def _standard_used(records: Records, protocol: Protocol) -> ReferenceStandardUsed:
    standard = protocol.reference_standard
    return ReferenceStandardUsed(
        kind=standard.kind,
        rule=standard.rule,
        readers=tuple(sorted(set(records.reads.reader_id))),
        terms="agreement" if standard.kind == "text_mined" else "accuracy",
    )


def _summary(cohort: JoinedCohort, studies: Studies) -> CohortSummary:
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


def _fields(estimate: Estimate) -> dict[str, Any]:
    return {field.name: getattr(estimate, field.name) for field in fields(estimate)}
