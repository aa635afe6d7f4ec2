from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from reports.content.before_the_verdict import before_the_verdict
from reports.content.context import ReportContext
from reports.content.estimate_rows import LevelRow
from reports.language.vocabulary import Words
from tests.reports.content.test_estimate_rows import estimate
from validation.results.results import WHOLE, CriterionResult, Results, Subgroup

WORDS = Words(agreement=False, unit="image", numeric_axes=frozenset({"age_years"}))


def level(name: str, value: float, upper: float, status: str = "ok") -> LevelRow:
    """A row of sex in which both metrics are alike."""
    made = {
        metric: replace(
            estimate(metric, name), value=value, intervals={"exact_clustered": (0.1, upper)}, status=status
        )
        for metric in ("sensitivity", "specificity")
    }
    return LevelRow(Subgroup("sex", name), made)


def goals(goal: float) -> Callable[[str], Mapping[Subgroup, CriterionResult]]:
    """One criterion on the lower bound of sensitivity."""
    of_all = CriterionResult(*("SE", "acceptance", "sensitivity", WHOLE, "lower", 0.7, 0.0, goal, "met", ""))
    return lambda metric: {WHOLE: of_all} if metric == "sensitivity" else {}


@pytest.fixture
def results(context_of: Callable[[str], ReportContext]) -> Results:
    """Of a consensus of readers."""
    return context_of("passing").results


def test_the_lowest_sufficient_subgroup_by_hand(results: Results) -> None:
    rows = [level("F", 0.4, 0.55), level("M", 0.8, 0.9), level("O", 0.1, 0.2, status="insufficient")]
    assert before_the_verdict(results, rows, goals(0.6), WORDS, None) == (
        "Lowest sensitivity: female, 1/2, 0.400 (0.100–0.550); even the upper limit is below the goal 0.600 for all "
        "images.",
        "Lowest specificity: female, 1/2, 0.400 (0.100–0.550).",
    )
    assert before_the_verdict(results, rows, goals(0.5), WORDS, None)[0].endswith("(0.100–0.550).")
    assert before_the_verdict(results, [rows[2]], goals(0.5), WORDS, None) == ()


def test_one_read_per_image_is_said_by_hand(results: Results) -> None:
    single = replace(results, reference_standard=replace(results.reference_standard, kind="single_reader"))
    assert before_the_verdict(single, [], goals(0.5), WORDS, None) == (
        "Each image was read by one reader, whose own error is in no interval here.",
    )


def test_it_stands_on_both_first_pages(page_of: Callable[[str], str]) -> None:
    assert "Read this before the verdict" in page_of("passing")
    assert "Lowest sensitivity: " in page_of("passing")
