"""Verdicts under other analyses: against results made by hand, and as printed."""

from collections.abc import Callable
from dataclasses import replace

from reports.context import ReportContext
from reports.other_verdicts import OtherVerdict, other_verdicts, rules_told
from tests.reports.conftest import noticed, rows_under, seen
from validation.results import AnalysisVerdict


def test_what_other_analyses_say_by_hand(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    assert other_verdicts(noticed(context.results), context.words) == (
        OtherVerdict("All missing counted as right", "pass", False, "none"),
        OtherVerdict("All missing counted as errors", "fail", True, "SE not met"),
    )


def test_of_many_changed_criteria_six_are_named(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    verdicts = {f"C{number}": "not_met" for number in range(9)}
    results = replace(context.results, sensitivity_verdicts={"all_worst": AnalysisVerdict(verdicts, "fail")})  # type: ignore[arg-type]
    (row,) = other_verdicts(results, context.words)
    assert row.changed.endswith("C5 not met and others")


def test_rules_by_hand(context_of: Callable[[str], ReportContext]) -> None:
    context = context_of("passing")
    told = rules_told(noticed(context.results), context.words)
    assert "All missing counted as errors, AUROC: missing scores rank last of their class." in told


def test_the_section_on_robustness_answers_its_question(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    page = page_from(replace(context, results=noticed(context.results)))
    rows = rows_under(page, "The verdict under each analysis")
    assert rows[1:] == [
        ["Primary analysis", "pass", "–"],
        ["All missing counted as right", "pass", "none"],
        ["All missing counted as errors", "fail differs", "SE not met"],
    ]
    assert "1 of the 2 analyses below would have given another verdict than pass." in seen(page)
    assert "missing scores rank last of their class." in seen(page)


def test_where_all_agree_that_is_said(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    same = {"all_best": AnalysisVerdict({}, "pass")}
    page = page_from(replace(context, results=replace(context.results, sensitivity_verdicts=same)))
    assert "Every analysis below gives the same verdict, pass." in seen(page)
