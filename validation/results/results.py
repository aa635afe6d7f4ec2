"""The results of one validation as frozen types, and their one way to bytes and back.

Owns the shape of results.json. The numbers are made elsewhere and arrive rounded.
Source: the contract ("results.json"), repeated in docs/reference/results.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from protocols.cohorts.cohort import FlowStep
from protocols.recorded_results import RESULTS_SCHEMA
from protocols.schema.load import ProtocolIdentity
from protocols.schema.metrics import METRICS
from protocols.storage.canonical import json_text
from protocols.storage.json_document import read_document
from protocols.tables.input_account import InputAccount
from protocols.tables.records import FileIdentity
from validation.results.secondary import (
    Agreement,
    Calibration,
    Caution,
    CriterionVerdict,
    DecisionCurvePoint,
    Homogeneity,
    Interval,
    Leakage,
    LeftOut,
    Localisation,
    PrecisionRecallPoint,
    Projection,
    SiteVariation,
    ThresholdRow,
)
from validation.results.verdict_sensitivity import ReferenceUncertainty, TippingPoints

OVERALL_AXIS = "overall"
OVERALL_LEVEL = "all"
FEW_CONTRIBUTING = 20  # effective patients; a variance that fewer contribute to is itself uncertain

EstimateStatus = Literal["ok", "insufficient", "undefined"]
AgainstGoal = Literal["not_shown", "refuted"]
Verdict = Literal["pass", "fail", "inconclusive", "none"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What was analysed, by bytes and by content; ``boxes`` and ``marks`` are None where there are none."""

    studies: FileIdentity
    reads: FileIdentity
    predictions: FileIdentity
    boxes: FileIdentity | None = None
    marks: FileIdentity | None = None


@dataclass(frozen=True, slots=True)
class OperatingPointUsed:
    """Positive when score >= threshold; ``sha256`` is of operating_point.json, None when the protocol states it."""

    threshold: float
    rule: str | None
    source: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class ReferenceStandardUsed:
    """Who decided what is true; ``terms`` says whether words of accuracy or of agreement are allowed."""

    kind: str
    rule: str
    readers: tuple[str, ...]
    terms: Literal["accuracy", "agreement"]


@dataclass(frozen=True, slots=True)
class MissingRules:
    """What an indeterminate reference or a missing score counted as."""

    indeterminate: str
    not_processed: str


@dataclass(frozen=True, slots=True)
class AnalysisUsed:
    """What counted once, and how what is missing counted."""

    unit: Literal["image", "patient"]
    missing: MissingRules


@dataclass(frozen=True, slots=True)
class Resampling:
    """How patients, or groups of them by a column (``cluster``), were resampled; ``draws_sha256`` is of every index.

    ``strata_patients`` says how many patients each stratum has; it is empty without strata.
    """

    cluster: str
    clusters: int
    strata: Literal["none", "class"]
    strata_patients: Mapping[str, int]
    replicates: int
    confidence_level: float
    seed: int
    quantile: str
    draws_sha256: str


@dataclass(frozen=True, slots=True)
class LooksPlanned:
    """The planned number of looks at the test set, and the level at which each decides.

    ``alpha_per_look`` is (1 - confidence level) / planned, two-sided, and ``deciding_confidence_level`` 1 less that:
    the level of every interval that a ``decision_interval`` names, and of `leave_one_out`. All others have
    ``resampling.confidence_level``.
    """

    planned: int
    alpha_per_look: float
    deciding_confidence_level: float


@dataclass(frozen=True, slots=True)
class DataQuality:
    """What was accepted and counted: unknowns among analysed images, rows that nothing used.

    ``failed`` and ``out_of_scope`` are images in the test split with a reference that got no score, by what the
    device says of them.
    """

    age_years_unknown: int
    sex_unknown: int
    view_unknown: int
    unused_predictions: int
    unused_reads: int
    failed: int
    out_of_scope: int


@dataclass(frozen=True, slots=True)
class CohortSummary:
    """The analysed images; positives, negatives and prevalence are of the determinate ones.

    ``images_per_patient`` is the mean; ``patients_by_images`` says how many patients have how many images;
    ``synthetic`` that an analysed image is a phantom's, so that nothing here may pass for a clinical result.
    """

    images: int
    patients: int
    positives: int
    negatives: int
    positive_patients: int
    negative_patients: int
    prevalence: float | None
    images_per_patient: float
    patients_by_images: Mapping[str, int]
    synthetic: bool
    data_quality: DataQuality


@dataclass(frozen=True, slots=True)
class Subgroup:
    """One level of one axis; the whole cohort is level ``all`` of axis ``overall``."""

    axis: str
    level: str


WHOLE = Subgroup(OVERALL_AXIS, OVERALL_LEVEL)


@dataclass(frozen=True, slots=True)
class ClusterCounts:
    """The clusters behind an estimate where these are groups of patients: with any unit, a positive, a negative one."""

    any: int
    positive: int
    negative: int

    def of_classes(self, classes: Collection[str]) -> dict[str, int]:
        """Return the counts that a metric of some classes needs: all clusters, then those of each class."""
        return {"any": self.any} | {name: getattr(self, name) for name in classes}


