"""The validation protocol as frozen types: what was promised before a score was looked at.

Owns every key a protocol may have, its rule and its default. Reading the file and telling its faults
is `load`; whether an axis exists in the data is decided where the data are (`validation.cohort.join`).
Source: the contract ("Protocol"), repeated key by key in docs/reference/protocol.md.
"""

import itertools
import re
from typing import Annotated, Literal, Self

from pydantic import (
    Discriminator,
    Field,
    Strict,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from protocols.schema.document import Age, Finite, Share, Table, Text
from protocols.schema.submission import Risk, Submission

OVERALL = "overall"
EVERY_LEVEL = "*"
MOST_PREVALENCES = 20
ONE_LEVEL = "(one level)"  # a union arm, which no key of a file may be named like

Metric = Literal[
    "sensitivity",
    "specificity",
    "f1",
    "ppv",
    "npv",
    "accuracy",
    "balanced_accuracy",
    "lr_positive",
    "lr_negative",
    "prevalence",
    "auroc",
    "average_precision",
    "brier",
]
UNBOUNDED = ("lr_positive", "lr_negative")

NUMERIC_AXES = ("age_years",)
CATEGORICAL_AXES = ("sex", "view")
VALUED_COLUMNS = ("age_years", "manufacturer", "sex", "site", "split", "status", "verdict", "view")
OTHER_ANALYSES = (
    "other_unit",
    "one_image_per_patient",
    "all_best",
    "all_worst",
    "processed_only",
    "weighted",
    "dawid_skene",
)


class Claim(Table):
    """What the device is said to do, and for which finding."""

    type: Literal["triage", "detection", "detection_diagnosis"]
    finding: Text


class Columns(Table):
    """For each table: the suite's column name = the file's."""

    studies: dict[str, Text] = Field(default_factory=dict)
    reads: dict[str, Text] = Field(default_factory=dict)
    predictions: dict[str, Text] = Field(default_factory=dict)
    labels: dict[str, Text] = Field(default_factory=dict)


class Format(Table):
    """How a CSV file separates its columns and writes its decimals; a cell that holds the delimiter is quoted."""

    delimiter: Literal[",", ";", "\t", "|"] = ","
    decimal: Literal[".", ","] = "."


class Formats(Table):
    """The format of each table, where it is a CSV file."""

    studies: Format = Format()
    reads: Format = Format()
    predictions: Format = Format()
    labels: Format = Format()


class ReferenceStandard(Table):
    """Who decided what is true, and how their verdicts become one."""

    kind: Literal["consensus", "adjudicated", "single_reader", "text_mined"]
    rule: Text
    finding: Text | None = None

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        if not re.fullmatch(r"majority|unanimous|any|at_least:[1-9][0-9]*|adjudicated:.+", rule):
            raise ValueError("must be majority, unanimous, any, at_least:K or adjudicated:READER")
        return rule


class OperatingPoint(Table):
    """Positive when score >= threshold: a number with its source, or the model's own by a rule."""

    threshold: Share | None = None
    source: Text | None = None
    origin: Literal["model"] | None = Field(default=None, alias="from")
    rule: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        stated = self.threshold is not None and self.source is not None
        of_model = self.origin is not None and self.rule is not None
        mixed = (self.threshold is not None or self.source is not None) and (
            self.origin is not None or self.rule is not None
        )
        if mixed or not (stated or of_model):
            raise ValueError('needs either threshold and source, or from = "model" and rule')
        return self

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str | None) -> str | None:
        if rule is not None and rule not in ("max_f1", "youden"):
            match = re.fullmatch(r"sensitivity_at_least:(0\.\d+|1\.0+|1)", rule)
            if match is None or float(match[1]) == 0:
                raise ValueError(
                    "must be sensitivity_at_least:0.90 (any share above 0 up to 1), max_f1 or youden"
                )
        return rule


class Analysis(Table):
    """What counts once: an image, or a patient by any positive image."""

    unit: Literal["image", "patient"] = "image"


class Missing(Table):
    """What an indeterminate reference or a score that is not there counts as."""

    indeterminate: Literal["worst_case", "exclude"] = "worst_case"
    not_processed: Literal["worst_case", "exclude"] = "worst_case"


