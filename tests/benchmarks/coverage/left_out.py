"""Average precision and Brier score: the interval that leaves out patient by patient, on the studies of `scores`.

Studies whose row is insufficient are replaced, as in `auroc_designs`: fewer than 10 effective patients of a class, or a
value at which no interval is given. Of the Brier score less is better: its error is an upper bound below the truth.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.coverage.auroc_designs import FEWEST
from tests.benchmarks.coverage.candidates import LEVEL
from tests.benchmarks.coverage.proportions import bounds_tally
from tests.benchmarks.coverage.scores import ScoreCell, simulated_study, truths
from tests.benchmarks.coverage.tally import Tally
from validation.cohort.outcomes import Sample
from validation.intervals.bootstrap import NoInterval
from validation.intervals.distributions import student_quantile
from validation.intervals.effective_size import effective_patients, units_by_patient
from validation.intervals.logit_student import jackknife_student, on_logit_scale
from validation.metrics.average_precision import average_precision, average_precision_jackknife
from validation.metrics.brier import brier, brier_jackknife, squares_of

DECIDES, ORDINARY = "jackknife_student", "ordinary"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A metric of one study, and its values without each patient."""

    value: float
    values: NDArray[np.float64]


def left_out_cells() -> tuple[ScoreCell, ...]:
    """Every kind of study; where few studies would be decided there is no cell."""
    kinds = (("1", 0.0), ("1 to 8", 0.3), ("1 to 8", 0.6), ("skewed", 0.3))
    areas = (0.75, 0.85, 0.95, 0.99)
    usual = product(kinds, (60, 200, 500), areas)
    rare = product((kinds[0], kinds[1]), (200, 500), areas)
    return (
        *(ScoreCell(patients, *kind, area) for kind, patients, area in usual),
        *(ScoreCell(patients, *kind, area, prevalence=0.1) for kind, patients, area in rare),
    )


def left_out(cell: ScoreCell, *, metric: str, studies: int, seed: list[int]) -> dict[str, Tally]:
    """The interval that decides, and the ordinary one of the jackknife, for one of the two metrics."""
    random, truth = np.random.default_rng(seed), truths(cell.auroc, cell.prevalence)[metric]
    bounds, insufficient = np.empty((studies, 2, 2)), 0
    for number in range(studies):
        while True:
            study = simulated_study(cell, random)
            of_classes = units_of_classes(study)
            if min(map(effective_patients, of_classes)) >= FEWEST:
                found = METRICS[metric](study)
                interval = jackknife_student(found.value, found.values, of_classes, LEVEL)
                if not isinstance(interval, NoInterval):
                    break
            insufficient += 1
        bounds[number] = interval, ordinary(found)
    if metric == "brier":
        bounds, truth = 1 - bounds[..., ::-1], 1 - truth
    return {
        name: replace(bounds_tally(bounds[:, which], truth), insufficient=insufficient)
        for which, name in enumerate((DECIDES, ORDINARY))
    }


def ordinary(found: LeftOut) -> tuple[float, float]:
    """The jackknife's variance on the logit scale, one degree of freedom fewer than patients."""
    number = len(found.values)
    variance = (number - 1) / number * float(((found.values - found.values.mean()) ** 2).sum())
    half = student_quantile(LEVEL, number - 1) * math.sqrt(variance) / (found.value * (1 - found.value))
    return on_logit_scale(found.value, half)


def units_of_classes(study: Sample) -> list[NDArray[np.float64]]:
    """The units of each patient of positives, and of negatives; all images are read and scored."""
    units = study.ranked
    return [units_by_patient(units.cluster[units.truth == truth]) for truth in (1, 0)]


def _average_precision(study: Sample) -> LeftOut:
    return LeftOut(average_precision(study.ranked), average_precision_jackknife(study.ranked))


def _brier(study: Sample) -> LeftOut:
    squares = squares_of(study)
    return LeftOut(float(brier(squares.sum(axis=0))), brier_jackknife(squares))


METRICS: Mapping[str, Callable[[Sample], LeftOut]] = {
    "average_precision": _average_precision,
    "brier": _brier,
}
