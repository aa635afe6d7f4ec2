"""Where two documents differ, by hand, and what new scores may change."""

from typing import Any

import pytest

from protocols.evidence.reproduction.json_diff import beyond_tolerance, differences


def row(metric: str, value: float) -> dict[str, Any]:
    return {"metric": metric, "subgroup": {"axis": "sex", "level": "F"}, "value": value}


DIFFERENCES = [
    # recorded, recomputed, the sentences
    ({"a": 1}, {"a": 1}, []),
    ({"b": 1, "a": 2}, {"b": 3, "a": 4}, ["a: recorded 2, recomputed 4", "b: recorded 1, recomputed 3"]),
    ({"a": None}, {}, ["a: recorded None, recomputed '(absent)'"]),
    ({"a": [1, 2]}, {"a": [1]}, ["a[1]: recorded 2, recomputed '(absent)'"]),
    ({"a": 1}, {"a": 1.0}, ["a: recorded 1, recomputed 1.0"]),  # an integer stays one
    ({"a": True}, {"a": 1}, ["a: recorded True, recomputed 1"]),
    (
        {"estimates": [row("f1", 0.5)]},
        {"estimates": [row("f1", 0.6)]},
        ["estimates[f1, sex=F].value: recorded 0.5, recomputed 0.6"],
    ),
]


@pytest.mark.parametrize(("recorded", "recomputed", "sentences"), DIFFERENCES)
def test_differences_by_hand(recorded: Any, recomputed: Any, sentences: list[str]) -> None:
    assert [str(difference) for difference in differences(recorded, recomputed)] == sentences


TOLERATED = [
    # metric, recorded, recomputed, tolerated
    ("auroc", 0.9, 0.90005, True),  # score-based, within 1e-4
    ("auroc", 0.9, 0.9002, False),
    ("brier", 0.1, 0.10005, True),
    ("average_precision", 0.9, 0.9002, False),
    ("f1", 0.9, 0.90005, False),  # from decisions: identical or not reproduced
]


@pytest.mark.parametrize(("metric", "recorded", "recomputed", "tolerated"), TOLERATED)
def test_tolerance_of_new_scores_by_hand(
    metric: str, recorded: float, recomputed: float, tolerated: bool
) -> None:
    found = list(
        beyond_tolerance({"estimates": [row(metric, recorded)]}, {"estimates": [row(metric, recomputed)]})
    )
    assert (found == []) == tolerated


def test_inputs_are_compared_apart_by_hand() -> None:
    recorded, recomputed = (
        {"inputs": {"predictions": {"file_sha256": "a"}}},
        {"inputs": {"predictions": {"file_sha256": "b"}}},
    )
    assert list(beyond_tolerance(recorded, recomputed)) == []


PARTS = [
    # results, where a score moved a number by 1e-5, tolerated
    ({"calibration": {"slope": {"value": 1.0}}}, {"calibration": {"slope": {"value": 1.00001}}}, True),
    ({"decision_curve": [{"net_benefit": 0.1}]}, {"decision_curve": [{"net_benefit": 0.10001}]}, True),
    (
        {"homogeneity": [{"metric": "auroc", "axis": "sex", "statistic": 2.0}]},
        {"homogeneity": [{"metric": "auroc", "axis": "sex", "statistic": 2.00001}]},
        True,
    ),
    (
        {"homogeneity": [{"metric": "f1", "axis": "sex", "statistic": 2.0}]},
        {"homogeneity": [{"metric": "f1", "axis": "sex", "statistic": 2.00001}]},
        False,
    ),
    (
        {"leave_one_out": [{"name": "A", "estimates": [{"metric": "auroc", "value": 0.9}]}]},
        {"leave_one_out": [{"name": "A", "estimates": [{"metric": "auroc", "value": 0.90001}]}]},
        True,
    ),
]


@pytest.mark.parametrize(("recorded", "recomputed", "tolerated"), PARTS)
def test_what_is_made_of_scores_by_hand(recorded: Any, recomputed: Any, tolerated: bool) -> None:
    assert (list(beyond_tolerance(recorded, recomputed)) == []) == tolerated
