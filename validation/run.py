"""The protocol in code, in the protocol's order: files in, results and line listing out.

Owns the order of the steps and which analyses stand beside the primary one. Every step is a file of
its own; the run folder is written elsewhere.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from protocols.progress import Progress
from protocols.registration.counted_look import CountLook
from protocols.registration.entry_facts import Threshold
from protocols.schema.load import LoadedProtocol
from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import Bootstrap
from protocols.storage.canonical import PLACES, rounded
from protocols.tables.input_account import InputAccount
from validation.analyses.calibration import calibration
from validation.analyses.decision_curve import decision_curve
from validation.analyses.leave_one_out import without_each_reader, without_each_site
from validation.analyses.localisation import localisation
from validation.analyses.prevalence_projection import projections
from validation.analyses.sensitivity import Analysis, analyses_beside, exclusion
from validation.analyses.site_variation import site_variation
from validation.analyses.thresholds import threshold_rows
from validation.analyses.tipping_points import tipping_points
from validation.cohort.clusters import refuse_clusters
from validation.cohort.inputs import InputFiles, Records, read_records
from validation.cohort.join import admitted, join
from validation.cohort.leakage import leakage_of
from validation.cohort.line_listing import line_listing
from validation.cohort.operating_point import operating_point
from validation.cohort.outcomes import ResampledPatients, Sample, resampled_patients
from validation.cohort.subgroups import Axis, axes_of
from validation.cohort.summary import cohort_summary
from validation.cohort.table_match import refuse_other_cohort
from validation.criteria import judge, rows_judged
from validation.estimates.estimates import estimates_of
from validation.estimates.replication import replicate
from validation.homogeneity.wald_test import LevelData, homogeneity_tests
from validation.input_notices import input_notices
from validation.metrics.average_precision import precision_recall
from validation.readers.agreement import agreement_of, agreement_sums
from validation.readers.consensus import adjudicator_of, reference_verdicts
from validation.readers.dawid_skene import dawid_skene
from validation.readers.rating_arrays import votes_of
from validation.readers.reader_resampling import reference_uncertainty
from validation.result_notices import caution_of_few_clusters, cautions_of, notices_of_results
from validation.results.results import (
    WHOLE,
    AnalysisUsed,
    AnalysisVerdict,
    CriterionResult,
    Estimate,
    LooksPlanned,
    MissingRules,
    ReferenceStandardUsed,
    Resampling,
    Results,
    SensitivityEstimate,
    Subgroup,
    Verdict,
)

QUANTILE = "hyndman-fan-7"


@dataclass(frozen=True, slots=True)
class Validation:
    """The results of a validation, and the text of line_listing.csv."""

    results: Results
    line_listing: str


def validate(
    loaded: LoadedProtocol, files: InputFiles, progress: Progress, count_look: CountLook | None = None
) -> Validation:
    """Run a protocol on the files it is about.

    Args:
        loaded: the protocol.
        files: its tables.
        progress: called during the resampling.
        count_look: asked when every table was admitted, before scores and reference are joined; it refuses by raising.

    Raises:
        BadInputError: input that the contract refuses, in a sentence that names file, row and rule.
    """
    protocol = loaded.protocol
    confidence_level = protocol.bootstrap.confidence_level
    point = operating_point(protocol.operating_point, files.operating_point)
    records = read_records(files, protocol)
    axes = axes_of(protocol, records.studies)
    refuse_other_cohort(records)
    reference = reference_verdicts(records.reads, protocol.reference_standard.rule)
    cluster = protocol.bootstrap.group_column
    refuse_clusters(records.studies, admitted(records, reference, protocol.missing), cluster)
    if count_look:
        count_look(records.studies, records.reads, Threshold(point.threshold, point.sha256))
    cohort = join(records, reference, threshold=point.threshold, missing=protocol.missing, cluster=cluster)
    leaked = leakage_of(cohort, records.inventory, stage=protocol.stage)
    drawn = resampled_patients(cohort, cohort.analysed, protocol.bootstrap.strata)
    primary = Analysis(cohort=cohort, members=cohort.analysed, drawn=drawn, unit=protocol.analysis.unit)
    analysed = np.flatnonzero(cohort.analysed)
    votes = votes_of(records.reads, [cohort.image_id[row] for row in analysed])
    latent = dawid_skene(votes, reference)
    adjudicator = adjudicator_of(protocol.reference_standard.rule)
    others = votes_of(records.reads.without(adjudicator), votes.image_id) if adjudicator else votes
    readers = agreement_sums(
        others, drawn.cluster[analysed], drawn.count, patient=drawn.index[analysed] if drawn.grouped else None
    )
    rows = _emitted(primary, axes)
    analyses = analyses_beside(primary, records, protocol, latent.verdicts)
    beside = {
        name: {row: (rows[row],) for row in (WHOLE, *rows_judged(protocol, axes, primary.members))}
        if analysis is primary
        else _judged(analysis, axes, protocol)
        for name, analysis in analyses.items()
    }
    row_of = {sample: row for row, sample in rows.items()}
    row_of |= {one: row for table in beside.values() for row, samples in table.items() for one in samples}
    replication = replicate(list(row_of), protocol.bootstrap, progress, tables=[readers.sums])
    replicates = dict(zip(row_of, replication.replicates, strict=True))
    made = {one: estimates_of(one, replicates[one], row, protocol) for one, row in row_of.items()}
    by_subgroup = {row: made[sample] for row, sample in rows.items()}
    estimates = tuple(itertools.chain.from_iterable(by_subgroup.values()))
    criteria, verdict = judge(protocol, estimates, axes, primary.members)
    verdicts = {
        name: _verdict(
            judge(
                protocol,
                [e for samples in table.values() for one in samples for e in made[one]],
                axes,
                analyses[name].members,
            )
        )
        for name, table in beside.items()
    }
    resampling = _resampling(protocol.bootstrap, drawn, replication.draws_sha256)
    cautions = (
        *cautions_of(criteria, by_subgroup[WHOLE], leaked, protocol.looks.planned),
        *caution_of_few_clusters(resampling),
    )
    left_out = (
        *without_each_site(cohort, records, drawn, protocol),
        *without_each_reader(cohort, records, protocol),
    )
    uncertain = reference_uncertainty(cohort, records.reads, drawn, by_subgroup[WHOLE], protocol, progress)
    whole = rows[WHOLE]
    results = Results(
        protocol=loaded.identity,
        inputs=records.identity,
        operating_point=point,
        reference_standard=_standard_used(records, protocol),
        analysis=AnalysisUsed(protocol.analysis.unit, MissingRules(**protocol.missing.model_dump())),
        resampling=resampling,
        looks=_looks(protocol),
        flow=(*records.source_flow, *cohort.flow),
        cohort=cohort_summary(cohort, records.studies),
        input_account=InputAccount(
            cohort.account,
            (
                *input_notices(records, cohort, axes, protocol),
                *notices_of_results(
                    cautions,
                    criteria,
                    verdict,
                    estimates,
                    verdicts,
                    left_out,
                    uncertain,
                    cohort,
                    point.threshold,
                ),
            ),
        ),
        estimates=estimates,
        sensitivity_analyses=tuple(
            estimate for name, table in beside.items() for estimate in _of_analysis(name, table[WHOLE], made)
        ),
        sensitivity_exclusions=tuple(exclusion(one, cohort, records) for one in protocol.sensitivity),
        sensitivity_verdicts=verdicts,
        leave_one_out=left_out,
        site_variation=site_variation(cohort, records.studies, protocol, progress),
        reference_uncertainty=uncertain,
        tipping_points=tipping_points(
            _everything(analyses["all_worst"]), criteria, verdict, protocol, progress
        ),
        homogeneity=homogeneity_tests(
            {row: LevelData(sample, replicates[sample]) for row, sample in rows.items()},
            by_subgroup,
            axes,
            protocol,
        ),
        projections=projections(
            whole.counts,
            replicates[whole].counts,
            protocol.prevalences.at if protocol.prevalences else (),
            preferred=protocol.decision.of_pairs,
            confidence_level=confidence_level,
            deciding_level=protocol.deciding_level,
            grouped=drawn.grouped,
        ),
        precision_recall=precision_recall(whole.scored, confidence_level),
        calibration=calibration(whole.scored, confidence_level),
        decision_curve=decision_curve(whole.scored, point.threshold, confidence_level),
        threshold_sensitivity=threshold_rows(
            whole.images,
            unit=protocol.analysis.unit,
            clusters=drawn.count,
            threshold=point.threshold,
            confidence_level=confidence_level,
        ),
        agreement=agreement_of(
            readers,
            replication.tables[0],
            confidence_level,
            latent.summary,
            every=votes,
            adjudicator=adjudicator,
        ),
        leakage=leaked,
        localisation=localisation(cohort, records.boxes, records.marks, confidence_level),
        criteria=criteria,
        verdict=verdict,
        cautions=cautions,
    )
    return Validation(results, line_listing(cohort, axes))


def _everything(extreme: Analysis) -> Sample:
    """Return the sample of an extreme by the rules of the primary analysis."""
    (sample,) = replace(extreme, extreme=None).samples()
    return sample


def _emitted(primary: Analysis, axes: Sequence[Axis]) -> dict[Subgroup, Sample]:
    """Return the whole cohort and every level that results show, in the protocol's order."""
    levels = {Subgroup(axis.name, level): axis for axis in axes for level in axis.emitted(primary.members)}
    (whole,) = primary.samples()
    of_levels = {row: primary.samples(axis.members(row.level)) for row, axis in levels.items()}
    return {WHOLE: whole} | {row: sample for row, (sample,) in of_levels.items()}


