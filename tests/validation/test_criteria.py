"""Verdicts by hand: what is met, what is not, what cannot be said, and what the study comes to."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from protocols.load import parse_protocol
from tests.conftest import PROTOCOL_HEAD
from validation.criteria import judge, overall_verdict
from validation.results import CriterionResult, Estimate, Subgroup

WHOLE = Subgroup("overall", "all")
CRITERION = """
[[criteria]]
id = "C"
metric = "%s"
subgroup = "overall"
bound = "%s"
goal = %s
role = "%s"
justification = "j"
"""
ESTIMATE = Estimate(
    metric="sensitivity",
    subgroup=WHOLE,
    value=0.9,
    numerator=90,
    denominator=100,
    images=200,
    patients=150,
    positives=100,
    negatives=100,
    positive_patients=80,
    negative_patients=90,
    intervals={"exact_clustered": (0.82, 0.95)},
    interval_notes={},
    decision_interval="exact_clustered",
    monte_carlo_error=(0.0, 0.0),
    design_effect=1.2,
    undefined_replicates=0,
    status="ok",
)

VERDICTS = [
    # metric, bound, goal, role, verdict, observed
    ("sensitivity", "lower", "0.80", "acceptance", "met", 0.82),
    ("sensitivity", "lower", "0.82", "acceptance", "not_met", 0.82),  # above, not at
    ("sensitivity", "lower", "0.90", "acceptance", "not_met", 0.82),  # the interval straddles the goal
    ("sensitivity", "upper", "0.96", "acceptance", "met", 0.95),
    ("sensitivity", "upper", "0.95", "acceptance", "not_met", 0.95),
    ("sensitivity", "estimate", "0.90", "consistency", "met", 0.9),  # at the goal is enough
    ("sensitivity", "estimate", "0.91", "consistency", "not_met", 0.9),
    ("lr_negative", "estimate", "0.90", "consistency", "met", 0.9),  # lower is better
    ("lr_negative", "estimate", "0.80", "consistency", "not_met", 0.9),
]


def verdict_of(estimate: Estimate, kind: str = "consensus", *criterion: str) -> CriterionResult:
    head = PROTOCOL_HEAD.replace('kind = "consensus"', f'kind = "{kind}"')
    text = head + CRITERION % (criterion or ("sensitivity", "lower", "0.80", "acceptance"))
    protocol = parse_protocol(text.encode(), source="p.toml").protocol
    sensitivity = replace(ESTIMATE, metric="sensitivity")
    (result,), _ = judge(protocol, [sensitivity, estimate], [], np.ones(200, dtype=np.bool_))
    return result


@pytest.mark.parametrize(("metric", "bound", "goal", "role", "verdict", "observed"), VERDICTS)
def test_verdict_by_hand(
    metric: str, bound: str, goal: str, role: str, verdict: str, observed: float
) -> None:
    result = verdict_of(replace(ESTIMATE, metric=metric), "consensus", metric, bound, goal, role)
    assert (result.verdict, result.observed) == (verdict, observed)


INCONCLUSIVE: list[tuple[dict[str, Any], str]] = [
    ({"status": "insufficient", "patients": 12}, "12 patients, 30 needed"),
    ({"status": "insufficient", "positive_patients": 3}, "3 patients with a positive image, 10 needed"),
    (
        {"status": "undefined", "value": None, "positives": 0, "decision_interval": None},
        "not estimable: 0 positives",
    ),
    ({"status": "insufficient", "decision_interval": None}, "no interval could be given"),
    ({"status": "insufficient", "undefined_replicates": 101}, "undefined in 101 replicates"),
]


@pytest.mark.parametrize(("change", "why"), INCONCLUSIVE)
def test_what_cannot_be_said_is_inconclusive_by_hand(change: dict[str, Any], why: str) -> None:
    result = verdict_of(replace(ESTIMATE, **change))
    assert (result.verdict, why in result.why) == ("inconclusive", True)


def test_text_mined_truth_never_passes_by_hand() -> None:
    assert verdict_of(ESTIMATE, "text_mined").verdict == "inconclusive"


@pytest.mark.parametrize(
    ("criteria", "verdict"),
    [
        ([], "none"),
        ([("acceptance", "met"), ("acceptance", "met")], "pass"),
        ([("acceptance", "met"), ("acceptance", "inconclusive")], "inconclusive"),
        ([("acceptance", "not_met"), ("acceptance", "inconclusive")], "fail"),
        ([("acceptance", "met"), ("consistency", "not_met")], "pass"),  # consistency never decides
        ([("consistency", "met")], "none"),
    ],
)
def test_overall_verdict_by_hand(criteria: list[tuple[str, Any]], verdict: str) -> None:
    results = [
        CriterionResult("C", role, "sensitivity", WHOLE, "lower", 0.8, 0.0, 0.8, word, "why")
        for role, word in criteria
    ]
    assert overall_verdict(results) == verdict
