"""Verdicts under other analyses, as printed, against results made by hand."""

from collections.abc import Callable
from dataclasses import replace

from reports.content.context import ReportContext
from tests.reports.conftest import noticed, rows_under, seen
from validation.results.results import AnalysisVerdict


def test_the_section_on_robustness_answers_its_question(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    page = page_from(replace(context, results=noticed(context.results)))
    rows = rows_under(page, "The verdict under each analysis")
    assert rows[1:] == [
        ["Primary analysis", "pass", "–"],
        ["All missing counted as right", "pass", "–"],
        ["All missing counted as errors", "fail differs", "SE not met"],
    ]
    assert "1 of the 2 analyses below would have given another verdict than pass." in seen(page)
    assert "AUROC: missing scores rank last of their class" in seen(page)


def test_where_all_agree_that_is_said(
    context_of: Callable[[str], ReportContext], page_from: Callable[[ReportContext], str]
) -> None:
    context = context_of("passing")
    same = {"all_best": AnalysisVerdict({}, "pass")}
    page = page_from(replace(context, results=replace(context.results, sensitivity_verdicts=same)))
    assert "Every analysis below gives the same verdict, pass." in seen(page)
