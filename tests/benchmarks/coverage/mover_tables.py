"""The certificate's tables of MOVER in Markdown: the worst cells, every kind of study, and by correlation.

Owns which cells stand together. How a number and its limits are printed is `tables`.
"""

from collections.abc import Callable, Mapping
from statistics import median

from tests.benchmarks.coverage.mover import CORRELATIONS, INDEPENDENT, MOVER, PAIRS, MoverCell
from tests.benchmarks.coverage.tables import (
    JUDGED,
    JUDGEMENTS,
    SUMMARY,
    judged_row,
    margin,
    percent,
    summarised,
    table,
)
from tests.benchmarks.coverage.tally import Tally

MoverTallies = Mapping[MoverCell, Mapping[str, Tally]]
WORST = 15
NAMES = dict(zip(PAIRS, ("balanced accuracy", "LR+", "LR-"), strict=True))
KINDS = {"mover_one": ("1",), "mover_several": ("8", "1 to 8"), "mover_skewed": ("skewed",)}


def mover_values(tallies: MoverTallies) -> dict[str, str]:
    """What the template of MOVER is filled with."""
    found = [every[MOVER].judgement(clustered=cell.clustered) for cell, every in tallies.items()]
    of_mover = [every[MOVER] for every in tallies.values()]
    left_out = [tally.insufficient / (tally.insufficient + (tally.studies or 0)) for tally in of_mover]
    by_kind = {
        name: _methods_table({cell: every for cell, every in tallies.items() if cell.images in images})
        for name, images in KINDS.items()
    }
    return by_kind | {
        **{f"mover_{name}": str(found.count(name)) for name in JUDGEMENTS},
        "mover_worst": _worst_table(tallies),
        "mover_correlations": _by_correlation(tallies),
        "mover_insufficient": percent(max(left_out)),
        "mover_missing": percent(max(tally.missing / (tally.studies or 1) for tally in of_mover)),
    }


def _worst_table(tallies: MoverTallies) -> str:
    """The cells in which the interval that decides comes closest to a target, or misses it; the worst first."""
    nearest = sorted(tallies, key=lambda cell: margin(cell, tallies[cell][MOVER]))[:WORST]
    head = ["metric", "images; patients; positive %; correlation", "Se / Sp", "truth"]
    rows = [
        [
            NAMES[cell.metric],
            f"{cell.images}; {cell.patients}; {100 * cell.prevalence:g}; {cell.correlation:g}",
            f"{cell.sensitivity:.2f} / {cell.specificity:.2f}",
            f"{cell.truth:.3g}",
            *judged_row(tallies[cell], MOVER, INDEPENDENT, clustered=cell.clustered),
        ]
        for cell in nearest
    ]
    return table([*head, *JUDGED], rows)


def _methods_table(tallies: MoverTallies) -> str:
    """A row a method: its worst cells, how they are judged, and its width relative to the former."""
    rows = []
    for name, code in ((INDEPENDENT, f"`{INDEPENDENT}`"), (MOVER, f"**`{MOVER}`**")):
        summary = summarised(tallies, [every[name] for every in tallies.values()])
        width = median(every[name].width / every[INDEPENDENT].width for every in tallies.values())
        rows.append([code, *summary, f"{width:.2f}"])
    return table(["method", *SUMMARY, "median width"], rows)


def _by_correlation(tallies: MoverTallies) -> str:
    """A row for each metric and correlation; of each method the lowest coverage, the highest error and the width."""
    several = {cell: every for cell, every in tallies.items() if cell.clustered}

    def entry(chosen: Callable[[MoverCell], bool], name: str) -> str:
        of_cells = [every for cell, every in several.items() if chosen(cell)]
        lowest = min(every[name].coverage.value for every in of_cells)
        highest = max(every[name].too_high.value for every in of_cells)
        return f"{percent(lowest)} / {percent(highest)}"

    def width(chosen: Callable[[MoverCell], bool]) -> str:
        of_cells = (every for cell, every in several.items() if chosen(cell))
        return f"{median(every[MOVER].width / every[INDEPENDENT].width for every in of_cells):.2f}"

    rows = []
    for metric, title in NAMES.items():
        for correlation in CORRELATIONS:

            def chosen(cell: MoverCell, of: tuple[str, float] = (metric, correlation)) -> bool:
                return (cell.metric, cell.correlation) == of

            entries = [entry(chosen, INDEPENDENT), entry(chosen, MOVER), width(chosen)]
            rows.append([title, f"{correlation:g}", *entries])
    return table(["metric", "correlation", f"`{INDEPENDENT}`", f"`{MOVER}`", "median width"], rows)
