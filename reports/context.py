"""A run folder -> everything a report tells, typed and checked for agreement, before a word of it is laid out.

Owns the selection and the arrangement of the evidence, and the refusal of evidence that contradicts itself.
Names are `wording`, text of numbers is `formatting`, pictures are `figures`; the sentences stand in templates.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.canonical import sha256_bytes
from protocols.cohorts.folder import FlowStep
from protocols.errors import BadInputError, EvidenceDiffersError
from protocols.load import load_protocol
from protocols.run_folder import RunFolder, RunRecord
from protocols.schema import Protocol
from reports.cautions import CautionNote, caution_notes
from reports.closed_rows import LeftOutTable, left_out_tables
from reports.cohort_profile import CohortProfile, profile_of_run
from reports.confusion import Confusion, confusion_of, refuse_contradiction
from reports.device import Device, read_device
from reports.document import DocumentControl, document_control
from reports.failures import Failures, failures_of
from reports.flow import FlowStage, flow_stages, steps_not_taken
from reports.gaps import Gap, gaps_of
from reports.homogeneity import HomogeneityTable, homogeneity_tables
from reports.labelling import DoesLessWell, NotEstablished, does_less_well, not_established
from reports.listing import CALLS, REFERENCES, Listing, Roc, Scores, read_listing, roc, scores_by_truth
from reports.localisation import Look, look_of
from reports.readers import ReaderTables, reader_tables
from reports.risk import RiskRow, risk_rows
from reports.robustness import ROBUSTNESS, TIMING, RobustnessReport, read_robustness
from reports.rows import (
    WHOLE,
    AxisRows,
    CriterionRow,
    LevelRow,
    criterion_row,
    deciding_note,
    drawn_bounds,
    inconclusive,
    notes_on,
    rows_by_subgroup,
)
from reports.secondary import SecondaryTables, secondary_tables
from reports.sourcing import Number, numbers_of, sourced
from reports.submission import Statement, identity, statements
from reports.wording import Words
from validation.results import CriterionResult, Results, SensitivityEstimate, Subgroup, results_from_json

# What the places of numbers begin with: the files that they are read from.
RESULTS, PROTOCOL, RECORD, MODEL = "results.json", "protocol.toml", "run.json", "model"
LISTING, CALLS_COUNTED, LOOK, PROFILE = (
    "line_listing.csv",
    "line_listing.csv, calls",
    "model, looks",
    "profile.json",
)

STEPS_FOR_WANT = ("indeterminate_excluded", "not_processed_excluded")


@dataclass(frozen=True, slots=True)
class ReportContext:
    """All that templates and figures may use.

    Attributes:
        document: what identifies this document.
        protocol: the plan.
        results: as results.json holds them.
        notebook: the comment at the head of the protocol, without its signs; empty where there is none.
        words: the vocabulary that these results allow.
        whole: the estimates of the whole cohort.
        axes: subgroups in the protocol's order.
        criteria: in the results' order.
        flow: from the source to the analysed.
        never_left: steps at which images would have left and none did.
        confusion: the 2x2 table.
        calls: images by reference and call, from the line listing; None where each is determinate and scored.
        analyses: name -> estimates by metric, in the results' order.
        homogeneity: axis -> its tests.
        left_out: ``site`` and ``reader`` -> the cohort without each; a kind of which nothing was left out is absent.
        secondary: what stands beside the estimates and decides nothing.
        readers: how they call and agree.
        cautions: what must be read with a number.
        failures: the errors, from the line listing.
        scores: by truth, from the line listing.
        curve: the ROC curve, None where a class has no score.
        device: from ``model/``, None where the scores were brought.
        look: where the device looks, None where the run has neither marks nor pictures of it.
        robustness: of the device on changed pictures, None where it was not tested.
        profile: of the cohort before training, None where the inputs hold none.
        gaps: what the evidence does not hold and a submission needs.
        record: of the run: command, machine and versions.
        results_json, listing_csv: the attachments, bytes as they are.
    """

    document: DocumentControl
    protocol: Protocol
    notebook: str
    results: Results
    words: Words
    whole: LevelRow
    axes: tuple[AxisRows, ...]
    criteria: tuple[CriterionRow, ...]
    flow: tuple[FlowStage, ...]
    never_left: tuple[FlowStep, ...]
    confusion: Confusion
    calls: Mapping[tuple[str, str], int] | None
    analyses: Mapping[str, Mapping[str, SensitivityEstimate]]
    homogeneity: Mapping[str, HomogeneityTable]
    left_out: Mapping[str, LeftOutTable]
    secondary: SecondaryTables
    readers: ReaderTables
    cautions: tuple[CautionNote, ...]
    failures: Failures
    scores: Scores
    curve: Roc | None
    device: Device | None
    look: Look | None
    robustness: RobustnessReport | None
    profile: CohortProfile | None
    gaps: tuple[Gap, ...]
    record: RunRecord
    results_json: bytes
    listing_csv: bytes

    @property
    def numbers(self) -> Mapping[str, Number]:
        """Every number of the evidence by its place; those of results.json are read again from its bytes."""
        found = numbers_of(json.loads(self.results_json), RESULTS)
        if self.robustness:
            found |= numbers_of(json.loads(self.robustness.results_json), ROBUSTNESS)
            found |= numbers_of(self.robustness.timing, TIMING)
        for value, document in (
            (self.protocol, PROTOCOL),
            (self.record, RECORD),
            (self.device, MODEL),
            (self.calls, CALLS_COUNTED),
            (self.failures, LISTING),
            (self.look, LOOK),
            (self.profile, PROFILE),
        ):
            found |= numbers_of(value, document)
        return found

    @property
    def optional_sections(self) -> tuple[str, ...]:
        """Sections that only some runs have evidence for."""
        there = {
            "localisation": self.look and self.look.result,
            "perturbations": self.robustness,
            "workflow": self.robustness and self.robustness.timing,
            "predicate": self.protocol.submission.predicate,
        }
        return tuple(name for name, evidence in there.items() if evidence)

    @property
    def acceptance(self) -> tuple[CriterionRow, ...]:
        """The criteria that decide."""
        return tuple(row for row in self.criteria if row.result.role == "acceptance")

    @property
    def consistency(self) -> tuple[CriterionRow, ...]:
        """The criteria that only describe."""
        return tuple(row for row in self.criteria if row.result.role == "consistency")

    @property
    def inconclusive(self) -> tuple[str, ...]:
        """Why criteria could not be decided."""
        return inconclusive(self.criteria, self.words)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be given for the whole cohort, and why."""
        return notes_on(self.whole, self.words)

    @property
    def drawn_bounds(self) -> str:
        """How far other draws would move the bounds that decide."""
        return drawn_bounds(self.criteria)

    @property
    def family_metrics(self) -> tuple[str, ...]:
        """The metrics whose tests of homogeneity are adjusted for one another, in words."""
        family = self.protocol.family
        return tuple(self.words.within(self.words.metric(name)) for name in family.metrics) if family else ()

    @property
    def family_axes(self) -> tuple[str, ...]:
        """The axes of these tests, in words."""
        family = self.protocol.family
        return tuple(self.words.within(self.words.axis(name)) for name in family.axes) if family else ()

    @property
    def rows(self) -> tuple[LevelRow, ...]:
        """The whole cohort, then every level of every axis."""
        return (self.whole, *(row for axis in self.axes for row in axis.rows))

    @property
    def not_established(self) -> tuple[NotEstablished, ...]:
        """The rows in which a metric is insufficient or undefined, for the draft labelling."""
        return not_established(self.rows, self.words)

    @property
    def does_less_well(self) -> tuple[DoesLessWell, ...]:
        """The levels that lie below another, for the draft labelling."""
        return does_less_well(self.results.homogeneity, self.rows, self.words)

    @property
    def identity(self) -> tuple[Statement, ...]:
        """Who submits which device, as far as the sponsor says."""
        return identity(self.protocol.submission)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All else that the sponsor states, by section."""
        return statements(self.protocol.submission)

    @property
    def risks(self) -> tuple[RiskRow, ...]:
        """Each risk with the results that test its measure."""
        return risk_rows(self.protocol.risk, self.criteria)

    @property
    def nothing_missing(self) -> bool:
        """Whether every image that could be analysed has a determinate reference and a score."""
        left = sum(step.images for step in self.results.flow if step.step in STEPS_FOR_WANT)
        return self.calls is None and left == 0

    def deciding_note(self, axis: AxisRows) -> str:
        """Which interval decides in the table of an axis."""
        return deciding_note((self.whole, *axis.rows), self.words)

    def goals(self, metric: str) -> Mapping[Subgroup, CriterionResult]:
        """The criteria on a metric by subgroup, those that decide before those that describe."""
        found = [row.result for row in (*self.consistency, *self.acceptance) if row.result.metric == metric]
        return {result.subgroup: result for result in found}


def report_context(run: RunFolder) -> ReportContext:
    """Read and arrange the evidence of a run.

    Raises:
        BadInputError: a file of the run is missing or not of its schema.
        ProtocolError: the run's protocol is none.
        EvidenceDiffersError: protocol, results and line listing do not belong together.
    """
    loaded = load_protocol(run.protocol)
    results_json, listing_csv = _content(run.results), _content(run.line_listing)
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
    curve = roc(scores)
    refuse_contradiction(run, results, listing, confusion, curve)
    device = sourced(read_device(run.model), MODEL)
    words = Words.of(results, protocol)
    robustness = read_robustness(run, results_json, words)
    record = sourced(run.read_record(), RECORD)
    gaps = gaps_of(results, protocol, device)
    axes = tuple(
        AxisRows(group.name, tuple(row for row in rows.values() if row.subgroup.axis == group.name))
        for group in loaded.protocol.subgroups
    )
    return ReportContext(
        document=document_control(
            record,
            results,
            sha256_bytes(results_json),
            number=loaded.protocol.submission.document_number,
            draft=bool(gaps),
        ),
        protocol=protocol,
        notebook=_leading_comment(loaded.content.decode("utf-8")),
        results=results,
        words=words,
        whole=rows[WHOLE],
        axes=axes,
        criteria=tuple(criterion_row(result, protocol, rows) for result in results.criteria),
        flow=flow_stages(results.flow),
        never_left=steps_not_taken(results),
        confusion=confusion,
        calls=sourced(_calls(listing), CALLS_COUNTED),
        analyses=_analyses(results.sensitivity_analyses),
        homogeneity=homogeneity_tables(results.homogeneity, words),
        left_out=left_out_tables(results.leave_one_out, words),
        secondary=secondary_tables(results, words),
        readers=reader_tables(results.agreement),
        cautions=(*caution_notes(results, words), *(robustness.cautions if robustness else ())),
        failures=sourced(failures_of(listing, axes, results.operating_point.threshold), LISTING),
        scores=scores,
        curve=curve,
        device=device,
        look=sourced(look_of(run.model, results), LOOK),
        robustness=robustness,
        profile=sourced(profile_of_run(run, protocol), PROFILE),
        gaps=gaps,
        record=record,
        results_json=results_json,
        listing_csv=listing_csv,
    )


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"{path}: cannot be read ({error.strerror}); name a folder that `validate` or `run` made."
        ) from error


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
