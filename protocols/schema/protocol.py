"""The validation protocol as frozen types: the plan that is fixed before any score is seen.

Owns the whole plan and the rules between its tables; the tables of each theme are in the other files of this folder.
`load` reads the file and describes its faults. Source: the contract ("Protocol"); keys in docs/reference/protocol.md.
"""

import math
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, Strict

from protocols.schema.criteria import Criterion, Family
from protocols.schema.document import Table, Text
from protocols.schema.input_tables import Columns, Formats
from protocols.schema.reference_standard import OperatingPoint, ReferenceStandard
from protocols.schema.statistical_analysis import (
    PATIENT,
    AnalysisUnit,
    Bootstrap,
    Decision,
    Looks,
    Minimum,
    MissingDataRules,
    Prevalences,
    SensitivityAnalysis,
    Weights,
)
from protocols.schema.subgroups import NUMERIC_AXES, SubgroupAxis, SubgroupLevel
from protocols.schema.submission import Risk, Submission
from protocols.schema.training import InputGate, SplitRule, Training

FEWEST_BEYOND_A_BOUND = 25  # replicates: as many as 1,000, the smallest number allowed, leave at 95 %
VALUED_COLUMNS = ("age_years", "manufacturer", "sex", "site", "split", "status", "verdict", "view")


class Claim(Table):
    """The claim of the device, and its finding."""

    type: Literal["triage", "detection", "detection_diagnosis"]
    finding: Text


