"""The certificate's tables of AUROC in Markdown: the worst cells, the methods, and every kind of study.

Owns which cells stand together. How a number and its limits are printed is `tables`.
"""

from collections.abc import Callable, Mapping
from statistics import median

from tests.benchmarks.coverage.auroc_candidates import (
    AUROC_DEFAULT,
    AUROC_FORMER,
    CLOSED,
    REPLICATES,
    RESAMPLED,
)
from tests.benchmarks.coverage.auroc_designs import (
    BY_PATIENT,
    FIXED,
    HARDER,
    LARGEST,
    SEVERAL,
    TIES,
    UNSEEN,
    AurocCell,
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

AurocTallies = Mapping[AurocCell, Mapping[str, Tally]]
WORST = 10
KINDS: Mapping[str, Callable[[AurocCell], bool]] = {
    "one image, fixed numbers": lambda cell: cell.group == FIXED,
    "one image, random numbers": lambda cell: cell.group == SEVERAL and not cell.clustered,
    "1 to 8 images": lambda cell: cell.group == SEVERAL and cell.images == "1 to 8",
    "skewed": lambda cell: cell.group == SEVERAL and cell.images == "skewed",
    "skewed, more images harder": lambda cell: cell.group == HARDER,
    "reference of the patient": lambda cell: cell.group == BY_PATIENT,
    "one patient with 100 images": lambda cell: cell.group == LARGEST,
    "heavy ties": lambda cell: cell.group == TIES,
}


def auroc_values(closed: AurocTallies, resampled: AurocTallies) -> dict[str, str]:
    """What the templates of AUROC are filled with."""
    judged = {cell: every for cell, every in closed.items() if cell.group != UNSEEN}
    found = [every[AUROC_DEFAULT].judgement(clustered=cell.clustered) for cell, every in judged.items()]
    ratios = _ratios(judged, AUROC_DEFAULT)
    most_within = max(judged, key=lambda cell: cell.within)
    return {
        **{f"auroc_{name}": str(found.count(name)) for name in JUDGEMENTS},
        "auroc_former": AUROC_FORMER,
        "auroc_judged": str(len(judged)),
        "auroc_worst": _worst_table(judged),
        "auroc_kinds": _kinds_table(judged),
        "auroc_methods": _methods_table(judged),
        "auroc_widths": f"{median(ratios):.2f}",
        "auroc_valid": str(len(ratios)),
        "auroc_within": percent(most_within.within),
        "auroc_within_study": _study(most_within),
        "auroc_unseen": _grid(closed, UNSEEN, ["unseen %", "truth"], _of_unseen, _numbers),
        "auroc_resampled": _resampled_table(resampled),
        "auroc_replicates": str(REPLICATES),
        "auroc_fixed": _grid(judged, FIXED, ["positive + negative"], lambda cell: [_numbers(cell)], _truth),
        "auroc_several": _grid(
            judged, SEVERAL, ["images", "positive %", "correlation", "patients"], _of_several, _truth
        ),
        "auroc_harder": _grid(judged, HARDER, ["harder by", "correlation", "truth"], _of_harder, _patients),
        "auroc_by_patient": _grid(judged, BY_PATIENT, ["images", "truth"], _of_images, _patients),
        "auroc_largest": _grid(judged, LARGEST, ["truth"], lambda cell: [_truth(cell)], _patients),
        "auroc_ties": _grid(judged, TIES, ["images", "patients"], _of_ties, _truth),
    }


def _worst_table(tallies: AurocTallies) -> str:
    """The cells in which the interval that decides comes closest to a target, or misses it; the worst first."""

    nearest = sorted(tallies, key=lambda cell: margin(cell, tallies[cell][AUROC_DEFAULT]))[:WORST]
    rows = [
        [
            _study(cell),
            _truth(cell),
            *judged_row(tallies[cell], AUROC_DEFAULT, AUROC_FORMER, clustered=cell.clustered),
        ]
        for cell in nearest
    ]
    return table(["study", "truth", *JUDGED], rows)


def _kinds_table(tallies: AurocTallies) -> str:
    """A row a kind of study, for the interval that decides."""
    rows = []
    for kind, chosen in KINDS.items():
        cells = [cell for cell in tallies if chosen(cell)]
        of_kind = [tallies[cell][AUROC_DEFAULT] for cell in cells]
        left_out = [tally.insufficient / (tally.insufficient + (tally.studies or 0)) for tally in of_kind]
        rows.append(
            [
                kind,
                str(len(cells)),
                *summarised(cells, of_kind),
                f"{median(_ratio(tallies[cell], AUROC_DEFAULT) for cell in cells):.2f}",
                percent(max(left_out)),
                percent(max(cell.within for cell in cells)),
            ]
        )
    head = ["study", "cells", *SUMMARY, "median width", "insufficient %", "within patients %"]
    return table(head, rows)


def _methods_table(tallies: AurocTallies) -> str:
    """A row a method: its worst cells, how they are judged, and its width where the former interval is valid."""
    rows = []
    for name, candidate in CLOSED.items():
        code = f"**`{name}`**" if name == AUROC_DEFAULT else f"`{name}`"
        of_one = [every[name] for every in tallies.values()]
        width = f"{median(_ratios(tallies, name)):.2f}"
        rows.append([code, *summarised(tallies, of_one), width, candidate.title])
    return table(["method", *SUMMARY, "median width", "what it is"], rows)


def _resampled_table(tallies: AurocTallies) -> str:
    """A row for the interval that resamples, and for two that do not, on the same studies."""
    rows = []
    for name in (RESAMPLED, AUROC_FORMER, AUROC_DEFAULT):
        of_one = [every[name] for every in tallies.values()]
        width = f"{median(_ratio(every, name) for every in tallies.values()):.2f}"
        missing = max(tally.missing / (tally.studies or 1) for tally in of_one)
        rows.append([f"`{name}`", *summarised(tallies, of_one), width, percent(missing)])
    return table(["method", *SUMMARY, "median width", "not given %"], rows)


def _grid(
    tallies: AurocTallies,
    group: str,
    head: list[str],
    label: Callable[[AurocCell], list[str]],
    across: Callable[[AurocCell], str],
) -> str:
    """A row a label, and a column for everything that stands across, in the order of the cells."""
    cells = [cell for cell in tallies if cell.group == group]
    columns = dict.fromkeys(map(across, cells))
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for cell in cells:
        entry = _entry(tallies[cell], AUROC_DEFAULT, clustered=cell.clustered)
        rows.setdefault(tuple(label(cell)), {})[across(cell)] = entry
    return table(
        [*head, *columns],
        [[*names, *(row.get(column, "") for column in columns)] for names, row in rows.items()],
    )


def _entry(every: Mapping[str, Tally], name: str, *, clustered: bool) -> str:
    """Such as ``96.8/2.1/1.04``, with the judgement where it does not pass."""
    tally = every[name]
    judgement = tally.judgement(clustered=clustered)
    numbers = f"{percent(tally.coverage.value)}/{percent(tally.too_high.value)}/{_ratio(every, name):.2f}"
    return numbers if judgement == "passes" else f"{numbers} {judgement}"


def _ratio(every: Mapping[str, Tally], name: str) -> float:
    return every[name].width / every[AUROC_FORMER].width


def _ratios(tallies: AurocTallies, name: str) -> list[float]:
    """Widths relative to the former interval, in the cells in which that one passes."""
    return [
        _ratio(every, name)
        for cell, every in tallies.items()
        if every[AUROC_FORMER].judgement(clustered=cell.clustered) == "passes"
    ]


def _study(cell: AurocCell) -> str:
    if cell.fixed:
        kind = _numbers(cell)
    else:
        kind = f"{cell.images}; {cell.patients}; {100 * cell.prevalence:g} %; {cell.correlation:g}"
    special = {
        HARDER: f"; harder by {cell.harder:g}",
        BY_PATIENT: "; reference of the patient",
        LARGEST: "; one with 100",
        TIES: "; ties",
    }
    return kind + special.get(cell.group, "")


def _numbers(cell: AurocCell) -> str:
    positives = round(cell.prevalence * cell.patients)
    return f"{positives} + {cell.patients - positives}"


def _of_several(cell: AurocCell) -> list[str]:
    return [cell.images, f"{100 * cell.prevalence:g}", f"{cell.correlation:g}", str(cell.patients)]


def _of_ties(cell: AurocCell) -> list[str]:
    return [cell.images, str(cell.patients) if cell.clustered else _numbers(cell)]


def _of_harder(cell: AurocCell) -> list[str]:
    return [f"{cell.harder:g}", f"{cell.correlation:g}", _truth(cell)]


def _of_images(cell: AurocCell) -> list[str]:
    return [cell.images, _truth(cell)]


def _of_unseen(cell: AurocCell) -> list[str]:
    return [f"{100 * cell.unseen:g}", _truth(cell)]


def _truth(cell: AurocCell) -> str:
    return f"{cell.truth:.3g}"


def _patients(cell: AurocCell) -> str:
    return f"K={cell.patients}"
