"""The tables of average precision and the Brier score in Markdown: the worst cells, and kinds of study."""

from collections.abc import Mapping
from statistics import median

from tests.benchmarks.coverage.left_out import DECIDES, ORDINARY
from tests.benchmarks.coverage.scores import ScoreCell
from tests.benchmarks.coverage.tables import JUDGED, SUMMARY, judged_row, margin, percent, summarised, table
from tests.benchmarks.coverage.tally import Tally

LeftOutTallies = Mapping[ScoreCell, Mapping[str, Tally]]
WORST = 8


def left_out_values(sections: Mapping[str, LeftOutTallies]) -> dict[str, str]:
    """What the template is filled with, of each metric."""
    values: dict[str, str] = {}
    for metric, tallies in sections.items():
        values |= {
            f"{metric}_worst": _worst(tallies),
            f"{metric}_kinds": _kinds(tallies),
            f"{metric}_judged": summarised(tallies, [every[DECIDES] for every in tallies.values()])[-1],
        }
    return values


def _worst(tallies: LeftOutTallies) -> str:
    """The cells that come closest to a target, or miss it; the worst first."""
    nearest = sorted(tallies, key=lambda cell: margin(cell, tallies[cell][DECIDES]))[:WORST]
    rows = [
        [
            f"{cell.images}; {cell.patients}; {100 * cell.prevalence:g} %; {cell.correlation:g}",
            f"{cell.auroc:g}",
            *judged_row(tallies[cell], DECIDES, ORDINARY, clustered=cell.clustered),
        ]
        for cell in nearest
    ]
    return table(["study", "AUROC", *JUDGED], rows)


def _kinds(tallies: LeftOutTallies) -> str:
    """A row a kind of study and method."""
    rows = []
    for images, prevalence in dict.fromkeys((cell.images, cell.prevalence) for cell in tallies):
        cells = [cell for cell in tallies if (cell.images, cell.prevalence) == (images, prevalence)]
        for name in (DECIDES, ORDINARY):
            of_kind = [tallies[cell][name] for cell in cells]
            left_out = [tally.insufficient / (tally.insufficient + (tally.studies or 0)) for tally in of_kind]
            width = median(tallies[cell][name].width / tallies[cell][ORDINARY].width for cell in cells)
            rows.append(
                [
                    images,
                    f"{100 * prevalence:g}",
                    f"`{name}`",
                    str(len(cells)),
                    *summarised(cells, of_kind),
                    f"{width:.2f}",
                    percent(max(left_out)),
                ]
            )
    head = ["images", "positive %", "interval", "cells", *SUMMARY, "median width", "insufficient %"]
    return table(head, rows)
