"""A run folder -> the context of its documents: read, arranged, and checked for agreement.

Owns what is read from which file, and the refusal of evidence that contradicts itself. The context itself is `context`.
"""

import itertools
from collections.abc import Mapping, Sequence

from protocols.errors import EvidenceDiffersError
from protocols.evidence.reproduction.guard_band import guard_band
from protocols.schema.load import load_protocol
from protocols.storage.canonical import sha256_bytes
from protocols.storage.reading import read_content
from protocols.storage.run_folder import RunFolder
from protocols.tables.column_mapping import studies_table
from reports.content.analyses.homogeneity import homogeneity_tables
from reports.content.analyses.readers import reader_tables
from reports.content.analyses.secondary import secondary_tables
from reports.content.analyses.stability import left_out_tables, site_notes
from reports.content.axes import axis_remarks
from reports.content.cautions import caution_notes
from reports.content.cohort_profile import profile_of_run
from reports.content.context import (
    CALLS_COUNTED,
    KNOWN_TRUTH,
    LEDGER,
    LISTING,
    LOOK,
    MODEL,
    NEAR,
    PROFILE,
    PROTOCOL,
    RECORD,
    RESULTS,
    TRAIL,
    ReportContext,
)
from reports.content.estimate_rows import AxisRows, criterion_row, rows_by_subgroup
from reports.content.failures import failures_of
from reports.content.flow import flow_stages, steps_not_taken
from reports.content.robustness import read_robustness
from reports.content.sponsor.document_control import document_control
from reports.content.sponsor.missing_statements import missing_statements
from reports.content.two_by_two import confusion_of, refuse_contradiction
from reports.language.vocabulary import Words
from reports.provenance.sourced_numbers import sourced
from reports.run_files.audit_trail import read_trail
from reports.run_files.device import read_device
from reports.run_files.known_truth import known_truth
from reports.run_files.line_listing import CALLS, REFERENCES, Listing, read_listing, roc, scores_by_truth
from reports.run_files.localisation import look_of
from reports.run_files.registration import read_seal
from validation.results.results import WHOLE, SensitivityEstimate, results_from_json


def report_context(run: RunFolder) -> ReportContext:
    """Read and arrange the evidence of a run.

    Raises:
        BadInputError: a file of the run is missing or not of its schema.
        ProtocolError: the run's protocol is invalid.
        EvidenceDiffersError: protocol, results and line listing do not belong together.
    """
    loaded = load_protocol(run.protocol)
    results_json, listing_csv = (
        read_content(path, next_step="name a folder that `validate` or `run` made")
        for path in (run.results, run.line_listing)
    )
    results = sourced(results_from_json(results_json, source=str(run.results)), RESULTS)
    protocol = sourced(loaded.protocol, PROTOCOL)
    if results.protocol.sha256 != loaded.sha256:
        raise EvidenceDiffersError(
            f"{run.protocol}: is not the protocol of {run.results.name}, which names sha256 {results.protocol.sha256}; "
            "validate again with this protocol."
        )
    listing = read_listing(run.line_listing)
    rows = rows_by_subgroup(results.estimates)
    confusion = confusion_of(rows[WHOLE])
    scores = scores_by_truth(listing, results.analysis.unit)
    refuse_contradiction(run, results, listing, confusion)
    device = sourced(read_device(run.model), MODEL)
    words = Words.of(results, protocol)
    robustness = read_robustness(run, results_json, words)
    record = sourced(run.read_record(), RECORD)
    results_sha256 = sha256_bytes(results_json)
    seal = sourced(read_seal(run, results, results_sha256), LEDGER)
    locked = seal is not None and seal.locked
    missing = missing_statements(results, protocol, device, locked=locked)
    axes = tuple(
        AxisRows(group.name, tuple(row for row in rows.values() if row.subgroup.axis == group.name))
        for group in loaded.protocol.subgroups
    )
    path = run.input("studies")
    studies = studies_table(path, loaded.protocol).table.frame if path else None
    return ReportContext(
        document=document_control(
            record,
            results,
            results_sha256,
            locked=locked,
            number=loaded.protocol.submission.document_number,
            incomplete=bool(missing),
        ),
        protocol=protocol,
        notebook=_leading_comment(loaded.content.decode("utf-8")),
        results=results,
        words=words,
        whole=rows[WHOLE],
        axes=axes,
        axis_remarks=axis_remarks(studies, loaded.protocol, listing, words),
        criteria=tuple(criterion_row(result, protocol, rows) for result in results.criteria),
        flow=flow_stages(results.flow),
        never_left=steps_not_taken(results),
        confusion=confusion,
        calls=sourced(_calls(listing), CALLS_COUNTED),
        analyses=_analyses(results.sensitivity_analyses),
        homogeneity=homogeneity_tables(results.homogeneity, words),
        left_out=left_out_tables(results.leave_one_out, words),
        site_notes=site_notes(results.site_variation, words),
        secondary=secondary_tables(results, words),
        readers=reader_tables(results.agreement),
        cautions=(*caution_notes(results, words), *(robustness.cautions if robustness else ())),
        failures=sourced(failures_of(listing, axes, results.operating_point.threshold), LISTING),
        scores=scores,
        curve=roc(scores),
        device=device,
        known_truth=sourced(known_truth(run, listing), KNOWN_TRUTH),
        look=sourced(look_of(run.model, results), LOOK),
        robustness=robustness,
        profile=sourced(profile_of_run(run, studies), PROFILE),
        missing_statements=missing,
        seal=seal,
        trail=sourced(read_trail(run), TRAIL),
        near=sourced(guard_band(listing.image_id, listing.score, results.operating_point.threshold), NEAR),
        record=record,
        results_json=results_json,
        listing_csv=listing_csv,
    )


def _leading_comment(text: str) -> str:
    lines = itertools.takewhile(lambda line: line.startswith("#"), text.splitlines())
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines).strip()


def _calls(listing: Listing) -> Mapping[tuple[str, str], int] | None:
    calls = listing.calls()
    if not any(reference == "indeterminate" or not called for reference, called in calls):
        return None
    return {
        (reference, called): calls.get((reference, called), 0) for reference in REFERENCES for called in CALLS
    }


def _analyses(estimates: Sequence[SensitivityEstimate]) -> Mapping[str, Mapping[str, SensitivityEstimate]]:
    by_name: dict[str, dict[str, SensitivityEstimate]] = {}
    for estimate in estimates:
        by_name.setdefault(estimate.analysis, {})[estimate.metric] = estimate
    return by_name