@dataclass(frozen=True, slots=True)
class ClassPatients:
    """Effective numbers of patients with a positive and with a negative unit, (sum n_k)^2 / sum n_k^2 (Kish)."""

    positive: float
    negative: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One metric in one subgroup with every interval that applies to it.

    ``value`` is None with status ``undefined`` (0/0). ``intervals`` holds None where one that applies
    could not be given, and ``interval_notes`` says why. ``monte_carlo_error`` is the standard error of both
    bounds of the deciding interval due to resampling: 0 where that is closed-form, None where none decides.
    ``clusters`` is None where patients are the clusters, ``class_patients`` where they are not and of counts.
    ``effective_size`` is the n of `exact_clustered`, and ``effective_patients`` the effective number of patients
    contributing to its variance: None where each has one unit, 0 where there is no variance.
    """

    metric: str
    subgroup: Subgroup
    value: float | None
    numerator: int | None
    denominator: int | None
    images: int
    patients: int
    positives: int
    negatives: int
    positive_patients: int
    negative_patients: int
    intervals: Mapping[str, Interval | None]
    interval_notes: Mapping[str, str]
    decision_interval: str | None
    monte_carlo_error: Interval | None
    design_effect: float | None
    effective_size: float | None
    effective_patients: float | None
    undefined_replicates: int
    status: EstimateStatus
    clusters: ClusterCounts | None = None
    class_patients: ClassPatients | None = None

    @property
    def patients_of_classes(self) -> tuple[int, ...]:
        """The patients with an image of each class that the metric is made of."""
        of_class = {"positive": self.positive_patients, "negative": self.negative_patients}
        return tuple(of_class[name] for name in METRICS[self.metric].classes)

    @property
    def patients_behind(self) -> int:
        """The patients with an image that the metric counts: a positive, a negative, or any."""
        of_classes = self.patients_of_classes
        return of_classes[0] if len(of_classes) == 1 else self.patients

    @property
    def small_sample(self) -> bool:
        """Whether few patients contribute to the variance behind the deciding interval."""
        patients = self.effective_patients
        return (
            self.clusters is None
            and self.decision_interval == "exact_clustered"
            and patients is not None
            and patients < FEW_CONTRIBUTING
        )

    @property
    def decision(self) -> Interval | None:
        """The interval that decides here."""
        return self.intervals[self.decision_interval] if self.decision_interval else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitivityEstimate(Estimate):
    """An estimate of the whole cohort under another rule, named by ``analysis``.

    ``rule`` says how missing scores and indeterminate references were ranked, where that differs by metric.
    """

    analysis: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class AnalysisVerdict:
    """What the criteria would have said under a sensitivity analysis: by id, and overall."""

    verdicts: Mapping[str, CriterionVerdict]
    overall: Verdict


@dataclass(frozen=True, slots=True)
class SensitivityExclusion:
    """The analysed images that a sensitivity analysis of the protocol leaves out, by name."""

    analysis: str
    column: str
    above: float
    image_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """A criterion, the number it was judged on, how far other resamples would move that, and the verdict.

    ``against_goal`` divides ``not_met``: ``refuted`` when the whole interval lies on the wrong side of the goal,
    ``not_shown`` when it contains the goal; None for other verdicts and for criteria on the estimate.
    """

    id: str
    role: str
    metric: str
    subgroup: Subgroup
    bound: str
    observed: float | None
    monte_carlo_error: float | None
    goal: float
    verdict: CriterionVerdict
    why: str
    against_goal: AgainstGoal | None = None


@dataclass(frozen=True, slots=True)
class Results:
    """The content of results.json."""

    protocol: ProtocolIdentity
    inputs: Inputs
    operating_point: OperatingPointUsed
    reference_standard: ReferenceStandardUsed
    analysis: AnalysisUsed
    resampling: Resampling
    looks: LooksPlanned
    flow: tuple[FlowStep, ...]
    cohort: CohortSummary
    input_account: InputAccount
    estimates: tuple[Estimate, ...]
    sensitivity_analyses: tuple[SensitivityEstimate, ...]
    sensitivity_exclusions: tuple[SensitivityExclusion, ...]
    sensitivity_verdicts: Mapping[str, AnalysisVerdict]
    leave_one_out: tuple[LeftOut, ...]
    site_variation: SiteVariation | None
    reference_uncertainty: ReferenceUncertainty
    tipping_points: TippingPoints
    homogeneity: tuple[Homogeneity, ...]
    projections: tuple[Projection, ...]
    precision_recall: tuple[PrecisionRecallPoint, ...]
    calibration: Calibration
    decision_curve: tuple[DecisionCurvePoint, ...]
    threshold_sensitivity: tuple[ThresholdRow, ...]
    agreement: Agreement
    localisation: Localisation | None
    leakage: Leakage | None
    criteria: tuple[CriterionResult, ...]
    verdict: Verdict
    cautions: tuple[Caution, ...]

    def estimate(self, metric: str, axis: str = OVERALL_AXIS, level: str = OVERALL_LEVEL) -> Estimate:
        """Return the one primary estimate of a metric in a subgroup.

        Raises:
            KeyError: there is none.
        """
        wanted = Subgroup(axis, level)
        for estimate in self.estimates:
            if estimate.metric == metric and estimate.subgroup == wanted:
                return estimate
        raise KeyError(f"{metric} in {axis}={level}")

    def to_json(self) -> str:
        """Return canonical JSON; `results_from_json` reads it back to an equal value."""
        return json_text({"schema": RESULTS_SCHEMA, **asdict(self)})


def results_from_json(content: bytes, *, source: str) -> Results:
    """Read results.json.

    Raises:
        BadInputError: it is not results of this schema.
    """
    return read_document(
        content, Results, schema=RESULTS_SCHEMA, source=source, next_step="run `validate` again"
    )
