"""Each sum is broken by hand in results that are right, and must be named."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from protocols.storage.run_folder import RunFolder
from reports.number_check.results_consistency import disagreements


@pytest.fixture
def results(run_of: Callable[[str], RunFolder]) -> dict[str, Any]:
    """A document that reconciles."""
    document: dict[str, Any] = json.loads(run_of("passing").results.read_bytes())
    return copy.deepcopy(document)


def estimate(results: dict[str, Any], metric: str, level: str = "all") -> dict[str, Any]:
    """One estimate."""
    found: dict[str, Any] = next(
        one for one in results["estimates"] if one["metric"] == metric and one["subgroup"]["level"] == level
    )
    return found


def broken(results: dict[str, Any]) -> set[str]:
    """The rules that do not hold."""
    return {found.rule for found in disagreements(results)}


@pytest.mark.parametrize("name", ["passing", "text-mined", "every row insufficient", "no positives"])
def test_what_validation_makes_reconciles(run_of: Callable[[str], RunFolder], name: str) -> None:
    assert disagreements(json.loads(run_of(name).results.read_bytes())) == ()


def test_an_estimate_that_is_not_its_fraction(results: dict[str, Any]) -> None:
    estimate(results, "prevalence")["value"] += 0.001
    assert broken(results) == {"x/n"}


def test_an_estimate_outside_its_interval(results: dict[str, Any]) -> None:
    one = estimate(results, "sensitivity")
    one["intervals"][one["decision_interval"]] = [0.0, 0.01]
    assert broken(results) == {"interval"}


def test_bounds_in_the_wrong_order(results: dict[str, Any]) -> None:
    one = estimate(results, "f1")
    one["intervals"]["percentile"] = one["intervals"]["percentile"][::-1]
    assert "interval" in broken(results)


def test_margins_of_the_table(results: dict[str, Any]) -> None:
    one = estimate(results, "ppv")
    one["numerator"] -= 1
    one["value"] = one["numerator"] / one["denominator"]
    assert "margins" in broken(results)


def test_levels_that_are_not_the_whole(results: dict[str, Any]) -> None:
    estimate(results, "sensitivity", "F")["images"] += 1
    assert broken(results) == {"subgroups"}


def test_a_flow_that_loses_images(results: dict[str, Any]) -> None:
    next(step for step in results["flow"] if step["step"] == "all")["images"] += 3
    assert broken(results) == {"flow"}


def test_positives_negatives_and_indeterminate_are_all(results: dict[str, Any]) -> None:
    results["cohort"]["positives"] += 1
    assert "margins" in broken(results)


def test_patients_by_number_of_images(results: dict[str, Any]) -> None:
    results["cohort"]["patients_by_images"]["1"] = 10_000
    assert broken(results) == {"cohort"}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_number(results: dict[str, Any], number: float) -> None:
    estimate(results, "auroc")["value"] = number
    (found,) = disagreements(results)
    assert found.rule == "non-finite"
