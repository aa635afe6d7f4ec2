"""What things are called: metrics, levels, rules and verdicts, in words that the evidence allows.

Owns the vocabulary and its one switch: where the truth is text-mined there is no reference standard, so every
word of accuracy becomes one of agreement. Numbers are `formatting`; sentences stand in the templates.
Source of the switch: FDA, "Statistical Guidance on Reporting Results from Studies Evaluating Diagnostic Tests".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from protocols.cohorts.folder import FlowStep
from protocols.schema import Criterion, Protocol
from reports.formatting import goal, listed, sentence
from validation.results import OVERALL_AXIS, CriterionResult, Results, Subgroup

UNKNOWN_LEVEL = "unknown"

ACCURACY_METRICS = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "f1": "F1 score",
    "ppv": "Positive predictive value",
    "npv": "Negative predictive value",
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "lr_positive": "Positive likelihood ratio",
    "lr_negative": "Negative likelihood ratio",
    "prevalence": "Prevalence",
    "auroc": "AUROC",
}
AGREEMENT_METRICS = {
    "sensitivity": "Positive per cent agreement",
    "specificity": "Negative per cent agreement",
    "f1": "F1 (Dice agreement)",
    "ppv": "Agreement among positive calls",
    "npv": "Agreement among negative calls",
    "accuracy": "Overall per cent agreement",
    "balanced_accuracy": "Mean of both agreements",
    "lr_positive": "Ratio of positive calls",
    "lr_negative": "Ratio of negative calls",
    "prevalence": "Share of positive labels",
    "auroc": "AUROC against the labels",
}
LEVELS: Mapping[str, Mapping[str, str]] = {
    "sex": {"F": "Female", "M": "Male", "O": "Other"},
    "view": {"LATERAL": "Lateral"},
}
ADJECTIVES: Mapping[str, Mapping[str, str]] = {
    "sex": {"F": "female", "M": "male", "O": "of other sex"},
    "view": {"LATERAL": "lateral"},
}
AXES = {"age_years": "age (years)"}

VERDICTS = {"pass": "Pass", "fail": "Fail", "inconclusive": "Inconclusive", "none": "No criteria"}
CRITERION_VERDICTS = {"met": "met", "not_met": "not met", "inconclusive": "inconclusive"}
CLAIMS = {
    "triage": ("computer-aided triage", "21 CFR 892.2080"),
    "detection": ("computer-aided detection", "21 CFR 892.2070"),
    "detection_diagnosis": ("computer-aided detection and diagnosis", "21 CFR 892.2090"),
}
KINDS = {
    "consensus": "consensus of readers",
    "adjudicated": "readers with adjudication",
    "single_reader": "one reader an image",
    "text_mined": "labels mined from text",
}
LABEL_SOURCES = {
    "readers": "given by readers",
    "text_mined": "mined from the text of reports, no reference standard",
    "known_truth": "the known truth of synthetic images",
}
INTERVALS = {
    "percentile": "bootstrap percentile",
    "bca": "bootstrap BCa",
    "exact_clustered": "exact clustered",
    "wilson_effective": "Wilson, effective n",
    "clopper_pearson": "clustering ignored",
    "mover": "MOVER",
    "delong_clustered": "DeLong clustered",
    "wilson_patients": "Wilson on patients",
}
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


@dataclass(frozen=True, slots=True)
class Words:
    """The vocabulary of one run.

    Attributes:
        agreement: whether words of agreement stand for those of accuracy.
        unit: what counts once, ``image`` or ``patient``.
        numeric_axes: columns whose levels are bins between cut points.
    """

    agreement: bool
    unit: str
    numeric_axes: frozenset[str]

    @classmethod
    def of(cls, results: Results, protocol: Protocol) -> Self:
        """The words that these results allow."""
        return cls(
            agreement=results.reference_standard.terms == "agreement",
            unit=results.analysis.unit,
            numeric_axes=frozenset(group.name for group in protocol.subgroups if group.cut_points),
        )

    @property
    def units(self) -> str:
        """Several of what counts once."""
        return f"{self.unit}s"

    @property
    def other_unit(self) -> str:
        """What would count once in the analysis beside."""
        return "patient" if self.unit == "image" else "image"

    @property
    def reference(self) -> str:
        """What the device is compared with."""
        return "text-mined labels" if self.agreement else "reference standard"

    @property
    def truth(self) -> str:
        """The same as an adjective before positive and negative."""
        return "Label" if self.agreement else "Reference"

    @property
    def performance(self) -> str:
        """What the report is about."""
        return "agreement" if self.agreement else "performance"

    @property
    def outcomes(self) -> Mapping[str, str]:
        """The four cells of the table of calls by truth."""
        if self.agreement:
            return {"TP": "both positive", "FP": "device alone", "FN": "label alone", "TN": "both negative"}
        return {"TP": "true positive", "FP": "false positive", "FN": "false negative", "TN": "true negative"}

    @property
    def grouping(self) -> str:
        """What images are told apart by."""
        return "label" if self.agreement else "truth"

    @property
    def error(self) -> str:
        """What something missing counts as in the worst case."""
        return "a disagreement" if self.agreement else "an error"

    def metric(self, name: str) -> str:
        """A metric in full."""
        return (AGREEMENT_METRICS if self.agreement else ACCURACY_METRICS)[name]

    @staticmethod
    def within(name: str) -> str:
        """A name within a sentence: without its capital, unless it is an abbreviation or carries a number."""
        return name if name[1:2].isupper() or name[1:2].isdigit() else name[:1].lower() + name[1:]

    def axis(self, name: str) -> str:
        """An axis of subgroups: ``Age (years)``, ``Sex and view``."""
        return sentence(listed([AXES.get(part, part.replace("_", " ")) for part in name.split(",")]))

    def level(self, subgroup: Subgroup) -> str:
        """A level of an axis: ``Under 18``, ``Female, PA``, ``All images``."""
        if subgroup.axis == OVERALL_AXIS:
            return f"All {self.units}"
        return ", ".join(self._level(axis, level) for axis, level in _parts(subgroup))

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
        """Whom a row is about, after a comma: ``all images``, ``aged 18–44``, ``female, PA view``."""
        if subgroup.axis == OVERALL_AXIS:
            return f"all {self.units}"
        return ", ".join(self._whom(axis, level) for axis, level in _parts(subgroup))

    def _whom(self, axis: str, level: str) -> str:
        name = ADJECTIVES.get(axis, {}).get(level, self._level(axis, level))
        if level == UNKNOWN_LEVEL:
            return f"{AXES.get(axis, axis).partition(' (')[0]} unknown"
        if axis == "age_years":
            return f"aged {name[:1].lower()}{name[1:]}"
        if axis == "view":
            return f"{name} view"
        return name if axis == "sex" else f"{axis} {name}"

    def step(self, step: FlowStep) -> str:
        """What images of a flow's step are: in our words for the protocol's steps, in the source's for its own."""
        return STEPS.get(step.step, step.reason).replace("{truth}", self.truth.lower())

    def judged(self, criterion: CriterionResult | Criterion) -> str:
        """What a criterion looks at: ``lower bound``, ``estimate``."""
        return criterion.bound if criterion.bound == "estimate" else f"{criterion.bound} bound"

    def target(self, criterion: CriterionResult | Criterion) -> str:
        """Where what it looks at must lie: ``> 0.800``."""
        if criterion.bound == "estimate":
            sign = "≤" if criterion.metric == "lr_negative" else "≥"
        else:
            sign = ">" if criterion.bound == "lower" else "<"
        return f"{sign} {goal(criterion.goal)}"

    def goal(self, criterion: CriterionResult | Criterion) -> str:
        """What a criterion demands: ``lower bound > 0.800``."""
        return f"{self.judged(criterion)} {self.target(criterion)}"

    @property
    def extremes(self) -> Mapping[str, str]:
        """The two ways of counting what is missing that every run has beside its own."""
        if self.agreement:
            return {
                "all_best": "all missing counted as agreeing",
                "all_worst": "all missing counted as disagreeing",
            }
        return {"all_best": "all missing counted as right", "all_worst": "all missing counted as errors"}

    def analysis(self, name: str) -> str:
        """A sensitivity analysis: one that every run has, or the protocol's own by its id."""
        if name in self.extremes:
            return sentence(self.extremes[name])
        return f"Counted by {self.other_unit}" if name == "other_unit" else name

    def rule_of_missing(self, rule: str, what: str) -> str:
        """What an indeterminate reference or a missing score counts as."""
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