def _judged(
    analysis: Analysis, axes: Sequence[Axis], protocol: Protocol
) -> dict[Subgroup, tuple[Sample, ...]]:
    """Return the whole cohort under an analysis, and the levels with criteria, with the metrics of these alone."""
    axis_of = {axis.name: axis for axis in axes}
    return {WHOLE: analysis.samples()} | {
        row: analysis.samples(axis_of[row.axis].members(row.level), metrics)
        for row, metrics in rows_judged(protocol, axes, analysis.members).items()
    }


def _of_analysis(
    name: str, samples: Sequence[Sample], made: Mapping[Sample, Sequence[Estimate]]
) -> list[SensitivityEstimate]:
    """Return the row of an analysis whose metrics come from one or more samples, in the registry's order."""
    row = [
        SensitivityEstimate(**_fields(estimate), analysis=name, rule=(one.metrics or {}).get(estimate.metric))
        for one in samples
        for estimate in made[one]
    ]
    return sorted(row, key=lambda estimate: [*METRICS].index(estimate.metric))


def _verdict(judged: tuple[Sequence[CriterionResult], Verdict]) -> AnalysisVerdict:
    criteria, overall = judged
    return AnalysisVerdict({criterion.id: criterion.verdict for criterion in criteria}, overall)


def _resampling(bootstrap: Bootstrap, drawn: ResampledPatients, draws_sha256: str) -> Resampling:
    return Resampling(
        **bootstrap.model_dump(),
        clusters=drawn.count,
        strata_patients={name: len(patients) for name, patients in (drawn.strata or {}).items()},
        quantile=QUANTILE,
        draws_sha256=draws_sha256,
    )


def _looks(protocol: Protocol) -> LooksPlanned:
    alpha = protocol.looks.alpha_of_each(protocol.bootstrap.confidence_level)
    return LooksPlanned(
        planned=protocol.looks.planned,
        alpha_per_look=rounded(float(alpha), PLACES),
        deciding_confidence_level=rounded(protocol.deciding_level, PLACES),
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
