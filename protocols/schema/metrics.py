"""The registry of metrics: one row per metric, in the order of results.json.

Owns names, labels, meanings, ranges, the classes that a metric needs, and its tolerance when scores are recomputed.
Computing a metric is `validation.metrics`'s; definitions are keyed by the names here.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator

Kind = Literal["proportion", "mapped_proportion", "counts", "scores"]
ReferenceClass = Literal["positive", "negative"]

SCORE_TOLERANCE = 1e-5  # of a recomputed score
SCORE_BASED_TOLERANCE = 1e-4  # of a metric of recomputed scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric as every part of the suite uses it.

    Attributes:
        kind: ``proportion`` is x/n, ``mapped_proportion`` an increasing function of one, ``counts`` another function of
            TP, FP, FN and TN, ``scores`` a function of scores.
        label: its name in a study with a reference standard.
        agreement_label: its name in a study of agreement with text-mined labels, without terms of accuracy.
        meaning: for the glossary, where ``{truth}`` is reference or label, ``{units}`` images or patients, ``{se}``,
            ``{sp}``, ``{precision}`` and ``{recall}`` the labels of these in the study.
        column_head: short label for a narrow column; empty where the label is used.
        lowest, highest: the range, which must include a goal.
        lower_is_better: whether a smaller value is better.
        classes: the classes of the reference standard that it needs; the minimum sizes apply to each.
    """

    kind: Kind
    label: str
    agreement_label: str
    meaning: str
    column_head: str = ""
    lowest: float = 0.0
    highest: float = 1.0
    lower_is_better: bool = False
    classes: tuple[ReferenceClass, ...] = ("positive", "negative")

    @property
    def tolerance(self) -> float:
        """Its largest change when scores are recomputed; 0 for metrics of decisions, which must not change."""
        return SCORE_BASED_TOLERANCE if self.kind == "scores" else 0.0

    @property
    def range(self) -> str:
        """The range in words: ``between 0 and 1``, ``0 or more``."""
        if math.isinf(self.highest):
            return f"{self.lowest:g} or more"
        return f"between {self.lowest:g} and {self.highest:g}"


METRICS: Mapping[str, Metric] = {
    "sensitivity": Metric(
        kind="proportion",
        label="Sensitivity",
        agreement_label="Positive per cent agreement",
        meaning="of the {units} whose {truth} is positive, the share that the device calls positive",
        classes=("positive",),
    ),
    "specificity": Metric(
        kind="proportion",
        label="Specificity",
        agreement_label="Negative per cent agreement",
        meaning="of the {units} whose {truth} is negative, the share that the device calls negative",
        classes=("negative",),
    ),
    "f1": Metric(
        kind="mapped_proportion",
        label="F1 score",
        agreement_label="F1 (Dice agreement)",
        column_head="F1",
        meaning="twice the positive calls that meet a positive {truth}, over all positive calls and all positive "
        "{truth}s; depends on the share of positives",
    ),
    "ppv": Metric(
        kind="proportion",
        label="Positive predictive value",
        agreement_label="Agreement among positive calls",
        column_head="PPV",
        meaning="of the {units} called positive, the share whose {truth} is positive; depends on the share of "
        "positives",
    ),
    "npv": Metric(
        kind="proportion",
        label="Negative predictive value",
        agreement_label="Agreement among negative calls",
        column_head="NPV",
        meaning="of the {units} called negative, the share whose {truth} is negative; depends on the share of "
        "positives",
    ),
    "accuracy": Metric(
        kind="proportion",
        label="Accuracy",
        agreement_label="Overall per cent agreement",
        meaning="the share of {units} whose call and {truth} are alike; depends on the share of positives",
    ),
    "balanced_accuracy": Metric(
        kind="counts",
        label="Balanced accuracy",
        agreement_label="Mean of both agreements",
        meaning="the mean of {se} and {sp}",
    ),
    "lr_positive": Metric(
        kind="counts",
        label="Positive likelihood ratio",
        agreement_label="Ratio of positive calls",
        meaning="{se} over one minus {sp}: how many times more often a positive call comes with a positive {truth}",
        highest=math.inf,
    ),
    "lr_negative": Metric(
        kind="counts",
        label="Negative likelihood ratio",
        agreement_label="Ratio of negative calls",
        meaning="one minus {se} over {sp}: the same for a negative call; lower is better",
        highest=math.inf,
        lower_is_better=True,
    ),
    "prevalence": Metric(
        kind="proportion",
        label="Prevalence",
        agreement_label="Share of positive labels",
        meaning="the share of {units} whose {truth} is positive",
    ),
    "auroc": Metric(
        kind="scores",
        label="AUROC",
        agreement_label="AUROC against the labels",
        meaning="the share of pairs of a positive and a negative in which the positive has the higher score, ties half",
    ),
    "average_precision": Metric(
        kind="scores",
        label="Average precision",
        agreement_label="Average precision against the labels",
        meaning="{precision} over all thresholds, averaged over {recall}; depends on the share of positives",
    ),
    "brier": Metric(
        kind="scores",
        label="Brier score",
        agreement_label="Brier score against the labels",
        meaning="the mean squared distance of the score from the {truth}, 1 or 0; lower is better",
        lower_is_better=True,
    ),
}

# Compared between the levels of subgroups, and estimated again without each site and each reader.
SubgroupMetric = Literal["sensitivity", "specificity", "f1", "auroc"]
SUBGROUP_METRICS: tuple[SubgroupMetric, ...] = get_args(SubgroupMetric)


def _known(name: object) -> object:
    if not isinstance(name, str) or name not in METRICS:
        *others, last = map(repr, METRICS)
        raise ValueError(f"should be {', '.join(others)} or {last}")
    return name


MetricName = Annotated[str, BeforeValidator(_known)]
