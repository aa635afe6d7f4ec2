"""Balanced accuracy and likelihood ratios of patients with positive and negative images, whose errors are correlated.

Owns the studies, their true value in closed form and MOVER with and without the correlation; the steps are the
product's own. An image is classified correctly where a normal variable is below a threshold; all images of a patient
share a part of theirs. A shift of all scores of a patient makes the device better on its positives and worse on its
negatives (correlation below 0); a patient who is difficult altogether makes both worse (above 0).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from protocols.schema.statistical_analysis import Minimum
from tests.benchmarks.coverage.candidates import LEVEL
from tests.benchmarks.coverage.designs import correlated, image_numbers
from tests.benchmarks.coverage.proportions import bounds_tally
from tests.benchmarks.coverage.tally import Tally
from validation.intervals.mover import mover_mean, mover_ratio, proportion_correlation
from validation.intervals.proportions import Interval, clustered_proportion, exact_clustered
from validation.metrics.counts import COUNT_METRICS, PairOfProportions, confusion

MOVER, INDEPENDENT = "mover", "independent"  # which decides, and which did before
PAIRS = ("balanced_accuracy", "lr_positive", "lr_negative")
CORRELATIONS = (-0.6, -0.3, 0.0, 0.3, 0.6)
ALIKE = 0.3  # of two images of a class of a patient, at the least; also of the reference of two images
ORDINARY, HIGH, LOW = (0.85, 0.75), (0.95, 0.90), (0.75, 0.60)  # sensitivity and specificity
AT_ONCE = 50  # studies simulated together


@dataclass(frozen=True, slots=True)
class MoverCell:
    """One kind of study.

    Attributes:
        metric: one of `PAIRS`.
        patients: of both classes together.
        images: a key of `IMAGES`; each patient's number is drawn from it.
        prevalence: the probability that an image is positive.
        correlation: of a positive and a negative image of one patient, of the normal variables.
        sensitivity: of the images.
        specificity: of the images.
    """

    metric: str
    patients: int
    images: str
    prevalence: float
    correlation: float
    sensitivity: float
    specificity: float

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""
        return self.images != "1"

    @property
    def pair(self) -> PairOfProportions:
        """The metric's definition."""
        metric = COUNT_METRICS[self.metric]
        assert isinstance(metric, PairOfProportions)
        return metric

    @property
    def truth(self) -> float:
        """The metric of the true sensitivity and specificity: how many images a patient has changes neither."""
        rates = (self.sensitivity, 1 - self.specificity, 1 - self.sensitivity, self.specificity)
        return float(self.pair.value(confusion(np.array(rates))))

    @property
    def alike(self) -> float:
        """The correlation of two images of one class of one patient, of the normal variables."""
        return max(ALIKE, abs(self.correlation))


def mover_cells() -> tuple[MoverCell, ...]:
    """Every kind of study for every metric; where hardly a study has enough positive patients there is no cell."""
    kinds = (
        *product(("1 to 8",), (0.1, 0.3), (30, 100, 500)),
        *product(("skewed",), (0.1, 0.3), (60, 150, 500)),
        *product(("8",), (0.3,), (30, 100, 500)),
    )
    several = [(*kind, correlation, ORDINARY) for kind, correlation in product(kinds, CORRELATIONS)]
    high = [
        (images, 0.3, patients, correlation, HIGH)
        for images, patients, correlation in product(("1 to 8", "skewed"), (60, 150, 500), (-0.6, 0.6))
    ]
    low = [
        ("8", 0.5, patients, correlation, LOW) for patients, correlation in product((100, 500), (-0.6, 0.6))
    ]
    one = [
        ("1", prevalence, patients, 0.0, rates)
        for prevalence, sizes in ((0.1, (150, 500)), (0.3, (50, 100, 500)))
        for patients, rates in product(sizes, (ORDINARY, HIGH))
    ]
    return tuple(
        MoverCell(metric, patients, images, prevalence, correlation, *rates)
        for metric in PAIRS
        for images, prevalence, patients, correlation, rates in (*one, *several, *high, *low)
    )


def with_and_without_correlation(cell: MoverCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """MOVER as it decides, and as it did before.

    LR- is the better the lower: its ``above`` are the upper bounds below the true value.
    """
    random = np.random.default_rng(seed)
    bounds: dict[str, list[Interval]] = {MOVER: [], INDEPENDENT: []}
    insufficient = 0
    for counts in simulated_counts(cell, random):
        if len(bounds[MOVER]) == studies:
            break
        if not sufficient(cell, counts):
            insufficient += 1
            continue
        for name, interval in mover_intervals(cell.pair, counts).items():
            bounds[name].append(interval or (np.nan, np.nan))
    tallies = {name: bounds_tally(np.array(given), cell.truth) for name, given in bounds.items()}
    if cell.metric == "lr_negative":
        tallies = {
            name: replace(tally, above=tally.below, below=tally.above) for name, tally in tallies.items()
        }
    return {name: replace(tally, insufficient=insufficient) for name, tally in tallies.items()}


def mover_intervals(pair: PairOfProportions, counts: NDArray[np.float64]) -> dict[str, Interval | None]:
    """MOVER with the correlation of the patients' influences and with none, of counts of shape (patients, 4)."""
    counts_of = [part(confusion(counts)) for part in (pair.first, pair.second)]
    first, second = (clustered_proportion(*one, LEVEL) for one in counts_of)
    of_first, of_second = exact_clustered(first, LEVEL), exact_clustered(second, LEVEL)
    combine = mover_mean if pair.combined == "mean" else mover_ratio
    correlations = {MOVER: proportion_correlation(*counts_of[0], *counts_of[1]), INDEPENDENT: 0.0}
    return {
        name: combine(first.proportion, of_first, second.proportion, of_second, correlation=correlation)
        for name, correlation in correlations.items()
    }


def sufficient(cell: MoverCell, counts: NDArray[np.float64]) -> bool:
    """Whether there are as many patients of each class as a protocol's defaults require, and the metric exists."""
    of_patients, fewest = confusion(counts), Minimum()
    positive = int(np.count_nonzero(of_patients.tp + of_patients.fn))
    negative = int(np.count_nonzero(of_patients.tn + of_patients.fp))
    enough = positive >= fewest.positive_patients and negative >= fewest.negative_patients
    return enough and not math.isnan(float(cell.pair.value(confusion(counts.sum(axis=0)))))


def simulated_counts(cell: MoverCell, random: Generator) -> Iterator[NDArray[np.float64]]:
    """TP, FP, FN and TN by patient, shape (patients, 4), of one study after the other, without end."""
    shape = (AT_ONCE, cell.patients)
    while True:
        images = image_numbers(cell.images, shape, random)
        rate = np.full(shape, cell.prevalence)
        positives = random.binomial(images, correlated(rate, ALIKE if cell.clustered else 0.0, random))
        of_positives, own = random.normal(size=(2, *shape))
        shared = cell.correlation / cell.alike
        of_negatives = shared * of_positives + math.sqrt(1 - shared * shared) * own
        tp = random.binomial(positives, _rate(cell.sensitivity, of_positives, cell.alike))
        tn = random.binomial(images - positives, _rate(cell.specificity, of_negatives, cell.alike))
        yield from np.stack([tp, images - positives - tn, positives - tp, tn], axis=-1).astype(np.float64)


def _rate(mean: float, effect: NDArray[np.float64], alike: float) -> NDArray[np.float64]:
    """Of each patient: the mean over patients is ``mean``."""
    rate: NDArray[np.float64] = ndtr((ndtri(mean) + math.sqrt(alike) * effect) / math.sqrt(1 - alike))
    return rate
