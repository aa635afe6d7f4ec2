"""The certificate's tables of sites as clusters in Markdown: the worst cells, every rule, and by number of sites.

Owns which cells stand together. How a number and its limits are printed is `tables`.
"""

from collections.abc import Mapping
from statistics import median

from tests.benchmarks.coverage.site_areas import AREA_INTERVALS, SITE_AUROC, SiteAreaCell
from tests.benchmarks.coverage.sites import (
    BY_DATA,
    BY_DATA_AND_KISH,
    BY_KISH,
    BY_PATIENTS,
    BY_SITES,
    GROUPS,
    SITE_DEFAULT,
    SITES,
    SiteCell,
)
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

SiteTallies = Mapping[SiteCell, Mapping[str, Tally]]
AreaTallies = Mapping[SiteAreaCell, Mapping[str, Tally]]
RULES = (BY_PATIENTS, BY_SITES, BY_KISH, BY_DATA, BY_DATA_AND_KISH, SITE_DEFAULT)
WORST = 10


def site_values(proportions: SiteTallies, areas: AreaTallies) -> dict[str, str]:
    """What the template of sites is filled with."""
    of_proportions = [every[SITE_DEFAULT] for every in proportions.values()]
    of_areas = [every[SITE_AUROC] for every in areas.values()]
    left_out = [tally.insufficient / (tally.insufficient + (tally.studies or 0)) for tally in of_areas]
    return {
        **_judgements("sites", of_proportions),
        **_judgements("site_areas", of_areas),
        "sites_worst": _worst_proportions(proportions),
        "sites_rules": _rules_table(proportions),
        "sites_kinds": _kinds_table(proportions),
        "sites_number": _by_number(proportions, areas),
        "site_areas_worst": _worst_areas(areas),
        "site_areas_methods": _areas_table(areas),
        "site_areas_insufficient": percent(max(left_out)),
    }


def _judgements(section: str, tallies: list[Tally]) -> dict[str, str]:
    found = [tally.judgement(clustered=True) for tally in tallies]
    return {f"{section}_{name}": str(found.count(name)) for name in JUDGEMENTS}


def _worst_proportions(tallies: SiteTallies) -> str:
    """The cells in which the interval that decides comes closest to a target, or misses it; the worst first."""
    nearest = sorted(tallies, key=lambda cell: margin(cell, tallies[cell][SITE_DEFAULT]))[:WORST]
    rows = [
        [
            f"{cell.sites}; {cell.per_site}; {cell.correlation:g}",
            f"{cell.truth:.2f}",
            *judged_row(tallies[cell], SITE_DEFAULT, BY_PATIENTS, clustered=True),
        ]
        for cell in nearest
    ]
    return table(["sites; patients per site; correlation", "truth", *JUDGED], rows)


def _worst_areas(tallies: AreaTallies) -> str:
    """As `_worst_proportions`, of AUROC."""
    nearest = sorted(tallies, key=lambda cell: margin(cell, tallies[cell][SITE_AUROC]))[:WORST]
    rows = [
        [
            f"{cell.sites}; {cell.per_site}; {cell.correlation:g}; {cell.shifted}; {100 * cell.prevalence:g}",
            f"{cell.truth:.3f}",
            *judged_row(tallies[cell], SITE_AUROC, BY_PATIENTS, clustered=True),
        ]
        for cell in nearest
    ]
    return table(["sites; patients per site; correlation; shift of; positive %", "truth", *JUDGED], rows)


def _rules_table(tallies: SiteTallies) -> str:
    """A row a rule, a column a group of studies: lowest coverage, highest error, width relative to the first."""
    rows = []
    for name in RULES:
        row = [f"**`{name}`**" if name == SITE_DEFAULT else f"`{name}`"]
        for of_group in GROUPS.values():
            some = [every for cell, every in tallies.items() if cell.per_site in of_group]
            lowest = min(every[name].coverage.value for every in some)
            highest = max(every[name].too_high.value for every in some)
            width = median(every[name].width / every[BY_PATIENTS].width for every in some)
            row.append(f"{percent(lowest)} / {percent(highest)}; {width:.2f}")
        rows.append(row)
    return table(["degrees of freedom", *GROUPS], rows)


def _kinds_table(tallies: SiteTallies) -> str:
    """A row a group of studies, for the rule that decides."""
    rows = []
    for name, of_group in GROUPS.items():
        some = {cell: every[SITE_DEFAULT] for cell, every in tallies.items() if cell.per_site in of_group}
        rows.append([name, str(len(some)), *summarised(some, list(some.values()))])
    return table(["study", "cells", *SUMMARY], rows)


def _by_number(proportions: SiteTallies, areas: AreaTallies) -> str:
    """A row for each number of sites, for the intervals that decide."""
    rows = []
    for number in SITES:
        of_proportions = {cell: every for cell, every in proportions.items() if cell.sites == number}
        of_areas = {cell: every for cell, every in areas.items() if cell.sites == number}
        first = summarised(of_proportions, [every[SITE_DEFAULT] for every in of_proportions.values()])
        second = summarised(of_areas, [every[SITE_AUROC] for every in of_areas.values()])
        rows.append([str(number), *(f"{one[0]} / {one[1]}" for one in (first, second))])
    return table(["sites", "proportions", "AUROC"], rows)


def _areas_table(tallies: AreaTallies) -> str:
    """A row an interval of AUROC: its worst cells, how they are judged, and its width relative to the first."""
    rows = []
    for name in AREA_INTERVALS:
        code = f"**`{name}`**" if name == SITE_AUROC else f"`{name}`"
        summary = summarised(tallies, [every[name] for every in tallies.values()])
        width = median(every[name].width / every[BY_PATIENTS].width for every in tallies.values())
        rows.append([code, *summary, f"{width:.2f}"])
    return table(["interval", *SUMMARY, "median width"], rows)
