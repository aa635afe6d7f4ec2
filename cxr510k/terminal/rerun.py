"""Terminal output of a rerun: findings, guard band, the first difference and the verdict."""

from collections.abc import Sequence

from cxr510k.terminal.screen import print_folded, screen
from protocols.evidence.reproduction.guard_band import GuardBand
from protocols.evidence.reproduction.rerun_levels import FROM_DATA, FROM_SCORES, FROM_WEIGHTS, INTACT, Rerun
from protocols.finding import ReproductionFinding

SOURCES = {FROM_SCORES: "scores", FROM_WEIGHTS: "weights and images", FROM_DATA: "data"}


def print_findings(findings: Sequence[ReproductionFinding]) -> None:
    """Print one line per finding."""
    for finding in findings:
        if finding.kind == "not checked":
            print_folded(f"{finding.what}: not checked, {finding.words}", "dim", head="-      ")
            continue
        head, colour = ("same   ", "green") if finding.reproduced else ("differs ", "red")
        print_folded(f"{finding.what}: {finding.words}", colour, head=head)


def print_guard_band(band: GuardBand) -> None:
    """Print how many scores are near the threshold, and their images."""
    print_folded(f"guard band: {band}")


def print_rerun(rerun: Rerun) -> None:
    """Print the findings of each level, then the first difference if there is one."""
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
    """Print the verdict of a rerun, which is its last line."""
    print_folded(str(rerun.verdict), f"bold {'green' if rerun.reproduced else 'red'}")
