"""What the things of a run are called: metrics, levels, steps and goals, in words that the evidence allows.

Owns the vocabulary and its one switch: where the truth is text-mined there is no reference standard, so every
word of accuracy becomes one of agreement. Numbers are `formatting`; sentences stand in the templates.
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
from reports.language.names import CRITERION_VERDICTS
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
# Rows that are excluded for what they are themselves.
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
        return OUTCOMES

    @property
    def grouping(self) -> str:
        """What images are told apart by."""
        return "label" if self.agreement else "truth"

    @property
    def recall(self) -> str:
        """Sensitivity where a curve goes over all thresholds."""
        return self.metric("sensitivity") if self.agreement else "Recall"

    @property
    def precision(self) -> str:
        """The positive predictive value where a curve goes over all thresholds."""
        return self.metric("ppv") if self.agreement else "Precision"

    @property
    def error(self) -> str:
        """What something missing counts as in the worst case."""
        return "a disagreement" if self.agreement else "an error"

    @property
    def mistake(self) -> str:
        """A call that is not as the truth."""
        return "disagreement" if self.agreement else "error"

    def metric(self, name: str) -> str:
        """A metric in full."""
        return METRICS[name].agreement_label if self.agreement else METRICS[name].label

    def head(self, name: str) -> str:
        """A metric at the head of a narrow column; in words of agreement always in full."""
        return (not self.agreement and METRICS[name].column_head) or self.metric(name)

    def told(self, text: str) -> str:
        """A sentence of the results in our words for metrics, outcomes and analyses; what it quotes stays."""
        ours = {name: self.within(self.metric(name)) for name in METRICS}
        ours |= {name: f"“{self.within(self.analysis(name))}”" for name in OTHER_ANALYSES}
        if self.agreement:
            ours |= {f"a {name}": self.outcomes[key] for key, name in OUTCOMES.items()}
        return re.sub(rf"'[^']*'|\b({'|'.join(ours)})\b", lambda found: ours.get(found[0], found[0]), text)

    @staticmethod
    def readers(standard: ReferenceStandardUsed) -> str:
        """How many readers there were, and their names; one name for reads of one reader each identifies nobody."""
        names = standard.readers
        if standard.kind == "single_reader" and len(names) == 1:
            return f"readers not identified: one name, {names[0]}, for all reads"
        return f"{counted(len(names), 'reader')} ({listed(names)})"

    @staticmethod
    def within(name: str) -> str:
        """A name within a sentence: without its capital, unless it is an abbreviation, a person's or has a number."""
        kept = name[1:2].isupper() or name[1:2].isdigit() or name.startswith(PERSONS)
        return name if kept else name[:1].lower() + name[1:]

    def axis(self, name: str) -> str:
        """An axis of subgroups: ``Age (years)``, ``Sex and view``."""
        return sentence(listed([AXES.get(part, part.replace("_", " ")) for part in name.split(",")]))

    def level(self, subgroup: Subgroup) -> str:
        """A level of an axis: ``Under 18``, ``Female, PA``, ``All images``."""
        if subgroup.axis == OVERALL_AXIS:
            return f"All {self.units}"
        return ", ".join(self._level(axis, level) for axis, level in _parts(subgroup))

    def level_of(self, axis: str, level: str) -> str:
        """A level by the names that results give it and its axis."""
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
        """Whom a row is about, after a comma: ``all images``, ``aged 18–44``, ``female, PA view``."""
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
        """What images of a flow's step are: in our words for the protocol's steps, in the source's for its own."""
        return STEPS.get(step.step, step.reason).replace("{truth}", self.truth.lower())

    def reason(self, name: str) -> str:
        """Why rows of a table were excluded: by what these rows are, or by the step at which their images left."""
        return (STEPS | ROWS).get(name, name.replace("_", " ")).replace("{truth}", self.truth.lower())

    @staticmethod
    def verdict(criterion: CriterionResult) -> str:
        """What came of a criterion: ``met``, ``not met (refuted)``."""
        against = f" ({criterion.against_goal.replace('_', ' ')})" if criterion.against_goal else ""
        return CRITERION_VERDICTS[criterion.verdict] + against

    def judged(self, criterion: CriterionResult | Criterion) -> str:
        """What a criterion looks at: ``lower bound``, ``estimate``."""
        return criterion.bound if criterion.bound == "estimate" else f"{criterion.bound} bound"

    def target(self, criterion: CriterionResult | Criterion) -> str:
        """Where what it looks at must lie: ``> 0.800``."""
        if criterion.bound == "estimate":
            sign = "≤" if METRICS[criterion.metric].lower_is_better else "≥"
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
        """A sensitivity analysis: one that the suite makes itself, or the protocol's own by its id."""
        of_the_suite = {
            "other_unit": f"Counted by {self.other_unit}",
            "one_image_per_patient": "One image of each patient",
            "processed_only": f"{sentence(self.units)} with a score alone",
            "weighted": "Weighted to the population",
            "dawid_skene": f"Latent {self.grouping} (Dawid–Skene)",
            **{extreme: sentence(called) for extreme, called in self.extremes.items()},
        }
        return of_the_suite.get(name, name)

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
