"""The certificate's tables of draft labelling in Markdown: null studies, and studies in which one level performs worse.

Owns which columns a kind of study has. How a number and its limits are printed is `tables`.
"""

from collections.abc import Mapping

from tests.benchmarks.coverage.labelled_studies import (
    ALLOWED,
    EQUAL,
    LEVELS,
    REFINED,
    UNEQUAL,
    WORSE_STUDIES,
    Labelled,
    LabelledCell,
)
from tests.benchmarks.coverage.tables import limits, percent, table

AXES = {"sex": "sex", "age_years": "age", "site": "site", "manufacturer": "manufacturer", "view": "view"}


def labelled_values(done: Mapping[LabelledCell, Labelled]) -> dict[str, str]:
    """What the template of labelling is filled with."""
    null = {cell: found for cell, found in done.items() if not cell.worse}
    highest = max((found.wrongly for found in null.values()), key=lambda one: one.value)
    judged = [found.judgement for found in null.values()]
    return {
        "null_refined": f"{REFINED:,}",
        "worse_studies": str(WORSE_STUDIES),
        "null_allowed": f"{100 * ALLOWED:g}",
        "null_cells": str(len(null)),
        "null_highest": limits(highest),
        **{f"null_{name}": str(judged.count(name)) for name in ("passes", "open", "fails")},
        "levels": table(
            ["axis", "equal", "unequal"],
            [[title, _sizes(EQUAL[axis]), _sizes(UNEQUAL[axis])] for axis, title in AXES.items()],
        ),
        "null": _null_table(null),
        "worse": _worse_table({cell: found for cell, found in done.items() if cell.worse}),
    }


def _null_table(done: Mapping[LabelledCell, Labelled]) -> str:
    rows = [
        [
            *_kind(cell),
            "unequal" if cell.unequal else "equal",
            f"{cell.auroc:g}",
            f"{found.studies:,}",
            limits(found.wrongly),
            found.judgement,
        ]
        for cell, found in done.items()
    ]
    head = ["patients", "images", "correlation", "levels", "AUROC", "studies"]
    return table([*head, "false sentence, % (limits)", "judgement"], rows)


def _worse_table(done: Mapping[LabelledCell, Labelled]) -> str:
    rows = [
        [
            *_kind(cell),
            f"{AXES[cell.worse]} {cell.worst_level}",
            f"{cell.sensitivity:.2f} - {cell.worse_by:.2f}",
            limits(found.power),
            limits(found.wrongly),
        ]
        for cell, found in done.items()
    ]
    head = ["patients", "images", "correlation", "worse", "sensitivity there"]
    return table([*head, "named, % (limits)", "false sentence, % (limits)"], rows)


def _kind(cell: LabelledCell) -> list[str]:
    return [f"{cell.patients:,}", cell.images, f"{cell.correlation:g}"]


def _sizes(proportions: tuple[float, ...]) -> str:
    named = zip(LEVELS, proportions, strict=False)
    return ", ".join(f"{level} {percent(proportion)}" for level, proportion in named)
