"""The studies that the certificate simulates for AUROC: who has which images, and how these score.

Owns random studies as the product's units, and their truth in closed form. What an interval makes of them is
`auroc_candidates`. Scores are normal in either class, with one standard deviation; all images of a patient share a part
of theirs, so that their correlation given the reference is ``correlation``, which is also that of the reference.
"""

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from tests.benchmarks.coverage.designs import IMAGES, correlated, image_numbers
from validation.cohort.outcomes import Units
from validation.intervals.effective_size import effective_patients, units_by_patient

FIXED, SEVERAL, HARDER, BY_PATIENT, LARGEST, TIES, UNSEEN = (
    "fixed numbers",
    "random numbers",
    "harder",
    "by patient",
    "largest",
    "ties",
    "unseen",
)
FEWEST = 10  # effective patients of a class, below which a protocol's minimum makes a row insufficient
COARSE = 1.4  # standard deviations from one level of coarse scores to the next
ONE_PATIENT = 100  # images of the patient who has most


@dataclass(frozen=True, slots=True)
class AurocCell:
    """One kind of study.

    Attributes:
        group: what it is there for.
        patients: of both classes together.
        images: a key of `IMAGES`; each patient's number is drawn from it.
        prevalence: the probability that an image is positive; where numbers are fixed, the proportion.
        correlation: of two images of a patient, in the reference and in the score given the reference.
        area: the AUROC were nothing of the following.
        harder: standard deviations by which each doubling of a patient's images lowers the scores of its positives.
        unseen: the proportion of positive patients whose images score as negatives do.
    """

    group: str
    patients: int
    images: str
    prevalence: float
    correlation: float
    area: float
    harder: float = 0.0
    unseen: float = 0.0

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""
        return self.images != "1"

    @property
    def fixed(self) -> bool:
        """Whether the numbers of positives and negatives are the same in every study."""
        return not self.clustered and self.group != SEVERAL

    @property
    def distance(self) -> float:
        """Between the classes, in standard deviations."""
        return math.sqrt(2) * float(ndtri(self.area))

    @property
    def truth(self) -> float:
        """The probability that a positive image scores above a negative one of another patient, ties half."""
        if self.group == TIES:
            return _of_levels(self.distance)
        sizes, shares = _sizes(self.images)
        apart = self.distance - self.harder * np.log2(sizes)
        seen = float((shares * sizes * ndtr(apart / math.sqrt(2))).sum() / (shares * sizes).sum())
        return (1 - self.unseen) * seen + self.unseen / 2

    @property
    def within(self) -> float:
        """The expected number of pairs within patients over that of all pairs; where that is 0, none is possible."""
        if self.group == BY_PATIENT:
            return 0.0
        sizes, shares = _sizes(self.images)
        images, pairs = (
            self.patients * (shares * sizes).sum(),
            self.patients * (shares * sizes * (sizes - 1)).sum(),
        )
        if self.group == LARGEST:
            images += ONE_PATIENT - (shares * sizes).sum()
            pairs += ONE_PATIENT * (ONE_PATIENT - 1) - (shares * sizes * (sizes - 1)).sum()
        return float((1 - self.correlation) * pairs / images**2)


def auroc_cells() -> tuple[AurocCell, ...]:
    """Every kind of study."""
    return (*_fixed(), *_several(), *_harder(), *_special(), *_unseen())


def resampled_cells() -> tuple[AurocCell, ...]:
    """The few kinds in which patients are resampled as well, which takes long."""
    one = product(((20, 80), (50, 450)), (0.85, 0.96))
    several = product(("1 to 8", "skewed"), (100, 200), (0.85, 0.95))
    return (
        *(_one(FIXED, *both, area) for both, area in one),
        *(AurocCell(SEVERAL, patients, images, 0.3, 0.3, area) for images, patients, area in several),
    )


def _fixed() -> list[AurocCell]:
    numbers = (
        *((10, 90), (10, 290), (10, 990), (20, 80), (20, 480), (20, 1980)),
        *((50, 450), (50, 4950), (100, 900)),
    )
    areas = (0.75, 0.85, 0.92, 0.96, 0.99, 0.995)
    return [_one(FIXED, *both, area) for both, area in product(numbers, areas)]


def _several() -> list[AurocCell]:
    """Drawn numbers of positives; where few studies would be decided there is no cell."""
    kinds = (
        ("1", 0.3, (0.0,), (50, 100, 200, 500)),
        ("1 to 8", 0.3, (0.0, 0.3, 0.6), (50, 100, 200, 500)),
        ("1 to 8", 0.08, (0.3, 0.6), (100, 200, 500)),
        ("skewed", 0.3, (0.3, 0.6, 0.8), (60, 100, 200, 500)),
        ("skewed", 0.08, (0.3, 0.6), (200, 500)),
    )
    return [
        AurocCell(SEVERAL, patients, images, prevalence, correlation, area)
        for images, prevalence, correlations, sizes in kinds
        for correlation, patients, area in product(correlations, sizes, (0.75, 0.85, 0.95, 0.99))
    ]


