"""The studies that the certificate simulates: how many images patients have, how alike these are, and the truth.

Owns random studies as counts by patient, thousands at once. What an interval makes of them is `candidates`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Protocol

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Counts = NDArray[np.float64]
PATIENTS = (20, 50, 100, 200, 500)
PROPORTIONS = (0.80, 0.90, 0.95, 0.99)
CORRELATIONS = (0.0, 0.1, 0.3, 0.6)
AT_ONCE = 2_000_000  # patients simulated together, so that they stay in memory
# Share of patients with 1, 2, 3, ... images. "skewed": the 1,108 positive images of 458 patients of the published
# CheXNet's study (NIH ChestX-ray14 read for RSNA).
IMAGES: dict[str, dict[int, int]] = {
    "1": {1: 1},
    "2": {2: 1},
    "8": {8: 1},
    "1 to 8": dict.fromkeys(range(1, 9), 1),
    "skewed": {1: 297, 2: 59, 3: 32, 4: 17, 5: 8, 6: 9, 7: 8, 8: 6, 9: 5, 10: 2, 12: 1}
    | {14: 4, 15: 2, 16: 1, 18: 1, 19: 1, 20: 3, 22: 1, 33: 1},
}
# Change of the log odds of a success with every doubling of a patient's images.
MODELS = {"independent": 0.0, "easier": 0.5, "harder": -0.5, "much harder": -1.0}
FAILING = (0.01, 0.02, 0.05, 0.10)  # of the patients, on every image
OTHERS = (0.90, 0.97, 0.99)  # of the images of all other patients are right
MANY_PATIENTS = (50, 100, 200, 500, 1000)


class Kind(Protocol):
    """What all kinds of study have in common, whatever metric they are for."""

    @property
    def patients(self) -> int:
        """How many."""

    @property
    def images(self) -> str:
        """A key of `IMAGES`."""

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""

    @property
    def truth(self) -> float:
        """What the metric comes to in large studies."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of study.

    Attributes:
        patients: K, those with at least one image of the class.
        images: a key of `IMAGES`; each patient's number is drawn from it.
        model: a key of `MODELS`: whether patients with more images are easier, harder or neither.
        correlation: of two images of one patient of given size.
        proportion: the truth, the expected successes over the expected images: what a randomly chosen image of a
            randomly composed study does, so that patients count by their images.
    """

    patients: int
    images: str
    model: str
    correlation: float
    proportion: float

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""
        return self.images != "1"

    @property
    def truth(self) -> float:
        """The proportion."""
        return self.proportion


@dataclass(frozen=True, slots=True)
class TwoPointCell:
    """One kind of study in which some patients fail on every image; their number of images is like the others'.

    Attributes:
        patients: K.
        images: a key of `IMAGES`.
        failing: the proportion of patients who fail.
        others: the proportion of the other patients' images that are right.
    """

    patients: int
    images: str
    failing: float
    others: float

    @property
    def model(self) -> str:
        """Its name in a table."""
        return f"{self.failing:.0%} of patients fail"

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""
        return self.images != "1"

    @property
    def proportion(self) -> float:
        """The truth."""
        return (1 - self.failing) * self.others

    @property
    def truth(self) -> float:
        """The proportion."""
        return self.proportion

    @property
    def correlation(self) -> float:
        """Of two images of one patient."""
        return self.failing * self.others**2 * (1 - self.failing) / (self.proportion * (1 - self.proportion))


ProportionCell = Cell | TwoPointCell


def cells() -> tuple[ProportionCell, ...]:
    """Every kind of study; with one image a patient nothing is correlated, and equal sizes tell nothing."""
    by_beta = tuple(
        Cell(size, images, model, correlation, proportion)
        for images, size, model, correlation, proportion in product(
            IMAGES, PATIENTS, MODELS, CORRELATIONS, PROPORTIONS
        )
        if (images != "1" or correlation == 0)
        and (model == "independent" or len(IMAGES[images]) > 1)
        and (model != "much harder" or correlation < 0.6)
    )
    of_two_points = tuple(
        TwoPointCell(size, images, failing, others)
        for images, size, failing, others in product(IMAGES, MANY_PATIENTS, FAILING, OTHERS)
        if images != "1"
    )
    return by_beta + of_two_points


def cells_beyond() -> tuple[ProportionCell, ...]:
    """Kinds of study outside the targets, to show what breaks an interval."""
    alike = tuple(
        Cell(size, "skewed", "much harder", 0.6, proportion)
        for size, proportion in product((20, 50, 100, 200, 500), (0.8, 0.9))
    )
    weak = tuple(Cell(size, "skewed", "much harder", 0.3, 0.7) for size in (50, 100, 200))
    rare = tuple(TwoPointCell(size, "skewed", 0.005, 0.97) for size in (200, 500, 1000, 2000))
    return alike + weak + rare


def simulated(cell: ProportionCell, studies: int, random: Generator) -> Iterator[tuple[Counts, Counts]]:
    """Successes and images by patient, shape (studies, patients) each, in parts of a size that memory holds."""
    sizes, shares = _sizes(cell.images)
    rates = _rates(cell) if isinstance(cell, Cell) else np.array([])
    at_once = max(1, AT_ONCE // cell.patients)
    for start in range(0, studies, at_once):
        shape = (min(at_once, studies - start), cell.patients)
        kind = random.choice(len(sizes), size=shape, p=shares)
        if isinstance(cell, Cell):
            rate = correlated(rates[kind], cell.correlation, random)
        else:
            rate = np.where(random.random(shape) < cell.failing, 0.0, cell.others)
        images = sizes[kind]
        yield random.binomial(images, rate).astype(np.float64), images.astype(np.float64)


def correlated(mean: Counts, correlation: float, random: Generator) -> Counts:
    """A rate for each patient, beta-distributed about its mean, such that two images have the correlation."""
    if correlation == 0:
        return mean
    weight = (1 - correlation) / correlation
    return random.beta(mean * weight, (1 - mean) * weight)


def image_numbers(images: str, shape: tuple[int, ...], random: Generator) -> NDArray[np.intp]:
    """How many images patients have, at least one each."""
    sizes, shares = _sizes(images)
    return random.choice(sizes, size=shape, p=shares)


def _sizes(images: str) -> tuple[NDArray[np.intp], Counts]:
    weights = np.array(list(IMAGES[images].values()), dtype=np.float64)
    return np.array(list(IMAGES[images]), dtype=np.intp), weights / weights.sum()


def _rates(cell: Cell) -> Counts:
    """The mean rate of each size, such that the image-weighted mean is the truth; found by bisection."""
    sizes, shares = _sizes(cell.images)
    slope = MODELS[cell.model] * np.log2(sizes)
    low, high = -40.0, 40.0
    for _ in range(100):
        middle = (low + high) / 2
        rates = 1 / (1 + np.exp(-(middle + slope)))
        below = (shares * sizes * rates).sum() / (shares * sizes).sum() < cell.proportion
        low, high = (middle, high) if below else (low, middle)
    return rates
