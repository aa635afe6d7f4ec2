"""The coverage pages below docs/evidence: the templates of ``pages/`` filled with the certificate's tables."""

import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from string import Template
from typing import TypeVar

from tests.benchmarks.coverage.auroc_designs import AurocCell
from tests.benchmarks.coverage.auroc_tables import auroc_values
from tests.benchmarks.coverage.candidates import CANDIDATES, DEFAULT, FORMER
from tests.benchmarks.coverage.certificate import PLANS, SEED, Certificate
from tests.benchmarks.coverage.designs import IMAGES, Cell, Kind, TwoPointCell
from tests.benchmarks.coverage.labelled_tables import labelled_values
from tests.benchmarks.coverage.left_out_tables import left_out_values
from tests.benchmarks.coverage.mover import MoverCell
from tests.benchmarks.coverage.mover_tables import mover_values
from tests.benchmarks.coverage.proportions import REPLICATES
from tests.benchmarks.coverage.scores import DECIDES, ScoreCell
from tests.benchmarks.coverage.site_areas import SiteAreaCell
from tests.benchmarks.coverage.site_tables import site_values
from tests.benchmarks.coverage.sites import SiteCell
from tests.benchmarks.coverage.tables import (
    Column,
    accepted_table,
    by_truth,
    cells_csv,
    methods_table,
    metrics_table,
    widths,
    worst_table,
)
from tests.benchmarks.coverage.tally import Tally

K = TypeVar("K")
TEMPLATES = {path.name: path for path in sorted(Path(__file__).with_name("pages").glob("*.md"))}
WORST, BEYOND = 15, 20
CELLS = "coverage-proportions.csv"
Chosen = Callable[[Kind], bool]
GROUPS: dict[str, Chosen] = {
    "one": lambda cell: not cell.clustered,
    "several": lambda cell: isinstance(cell, Cell) and cell.clustered and cell.images != "skewed",
    "skewed": lambda cell: isinstance(cell, Cell) and cell.images == "skewed",
    "failing": lambda cell: isinstance(cell, TwoPointCell) and cell.images != "skewed",
    "failing_skewed": lambda cell: isinstance(cell, TwoPointCell) and cell.images == "skewed",
}
BESIDE = ("percentile", "bca", DEFAULT)


def pages(done: Certificate) -> dict[str, str]:
    """Return the text of every page by its file name."""
    of_cells = {**_sizes(done), **_of_counts(done), **_of_scores(done), **_of_clusters(done)}
    values = {**_settings(done), **of_cells, **labelled_values(done.labelled)}
    of_proportions = {name: done.sections[name] for name in ("proportions", "beyond")}
    return {
        name: Template(path.read_text(encoding="utf-8")).substitute(values)
        for name, path in TEMPLATES.items()
    } | {CELLS: cells_csv(of_proportions, DEFAULT, FORMER)}


def _settings(done: Certificate) -> dict[str, str]:
    studies = {f"{name}_studies": f"{plan.studies:,}" for name, plan in PLANS.items()}
    refined = {f"{name}_refined": f"{plan.refined:,}" for name, plan in PLANS.items()}
    return (
        studies
        | refined
        | {
            "seed": str(SEED),
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "scipy": version("scipy"),
            "minutes": f"{done.seconds / 60:.0f}",
            "former": FORMER,
            "cells_file": CELLS,
            "replicates": f"{REPLICATES:,}",
            "candidates": "\n".join(f"| `{name}` | {one.title} |" for name, one in CANDIDATES.items()),
        }
    )


def _sizes(done: Certificate) -> dict[str, int]:
    sections = {f"{name}_cells": len(tallies) for name, tallies in done.sections.items()}
    groups = {
        f"{name}_cells": sum(map(chosen, done.sections["proportions"])) for name, chosen in GROUPS.items()
    }
    return sections | groups


def _of_counts(done: Certificate) -> dict[str, str]:
    proportions = done.sections["proportions"]
    by_group = {
        name: methods_table(
            {cell: every for cell, every in proportions.items() if chosen(cell)}, CANDIDATES, FORMER
        )
        for name, chosen in GROUPS.items()
    }
    by_images = {images: (DEFAULT, _has(images)) for images in IMAGES}
    ratios = widths(proportions, DEFAULT, FORMER)
    judged = [every[DEFAULT].judgement(clustered=cell.clustered) for cell, every in proportions.items()]
    by_beta = {cell: every for cell, every in proportions.items() if isinstance(cell, Cell)}
    return by_group | {
        "by_images": by_truth(by_beta, by_images),
        "worst": worst_table(proportions, DEFAULT, FORMER, WORST),
        "beyond": worst_table(done.sections["beyond"], DEFAULT, FORMER, BEYOND),
        "width_median": f"{median(ratios):.2f}",
        "width_range": f"{ratios[len(ratios) // 20]:.2f} to {ratios[-1 - len(ratios) // 20]:.2f}",
        "width_largest": f"{ratios[-1]:.2f}",
        "width_cells": f"{len(ratios):,}",
        **{f"number_{name}": str(judged.count(name)) for name in ("passes", "open", "fails")},
        "resampled": by_truth(done.sections["resampled"], _one_and_several(BESIDE)),
        "f1": methods_table(done.sections["f1"], CANDIDATES, FORMER),
        "resampled_f1": by_truth(done.sections["resampled_f1"], _one_and_several(BESIDE)),
    }


def _of_scores(done: Certificate) -> dict[str, str]:
    scored = done.sections["scored"]
    resampled = _one_and_several(("percentile", "bca", DECIDES), metric="auroc ")
    closed, by_bootstrap = (_cells_of(AurocCell, done, name) for name in ("auroc", "auroc_bootstrap"))
    means = {name: _cells_of(ScoreCell, done, name) for name in ("average_precision", "brier")}
    return (
        auroc_values(closed, by_bootstrap)
        | left_out_values(means)
        | {
            "scored_auroc": by_truth(scored, resampled),
            "others": metrics_table(scored),
            "accepted": accepted_table(done.accepted),
        }
    )


def _of_clusters(done: Certificate) -> dict[str, str]:
    of_sites = _cells_of(SiteCell, done, "sites"), _cells_of(SiteAreaCell, done, "site_areas")
    return mover_values(_cells_of(MoverCell, done, "mover")) | site_values(*of_sites)


def _cells_of(kind: type[K], done: Certificate, section: str) -> dict[K, Mapping[str, Tally]]:
    return {cell: every for cell, every in done.sections[section].items() if isinstance(cell, kind)}


def _has(images: str) -> Chosen:
    return lambda cell: cell.images == images


def _one_and_several(names: tuple[str, ...], metric: str = "") -> dict[str, Column]:
    """A column for each interval with one image a patient, then for each with several."""
    one: dict[str, Column] = {
        f"`{name}`, one": (metric + name, lambda cell: not cell.clustered) for name in names
    }
    several: dict[str, Column] = {
        f"`{name}`, several": (metric + name, lambda cell: cell.clustered) for name in names
    }
    return one | several
