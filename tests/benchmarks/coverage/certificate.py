"""The certificate: every section, its cells, and how many studies each of them gets.

Owns the plan. What a cell is, how it is simulated and what the page says of it is elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from protocols.parallel.local import spread
from tests.benchmarks.coverage.acceptance import SCENARIOS, Scenario, Verdicts, verdicts
from tests.benchmarks.coverage.auroc_candidates import (
    AUROC_DEFAULT,
    closed_auroc,
    default_auroc,
    resampled_auroc,
)
from tests.benchmarks.coverage.auroc_designs import AurocCell, auroc_cells, resampled_cells
from tests.benchmarks.coverage.candidates import DEFAULT
from tests.benchmarks.coverage.designs import Cell, Kind, ProportionCell, cells, cells_beyond
from tests.benchmarks.coverage.f1 import F1Cell, closed_f1, f1_cells, resampled_f1
from tests.benchmarks.coverage.labelled_studies import Labelled, LabelledCell, labelled, labelled_cells
from tests.benchmarks.coverage.ledger import Entry, Ledger
from tests.benchmarks.coverage.left_out import DECIDES, left_out, left_out_cells
from tests.benchmarks.coverage.mover import MOVER, MoverCell, mover_cells, with_and_without_correlation
from tests.benchmarks.coverage.proportions import closed, resampled
from tests.benchmarks.coverage.scores import ScoreCell, every_metric, score_cells
from tests.benchmarks.coverage.site_areas import (
    SITE_AUROC,
    SiteAreaCell,
    area_by_site,
    decided_area_by_site,
    site_area_cells,
)
from tests.benchmarks.coverage.sites import SITE_DEFAULT, SiteCell, by_site, site_cells
from tests.benchmarks.coverage.tally import Tally

AnyCell = ProportionCell | F1Cell | ScoreCell | AurocCell | MoverCell | SiteCell | SiteAreaCell
SEED = 510
ACCEPTANCE = "accepted"  # the section of whole acceptance rules
ACCEPTED = 4_000  # studies a scenario
LABELLED = "labelled"  # the section of draft labelling
LABELLED_CELLS = labelled_cells()
STEP = 4  # times as many studies where so many leave the judgement open


def _resampled_cells() -> tuple[Cell, ...]:
    kinds = (
        ("1", "independent", 0.0),
        ("1 to 8", "independent", 0.3),
        ("1 to 8", "independent", 0.6),
        ("1 to 8", "harder", 0.3),
        ("skewed", "independent", 0.3),
    )
    truths = product(kinds, (20, 50, 200), (0.8, 0.95, 0.99))
    return tuple(Cell(size, *kind, proportion) for kind, size, proportion in truths)


def _resampled_f1_cells() -> tuple[F1Cell, ...]:
    return tuple(cell for cell in f1_cells((50, 200)) if cell.correlation or not cell.clustered)


@dataclass(frozen=True, slots=True)
class Plan:
    """A section: its cells, what simulates one, and the modules that its numbers come from.

    Where ``studies`` leave open whether the method ``judged`` meets its targets, four times as many others take their
    place, and so on up to ``refined``; ``again`` simulates these, where not all methods are worth it.
    """

    cells: Sequence[AnyCell]
    simulate: Callable[..., dict[str, Tally]]
    code: tuple[str, ...]
    studies: int
    judged: str | None = None
    refined: int = 0
    again: Callable[..., dict[str, Tally]] | None = None


def _here(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/benchmarks/coverage/{name}.py" for name in names)


def _product(*names: str) -> tuple[str, ...]:
    return tuple(f"validation/{name}.py" for name in names)


# The candidates hold the product's formula themselves: a test compares the two.
_PROPORTIONS = _here("candidates", "designs", "proportions")
_DRAWN = (*_PROPORTIONS, *_product("intervals/bootstrap"))
_AUROC = (
    *_here("auroc_candidates", "auroc_designs", "designs"),
    *_product(
        "intervals/distributions",
        "intervals/effective_size",
        "intervals/logit_student",
        "metrics/auroc",
        "metrics/auroc_interval",
    ),
)
_LEFT_OUT = (
    *_here("left_out", "scores", "designs"),
    *_product(
        "intervals/effective_size", "intervals/logit_student", "metrics/average_precision", "metrics/brier"
    ),
)
_ESTIMATES = (
    *_here("scores", "whole_studies", "designs"),
    *_product(
        "estimates/estimates",
        "estimates/from_counts",
        "estimates/from_scores",
        "intervals/bootstrap",
        "intervals/effective_size",
        "intervals/logit_student",
        "intervals/mover",
        "intervals/proportions",
        "metrics/auroc",
        "metrics/auroc_interval",
        "metrics/counts",
        "metrics/ranking",
    ),
)
_MOVER = (
    *_here("mover", "designs", "proportions"),
    *_product("intervals/mover", "intervals/proportions", "metrics/counts"),
)
_SITES = (*_PROPORTIONS, *_here("sites"))
_SITE_AREAS = (
    *_here("site_areas", "sites"),
    *_product(
        "intervals/distributions",
        "intervals/group_degrees",
        "intervals/proportions",
        "metrics/auroc",
        "metrics/auroc_interval",
    ),
)
_ACCEPTED = (
    *_ESTIMATES,
    *_here("acceptance"),
    *_product("criteria"),
    "tests/benchmarks/coverage/cohorts.csv",
)
_LABELLED = (
    *_ESTIMATES,
    *_here("labelled_studies"),
    *_product("homogeneity/level_differences", "homogeneity/level_estimates", "homogeneity/wald_test"),
    "reports/content/labelling.py",
)


def _left_out_plan(metric: str) -> Plan:
    return Plan(left_out_cells(), partial(left_out, metric=metric), _LEFT_OUT, 5_000, DECIDES, 80_000)


PLANS: Mapping[str, Plan] = {
    "proportions": Plan(cells(), closed, _PROPORTIONS, 20_000, DEFAULT, 400_000),
    "beyond": Plan(cells_beyond(), closed, _PROPORTIONS, 20_000),
    "resampled": Plan(_resampled_cells(), resampled, _DRAWN, 2_000),
    "f1": Plan(f1_cells(), closed_f1, (*_PROPORTIONS, *_here("f1")), 20_000, DEFAULT, 400_000),
    "resampled_f1": Plan(_resampled_f1_cells(), resampled_f1, (*_DRAWN, *_here("f1")), 2_000),
    "auroc": Plan(auroc_cells(), closed_auroc, _AUROC, 2_000, AUROC_DEFAULT, 400_000, default_auroc),
    "auroc_bootstrap": Plan(resampled_cells(), resampled_auroc, _AUROC, 1_000),
    "average_precision": _left_out_plan("average_precision"),
    "brier": _left_out_plan("brier"),
    "scored": Plan(score_cells((50, 200)), every_metric, _ESTIMATES, 1_000),
    "mover": Plan(mover_cells(), with_and_without_correlation, _MOVER, 4_000, MOVER, 16_000),
    "sites": Plan(site_cells(), by_site, _SITES, 20_000, SITE_DEFAULT, 400_000),
    "site_areas": Plan(
        site_area_cells(), area_by_site, _SITE_AREAS, 500, SITE_AUROC, 2_000, decided_area_by_site
    ),
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything that the pages show: the tallies of each section's cells by method, the verdicts, the labelling."""

    sections: Mapping[str, Mapping[Kind, Mapping[str, Tally]]]
    accepted: Mapping[Scenario, Verdicts]
    labelled: Mapping[LabelledCell, Labelled]
    seconds: float


