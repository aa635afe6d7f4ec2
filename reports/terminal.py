"""What a person sees in a terminal: how far the work is, the verdict, what a rerun found.

Owns words and layout on the screen. Progress goes to standard error and is quiet where that is no
terminal; results go to standard output.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars
from rich.table import Table

from protocols.progress import Progress
from protocols.rerun.guard_band import GuardBand
from protocols.rerun.levels import FROM_DATA, FROM_SCORES, FROM_WEIGHTS, INTACT, Rerun
from protocols.rerun.reproduction import Finding
from reports.names import AGREEMENT_METRICS
from reports.wording import Words
from validation.results import CriterionResult, Results

STUDY_VERDICTS = {"pass": "PASS", "fail": "FAIL", "inconclusive": "INCONCLUSIVE", "none": "NO CRITERIA"}
_WIDTH_OF_A_FILE = 120
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
    """The criteria as a table, then the study's verdict in one line."""
    console = screen()
    if results.criteria:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("criterion", "endpoint", "goal", "estimate", "interval", "verdict"):
            table.add_column(
                name, justify="right" if name in ("estimate", "interval") else "left", no_wrap=True
            )
        for criterion in results.criteria:
            table.add_row(*_criterion_row(results, criterion))
        console.print(table)
    if any(criterion.role == "consistency" for criterion in results.criteria):
        console.print("in brackets: criteria of consistency, which never change the verdict", style="dim")
    for caution in results.cautions:
        console.print(
            f"[yellow]caution[/], {escape(caution.about)}: {escape(caution.text)}",
            soft_wrap=True,
            highlight=False,
        )
    synthetic = " on PHANTOM images" if results.cohort.synthetic else ""
    word = STUDY_VERDICTS[results.verdict]
    console.print(
        f"verdict: [bold {COLOURS[results.verdict]}]{word}[/]{synthetic} "
        f"({results.cohort.images:,} images of {results.cohort.patients:,} patients)",
        highlight=False,
    )


def screen() -> Console:
    """As wide as the terminal; wide enough for a table where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=_WIDTH_OF_A_FILE)


def _criterion_row(results: Results, criterion: CriterionResult) -> list[str]:
    subgroup = criterion.subgroup
    estimate = results.estimate(criterion.metric, subgroup.axis, subgroup.level)
    value = "not estimable" if estimate.value is None else f"{estimate.value:.3f}"
    interval = "–" if estimate.decision is None else f"{estimate.decision[0]:.3f}–{estimate.decision[1]:.3f}"
    sign = {"lower": "lower >", "upper": "upper <", "estimate": "estimate ≥"}[criterion.bound]
    where = "all" if subgroup.axis == "overall" else f"{subgroup.axis} {subgroup.level}"
    verdict = f"[{COLOURS[criterion.verdict]}]{criterion.verdict.replace('_', ' ')}[/]"
    return [
        criterion.id.partition("[")[0],
        f"{_metric(results, criterion.metric)}, {where}",
        f"{sign} {criterion.goal:g}",
        value,
        interval,
        verdict if criterion.role == "acceptance" else f"({verdict})",
    ]


def _metric(results: Results, metric: str) -> str:
    """As the protocol calls it; in words of agreement where the reference is no standard."""
    if results.reference_standard.terms == "accuracy":
        return metric
    return Words.within(AGREEMENT_METRICS[metric])


def print_findings(findings: Sequence[Finding]) -> None:
    """One line a finding."""
    console = screen()
    for finding in findings:
        mark = "[green]same[/]  " if finding.reproduced else "[red]differs[/]"
        kind = ""
        if finding.kind == "not checked":
            mark, kind = "[dim]-[/]     ", "not checked, "
        console.print(f"{mark} {escape(finding.what)}: {kind}", end="", highlight=False, soft_wrap=True)
        console.print(finding.words, markup=False, highlight=False, soft_wrap=True)


def print_guard_band(band: GuardBand) -> None:
    """How many scores lie near the threshold, and the images that they belong to."""
    shown = ", ".join(band.image_id[:MOST_IN_THE_BAND])
    more = len(band.image_id) - MOST_IN_THE_BAND
    names = f": {shown}{f' and {more} more' if more > 0 else ''}" if shown else ""
    console = screen()
    console.print("guard band: ", end="")
    console.print(f"{band}{names}", markup=False, highlight=False, soft_wrap=True)


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
        told = f"first difference: {rerun.first_difference.what}: {rerun.first_difference.words}"
        console.print(told, markup=False, highlight=False, soft_wrap=True)


def print_outcome(rerun: Rerun) -> None:
    """The verdict of a rerun, which is its last line."""
    console = screen()
    colour = "green" if rerun.reproduced else "red"
    console.print(f"[bold {colour}]{rerun.verdict}[/]", highlight=False, soft_wrap=True)
