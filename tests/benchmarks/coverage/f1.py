"""F1 in studies whose positives and negatives are both simulated; its truth is that of large studies.

Owns the counts and the truth. The intervals are those of J = TP / (TP + FP + FN), of which F1 is a rising function.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator

from tests.benchmarks.coverage.candidates import summary
from tests.benchmarks.coverage.designs import (
    AT_ONCE,
    PATIENTS,
    PROPORTIONS,
    Counts,
    correlated,
    image_numbers,
)
from tests.benchmarks.coverage.proportions import REPLICATES, RESAMPLED, bootstrapped, bounds_tally, tallied
from tests.benchmarks.coverage.tally import Tally
from validation.intervals.bootstrap import resample_chunks

PREVALENCE = 0.3


@dataclass(frozen=True, slots=True)
class F1Cell:
    """One kind of study: false positives are as many as false negatives, so that F1 = sensitivity = PPV.

    ``correlation`` is of two images of one patient in truth, and in the call given the truth.
    """

    patients: int
    images: str
    correlation: float
    f1: float

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""
        return self.images != "1"

    @property
    def truth(self) -> float:
        """The F1."""
        return self.f1

    @property
    def jaccard(self) -> float:
        """The true J = F1 / (2 - F1): expected TP over expected TP + FP + FN."""
        return self.f1 / (2 - self.f1)


def f1_cells(patients: tuple[int, ...] = PATIENTS) -> tuple[F1Cell, ...]:
    """Every kind of study."""
    return tuple(
        F1Cell(size, images, correlation, f1)
        for images, size, correlation, f1 in product(
            ("1", "1 to 8", "skewed"), patients, (0.0, 0.3, 0.6), PROPORTIONS
        )
        if images != "1" or correlation == 0
    )


def closed_f1(cell: F1Cell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Every candidate in one cell."""
    random = np.random.default_rng(seed)
    return tallied((summary(*counts) for counts in _simulated(cell, studies, random)), cell.jaccard)


def resampled_f1(cell: F1Cell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Percentile and BCa, and the candidates on the same few studies."""
    (drawn,) = resample_chunks(seed[0], REPLICATES, cell.patients)
    bounds: dict[str, list[tuple[float, float]]] = {name: [] for name in RESAMPLED}
    summaries = []
    for right, units in _simulated(cell, studies, np.random.default_rng(seed)):
        summaries.append(summary(right, units))
        for x, n in zip(right, units, strict=True):
            there = n > 0  # the jackknife is over the patients of the denominator
            weights = drawn.weights[there]
            for name, interval in bootstrapped(2 * x[there], (x + n)[there], weights).items():
                bounds[name].append(interval)
    intervals = {name: bounds_tally(np.array(ends), cell.f1) for name, ends in bounds.items()}
    return intervals | tallied(summaries, cell.jaccard)


def _simulated(cell: F1Cell, studies: int, random: Generator) -> Iterator[tuple[Counts, Counts]]:
    """TP and TP + FP + FN by patient, shape (studies, patients) each; studies without any are left out."""
    false_positive_rate = PREVALENCE * (1 - cell.f1) / (1 - PREVALENCE)
    at_once = max(1, AT_ONCE // cell.patients)
    for start in range(0, studies, at_once):
        shape = (min(at_once, studies - start), cell.patients)
        images = image_numbers(cell.images, shape, random)
        positives = random.binomial(images, _rate(PREVALENCE, cell, shape, random))
        right = random.binomial(positives, _rate(cell.f1, cell, shape, random))
        wrong = random.binomial(images - positives, _rate(false_positive_rate, cell, shape, random))
        some = (positives + wrong).any(axis=1)
        yield right[some].astype(np.float64), (positives + wrong)[some].astype(np.float64)


def _rate(mean: float, cell: F1Cell, shape: tuple[int, int], random: Generator) -> Counts:
    return correlated(np.full(shape, mean), cell.correlation, random)