class Subgroup(Table):
    """One axis of subgroups: a column, or several crossed."""

    axis: Text | Annotated[tuple[Text, ...], Strict(False)]
    cut_points: Annotated[tuple[Finite, ...], Strict(False)] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        cuts = self.cut_points
        if isinstance(self.axis, tuple):
            if cuts is not None:
                raise ValueError(
                    "an intersection has no cut_points; each numeric axis uses those of its own entry"
                )
            if len(self.axis) < 2 or len(set(self.axis)) < len(self.axis):
                raise ValueError("an intersection needs two or more different axes")
        elif cuts is None and self.axis in NUMERIC_AXES:
            raise ValueError(f"axis {self.axis!r} is numeric and needs cut_points, such as [18, 45, 65]")
        elif cuts is not None and self.axis in CATEGORICAL_AXES:
            raise ValueError(f"axis {self.axis!r} is not numeric and takes no cut_points")
        if cuts is not None and (not cuts or any(a >= b for a, b in itertools.pairwise(cuts))):
            raise ValueError(f"cut_points must rise; received {list(cuts)}")
        for name in self.parts:
            if "," in name:
                raise ValueError(f"axis {name!r} holds a comma, which separates the parts of an intersection")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns this axis is made of."""
        return self.axis if isinstance(self.axis, tuple) else (self.axis,)

    @property
    def name(self) -> str:
        """The axis as results and criteria name it: ``sex``, or ``sex,view`` for an intersection."""
        return ",".join(self.parts)


class Bootstrap(Table):
    """How patients are drawn again."""

    cluster: Literal["patient_id"] = "patient_id"
    strata: Literal["none", "class"] = "none"
    replicates: Annotated[int, Field(ge=1_000, le=100_000)] = 10_000
    confidence_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    seed: Annotated[int, Field(ge=0, lt=2**64)] = 510


class Decision(Table):
    """Which of the intervals decides; all are computed and printed."""

    proportion: Literal["exact_clustered", "percentile", "bca", "wilson_effective"] = "exact_clustered"
    other: Literal["percentile", "bca", "delong_clustered", "delong_student"] = "delong_student"

    @property
    def of_pairs(self) -> Literal["percentile", "bca", "mover"]:
        """What decides for metrics of two shares: MOVER where ``other`` names an interval that only AUROC has."""
        return self.other if self.other in ("percentile", "bca") else "mover"

    @property
    def of_other_scores(self) -> Literal["percentile", "bca"]:
        """What decides for metrics of scores but AUROC: BCa where ``other`` names an interval that only AUROC has."""
        return "percentile" if self.other == "percentile" else "bca"


class Minimum(Table):
    """Patients with at least one image of the kind, below which a row is insufficient, and what may be unknown.

    ``unknown_at_most`` is the share of analysed images whose level of a criterion's axis may be unknown.
    """

    patients: Annotated[int, Field(ge=1)] = 30
    positive_patients: Annotated[int, Field(ge=1)] = 10
    negative_patients: Annotated[int, Field(ge=1)] = 10
    unknown_at_most: Share = 0.05


class Exclusion(Table):
    """Images whose number in a column of studies lies above a value."""

    column: Text
    above: Finite


class SensitivityAnalysis(Table):
    """The overall rows again without some images."""

    id: Text
    exclude: Exclusion

    @field_validator("id")
    @classmethod
    def _own(cls, name: str) -> str:
        if name in OTHER_ANALYSES:
            raise ValueError(
                f"is the name of an analysis that is always made; those are {', '.join(OTHER_ANALYSES)}"
            )
        return name


class Level(Table):
    """One level of an axis, or every level with ``*``."""

    axis: Text
    level: Text


def _kind_of_subgroup(value: object) -> str | None:
    if isinstance(value, dict | Level):
        return ONE_LEVEL
    return OVERALL if value == OVERALL else None


class Criterion(Table):
    """A bound, a goal and what hangs on it."""

    id: Text
    metric: Metric
    subgroup: Annotated[
        Annotated[Literal["overall"], Tag(OVERALL)] | Annotated[Level, Tag(ONE_LEVEL)],
        Discriminator(
            _kind_of_subgroup,
            custom_error_type="subgroup",
            custom_error_message='should be "overall" or a table such as {axis = "sex", level = "F"}',
        ),
    ]
    bound: Literal["lower", "upper", "estimate"]
    goal: Finite
    role: Annotated[Literal["acceptance", "consistency"], Field(validate_default=True)] = "acceptance"
    justification: Text

    @field_validator("goal")
    @classmethod
    def _reachable(cls, goal: float, others: ValidationInfo) -> float:
        metric = others.data.get("metric")
        if goal < 0 or (goal > 1 and metric is not None and metric not in UNBOUNDED):
            top = "0 or more" if metric is None or metric in UNBOUNDED else "between 0 and 1"
            raise ValueError(f"the goal of {metric or 'a metric'} must be {top}; received {goal:g}")
        return goal

    @field_validator("role")
    @classmethod
    def _decisive(cls, role: str, others: ValidationInfo) -> str:
        if others.data.get("bound") == "estimate" and role != "consistency":
            raise ValueError('bound = "estimate" decides nothing alone; it needs role = "consistency"')
        return role


class Prevalences(Table):
    """Shares of positives in the populations of intended use, at which PPV, NPV and F1 are projected."""

    at: Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], Strict(False)]

    @field_validator("at")
    @classmethod
    def _rising(cls, at: tuple[float, ...]) -> tuple[float, ...]:
        if not 1 <= len(at) <= MOST_PREVALENCES or any(a >= b for a, b in itertools.pairwise(at)):
            raise ValueError(f"must be 1 to {MOST_PREVALENCES} rising shares; received {list(at)}")
        return at


class Family(Table):
    """The tests of homogeneity that are adjusted for one another (Holm)."""

    axes: Annotated[tuple[Text, ...], Strict(False)]
    metrics: Annotated[tuple[Literal["sensitivity", "specificity", "f1", "auroc"], ...], Strict(False)]

    @field_validator("axes", "metrics")
    @classmethod
    def _some(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("must name at least one; received []")
        return names


class Weights(Table):
    """A column of studies: the inverse of the probability with which an image came into an enriched test set."""

    column: Text


class Split(Table):
    """How patients marked ``train`` are divided when none is marked ``tune``: by a salted hash."""

    salt: Text
    tune_share: Annotated[float, Field(gt=0, lt=1)]


class InputGate(Table):
    """Which pictures the device is made for; any other is out of scope and gets no score."""

    modalities: Annotated[tuple[Text, ...], Strict(False)] = ("CR", "DX")
    body_parts: Annotated[tuple[Text, ...], Strict(False)] = ("CHEST",)
    views: Annotated[tuple[Literal["PA", "AP", "LATERAL"], ...], Strict(False)] = ("PA", "AP")
    age_years: Annotated[tuple[Age, Age], Strict(False)] = (0.0, 120.0)
    smallest_side: Annotated[int, Field(ge=32, le=4096)] = 200

    @field_validator("modalities", "body_parts", "views")
    @classmethod
    def _some(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("must name at least one; received []")
        return names

    @field_validator("age_years")
    @classmethod
    def _range(cls, ages: tuple[float, float]) -> tuple[float, float]:
        if ages[0] > ages[1]:
            raise ValueError(f"must be the youngest and the oldest age; received {list(ages)}")
        return ages


class Augmentation(Table):
    """How far training pictures are changed at random, each drawn evenly up to this much either way."""

    turn_degrees: Annotated[float, Field(ge=0, le=45)]
    shift: Annotated[float, Field(ge=0, le=0.5)]
    zoom: Annotated[float, Field(ge=0, le=0.5)]
    brightness: Annotated[float, Field(ge=0, le=0.5)]
    contrast: Annotated[float, Field(ge=0, le=0.5)]
    mirror: bool


class Training(Table):
    """How the device under test is made."""

    label: Text
    label_source: Literal["readers", "text_mined", "known_truth"]
    heads: Annotated[tuple[Text, ...], Strict(False)] = ()
    network: Literal["compact", "densenet121"]
    initial_weights_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    image_size: Annotated[int, Field(ge=32, le=1024)]
    batch_size: Annotated[int, Field(ge=1, le=1024)]
    epochs: Annotated[int, Field(ge=1, le=1000)]
    patience: Annotated[int, Field(ge=1, le=1000)]
    learning_rate: Annotated[float, Field(gt=0, le=1)]
    warmup_epochs: Annotated[int, Field(ge=0, le=100)]
    weight_decay: Annotated[float, Field(ge=0, le=1)]
    clip_norm: Annotated[float, Field(gt=0, le=1000)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    precision: Literal["float32", "bfloat16"]
    calibration: Literal["none", "temperature", "platt"]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    augmentation: Augmentation

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.heads and self.label not in self.heads:
            raise ValueError(f"heads must hold the label {self.label!r}; received {list(self.heads)}")
        if len(set(self.heads)) < len(self.heads):
            raise ValueError(f"heads must differ; received {list(self.heads)}")
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                f"warmup_epochs must be fewer than epochs; received {self.warmup_epochs} of {self.epochs}"
            )
        return self

    @property
    def outputs(self) -> tuple[str, ...]:
        """The findings that the network answers, in the order of its logits."""
        return self.heads or (self.label,)

    @property
    def primary(self) -> int:
        """The position of ``label`` among `outputs`."""
        return self.outputs.index(self.label)


class Protocol(Table):
    """The whole plan."""

    schema_: Literal["cxr510k-protocol/1"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[int, Field(ge=1)]
    title: Text
    stage: Literal["exploratory", "confirmatory"] = "exploratory"
    claim: Claim
    columns: Columns = Columns()
    format: Formats = Formats()
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    reference_standard: ReferenceStandard
    operating_point: OperatingPoint
    analysis: Analysis = Analysis()
    missing: Missing = Missing()
    subgroups: Annotated[tuple[Subgroup, ...], Strict(False)] = ()
    bootstrap: Bootstrap = Bootstrap()
    decision: Decision = Decision()
    minimum: Minimum = Minimum()
    sensitivity: Annotated[tuple[SensitivityAnalysis, ...], Strict(False)] = ()
    criteria: Annotated[tuple[Criterion, ...], Strict(False)] = ()
    prevalences: Prevalences | None = None
    family: Family | None = None
    weights: Weights | None = None
    input_gate: InputGate = InputGate()
    split: Split | None = None
    training: Training | None = None
    submission: Submission = Submission()
    risk: Annotated[tuple[Risk, ...], Strict(False)] = ()

    def cut_points(self, axis: str) -> tuple[float, ...] | None:
        """The cut points of a column's own axis entry, or none when it is categorical."""
        return next((group.cut_points for group in self.subgroups if group.name == axis), None)

    @property
    def category_columns(self) -> frozenset[str]:
        """The columns of studies that are axes of words."""
        return frozenset(part for group in self.subgroups for part in group.parts) - self.number_columns

    @property
    def number_columns(self) -> frozenset[str]:
        """The columns of studies that are read as numbers: axes with cut points, what excludes and what weighs."""
        axes = {part for group in self.subgroups for part in group.parts if self.cut_points(part) is not None}
        measured = {analysis.exclude.column for analysis in self.sensitivity}
        return frozenset(
            axes | measured | ({self.weights.column} if self.weights else set()) | {*NUMERIC_AXES}
        )

    def faults_between_tables(self) -> list[str]:
        """Faults that no table has alone: names given twice, criteria on axes that are not there."""
        faults = []
        for table, names in (
            ("subgroups", [group.name for group in self.subgroups]),
            ("sensitivity", [analysis.id for analysis in self.sensitivity]),
            ("criteria", [criterion.id for criterion in self.criteria]),
            ("risk", [risk.id for risk in self.risk]),
            ("family", [*self.family.axes, *self.family.metrics] if self.family else []),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            faults += [f"{table}: {name!r} stands twice; give each entry its own name." for name in twice]
        named = {
            *VALUED_COLUMNS,
            *self.columns.studies,
            *self.columns.labels,
            *(self.training.outputs if self.training else ()),
            *(part for group in self.subgroups for part in group.parts),
        }
        faults += [
            f"values.{column}: no table has a column {column!r} whose values could be given; "
            f"those there are {', '.join(sorted(named))}."
            for column in sorted(set(self.values) - named)
        ]
        criteria = {criterion.id for criterion in self.criteria}
        faults += [
            f"risk {risk.id!r}: criterion {risk.criterion!r} is not in [[criteria]]; those there are "
            f"{', '.join(sorted(criteria)) or 'none'}."
            for risk in self.risk
            if risk.criterion not in criteria
        ]
        if self.weights and self.analysis.unit == "patient":
            faults.append('weights: weights are of images; they need analysis.unit = "image".')
        if self.stage == "confirmatory" and all(one.role != "acceptance" for one in self.criteria):
            faults.append(
                'criteria: stage = "confirmatory" needs at least one criterion with role = "acceptance", by which the '
                f"study passes or fails; received {len(self.criteria)} criteria, none with that role."
            )
        axes = {group.name for group in self.subgroups}
        for criterion in self.criteria:
            if isinstance(criterion.subgroup, Level) and criterion.subgroup.axis not in axes:
                faults.append(
                    f"criteria {criterion.id!r}: axis {criterion.subgroup.axis!r} is not in [[subgroups]]; "
                    f"those there are {', '.join(sorted(axes)) or 'none'}."
                )
        for axis in self.family.axes if self.family else ():
            if axis not in axes:
                faults.append(
                    f"family: axis {axis!r} is not in [[subgroups]]; "
                    f"those there are {', '.join(sorted(axes)) or 'none'}."
                )
        for group in self.subgroups:
            for part in group.parts if len(group.parts) > 1 else ():
                if part in NUMERIC_AXES and self.cut_points(part) is None:
                    faults.append(
                        f"subgroups {group.name!r}: {part!r} is numeric; give it an entry of its own with cut_points."
                    )
        return faults
