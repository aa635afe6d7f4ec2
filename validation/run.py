"""The protocol in code, in the protocol's order: files in, results and line listing out.

Owns the order of the steps and which analyses stand beside the primary one. Every step is a file of
its own; the run folder is written elsewhere.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from protocols.input_account import InputAccount
from protocols.load import LoadedProtocol
from protocols.progress import Progress
from protocols.schema import Bootstrap, Protocol
from protocols.seal.entries import Threshold
from protocols.seal.look import Unseal
from validation.agreement import agreement_of, agreement_sums
from validation.average_precision import precision_recall
from validation.calibration import calibration
from validation.cautions import cautions_of
from validation.cohort import JoinedCohort, join
from validation.cohort_summary import cohort_summary
from validation.consensus import reference_verdicts
from validation.criteria import judge
from validation.dawid_skene import dawid_skene
from validation.decision_curve import decision_curve
from validation.estimates import estimates_of
from validation.homogeneity import METRICS as HOMOGENEITY_METRICS
from validation.homogeneity import LevelData, homogeneity_of, with_holm
from validation.input_notices import input_notices
from validation.inputs import InputFiles, Records, read_records
from validation.leakage import leakage_of
from validation.leave_one_out import without_each_reader, without_each_site
from validation.listing import line_listing
from validation.localisation import localisation
from validation.operating_point import operating_point
from validation.outcomes import DrawnPatients, Sample, drawn_patients, sample_of
from validation.projection import projections
from validation.replication import Replicates, replicate
from validation.results import (
    OVERALL_AXIS,
    OVERALL_LEVEL,
    AnalysisUsed,
    Estimate,
    MissingRules,
    ProtocolIdentity,
    ReferenceStandardUsed,
    Resampling,
    Results,
    SensitivityEstimate,
    Subgroup,
)
from validation.secondary import Homogeneity
from validation.sensitivity import exclusion, samples_beside
from validation.subgroups import Axis, axes_of
from validation.table_match import refuse_other_cohort
from validation.thresholds import threshold_rows
from validation.votes import votes_of

WHOLE = Subgroup(OVERALL_AXIS, OVERALL_LEVEL)
QUANTILE = "hyndman-fan-7"


@dataclass(frozen=True, slots=True)
class Validation:
    """What a validation makes: results, and the text of line_listing.csv."""

    results: Results
    line_listing: str


def validate(
    loaded: LoadedProtocol, files: InputFiles, progress: Progress, unseal: Unseal | None = None
) -> Validation:
    """Run a protocol on the files it is about.

    Args:
        loaded: the protocol.
        files: its tables.
        progress: told of the resampling.
        unseal: asked when every table was admitted, before scores and reference are joined; it refuses by raising.

    Raises:
        BadInputError: whatever the contract refuses, in a sentence that names file, row and rule.
    """
    protocol = loaded.protocol
    confidence_level = protocol.bootstrap.confidence_level
    point = operating_point(protocol.operating_point, files.operating_point)
    records = read_records(files, protocol)
    axes = axes_of(protocol, records.studies)
    refuse_other_cohort(records)
    if unseal:
        unseal(records.studies, records.reads, Threshold(point.threshold, point.sha256))
    reference = reference_verdicts(records.reads, protocol.reference_standard.rule)
    cohort = join(records, reference, threshold=point.threshold, missing=protocol.missing)
    leaked = leakage_of(cohort, records.inventory, stage=protocol.stage)
    drawn = drawn_patients(cohort, cohort.analysed, protocol.bootstrap.strata)
    analysed = np.flatnonzero(cohort.analysed)
    votes = votes_of(records.reads, [cohort.image_id[row] for row in analysed])
    latent = dawid_skene(votes, reference)
    readers = agreement_sums(votes, drawn.index[analysed], drawn.count)
    rows = _subgroup_samples(cohort, axes, drawn, protocol)
    beside = samples_beside(cohort, records, protocol, drawn, latent.verdicts)
    replication = replicate(
        [*rows.values(), *beside.values()], protocol.bootstrap, progress, tables=[readers.sums]
    )
    names: tuple[Subgroup | str, ...] = (*rows, *beside)
    replicates = dict(zip(names, replication.replicates, strict=True))
    by_subgroup = {
        subgroup: estimates_of(sample, replicates[subgroup], subgroup, protocol)
        for subgroup, sample in rows.items()
    }
    estimates = tuple(itertools.chain.from_iterable(by_subgroup.values()))
    criteria, verdict = judge(protocol, estimates, axes)
    whole = rows[WHOLE]
    results = Results(
        protocol=ProtocolIdentity(protocol.id, protocol.version, loaded.sha256, protocol.stage),
        inputs=records.identity,
        operating_point=point,
        reference_standard=_standard_used(records, protocol),
        analysis=AnalysisUsed(protocol.analysis.unit, MissingRules(**protocol.missing.model_dump())),
        resampling=_resampling(protocol.bootstrap, drawn, replication.draws_sha256),
        flow=(*records.source_flow, *cohort.flow),
        cohort=cohort_summary(cohort, records.studies),
        input_account=InputAccount(cohort.account, input_notices(records, cohort, axes, protocol)),
        estimates=estimates,
        sensitivity_analyses=tuple(
            SensitivityEstimate(**_fields(estimate), analysis=name)
            for name, sample in beside.items()
            for estimate in estimates_of(sample, replicates[name], WHOLE, protocol)
        ),
        sensitivity_exclusions=tuple(exclusion(one, cohort, records) for one in protocol.sensitivity),
        sensitivity_verdicts={},
        leave_one_out=(
            *without_each_site(cohort, records, drawn, protocol),
            *without_each_reader(cohort, records, drawn, protocol),
        ),
        homogeneity=_homogeneity(rows, replicates, by_subgroup, axes, protocol),
        projections=projections(
            whole.counts,
            replicates[WHOLE].counts,
            protocol.prevalences.at if protocol.prevalences else (),
            preferred=protocol.decision.of_pairs,
            confidence_level=confidence_level,
        ),
        precision_recall=precision_recall(whole.ranked, confidence_level),
        calibration=calibration(whole.ranked, confidence_level),
        decision_curve=decision_curve(whole.ranked, point.threshold, confidence_level),
        threshold_sensitivity=threshold_rows(
            whole.images,
            unit=protocol.analysis.unit,
            patients=drawn.count,
            threshold=point.threshold,
            confidence_level=confidence_level,
        ),
        agreement=agreement_of(readers, replication.tables[0], confidence_level, latent.summary),
        leakage=leaked,
        localisation=localisation(cohort, records.boxes, records.marks, confidence_level),
        criteria=criteria,
        verdict=verdict,
        cautions=cautions_of(criteria, by_subgroup[WHOLE], leaked),
    )
    return Validation(results, line_listing(cohort, axes))


def _subgroup_samples(
    cohort: JoinedCohort, axes: Sequence[Axis], drawn: DrawnPatients, protocol: Protocol
) -> dict[Subgroup, Sample]:
    """The whole cohort and every level that is emitted, in the protocol's order."""
    analysed = cohort.analysed
    members = {WHOLE: analysed} | {
        Subgroup(axis.name, level): analysed & axis.members(level)
        for axis in axes
        for level in axis.emitted(analysed)
    }
    return {
        subgroup: sample_of(cohort, images, drawn, unit=protocol.analysis.unit)
        for subgroup, images in members.items()
    }