Task = tuple[Path, str, int]  # the ledger's folder, a section, and the number of a cell in it


def certificate(ledger: Ledger, *, workers: int = 1) -> Certificate:
    """Simulate what the ledger does not have yet, in so many processes; how many changes no number."""
    sizes = {name: len(plan.cells) for name, plan in PLANS.items()}
    sizes |= {ACCEPTANCE: len(SCENARIOS), LABELLED: len(LABELLED_CELLS)}
    tasks = [(ledger.folder, name, number) for name, size in sizes.items() for number in range(size)]
    sections: dict[str, dict[Kind, Mapping[str, Tally]]] = {name: {} for name in PLANS}
    accepted: dict[Scenario, Verdicts] = {}
    drafted: dict[LabelledCell, Labelled] = {}
    seconds = 0.0
    for (_, name, number), (kept, lines) in zip(tasks, spread(_entry, tasks, workers=workers), strict=True):
        for line in lines:
            ledger.progress(line)
        seconds += kept.seconds
        if name == ACCEPTANCE:
            accepted[SCENARIOS[number]] = Verdicts(**kept.result)
        elif name == LABELLED:
            drafted[LABELLED_CELLS[number]] = Labelled(**kept.result)
        else:
            tallies = {method: Tally(**tally) for method, tally in kept.result.items()}
            sections[name][PLANS[name].cells[number]] = tallies
    return Certificate(sections, accepted, drafted, seconds)


def _entry(task: Task) -> tuple[Entry, list[str]]:
    """A cell, made now or before, and what is to be said of it."""
    folder, name, number = task
    lines: list[str] = []
    ledger = Ledger(folder, lines.append)
    seed = [SEED, int.from_bytes(name.encode(), "big"), number]
    if name == ACCEPTANCE:
        scenario = SCENARIOS[number]
        settings = asdict(scenario) | {"studies": ACCEPTED, "seed": seed}
        file_name = "-".join((scenario.protocol, *scenario.at_goal))
        make = partial(_judged, scenario, seed)
        return ledger.entry(name, file_name, settings, _ACCEPTED, make), lines
    if name == LABELLED:
        kind = LABELLED_CELLS[number]
        settings = asdict(kind) | {"studies": kind.studies, "refined": kind.refined, "seed": seed}
        return ledger.entry(
            name, _file_name(kind), settings, _LABELLED, partial(_labelled, kind, seed)
        ), lines
    plan = PLANS[name]
    cell = plan.cells[number]
    numbers = {"studies": plan.studies, "refined": plan.refined, "judged": plan.judged, "seed": seed}
    make = partial(simulated_to_the_end, plan, cell, seed)
    return ledger.entry(name, _file_name(cell), asdict(cell) | numbers, plan.code, make), lines


def simulated_to_the_end(plan: Plan, cell: AnyCell, seed: list[int]) -> dict[str, Any]:
    """The tallies of a cell, by method, refined while its judgement is open."""
    tallies, studies, step = plan.simulate(cell, studies=plan.studies, seed=seed), plan.studies, 0
    again = plan.again or plan.simulate
    while studies < plan.refined and tallies[plan.judged or ""].undecided(clustered=cell.clustered):
        # The last step goes all the way.
        studies = STEP * studies if STEP * STEP * studies <= plan.refined else plan.refined
        step += 1
        tallies |= again(cell, studies=studies, seed=[*seed, step])
    return {method: asdict(tally) for method, tally in tallies.items()}


def _judged(scenario: Scenario, seed: list[int]) -> dict[str, Any]:
    return asdict(verdicts(scenario, studies=ACCEPTED, seed=seed))


def _labelled(kind: LabelledCell, seed: list[int]) -> dict[str, Any]:
    return asdict(labelled(kind, studies=kind.studies, seed=seed, refined=kind.refined))


def _file_name(cell: AnyCell | LabelledCell) -> str:
    return "-".join(str(value).replace(" ", "-") for value in asdict(cell).values())
