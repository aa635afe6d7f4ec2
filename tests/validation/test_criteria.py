"""Verdicts by hand: what is met, what is not, what cannot be said, and what the study comes to."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from protocols.schema.load import parse_protocol
from tests.conftest import PROTOCOL_HEAD
from validation.cohort.subgroups import Axis
from validation.criteria import judge, overall_verdict
from validation.results.results import CriterionResult, Estimate, Subgroup

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
    effective_size=None,
    effective_patients=None,
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


AGAINST_GOAL = [
    # bound, goal, what a goal that is not met comes to; the interval is 0.82 to 0.95
    ("lower", "0.80", None),  # met
    ("lower", "0.90", "not_shown"),
    ("lower", "0.95", "not_shown"),  # the goal is the upper bound itself
    ("lower", "0.96", "refuted"),
    ("upper", "0.90", "not_shown"),
    ("upper", "0.82", "not_shown"),
    ("upper", "0.81", "refuted"),
]


@pytest.mark.parametrize(("bound", "goal", "expected"), AGAINST_GOAL)
def test_not_shown_and_refuted_by_hand(bound: str, goal: str, expected: str | None) -> None:
    result = verdict_of(ESTIMATE, "consensus", "sensitivity", bound, goal, "acceptance")
    assert result.against_goal == expected


def test_an_estimate_against_its_goal_is_neither() -> None:
    assert (
        verdict_of(ESTIMATE, "consensus", "sensitivity", "estimate", "0.99", "consistency").against_goal
        is None
    )


BY_SEX = """
[[subgroups]]
axis = "sex"
%s
[[criteria]]
id = "SE-SEX"
metric = "sensitivity"
subgroup = {axis = "sex", level = "*"}
bound = "lower"
goal = 0.80
justification = "j"
"""


def axis_of(codes: list[int]) -> Axis:
    return Axis(
        "sex", ("F", "M", "unknown"), np.array(codes, dtype=np.intp), frozenset(), frozenset({"F", "M"})
    )


def judged_by_sex(codes: list[int], members: list[bool], minimum: str = "") -> list[CriterionResult]:
    protocol = parse_protocol((PROTOCOL_HEAD + BY_SEX % minimum).encode(), source="p.toml").protocol
    rows = [replace(ESTIMATE, subgroup=Subgroup("sex", level)) for level in ("F", "M")]
    results, verdict = judge(protocol, rows, [axis_of(codes)], np.array(members))
    assert (verdict == "pass") == all(one.verdict == "met" for one in results)
    return list(results)


def test_every_level_that_is_not_empty_has_its_verdict_by_hand() -> None:
    results = judged_by_sex([0, 0, 0, 1], [True, True, True, False])
    assert [(one.id, one.verdict) for one in results] == [("SE-SEX[sex=F]", "met")]


def test_a_criterion_without_a_level_keeps_its_row_by_hand() -> None:
    (result,) = judged_by_sex([2] * 30, [True] * 30)
    assert (result.id, result.subgroup) == ("SE-SEX", Subgroup("sex", "*"))
    assert (result.verdict, result.observed, result.against_goal) == ("inconclusive", None, None)
    assert "sex has no known level: it is unknown for 30 of 30 images" in result.why
    assert "[values.sex]" in result.why


@pytest.mark.parametrize(
    ("unknown", "minimum", "verdict"),
    [
        (5, "", "met"),  # 5 of 100 is not more than 0.05
        (6, "", "inconclusive"),
        (29, "[minimum]\nunknown_at_most = 0.29", "met"),  # as float64, 0.29 x 100 is below 29
        (30, "[minimum]\nunknown_at_most = 0.29", "inconclusive"),
        (1, "[minimum]\nunknown_at_most = 0.0", "inconclusive"),
    ],
)
def test_an_axis_that_is_unknown_too_often_by_hand(unknown: int, minimum: str, verdict: str) -> None:
    (result,) = judged_by_sex([2] * unknown + [0] * (100 - unknown), [True] * 100, minimum)
    assert (result.verdict, result.observed) == (verdict, 0.82)
    assert (f"sex is unknown for {unknown} of 100 images" in result.why) == (verdict == "inconclusive")


def test_images_that_are_not_analysed_may_be_unknown_by_hand() -> None:
    (result,) = judged_by_sex([0] * 50 + [2] * 50, [True] * 50 + [False] * 50)
    assert result.verdict == "met"


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
