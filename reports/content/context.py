"""The typed content of a report, before layout.

Owns the selection and the arrangement of the evidence. Reading and checking is `run_evidence`; names are `vocabulary`,
text of numbers is `formatting`, drawings are `figures`; sentences are in the templates.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from protocols.cohorts.cohort import FlowStep
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.schema.protocol import Protocol
from protocols.storage.run_folder import RunRecord
from protocols.tables.input_account import Notice
from reports.content import labelling
from reports.content.analyses.homogeneity import HomogeneityTable
from reports.content.analyses.readers import ReaderTables
from reports.content.analyses.secondary import SecondaryTables
from reports.content.analyses.stability import LeftOutTable
from reports.content.axes import AxisRemarks
from reports.content.before_the_verdict import before_the_verdict
from reports.content.cautions import CautionNote
from reports.content.certificate import highest_errors
from reports.content.cohort_profile import CohortProfile
from reports.content.estimate_rows import (
    AxisRows,
    CriterionRow,
    LevelRow,
    deciding_note,
    inconclusive,
    monte_carlo_errors,
    notes_on,
)
from reports.content.failures import Failures
from reports.content.flow import FlowStage
from reports.content.inputs import on_first_page
from reports.content.looks import beyond_plan
from reports.content.risk import RiskRow, risk_rows
from reports.content.robustness import ROBUSTNESS, TIMING, RobustnessReport
from reports.content.sponsor.document_control import DocumentControl, draft_reason
from reports.content.sponsor.missing_statements import MissingStatement
from reports.content.sponsor.submission import Statement, identity, statements
from reports.content.two_by_two import TwoByTwoTable
from reports.language.formatting import sentence
from reports.language.vocabulary import Words
from reports.provenance.source_marks import unmarked
from reports.provenance.sourced_numbers import Number, numbers_of
from reports.run_files.audit_trail import Trail
from reports.run_files.device import Device
from reports.run_files.known_truth import KnownTruth
from reports.run_files.line_listing import Roc, Scores
from reports.run_files.localisation import LocalisationReport
from reports.run_files.registration import Seal
from validation.results.results import CriterionResult, Results, SensitivityEstimate, Subgroup

# The files from which numbers are read; their keys begin with these names.
RESULTS, PROTOCOL, RECORD, MODEL = "results.json", "protocol.toml", "run.json", "model"
LISTING, CALLS_COUNTED, LOOK, PROFILE = (
    "line_listing.csv",
    "line_listing.csv, calls",
    "model, looks",
    "profile.json",
)
NEAR, LEDGER, TRAIL = "line_listing.csv, near the threshold", "ledger.jsonl", "trail.jsonl"
KNOWN_TRUTH = "truth.csv, against the reference"

# Lines of notices that fit on page 1, and how many of them a criterion there takes.
LETTERS_OF_A_FULL_COVER, ROWS_OF_A_FULL_COVER = 500, 3
LINES_ON_PAGE_1, LINES_OF_A_CRITERION, MOST_CRITERIA_ON_PAGE_1 = 20, 1.5, 6
STEPS_FOR_WANT = ("indeterminate_excluded", "not_processed_excluded")


@dataclass(frozen=True, slots=True)
class ReportContext:
    """All that templates and figures may use.

    Attributes:
        document: what identifies this document.
        protocol: the plan.
        results: those of results.json.
        notebook: the comment at the head of the protocol, without its signs; empty where there is none.
        words: the vocabulary that these results allow.
        whole: the estimates of the whole cohort.
        axes: subgroups in the protocol's order.
        axis_remarks: on axes that divide the images alike, and on columns that are not an axis.
        criteria: in the results' order.
        flow: from the source to the analysed.
        never_left: steps at which images could have left and none did.
        confusion: the 2x2 table.
        calls: images by reference and call, from the line listing; None where each is determinate and scored.
        analyses: name -> estimates by metric, in the results' order.
        homogeneity: axis -> its tests.
        left_out: ``site`` and ``reader`` -> the cohort without each; a kind of which nothing was left out is absent.
        site_notes: which values of the analysis with sites as clusters are missing.
        secondary: secondary results, which decide nothing.
        readers: their tendencies and agreement.
        cautions: printed beside the numbers that they apply to.
        failures: the errors, from the line listing.
        scores: by truth, from the line listing.
        curve: the ROC curve, None where a class has no score.
        device: from ``model/``, None where the scores were brought.
        known_truth: of phantoms, against their reference; None where the run has none.
        look: localisation, None where the run has neither marks nor illustrations.
        robustness: of the device under perturbations, None where not tested.
        profile: of the cohort before training, None where the inputs have none.
        missing_statements: which a submission needs and the evidence lacks.
        seal: of the test set, None where no ledger counted the look.
        trail: the audit trail of the run folder.
        near: images whose score is so near the threshold that another machine may decide otherwise.
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
    axis_remarks: AxisRemarks
    criteria: tuple[CriterionRow, ...]
    flow: tuple[FlowStage, ...]
    never_left: tuple[FlowStep, ...]
    confusion: TwoByTwoTable
    calls: Mapping[tuple[str, str], int] | None
    analyses: Mapping[str, Mapping[str, SensitivityEstimate]]
    homogeneity: Mapping[str, HomogeneityTable]
    left_out: Mapping[str, LeftOutTable]
    site_notes: tuple[str, ...]
    secondary: SecondaryTables
    readers: ReaderTables
    cautions: tuple[CautionNote, ...]
    failures: Failures
    scores: Scores
    curve: Roc | None
    device: Device | None
    known_truth: KnownTruth | None
    look: LocalisationReport | None
    robustness: RobustnessReport | None
    profile: CohortProfile | None
    missing_statements: tuple[MissingStatement, ...]
    seal: Seal | None
    trail: Trail
    near: GuardBand
    record: RunRecord
    results_json: bytes
    listing_csv: bytes

    @property
    def numbers(self) -> Mapping[str, Number]:
        """Every number of the evidence by its key; those of results.json are read again from its bytes."""
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
            (self.known_truth, KNOWN_TRUTH),
            (self.profile, PROFILE),
            (self.seal, LEDGER),
            (self.trail, TRAIL),
            (self.near, NEAR),
        ):
            found |= numbers_of(value, document)
        return found

    @property
    def optional_sections(self) -> tuple[str, ...]:
        """The optional sections for which this run has evidence."""
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
    def before_the_verdict(self) -> tuple[str, ...]:
        """The warnings before the verdict."""
        beyond = beyond_plan(self.results, self.look_number)
        found = before_the_verdict(self.results, self.rows, self.goals, self.words, self.look)
        return (f"{sentence(beyond)}.", *found) if beyond else found

    @property
    def look_number(self) -> int | None:
        """The number of this look at the test set; None where no ledger counted it."""
        return self.seal.story.look.number if self.seal else None

    @property
    def not_available(self) -> tuple[Statement, ...]:
        """The items that the sponsor states to be not available."""
        return tuple(one for one in (*self.identity, *self.statements) if not one.available)

    @property
    def why_draft(self) -> str:
        """Why a report without missing statements is still a DRAFT."""
        return draft_reason(self.results)

    @property
    def cover(self) -> Literal["roomy", "full", "crowded"]:
        """How full page 1 is, for its style; source marks take no room."""
        sponsor = self.protocol.submission.sponsor or self.protocol.submission.device_name
        texts = [*self.before_the_verdict, *(notice.text for notice in self.notices)]
        letters = sum(len(unmarked(text)) for text in texts)
        if letters > LETTERS_OF_A_FULL_COVER or len(self.acceptance) > ROWS_OF_A_FULL_COVER or sponsor:
            return "crowded"
        return "full" if texts else "roomy"

    @property
    def simulated_errors(self) -> str:
        """The simulated one-sided error of the acceptance criteria."""
        deciding = [
            row.estimate for row in self.acceptance if row.estimate and row.result.bound != "estimate"
        ]
        looks, level = self.results.looks, self.results.resampling.confidence_level
        level = level if looks.planned == 1 else looks.deciding_confidence_level
        return highest_errors(deciding, self.results.cohort, level)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """The notices that fit on page 1."""
        rows = min(len(self.acceptance), MOST_CRITERIA_ON_PAGE_1)
        return on_first_page(
            self.results.input_account.notices,
            LINES_ON_PAGE_1 - LINES_OF_A_CRITERION * rows - len(self.before_the_verdict),
        )

    @property
    def inconclusive(self) -> tuple[str, ...]:
        """Why criteria could not be decided."""
        return inconclusive(self.results.criteria, self.words)

    @property
    def notes(self) -> tuple[str, ...]:
        """Which values are missing for the whole cohort, and why."""
        return notes_on(self.whole, self.words)

    @property
    def monte_carlo_errors(self) -> str:
        """The Monte-Carlo errors of the deciding bounds."""
        return monte_carlo_errors(self.criteria)

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
    def not_established(self) -> tuple[labelling.NotEstablished, ...]:
        """The rows in which a metric is insufficient or undefined, for the draft labelling."""
        return labelling.not_established(self.rows, self.words)

    @property
    def underperforming_levels(self) -> tuple[labelling.UnderperformingLevel, ...]:
        """The levels that lie below another, for the draft labelling."""
        level = self.results.resampling.confidence_level
        return labelling.underperforming_levels(
            self.results.homogeneity, self.rows, self.words, confidence_level=level
        )

    @property
    def identity(self) -> tuple[Statement, ...]:
        """Submitter and device, as far as the sponsor states them."""
        return identity(self.protocol.submission)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All other statements of the sponsor, by section."""
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
        """Return which interval decides in the table of an axis."""
        return deciding_note((self.whole, *axis.rows), self.words)

    def goals(self, metric: str) -> Mapping[Subgroup, CriterionResult]:
        """Return the criteria on a metric by subgroup; one that decides replaces one that describes."""
        found = [row.result for row in (*self.consistency, *self.acceptance) if row.result.metric == metric]
        return {result.subgroup: result for result in found}