def _harder() -> list[AurocCell]:
    sizes = product((0.25, 0.5), (0.1, 0.4), (60, 90, 150, 300, 500), (0.92, 0.97))
    return [
        AurocCell(HARDER, patients, "skewed", 0.3, correlation, area, harder=harder)
        for harder, correlation, patients, area in sizes
    ]


def _special() -> list[AurocCell]:
    by_patient = product(("1 to 8", "skewed"), (60, 150, 300), (0.85, 0.96))
    largest = product((150, 300, 500), (0.85, 0.96, 0.99))
    ties = product(((20, 80), (20, 480), (50, 450)), (0.85, 0.96))
    tied = product((100, 200), (0.85, 0.96))
    return [
        *(AurocCell(BY_PATIENT, patients, images, 0.3, 0.4, area) for images, patients, area in by_patient),
        *(AurocCell(LARGEST, patients, "2", 0.3, 0.4, area) for patients, area in largest),
        *(_one(TIES, *both, area) for both, area in ties),
        *(AurocCell(TIES, patients, "1 to 8", 0.3, 0.3, area) for patients, area in tied),
    ]


def _unseen() -> list[AurocCell]:
    numbers = ((10, 290), (20, 80), (20, 480), (50, 450), (100, 900))
    kinds = ((0.99, 0.05), (0.99, 0.1), (0.95, 0.1))
    return [_one(UNSEEN, *both, area, unseen=unseen) for both, (area, unseen) in product(numbers, kinds)]


def _one(group: str, positives: int, negatives: int, area: float, unseen: float = 0.0) -> AurocCell:
    patients = positives + negatives
    return AurocCell(group, patients, "1", positives / patients, 0.0, area, unseen=unseen)


def decided_study(cell: AurocCell, random: Generator) -> tuple[Units, int]:
    """One study whose row is sufficient, and how many before it were not."""
    insufficient = 0
    while True:
        patient, images, positive = _composed(cell, random)
        if _sufficient(patient[positive]) and _sufficient(patient[~positive]):
            break
        insufficient += 1
    score = _scored(cell, patient, images, positive, random)
    return Units(
        patient, positive.astype(np.int8), score, np.zeros(len(patient), dtype=np.bool_)
    ), insufficient


def _composed(
    cell: AurocCell, random: Generator
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """The patient of each image, the number of images of each patient, and which images are positive."""
    if cell.fixed:
        patient = np.arange(cell.patients)
        return patient, np.ones_like(patient), patient < round(cell.prevalence * cell.patients)
    images = image_numbers(cell.images, (cell.patients,), random)
    if cell.group == LARGEST:
        images[0] = ONE_PATIENT
    patient = np.repeat(np.arange(cell.patients), images)
    if cell.group == BY_PATIENT:
        return patient, images, (random.random(cell.patients) < cell.prevalence)[patient]
    rate = correlated(np.full(cell.patients, cell.prevalence), cell.correlation, random)
    return patient, images, random.random(len(patient)) < rate[patient]


def _sufficient(patient: NDArray[np.intp]) -> bool:
    """Whether a class has enough patients; a variance needs two of them, which so many always are."""
    return len(patient) > 0 and effective_patients(units_by_patient(patient)) >= FEWEST


def _scored(
    cell: AurocCell,
    patient: NDArray[np.intp],
    images: NDArray[np.intp],
    positive: NDArray[np.bool_],
    random: Generator,
) -> NDArray[np.float64]:
    score = random.normal(size=len(patient))
    if cell.correlation:
        shared = random.normal(size=cell.patients)[patient]
        score = math.sqrt(cell.correlation) * shared + math.sqrt(1 - cell.correlation) * score
    higher = cell.distance - cell.harder * np.log2(images)
    if cell.unseen:
        higher = np.where(random.random(cell.patients) < cell.unseen, 0.0, higher)
    score += higher[patient] * positive
    return np.round(score / COARSE) if cell.group == TIES else score


def _of_levels(distance: float) -> float:
    """AUROC of scores rounded to levels: exact, since beyond 20 levels nothing is left."""
    edges = COARSE * (np.arange(-20, 21) + 0.5)
    positive, negative = np.diff(ndtr(edges - distance)), np.diff(ndtr(edges))
    return float((positive * (np.cumsum(negative) - negative / 2)).sum())


def _sizes(images: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    weights = np.array(list(IMAGES[images].values()), dtype=np.float64)
    return np.array(list(IMAGES[images]), dtype=np.float64), weights / weights.sum()