class Protocol(Table):
    """The whole protocol."""

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
    analysis: AnalysisUnit = AnalysisUnit()
    missing: MissingDataRules = MissingDataRules()
    subgroups: Annotated[tuple[SubgroupAxis, ...], Strict(False)] = ()
    bootstrap: Bootstrap = Bootstrap()
    decision: Decision = Decision()
    looks: Looks = Looks()
    minimum: Minimum = Minimum()
    sensitivity: Annotated[tuple[SensitivityAnalysis, ...], Strict(False)] = ()
    criteria: Annotated[tuple[Criterion, ...], Strict(False)] = ()
    prevalences: Prevalences | None = None
    family: Family | None = None
    weights: Weights | None = None
    input_gate: InputGate = InputGate()
    split: SplitRule | None = None
    training: Training | None = None
    submission: Submission = Submission()
    risk: Annotated[tuple[Risk, ...], Strict(False)] = ()

    def cut_points(self, axis: str) -> tuple[float, ...] | None:
        """Return the cut points of a column's own axis entry; None where it is categorical."""
        return next((group.cut_points for group in self.subgroups if group.name == axis), None)

    @property
    def category_columns(self) -> frozenset[str]:
        """The columns of studies read as categories: axes without cut points, and the clusters."""
        axes = frozenset(part for group in self.subgroups for part in group.parts) - self.number_columns
        return axes | ({self.bootstrap.group_column} if self.bootstrap.group_column else frozenset())

    @property
    def number_columns(self) -> frozenset[str]:
        """The columns of studies read as numbers: axes with cut points, exclusion rules and weights."""
        axes = {part for group in self.subgroups for part in group.parts if self.cut_points(part) is not None}
        measured = {analysis.exclude.column for analysis in self.sensitivity}
        return frozenset(
            axes | measured | ({self.weights.column} if self.weights else set()) | {*NUMERIC_AXES}
        )

    @property
    def deciding_level(self) -> float:
        """The two-sided confidence level of the interval that decides; higher where more than one look is planned."""
        return self.looks.deciding_level(self.bootstrap.confidence_level)

    def at_deciding_level(self) -> "Protocol":
        """Return the same plan with every interval at the level of the one that decides."""
        stricter = self.bootstrap.model_copy(update={"confidence_level": self.deciding_level})
        return self.model_copy(update={"bootstrap": stricter})

    def faults_between_tables(self) -> list[str]:
        """Return the faults between tables, one sentence each, rule by rule."""
        rules = (
            self._repeated_names,
            self._values_of_no_column,
            self._risks_without_criterion,
            self._weights_of_patients,
            self._strata_of_clusters,
            self._clusters_of_numbers,
            self._nothing_to_pass,
            self._few_replicates_for_looks,
            self._criteria_on_unknown_axes,
            self._family_on_unknown_axes,
            self._intersections_without_cut_points,
        )
        return [fault for rule in rules for fault in rule()]

    def _repeated_names(self) -> Iterator[str]:
        for table, names in (
            ("subgroups", [group.name for group in self.subgroups]),
            ("sensitivity", [analysis.id for analysis in self.sensitivity]),
            ("criteria", [criterion.id for criterion in self.criteria]),
            ("risk", [risk.id for risk in self.risk]),
            ("family", [*self.family.axes, *self.family.metrics] if self.family else []),
        ):
            for name in sorted({name for name in names if names.count(name) > 1}):
                yield f"{table}: duplicate {name!r}; give each entry its own name."

    def _values_of_no_column(self) -> Iterator[str]:
        named = {
            *VALUED_COLUMNS,
            *self.columns.studies,
            *self.columns.labels,
            *(self.training.outputs if self.training else ()),
            *self.category_columns,
            *(part for group in self.subgroups for part in group.parts),
        }
        for column in sorted(set(self.values) - named):
            yield (
                f"values.{column}: no table has a column {column!r} whose values could be given; "
                f"those there are {', '.join(sorted(named))}."
            )

    def _risks_without_criterion(self) -> Iterator[str]:
        criteria = {criterion.id for criterion in self.criteria}
        for risk in self.risk:
            if risk.criterion not in criteria:
                yield (
                    f"risk {risk.id!r}: criterion {risk.criterion!r} is not in [[criteria]]; those there are "
                    f"{', '.join(sorted(criteria)) or 'none'}."
                )

    def _weights_of_patients(self) -> Iterator[str]:
        if self.weights and self.analysis.unit == "patient":
            yield 'weights: weights are of images; they need analysis.unit = "image".'

    def _strata_of_clusters(self) -> Iterator[str]:
        if self.bootstrap.group_column and self.bootstrap.strata == "class":
            yield (
                'bootstrap.strata: "class" divides patients by the classes of their images; it needs '
                f'bootstrap.cluster = "{PATIENT}", received "{self.bootstrap.cluster}". Use strata = "none".'
            )

    def _clusters_of_numbers(self) -> Iterator[str]:
        if self.bootstrap.group_column in self.number_columns:
            yield (
                f"bootstrap.cluster: column {self.bootstrap.cluster!r} is read as numbers (cut points, an exclusion "
                "rule or weights); clusters need a column of names."
            )

    def _nothing_to_pass(self) -> Iterator[str]:
        if self.stage == "confirmatory" and all(one.role != "acceptance" for one in self.criteria):
            yield (
                'criteria: stage = "confirmatory" needs at least one criterion with role = "acceptance", by which the '
                f"study passes or fails; received {len(self.criteria)} criteria, none with that role."
            )

    def _few_replicates_for_looks(self) -> Iterator[str]:
        # A bootstrap interval decides for some metric in every protocol, if only for the Brier score.
        beyond = self.looks.alpha_of_each(self.bootstrap.confidence_level) / 2
        needed = math.ceil(FEWEST_BEYOND_A_BOUND / beyond)
        if self.looks.planned > 1 and self.bootstrap.replicates < needed:
            yield (
                f"looks.planned: with {self.looks.planned} looks a bound of a bootstrap interval that decides needs "
                f"{FEWEST_BEYOND_A_BOUND} replicates beyond it; received bootstrap.replicates = "
                f"{self.bootstrap.replicates}; set it to {needed} or more."
            )

    def _criteria_on_unknown_axes(self) -> Iterator[str]:
        for criterion in self.criteria:
            if isinstance(criterion.subgroup, SubgroupLevel):
                yield from self._unknown_axis(f"criteria {criterion.id!r}", criterion.subgroup.axis)

    def _family_on_unknown_axes(self) -> Iterator[str]:
        for axis in self.family.axes if self.family else ():
            yield from self._unknown_axis("family", axis)

    def _unknown_axis(self, where: str, axis: str) -> Iterator[str]:
        axes = {group.name for group in self.subgroups}
        if axis not in axes:
            there = ", ".join(sorted(axes)) or "none"
            yield f"{where}: axis {axis!r} is not in [[subgroups]]; those there are {there}."

    def _intersections_without_cut_points(self) -> Iterator[str]:
        for group in self.subgroups:
            for part in group.parts if len(group.parts) > 1 else ():
                if part in NUMERIC_AXES and self.cut_points(part) is None:
                    yield f"subgroups {group.name!r}: {part!r} is numeric; give it an entry of its own with cut_points."
