"""The whole cohort's estimates as tables: of one run, or of two side by side.

Owns the columns, and what is said of two runs that differ in more than scores. A difference is marked and not tested.
"""

from cxr510k.terminal.screen import plain_table, print_folded, screen
from reports.language.formatting import NOT_APPLICABLE, counts, interval, listed, value
from reports.language.names import INTERVALS
from validation.results.results import WHOLE, Estimate, Results

INPUTS = ("studies", "reads")
DIFFERS = "*"


def print_estimates(results: Results) -> None:
    """Print every metric of the whole cohort with its deciding interval."""
    names = ("metric", "x/n", "estimate", "interval", "method", "patients", "status")
    table = plain_table(names, folding=("method",), right=(*names[1:4], "patients"))
    for row in _whole(results).values():
        method = INTERVALS[row.decision_interval] if row.decision_interval else NOT_APPLICABLE
        table.add_row(
            row.metric, counts(row), value(row.value), _interval(row), method, f"{row.patients:,}", row.status
        )
    screen().print(table)


def print_two(first: Results, second: Results, *, names: tuple[str, str]) -> None:
    """Print the whole cohort's estimates of two runs, each difference in value or interval marked.

    Args:
        first, second: of the runs.
        names: how the columns are headed.
    """
    for sentence in _other_than_scores(first, second):
        print_folded(f"notice: {sentence}", "yellow")
    heads = ("metric", names[0], f"interval of {names[0]}", names[1], f"interval of {names[1]}", "")
    table = plain_table(heads, folding=heads[:1], right=heads[1:5])
    rows, others = _whole(first), _whole(second)
    for metric in dict.fromkeys((*rows, *others)):
        one, two = (_cells(of_run.get(metric)) for of_run in (rows, others))
        table.add_row(metric, *one, *two, DIFFERS if one != two else "")
    table.add_row(
        "verdict", first.verdict, "", second.verdict, "", DIFFERS if first.verdict != second.verdict else ""
    )
    screen().print(table)
    print_folded(f"{DIFFERS} differs as printed; no difference is tested.")


def _whole(results: Results) -> dict[str, Estimate]:
    return {one.metric: one for one in results.estimates if one.subgroup == WHOLE}


def _cells(row: Estimate | None) -> tuple[str, str]:
    return (value(row.value), _interval(row)) if row else (NOT_APPLICABLE, NOT_APPLICABLE)


def _interval(row: Estimate) -> str:
    return interval(row.decision) if row.decision else NOT_APPLICABLE


def _other_than_scores(first: Results, second: Results) -> list[str]:
    """Return what makes two runs no comparison of scores on the same images."""
    sentences = []
    if first.protocol != second.protocol:
        one, two = (f"{run.protocol.id} version {run.protocol.version}" for run in (first, second))
        sentences.append(
            f"The protocols differ: {one} and {two}." if one != two else f"The files of {one} differ."
        )
    tables = [
        name
        for name in INPUTS
        if getattr(first.inputs, name).content_sha256 != getattr(second.inputs, name).content_sha256
    ]
    if tables:
        sentences.append(f"The {listed(tables)} differ, so that the runs are of other images or reads.")
    before, after = first.operating_point.threshold, second.operating_point.threshold
    if before != after:
        sentences.append(f"The thresholds differ: {before:g} and {after:g}.")
    return sentences
