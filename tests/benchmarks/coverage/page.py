"""The coverage pages below docs/evidence: the templates of ``pages/`` filled with the certificate's tables."""

import platform
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from string import Template

from tests.benchmarks.coverage.auroc_designs import AurocCell
from tests.benchmarks.coverage.auroc_tables import AurocTallies, auroc_values
from tests.benchmarks.coverage.candidates import CANDIDATES, DEFAULT, FORMER
from tests.benchmarks.coverage.certificate import PLANS, SEED, Certificate
from tests.benchmarks.coverage.designs import IMAGES, Kind
from tests.benchmarks.coverage.proportions import REPLICATES
from tests.benchmarks.coverage.scores import DECIDES
from tests.benchmarks.coverage.tables import (
    Column,
    accepted_table,
    by_truth,
    closest_table,
    methods_table,
    metrics_table,
)

TEMPLATES = {path.name: path for path in sorted(Path(__file__).with_name("pages").glob("*.md"))}
CLOSEST = 10
Chosen = Callable[[Kind], bool]
GROUPS: dict[str, Chosen] = {
    "one": lambda cell: not cell.clustered,
    "several": lambda cell: cell.clustered and cell.images != "skewed",
    "skewed": lambda cell: cell.images == "skewed",
}
BESIDE = ("percentile", "bca", DEFAULT)


def pages(done: Certificate) -> dict[str, str]:
    """Return the text of every page by its file name."""
    values = {**_settings(done), **_sizes(done), **_of_counts(done), **_of_scores(done)}
    return {
        name: Template(path.read_text(encoding="utf-8")).substitute(values)
        for name, path in TEMPLATES.items()
    }


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
    return by_group | {
        "by_images": by_truth(proportions, by_images),
        "closest": closest_table(proportions, DEFAULT, CLOSEST),
        "resampled": by_truth(done.sections["resampled"], _one_and_several(BESIDE)),
        "f1": methods_table(done.sections["f1"], CANDIDATES, FORMER),
        "resampled_f1": by_truth(done.sections["resampled_f1"], _one_and_several(BESIDE)),
    }


def _of_scores(done: Certificate) -> dict[str, str]:
    scored = done.sections["scored"]
    resampled = _one_and_several(("percentile", "bca", DECIDES), metric="auroc ")
    closed, by_bootstrap = (_of_auroc(done, name) for name in ("auroc", "auroc_bootstrap"))
    return auroc_values(closed, by_bootstrap) | {
        "scored_auroc": by_truth(scored, resampled),
        "others": metrics_table(scored),
        "accepted": accepted_table(done.accepted),
    }


def _of_auroc(done: Certificate, section: str) -> AurocTallies:
    return {cell: every for cell, every in done.sections[section].items() if isinstance(cell, AurocCell)}


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
