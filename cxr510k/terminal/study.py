"""Terminal output of a study: the input account, notices, criteria, the verdict, and the flow of a cohort."""

from collections.abc import Sequence

from cxr510k.terminal.next_steps import needed_for_pass
from cxr510k.terminal.screen import plain_table, print_folded, screen
from protocols.cohorts.cohort import FlowStep
from protocols.schema.metrics import METRICS
from protocols.tables.input_account import InputAccount, Notice
from reports.content.estimate_rows import inconclusive, judged, rows_by_subgroup
from reports.content.inputs import affected, cleaned, excluded, fully_used
from reports.content.looks import deciding_level
from reports.language.formatting import NOT_APPLICABLE, count, interval, value
from reports.language.vocabulary import Words
from validation.results.results import CriterionResult, Estimate, Results

STUDY_VERDICTS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "none": "NO CRITERIA"}
COLOURS = {
    "pass": "green",
    "met": "green",
    "fail": "red",
    "not_met": "red",
    "inconclusive": "yellow",
    "none": "white",
}


def print_verdict(results: Results) -> None:
    """Print the input account where anything was wrong, the criteria as a table, then the verdict in one line."""
    console = screen()
    words = Words(results.reference_standard.terms == "agreement", results.analysis.unit, frozenset())
    print_account(results.input_account, words)
    if results.criteria:
        rows = rows_by_subgroup(results.estimates)
        level = f"{deciding_level(results)} interval" if results.looks.planned > 1 else "interval"
        names = ("criterion", "endpoint", "goal", "estimate", level, "verdict")
        table = plain_table(names, folding=names[:2], right=names[3:5])
        for criterion in results.criteria:
            table.add_row(*_criterion_row(criterion, judged(criterion, rows), words))
        console.print(table)
    if any(criterion.role == "consistency" for criterion in results.criteria):
        console.print("in brackets: criteria of consistency, which never change the verdict", style="dim")
    for why in inconclusive(results.criteria, words):
        print_folded(f"{why[:1].lower()}{why[1:-1]}")
    for sentence in needed_for_pass(results):
        print_folded(sentence)
    synthetic = " on PHANTOM images" if results.cohort.synthetic else ""
    word = STUDY_VERDICTS[results.verdict]
    console.print(
        f"verdict: [bold {COLOURS[results.verdict]}]{word}[/]{synthetic} "
        f"({results.cohort.images:,} images of {results.cohort.patients:,} patients)",
        highlight=False,
    )


def print_account(account: InputAccount, words: Words) -> None:
    """Print the input account, where anything was left out or cleaned, then the notices."""
    if not all(map(fully_used, account.tables)):
        names = ("table", "rows read", "used", "excluded", "cleaned")
        shown = plain_table(names, folding=names[3:], right=names[1:3])
        for one in account.tables:
            counts = (count(one.rows_read), count(one.rows_used))
            shown.add_row(one.table, *counts, excluded(one, words), cleaned(one))
        screen().print(shown)
    print_notices(account.notices)


def print_notices(notices: Sequence[Notice]) -> None:
    """Print one line per notice, folded between words; in yellow, with their ids, where criteria are affected."""
    for notice in notices:
        line = f"{notice.text} Affects {affected(notice)}." if notice.criteria else notice.text
        print_folded(f"notice: {line}", "yellow" if notice.criteria else "")


def print_flow(steps: Sequence[FlowStep]) -> None:
    """Print one line per step of a cohort's flow."""
    for step in steps:
        print_folded(f"{step.step:<24}{step.images:>9,} images {step.patients:>8,} patients  {step.reason}")


def _criterion_row(criterion: CriterionResult, estimate: Estimate | None, words: Words) -> list[str]:
    """Return the cells of a criterion; metrics have the protocol's names, or terms of agreement."""
    subgroup = criterion.subgroup
    metric = words.within(words.metric(criterion.metric)) if words.agreement else criterion.metric
    where = "all" if subgroup.axis == "overall" else f"{subgroup.axis} {subgroup.level}"
    at_best = "≤" if METRICS[criterion.metric].lower_is_better else "≥"
    sign = {"lower": "lower >", "upper": "upper <", "estimate": f"estimate {at_best}"}[criterion.bound]
    name = criterion.id.partition("[")[0]
    return [
        name if criterion.role == "acceptance" else f"({name})",
        f"{metric}, {where}",
        f"{sign} {criterion.goal:g}",
        value(estimate.value if estimate else None),
        interval(estimate.decision) if estimate and estimate.decision else NOT_APPLICABLE,
        f"[{COLOURS[criterion.verdict]}]{words.verdict(criterion)}[/]",
    ]
