"""Criteria and the verdict of the second implementation, by hand from the contract ("Statistics", 8)."""

from collections.abc import Sequence

import pytest

from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from tests.conftest import PROTOCOL_HEAD
from validation.independent.cohort import Image
from validation.independent.estimate_rows import Row
from validation.independent.subgroup_levels import LevelName, levels
from validation.independent.verdicts import judged, overall

HEAD = PROTOCOL_HEAD + '[[subgroups]]\naxis = "sex"\n[[subgroups]]\naxis = ["sex", "view"]\n'
WIDE = "[minimum]\nunknown_at_most = 1.0\n"


def protocol(
    subgroup: str, *, bound: str = "lower", goal: float = 0.5, metric: str = "auroc", text: str = HEAD
) -> Protocol:
    role = "consistency" if bound == "estimate" else "acceptance"
    criterion = f'''
[[criteria]]
id = "C"
metric = "{metric}"
subgroup = {subgroup}
bound = "{bound}"
goal = {goal}
role = "{role}"
justification = "for the test"
'''
    return parse_protocol((text + criterion).encode(), source="p.toml").protocol


def row(
    metric: str, level: LevelName, *, status: str = "ok", bounds: tuple[float, float] | None = (0.4, 0.6)
) -> Row:
    return Row(
        metric=metric,
        subgroup={"axis": level[0], "level": level[1]},
        value=0.5,
        numerator=None,
        denominator=None,
        images=1,
        patients=1,
        positives=1,
        negatives=1,
        positive_patients=1,
        negative_patients=1,
        intervals={"bca": bounds},
        decision_interval="bca" if bounds else None,
        design_effect=None,
        effective_size=None,
        effective_patients=None,
        undefined_replicates=0,
        status=status,
    )


def images(sexes: Sequence[str], view: str = "PA") -> list[Image]:
    return [
        Image(f"i{k}", "p", "test", "positive", 0.5, {"sex": sex, "view": view})
        for k, sex in enumerate(sexes)
    ]


def told(
    plan: Protocol, analysed: Sequence[Image], **of_row: object
) -> dict[str, tuple[str, str, str | None]]:
    """Id -> level, verdict, against the goal."""
    found = levels(analysed, plan)
    metric = plan.criteria[0].metric
    rows = {(metric, level): row(metric, level, **of_row) for level in found}  # type: ignore[arg-type]
    return {
        one.id: (one.subgroup["level"], one.verdict, one.against_goal) for one in judged(found, rows, plan)
    }


@pytest.mark.parametrize(
    ("bound", "goal", "metric", "verdict", "against"),
    [
        ("lower", 0.39, "auroc", "met", None),
        ("lower", 0.4, "auroc", "not_met", "not_shown"),
        ("lower", 0.6, "auroc", "not_met", "not_shown"),  # its edge is still in the interval
        ("lower", 0.61, "auroc", "not_met", "refuted"),
        ("upper", 0.61, "auroc", "met", None),
        ("upper", 0.6, "auroc", "not_met", "not_shown"),
        ("upper", 0.4, "auroc", "not_met", "not_shown"),
        ("upper", 0.39, "auroc", "not_met", "refuted"),
        ("lower", 0.61, "brier", "not_met", "refuted"),  # the bound decides the direction, not the metric
        ("estimate", 0.5, "auroc", "met", None),
        ("estimate", 0.9, "auroc", "not_met", None),
        ("estimate", 0.5, "brier", "met", None),
        ("estimate", 0.4, "brier", "not_met", None),
    ],
)
def test_verdict_and_against_goal_by_hand(
    bound: str, goal: float, metric: str, verdict: str, against: str | None
) -> None:
    plan = protocol('"overall"', bound=bound, goal=goal, metric=metric)
    assert told(plan, images("FM")) == {"C": ("all", verdict, against)}


@pytest.mark.parametrize("of_row", [{"status": "insufficient"}, {"status": "undefined"}, {"bounds": None}])
def test_what_is_not_sufficient_is_inconclusive_by_hand(of_row: dict[str, object]) -> None:
    assert told(protocol('"overall"', goal=0.1), images("FM"), **of_row) == {
        "C": ("all", "inconclusive", None)
    }


def test_text_mined_truth_is_inconclusive_by_hand() -> None:
    mined = HEAD.replace('kind = "consensus"', 'kind = "text_mined"')
    assert told(protocol('"overall"', text=mined), images("FM"))["C"][1] == "inconclusive"


def test_every_level_by_hand() -> None:
    plan = protocol('{axis = "sex", level = "*"}', goal=0.1, text=HEAD + WIDE)
    assert told(plan, images(["F", "M", ""])) == {
        "C[sex=F]": ("F", "met", None),
        "C[sex=M]": ("M", "met", None),
    }


def test_a_criterion_without_a_level_keeps_its_row_by_hand() -> None:
    plan = protocol('{axis = "sex", level = "*"}', text=HEAD + WIDE)
    analysed = images(["Female", "", "x"])
    assert told(plan, analysed) == {"C": ("*", "inconclusive", None)}
    (only,) = judged(levels(analysed, plan), {}, plan)
    assert (only.subgroup, only.observed, only.goal) == ({"axis": "sex", "level": "*"}, None, 0.5)


@pytest.mark.parametrize(
    ("unknown", "limit", "verdict"),
    [
        (5, "", "met"),
        (6, "", "inconclusive"),
        (6, "unknown_at_most = 0.06", "met"),
        (1, "unknown_at_most = 0.0", "inconclusive"),
    ],
)
def test_unknown_at_most_by_hand(unknown: int, limit: str, verdict: str) -> None:
    text = HEAD + f"[minimum]\n{limit}\n"
    analysed = images([*["female"] * unknown, *"F" * (100 - unknown)])
    assert told(protocol('{axis = "sex", level = "F"}', goal=0.1, text=text), analysed)["C"][1] == verdict
    assert told(protocol('"overall"', goal=0.1, text=text), analysed)["C"][1] == "met"


def test_unknown_on_any_part_of_an_intersection_by_hand() -> None:
    plan = protocol('{axis = "sex,view", level = "F,PA"}', goal=0.1)
    analysed = [*images("F" * 94), *images(["x"] * 3), *images("FFF", view="")]
    assert told(plan, analysed)["C"][1] == "inconclusive"  # 3 of 100 on each, 6 on either
    assert told(plan, analysed[:-1])["C"][1] == "inconclusive"  # 5 of 99
    assert told(plan, analysed[:-2])["C"][1] == "met"  # 4 of 98


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], "none"),
        (["met", "met"], "pass"),
        (["met", "inconclusive"], "inconclusive"),
        (["met", "inconclusive", "not_met"], "fail"),
    ],
)
def test_overall_by_hand(verdicts: list[str], expected: str) -> None:
    assert overall(verdicts) == expected
