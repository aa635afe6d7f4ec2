"""The names of metrics, levels, steps and goals of a run, in terms that the evidence allows.

Owns the vocabulary and its one switch: where the truth is text-mined there is no reference standard, so every term of
accuracy becomes one of agreement. Numbers are `formatting`; sentences are in the templates.
Source of the switch: FDA, "Statistical Guidance on Reporting Results from Studies Evaluating Diagnostic Tests".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from protocols.cohorts.cohort import FlowStep
from protocols.schema.criteria import Criterion
from protocols.schema.metrics import METRICS
from protocols.schema.protocol import Protocol
from protocols.schema.statistical_analysis import OTHER_ANALYSES
from reports.language.formatting import counted, goal, listed, sentence
from reports.language.names import CRITERION_VERDICTS, INTERVALS
from validation.results.results import OVERALL_AXIS, CriterionResult, ReferenceStandardUsed, Results, Subgroup

UNKNOWN_LEVEL = "unknown"
EVERY_LEVEL = "*"
PERSONS = ("Brier",)

LEVELS: Mapping[str, Mapping[str, str]] = {
    "sex": {"F": "Female", "M": "Male", "O": "Other"},
    "view": {"LATERAL": "Lateral"},
}
ADJECTIVES: Mapping[str, Mapping[str, str]] = {
    "sex": {"F": "female", "M": "male", "O": "of other sex"},
    "view": {"LATERAL": "lateral"},
}
AXES = {"age_years": "age (years)", "rsna_class": "RSNA class", "box_size": "size of the boxes"}

STEPS = {
    "all": "in the studies table",
    "not_test_split": "outside the test split",
    "no_reference": "without any read",
    "indeterminate_excluded": "with an indeterminate {truth}, which the protocol excludes",
    "not_processed_excluded": "without a score, which the protocol excludes",
    "analysed": "analysed",
    "indeterminate": "with an indeterminate {truth}",
    "not_processed": "without a score",
}
OUTCOMES = {"TP": "true positive", "FP": "false positive", "FN": "false negative", "TN": "true negative"}
# Rows excluded for their own reason, not with their image.
ROWS = {
    "not_in_studies": "of no image in studies",
    "other_finding": "of another finding",
    "no_read": "without a verdict",
    "no_score": "without a score",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary of one run.

    Attributes:
        agreement: whether terms of agreement replace those of accuracy.
        unit: the unit of analysis, ``image`` or ``patient``.
        numeric_axes: columns whose levels are bins between cut points.
    """

    agreement: bool
    unit: str
    numeric_axes: frozenset[str]

    @classmethod
    def of(cls, results: Results, protocol: Protocol) -> Self:
        """Return the vocabulary that these results allow."""
        return cls(
            agreement=results.reference_standard.terms == "agreement",
            unit=results.analysis.unit,
            numeric_axes=frozenset(group.name for group in protocol.subgroups if group.cut_points),
        )

    @property
    def units(self) -> str:
        """The unit of analysis in the plural."""
        return f"{self.unit}s"

    @property
    def other_unit(self) -> str:
        """The unit of the sensitivity analysis by the other unit."""
        return "patient" if self.unit == "image" else "image"

    @property
    def reference(self) -> str:
        """What the device is compared with."""
        return "text-mined labels" if self.agreement else "reference standard"

    @property
    def truth(self) -> str:
        """The reference as an adjective before positive and negative."""
        return "Label" if self.agreement else "Reference"

    @property
    def performance(self) -> str:
        """What the report is about."""
        return "agreement" if self.agreement else "performance"

    @property
    def outcomes(self) -> Mapping[str, str]:
        """The four cells of the 2x2 table."""
        if self.agreement:
            return {"TP": "both positive", "FP": "device alone", "FN": "label alone", "TN": "both negative"}
        return OUTCOMES

    @property
    def grouping(self) -> str:
        """The classes into which images are grouped."""
        return "label" if self.agreement else "truth"

    @property
    def recall(self) -> str:
        """Sensitivity on a curve over all thresholds."""
        return self.metric("sensitivity") if self.agreement else "Recall"

    @property
    def precision(self) -> str:
        """Positive predictive value on a curve over all thresholds."""
        return self.metric("ppv") if self.agreement else "Precision"

    @property
    def error(self) -> str:
        """What a missing value counts as in the worst case, with its article."""
        return "a disagreement" if self.agreement else "an error"

    @property
    def mistake(self) -> str:
        """A call that differs from the truth."""
        return "disagreement" if self.agreement else "error"

    def metric(self, name: str) -> str:
        """Return the name of a metric in full."""
        return METRICS[name].agreement_label if self.agreement else METRICS[name].label

    def head(self, name: str) -> str:
        """Return the name of a metric for a narrow column; in terms of agreement always in full."""
        return (not self.agreement and METRICS[name].column_head) or self.metric(name)

    def reworded(self, text: str) -> str:
        """Return a sentence of the results with the names of this run for those of the code; quotations stay."""
        names = {name: self.within(self.metric(name)) for name in METRICS}
        names |= {name: f"“{self.within(self.analysis(name))}”" for name in OTHER_ANALYSES} | INTERVALS
        if self.agreement:
            names |= {f"a {name}": self.outcomes[key] for key, name in OUTCOMES.items()}
        return re.sub(rf"'[^']*'|\b({'|'.join(names)})\b", lambda found: names.get(found[0], found[0]), text)

    @staticmethod
    def readers(standard: ReferenceStandardUsed) -> str:
        """Return the number of readers and their names; one name for single reads identifies no reader."""
        names = standard.readers
        if standard.kind == "single_reader" and len(names) == 1:
            return f"readers not identified: one name, {names[0]}, for all reads"
        return f"{counted(len(names), 'reader')} ({listed(names)})"

    @staticmethod
    def within(name: str) -> str:
        """Return a name within a sentence: without its capital unless an abbreviation, a person's or with a digit."""
        kept = name[1:2].isupper() or name[1:2].isdigit() or name.startswith(PERSONS)
        return name if kept else name[:1].lower() + name[1:]

    def axis(self, name: str) -> str:
        """Return the name of an axis of subgroups: ``Age (years)``, ``Sex and view``."""
        return sentence(listed([AXES.get(part, part.replace("_", " ")) for part in name.split(",")]))

    def level(self, subgroup: Subgroup) -> str:
        """Return the name of a level: ``Under 18``, ``Female, PA``, ``All images``."""
        if subgroup.axis == OVERALL_AXIS:
            return f"All {self.units}"
        return ", ".join(self._level(axis, level) for axis, level in _parts(subgroup))

    def level_of(self, axis: str, level: str) -> str:
        """Return the name of a level from the keys of axis and level in the results."""
        return self.level(Subgroup(axis, level))

    def _level(self, axis: str, level: str) -> str:
        if level == UNKNOWN_LEVEL:
            return "Unknown"
        if axis not in self.numeric_axes:
            return LEVELS.get(axis, {}).get(level, level)
        if level.startswith("<"):
            return f"Under {level[1:]}"
        if level.startswith(">="):
            return f"{level[2:]} and over"
        return re.sub(r"^(\d+)-(\d+)$", r"\1–\2", level).replace("to <", "to under ")

    def whom(self, subgroup: Subgroup) -> str:
        """Return the group that a row describes: ``all images``, ``aged 18–44``, ``female, PA view``."""
        if subgroup.axis == OVERALL_AXIS:
            return f"all {self.units}"
        if subgroup.level == EVERY_LEVEL:
            return f"each level of {self.within(self.axis(subgroup.axis))}"
        return ", ".join(self._whom(axis, level) for axis, level in _parts(subgroup))

    def _whom(self, axis: str, level: str) -> str:
        name = ADJECTIVES.get(axis, {}).get(level, self._level(axis, level))
        if level == UNKNOWN_LEVEL:
            return f"{AXES.get(axis, axis).partition(' (')[0]} unknown"
        if axis == "age_years":
            return f"aged {name[:1].lower()}{name[1:]}"
        if axis == "view":
            return f"{name} view"
        return name if axis == "sex" else f"{AXES.get(axis, axis.replace('_', ' '))} {name}"

    def step(self, step: FlowStep) -> str:
        """Return the description of a step of the flow: ours for the protocol's steps, the source's for its own."""
        return STEPS.get(step.step, step.reason).replace("{truth}", self.truth.lower())

    def reason(self, name: str) -> str:
        """Return why rows of a table were excluded: for their own reason, or by the step at which their images left."""
        return (STEPS | ROWS).get(name, name.replace("_", " ")).replace("{truth}", self.truth.lower())

    @staticmethod
    def verdict(criterion: CriterionResult) -> str:
        """Return the verdict on a criterion: ``met``, ``not met (refuted)``."""
        against = f" ({criterion.against_goal.replace('_', ' ')})" if criterion.against_goal else ""
        return CRITERION_VERDICTS[criterion.verdict] + against

    def judged(self, criterion: CriterionResult | Criterion) -> str:
        """Return what a criterion judges: ``lower bound``, ``estimate``."""
        return criterion.bound if criterion.bound == "estimate" else f"{criterion.bound} bound"

    def target(self, criterion: CriterionResult | Criterion) -> str:
        """Return the range that a criterion demands: ``> 0.800``."""
        if criterion.bound == "estimate":
            sign = "≤" if METRICS[criterion.metric].lower_is_better else "≥"
        else:
            sign = ">" if criterion.bound == "lower" else "<"
        return f"{sign} {goal(criterion.goal)}"

    def goal(self, criterion: CriterionResult | Criterion) -> str:
        """Return what a criterion demands: ``lower bound > 0.800``."""
        return f"{self.judged(criterion)} {self.target(criterion)}"

    @property
    def extremes(self) -> Mapping[str, str]:
        """The two extreme ways of counting missing values that every run reports."""
        if self.agreement:
            return {
                "all_best": "all missing counted as agreeing",
                "all_worst": "all missing counted as disagreeing",
            }
        return {"all_best": "all missing counted as right", "all_worst": "all missing counted as errors"}

    def analysis(self, name: str) -> str:
        """Return the name of a sensitivity analysis: one of the suite's, or the id of the protocol's own."""
        built_in = {
            "other_unit": f"Counted by {self.other_unit}",
            "one_image_per_patient": "One image of each patient",
            "processed_only": f"{sentence(self.units)} with a score alone",
            "weighted": "Weighted to the population",
            "by_site": "Sites as clusters",
            "bootstrap.cluster": "Clusters",
            "dawid_skene": f"Latent {self.grouping} (Dawid–Skene)",
            **{extreme: sentence(called) for extreme, called in self.extremes.items()},
        }
        return built_in.get(name, name)

    def rule_of_missing(self, rule: str, what: str) -> str:
        """Return what an indeterminate reference or a missing score counts as."""
        if rule == "exclude":
            return "excluded from the primary analysis"
        if what == "not_processed" or self.agreement:
            return f"counted as {self.error}"
        called, otherwise = self.outcomes["FP"], self.outcomes["FN"]
        return f"counted as {called} when called positive, otherwise as {otherwise}"


def _parts(subgroup: Subgroup) -> list[tuple[str, str]]:
    axes = subgroup.axis.split(",")
    if len(axes) == 1:
        return [(subgroup.axis, subgroup.level)]
    return list(zip(axes, subgroup.level.split(","), strict=True))
