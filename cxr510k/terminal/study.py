"""What a person sees in a terminal: how far the work is, the verdict, what a rerun found.

Owns words and layout on the screen. Progress goes to standard error and is quiet where that is no
terminal; results go to standard output.
"""

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from protocols.cohorts.cohort import FlowStep
from protocols.evidence.reproduction.comparisons import ReproductionFinding
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.evidence.reproduction.levels import FROM_DATA, FROM_SCORES, FROM_WEIGHTS, INTACT, Rerun
from protocols.progress import Progress
from protocols.tables.input_account import InputAccount, Notice
from reports.content.inputs import affected, cleaned, excluded, spotless
from reports.content.rows import inconclusive, judged, rows_by_subgroup
from reports.language.formatting import NOT_APPLICABLE, count, interval, value
from reports.language.vocabulary import Words
from validation.results.results import CriterionResult, Estimate, Results

STUDY_VERDICTS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "none": "NO CRITERIA"}
_WIDTH_OF_A_FILE = 120
ROOM_BETWEEN_COLUMNS = 100
HANGING = 2
MOST_IN_THE_BAND = 20
SOURCES = {FROM_SCORES: "scores", FROM_WEIGHTS: "weights and images", FROM_DATA: "data"}
COLOURS = {
    "pass": "green",
    "met": "green",
    "fail": "red",
    "not_met": "red",
    "inconclusive": "yellow",
    "none": "white",
}


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """One bar a stage on a terminal; one line a finished stage elsewhere."""
    console = Console(stderr=True)
    bars = Bars(
        TextColumn("{task.description:<12}"),
        BarColumn(bar_width=32),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}", style="dim"),
        console=console,
        disable=not console.is_terminal,
    )
    tasks: dict[str, int] = {}

    def progress(stage: str, done: int, total: int, note: str = "") -> None:
        if stage not in tasks:
            tasks[stage] = int(bars.add_task(stage, total=total, note=note))
        bars.update(bars.task_ids[tasks[stage]], completed=done, total=total, note=note)
        if done == total and not console.is_terminal:
            print(f"{stage}: {total} of {total} {note}".rstrip(), file=sys.stderr)

    with bars:
        yield progress


def print_verdict(results: Results) -> None:
    """What became of the inputs where anything was wrong, the criteria as a table, then the verdict in one line."""
    console = screen()
    words = Words(results.reference_standard.terms == "agreement", results.analysis.unit, frozenset())
    print_account(results.input_account, words)
    if results.criteria:
        rows = rows_by_subgroup(results.estimates)
        names = ("criterion", "endpoint", "goal", "estimate", "interval", "verdict")
        table = _table(names, folding=names[:2], right=names[3:5])
        for criterion in results.criteria:
            table.add_row(*_criterion_row(criterion, judged(criterion, rows), words))
        console.print(table)
    if any(criterion.role == "consistency" for criterion in results.criteria):
        console.print("in brackets: criteria of consistency, which never change the verdict", style="dim")
    for why in inconclusive(results.criteria, words):
        print_folded(f"{why[:1].lower()}{why[1:-1]}")
    synthetic = " on PHANTOM images" if results.cohort.synthetic else ""
    word = STUDY_VERDICTS[results.verdict]
    console.print(
        f"verdict: [bold {COLOURS[results.verdict]}]{word}[/]{synthetic} "
        f"({results.cohort.images:,} images of {results.cohort.patients:,} patients)",
        highlight=False,
    )


def print_account(account: InputAccount, words: Words) -> None:
    """What became of every row, where anything was left out or cleaned, then the notices."""
    if not all(map(spotless, account.tables)):
        names = ("table", "rows read", "used", "excluded", "cleaned")
        shown = _table(names, folding=names[3:], right=names[1:3])
        for one in account.tables:
            counts = (count(one.rows_read), count(one.rows_used))
            shown.add_row(one.table, *counts, excluded(one, words), cleaned(one))
        screen().print(shown)
    print_notices(account.notices)


