"""Terminal output of a verification and of a tamper test: tables that fit a terminal, every file named.

Owns words and layout on the screen. Names in a bundle are untrusted: control characters are shown as
their codes.
"""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cxr510k.terminal.screen import print_folded, screen
from protocols.evidence.bundle.bag import shown
from protocols.evidence.tampering.tamper_test import TamperTest
from protocols.evidence.verification.check import Check
from protocols.evidence.verification.environment_check import EnvironmentRow
from protocols.evidence.verification.verify import Verification

MARKS = {
    "passed": ("ok", "green"),
    "failed": ("FAILED", "bold red"),
    "not checked": ("not checked", "yellow"),
}
SHOWN = 100  # files with a problem, for one check
LONGEST = 30  # of a version; longer ones are hashes or platforms


def print_verification(verification: Verification) -> None:
    """Print the environment, one line per check with every file that fails it, then the verdict."""
    _print_environment(screen(), verification.environment, verification.environment_note)
    for check in verification.checks:
        _print_check(check)
    failed = sum(not check.passed for check in verification.checks)
    signed = f"; signed {verification.signed}" if verification.signed else ""
    if verification.passed:
        print_folded(f": {len(verification.checks)} checks{shown(signed)}", "bold green", head="verified")
    else:
        sentence = f": {failed} of {len(verification.checks)} checks not passed"
        print_folded(sentence, "bold red", head="not verified")


def print_tamper_test(test: TamperTest) -> None:
    """Print the table of kinds, every tampering that was missed, then the verdict."""
    out = screen()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("tampering", no_wrap=True, min_width=max(len(one.kind) for one in test.outcomes))
    table.add_column("tried", justify="right", no_wrap=True, min_width=5)
    table.add_column("detected", justify="right", no_wrap=True, min_width=8)
    table.add_column("such as", style="dim", no_wrap=True, overflow="ellipsis")
    for outcome in test.outcomes:
        all_seen = outcome.detected == outcome.tried
        detected = Text(f"{outcome.detected:,}", "green" if all_seen else "bold red")
        table.add_row(Text(outcome.kind), f"{outcome.tried:,}", detected, Text(shown(outcome.example)))
    out.print(table)
    for missed in test.missed:
        print_folded(shown(f"{missed.kind}, {missed.file}: {missed.words}"), "bold red", head="MISSED  ")
    seen = test.tried - len(test.missed)
    count = f"{seen:,} of {test.tried:,} tamperings detected, each with its file named"
    again = f"; {test.without_memory} of them verified again without memory, to the same findings"
    style = "bold green" if test.passed else "bold red"
    print_folded(f": {count}{again}", style, head="100 %" if test.passed else "NOT ALL")


def _print_environment(out: Console, rows: Sequence[EnvironmentRow], note: str) -> None:
    if not rows:
        print_folded(shown(note), "bold", head="environment ")
        return
    same_fonts = [row for row in rows if row.name.startswith("render: font ") and not row.differs]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("environment", "recorded", "here", ""):
        table.add_column(name, no_wrap=True)
    for row in rows:
        if row not in same_fonts:
            mark = Text("differs", "yellow") if row.differs else Text("")
            table.add_row(Text(_short(row.name)), Text(_short(row.recorded)), Text(_short(row.here)), mark)
    if same_fonts:
        table.add_row(Text("render: fonts"), f"{len(same_fonts)} files", "the same", "")
    out.print(table)
    differing = sum(row.differs for row in rows)
    if differing:
        differ = "1 row differs" if differing == 1 else f"{differing} rows differ"
        print_folded(": no fault of the bundle; a rerun may give other bytes here", "yellow", head=differ)
    out.print()


def _print_check(check: Check) -> None:
    mark, style = MARKS[check.status]
    print_folded(shown(f"{check.name}: {check.words}"), style, head=f"{mark:<12}")
    for problem in check.problems[:SHOWN]:
        print_folded(shown(f"{problem.file}: {problem.words}"), head=" " * 12)
    if len(check.problems) > SHOWN:
        print_folded(f"and {len(check.problems) - SHOWN:,} more; --json FILE lists all", head=" " * 12)


def _short(text: str) -> str:
    safe = shown(text)
    return safe if len(safe) <= LONGEST else f"{safe[: LONGEST - 1]}…"
