"""The planned looks on the pages: their sentences by hand, and where they are printed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.content.context import ReportContext
from reports.content.looks import alpha_of_look, beyond_plan, both_levels, deciding_level, of_planned
from reports.content.run_evidence import report_context
from reports.pages.all_figures import gallery
from reports.pages.report import report_page
from reports.pages.summary import summary_page
from tests.reports.conftest import PROTOCOLS, make_run, seen
from validation.results.results import LooksPlanned, Results

Contexts = Callable[[str], ReportContext]
PLANNED = PROTOCOLS["locked"].replace("replicates = 1000", "replicates = 3000\n[looks]\nplanned = 3")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> ReportContext:
    """Look 2 of 3 planned."""
    first = PLANNED.replace("version = 2", "version = 1")
    return report_context(make_run(tmp_path_factory.mktemp("run"), PLANNED, first=first))


def with_looks(results: Results, planned: int, alpha: float) -> Results:
    return replace(results, looks=LooksPlanned(planned, alpha, round(1 - alpha, 9)))


def test_the_sentences_by_hand(context_of: Contexts) -> None:
    three = with_looks(context_of("passing").results, 3, 0.016666667)
    assert alpha_of_look(three) == "each look uses 1.67 % of the 5 %".replace(" %", "\N{NO-BREAK SPACE}%")
    assert (of_planned(three, 2), of_planned(three, 3), of_planned(three, 4)) == (
        " of 3 planned",
        " of 3 planned",
        "",
    )
    assert beyond_plan(three, 3) == ""
    assert beyond_plan(three, 4).startswith(
        "look 4, but 3 were planned: the type I error over all looks is no"
    )
    assert deciding_level(three) == "98.33\N{NO-BREAK SPACE}%"
    assert both_levels(three) == "95\N{NO-BREAK SPACE}%, deciding 98.33\N{NO-BREAK SPACE}%"


@pytest.mark.parametrize(("looks", "alpha", "level"), [(2, 0.025, "97.5"), (7, 0.007142857, "99.286")])
def test_levels_keep_three_digits_of_alpha_by_hand(
    context_of: Contexts, looks: int, alpha: float, level: str
) -> None:
    made = with_looks(context_of("passing").results, looks, alpha)
    assert deciding_level(made) == f"{level}\N{NO-BREAK SPACE}%"


def test_of_one_look_nothing_is_said_by_hand(context_of: Contexts) -> None:
    one = context_of("passing").results
    assert (alpha_of_look(one), of_planned(one, 2), beyond_plan(one, 2)) == ("", "", "")
    assert deciding_level(one) == both_levels(one) == "95\N{NO-BREAK SPACE}%"


def test_both_documents_name_the_level_of_what_decides_by_hand(planned: ReportContext) -> None:
    report, summary = (
        seen(page).replace("\N{NO-BREAK SPACE}", " ")
        for page in (report_page(planned, gallery(planned)), summary_page(planned))
    )
    for page in (report, summary):
        assert "look 2 of 3 planned at" in page
        assert "ach look uses 1.67 % of the 5 %." in page
        assert "Estimate (98.33 % CI)" in page
        assert "but 3 were planned" not in page
    assert "Proportions and F1 with their intervals (95 %, deciding 98.33 %)" in report
    assert "half the width of the deciding interval (98.33 %)" in report
    assert "at a nominal one-sided level of 0.833 %" in report
    assert "3 planned: each look uses 1.67 % of the 5 %, two-sided (Bonferroni)" in report


def test_a_look_beyond_the_plan_is_the_first_thing_on_page_1_by_hand(planned: ReportContext) -> None:
    late = replace(planned, results=with_looks(planned.results, 2, 0.025))
    assert late.before_the_verdict == planned.before_the_verdict  # the second of two
    seal = planned.seal
    assert seal is not None
    story = replace(seal.story, look=replace(seal.story.look, number=3))
    beyond = replace(late, seal=replace(seal, story=story)).before_the_verdict
    assert "Look 3, but 2 were planned" in beyond[0]
    assert beyond[1:] == planned.before_the_verdict


def test_the_deciding_level_is_not_one_that_was_simulated_by_hand(planned: ReportContext) -> None:
    assert "was not simulated" in planned.simulated_errors
