"""The certificate: every section, its cells, and how many studies each of them gets.

Owns the plan. What a cell is, how it is simulated and what the page says of it is elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import product
from typing import Any

from tests.benchmarks.coverage.acceptance import SCENARIOS, Scenario, Verdicts, verdicts
from tests.benchmarks.coverage.candidates import DEFAULT
from tests.benchmarks.coverage.designs import PATIENTS, Cell, Kind, ProportionCell, cells, cells_beyond
from tests.benchmarks.coverage.f1 import F1Cell, closed_f1, f1_cells, resampled_f1
from tests.benchmarks.coverage.ledger import Ledger
from tests.benchmarks.coverage.proportions import closed, resampled
from tests.benchmarks.coverage.scores import AUROC_DEFAULT, ScoreCell, closed_auroc, every_metric, score_cells
from tests.benchmarks.coverage.tally import Tally

AnyCell = ProportionCell | F1Cell | ScoreCell
SEED = 510
ACCEPTED = 4_000  # studies a scenario


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

    Where ``studies`` leave open whether the method ``judged`` meets its targets, ``refined`` others take their place.
    """

    cells: Sequence[AnyCell]
    simulate: Callable[..., dict[str, Tally]]
    code: tuple[str, ...]
    studies: int
    judged: str | None = None
    refined: int = 0


def _here(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/benchmarks/coverage/{name}.py" for name in names)


def _product(*names: str) -> tuple[str, ...]:
    return tuple(f"validation/{name}.py" for name in names)


# The candidates hold the product's formula themselves: a test compares the two.
_PROPORTIONS = _here("candidates", "designs", "proportions")
_DRAWN = (*_PROPORTIONS, *_product("intervals/bootstrap"))
_AUROC = (*_here("designs", "scores", "whole_studies"), *_product("metrics/auroc", "metrics/auroc_interval"))
_ESTIMATES = (
    *_AUROC,
    *_product(
        "estimates/estimates",
        "estimates/from_counts",
        "estimates/from_scores",
        "intervals/bootstrap",
        "intervals/mover",
        "intervals/proportions",
        "metrics/counts",
        "metrics/ranking",
    ),
)
_ACCEPTED = (
    *_ESTIMATES,
    *_here("acceptance"),
    *_product("criteria"),
    "tests/benchmarks/coverage/cohorts.csv",
)
PLANS: Mapping[str, Plan] = {
    "proportions": Plan(cells(), closed, _PROPORTIONS, 20_000, DEFAULT, 400_000),
    "beyond": Plan(cells_beyond(), closed, _PROPORTIONS, 20_000),
    "resampled": Plan(_resampled_cells(), resampled, _DRAWN, 2_000),
    "f1": Plan(f1_cells(), closed_f1, (*_PROPORTIONS, *_here("f1")), 20_000, DEFAULT, 400_000),
    "resampled_f1": Plan(_resampled_f1_cells(), resampled_f1, (*_DRAWN, *_here("f1")), 2_000),
    "auroc": Plan(score_cells(PATIENTS), closed_auroc, _AUROC, 5_000, AUROC_DEFAULT, 20_000),
    "scored": Plan(score_cells((50, 200)), every_metric, _ESTIMATES, 1_000),
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """Everything that the page shows: for each section the tallies of each cell by method, and the verdicts."""

    sections: Mapping[str, Mapping[Kind, Mapping[str, Tally]]]
    accepted: Mapping[Scenario, Verdicts]
    seconds: float


def certificate(ledger: Ledger) -> Certificate:
    """Simulate what the ledger does not have yet."""
    sections: dict[str, dict[Kind, Mapping[str, Tally]]] = {}
    seconds = 0.0
    for name, plan in PLANS.items():
        sections[name] = {}
        for number, cell in enumerate(plan.cells):
            seed = [SEED, int.from_bytes(name.encode(), "big"), number]
            numbers = {"studies": plan.studies, "refined": plan.refined, "judged": plan.judged, "seed": seed}
            settings = asdict(cell) | numbers
            kept = ledger.entry(
                name, _file_name(cell), settings, plan.code, partial(_simulated, plan, cell, seed)
            )
            sections[name][cell] = {method: Tally(**tally) for method, tally in kept.result.items()}
            seconds += kept.seconds
    accepted = {}
    for number, scenario in enumerate(SCENARIOS):
        seed = [SEED, int.from_bytes(b"accepted", "big"), number]
        settings = asdict(scenario) | {"studies": ACCEPTED, "seed": seed}
        name = "-".join((scenario.protocol, *scenario.at_goal))
        kept = ledger.entry("accepted", name, settings, _ACCEPTED, partial(_judged, scenario, seed))
        accepted[scenario] = Verdicts(**kept.result)
        seconds += kept.seconds
    return Certificate(sections, accepted, seconds)


def _simulated(plan: Plan, cell: AnyCell, seed: list[int]) -> dict[str, Any]:
    tallies = plan.simulate(cell, studies=plan.studies, seed=seed)
    if plan.judged and tallies[plan.judged].undecided(clustered=cell.clustered):
        tallies = plan.simulate(cell, studies=plan.refined, seed=[*seed, 1])
    return {method: asdict(tally) for method, tally in tallies.items()}


def _judged(scenario: Scenario, seed: list[int]) -> dict[str, Any]:
    return asdict(verdicts(scenario, studies=ACCEPTED, seed=seed))


def _file_name(cell: AnyCell) -> str:
    return "-".join(str(value).replace(" ", "-") for value in asdict(cell).values())