def print_notices(notices: Sequence[Notice]) -> None:
    """One line a notice, folded between words; in yellow, with their ids, where criteria are affected."""
    for notice in notices:
        told = f"{notice.text} Affects {affected(notice)}." if notice.criteria else notice.text
        print_folded(f"notice: {told}", "yellow" if notice.criteria else "")


def _table(names: Sequence[str], *, folding: Sequence[str], right: Sequence[str]) -> Table:
    """A table without lines, in which some columns fold where it would be wider than the screen; no other ever does."""
    table = Table(
        box=None, pad_edge=False, header_style="bold", collapse_padding=screen().width < ROOM_BETWEEN_COLUMNS
    )
    for name in names:
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(name, justify=justify, no_wrap=name not in folding, overflow="fold")
    return table


def print_folded(text: str, style: str = "", *, head: str = "") -> None:
    """Print a sentence; on a terminal it folds between words with a hanging indent, so that paths stay whole.

    Args:
        text: the sentence.
        style: of the head, or of all where there is no head.
        head: what the sentence begins with, such as a mark.
    """
    console, told = screen(), f"{head}{text}"
    if console.is_terminal:
        indent = " " * (len(head) + HANGING)
        told = textwrap.fill(
            told, console.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
        )
    line = Text(told)
    line.stylize(style, 0, len(head) or None)
    console.print(line, highlight=False, soft_wrap=True)


def print_flow(steps: Sequence[FlowStep]) -> None:
    """Print one line per step of a cohort's flow."""
    for step in steps:
        print_folded(f"{step.step:<24}{step.images:>9,} images {step.patients:>8,} patients  {step.reason}")


def screen() -> Console:
    """As wide as the terminal; wide enough for a table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def _criterion_row(criterion: CriterionResult, estimate: Estimate | None, words: Words) -> list[str]:
    """The cells of a criterion; metrics as the protocol calls them, or in words of agreement."""
    subgroup = criterion.subgroup
    metric = words.within(words.metric(criterion.metric)) if words.agreement else criterion.metric
    where = "all" if subgroup.axis == "overall" else f"{subgroup.axis} {subgroup.level}"
    sign = {"lower": "lower >", "upper": "upper <", "estimate": "estimate ≥"}[criterion.bound]
    name = criterion.id.partition("[")[0]
    return [
        name if criterion.role == "acceptance" else f"({name})",
        f"{metric}, {where}",
        f"{sign} {criterion.goal:g}",
        value(estimate.value if estimate else None),
        interval(estimate.decision) if estimate and estimate.decision else NOT_APPLICABLE,
        f"[{COLOURS[criterion.verdict]}]{words.verdict(criterion)}[/]",
    ]


def print_findings(findings: Sequence[ReproductionFinding]) -> None:
    """One line a finding."""
    for finding in findings:
        if finding.kind == "not checked":
            print_folded(f"{finding.what}: not checked, {finding.words}", "dim", head="-      ")
            continue
        head, colour = ("same   ", "green") if finding.reproduced else ("differs ", "red")
        print_folded(f"{finding.what}: {finding.words}", colour, head=head)


def print_guard_band(band: GuardBand) -> None:
    """How many scores lie near the threshold, and the images that they belong to."""
    shown = ", ".join(band.image_id[:MOST_IN_THE_BAND])
    more = len(band.image_id) - MOST_IN_THE_BAND
    names = f": {shown}{f' and {more} more' if more > 0 else ''}" if shown else ""
    print_folded(f"guard band: {band}{names}")


def print_rerun(rerun: Rerun) -> None:
    """What was found at each level, then the first difference where there is one."""
    console = screen()
    for level in rerun.levels:
        if level.level != INTACT:
            console.print(f"level {level.level}, from {SOURCES[level.level]}", highlight=False)
            print_findings(level.findings)
    if rerun.opinion is not None:
        console.print("second implementation", highlight=False)
        print_findings(rerun.opinion)
    if rerun.first_difference:
        print_folded(f"first difference: {rerun.first_difference.what}: {rerun.first_difference.words}")


def print_outcome(rerun: Rerun) -> None:
    """The verdict of a rerun, which is its last line."""
    print_folded(str(rerun.verdict), f"bold {'green' if rerun.reproduced else 'red'}")