def _homogeneity(
    rows: Mapping[Subgroup, Sample],
    replicates: Mapping[Subgroup | str, Replicates],
    estimates: Mapping[Subgroup, Sequence[Estimate]],
    axes: Sequence[Axis],
    protocol: Protocol,
) -> tuple[Homogeneity, ...]:
    """Every axis and metric; levels that are unknown or too small to be judged do not enter."""
    tests = [
        homogeneity_of(
            axis.name,
            metric,
            {row.level: LevelData(rows[row], replicates[row]) for row in of_axis},
            left_out={
                row.level: reason
                for row in of_axis
                if (reason := _unfit(axis, row, next(e for e in estimates[row] if e.metric == metric)))
            },
            confidence_level=protocol.bootstrap.confidence_level,
        )
        for axis in axes
        for of_axis in [[row for row in rows if row.axis == axis.name]]
        for metric in HOMOGENEITY_METRICS
    ]
    return with_holm(tests, protocol.family)


def _unfit(axis: Axis, row: Subgroup, estimate: Estimate) -> str | None:
    if row.level not in axis.known:
        return "unknown"
    return {"ok": None, "insufficient": "insufficient", "undefined": "not estimable"}[estimate.status]


def _resampling(bootstrap: Bootstrap, drawn: DrawnPatients, draws_sha256: str) -> Resampling:
    return Resampling(
        **bootstrap.model_dump(),
        clusters=drawn.count,
        strata_patients={name: len(patients) for name, patients in (drawn.strata or {}).items()},
        quantile=QUANTILE,
        draws_sha256=draws_sha256,
    )


def _standard_used(records: Records, protocol: Protocol) -> ReferenceStandardUsed:
    standard = protocol.reference_standard
    return ReferenceStandardUsed(
        kind=standard.kind,
        rule=standard.rule,
        readers=tuple(sorted(set(records.reads.reader_id))),
        terms="agreement" if standard.kind == "text_mined" else "accuracy",
    )


def _fields(estimate: Estimate) -> dict[str, Any]:
    return {field.name: getattr(estimate, field.name) for field in fields(estimate)}
