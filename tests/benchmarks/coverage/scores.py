"""Whole studies with scores: every metric with every interval that the suite itself gives.

Scores are binormal: those of positive images are higher by a distance, and all images of a patient share a part of
theirs. Estimates, intervals and the choice of the one that decides are the product's own
(`validation.estimates.estimates`); the truth is that of large studies, in closed form or by quadrature.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import expit, ndtr, ndtri

from protocols.schema.load import parse_protocol
from protocols.schema.protocol import Protocol
from tests.benchmarks.coverage.designs import correlated, image_numbers
from tests.benchmarks.coverage.proportions import bounds_tally
from tests.benchmarks.coverage.tally import Tally
from tests.benchmarks.coverage.whole_studies import estimates, sample
from validation.cohort.outcomes import Sample

PREVALENCE = 0.3
SPECIFICITY = 0.8
DECIDES = "decides"
BY_MODEL = ("auroc", "average_precision", "brier", "balanced_accuracy", "lr_positive", "lr_negative")
GRID = np.linspace(-10, 15, 25_001)
PROTOCOL = b"""
schema = "cxr510k-protocol/1"
id = "coverage"
version = 1
title = "A simulated study"
[claim]
type = "triage"
finding = "airspace opacity"
[reference_standard]
kind = "consensus"
rule = "majority"
[operating_point]
threshold = 0.5
source = "stated for the simulation"
[bootstrap]
replicates = 1000
"""


@dataclass(frozen=True, slots=True)
class ScoreCell:
    """One kind of study; ``correlation`` is of two images of one patient, in truth and in score given the truth."""

    patients: int
    images: str
    correlation: float
    auroc: float
    prevalence: float = PREVALENCE

    @property
    def clustered(self) -> bool:
        """Whether any patient may have more than one image."""
        return self.images != "1"

    @property
    def truth(self) -> float:
        """The AUROC."""
        return self.auroc


def score_cells(patients: tuple[int, ...]) -> tuple[ScoreCell, ...]:
    """Every kind of study."""
    kinds = (("1", 0.0), ("1 to 8", 0.0), ("1 to 8", 0.3), ("1 to 8", 0.6), ("skewed", 0.3))
    return tuple(
        ScoreCell(size, images, correlation, area)
        for (images, correlation), size, area in product(kinds, patients, (0.75, 0.85, 0.95, 0.99))
    )


def every_metric(cell: ScoreCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Every interval of every metric that depends on scores or on two proportions, as ``metric interval``."""
    random, protocol, truth = np.random.default_rng(seed), the_protocol(), truths(cell.auroc, cell.prevalence)
    bounds: dict[str, list[tuple[float, float]]] = {}
    for study in range(studies):
        for estimate in estimates(simulated_study(cell, random), protocol):
            if estimate.metric not in BY_MODEL:
                continue
            for name, interval in (*estimate.intervals.items(), (DECIDES, estimate.decision)):
                given = bounds.setdefault(f"{estimate.metric} {name}", [(np.nan, np.nan)] * studies)
                given[study] = interval or (np.nan, np.nan)
    return {name: bounds_tally(np.array(given), truth[name.split()[0]]) for name, given in bounds.items()}


@cache
def the_protocol() -> Protocol:
    """1,000 replicates, and otherwise every default."""
    return parse_protocol(PROTOCOL, source="the protocol of the simulation").protocol


def simulated_study(cell: ScoreCell, random: Generator) -> Sample:
    """One study of images with truth, score and call."""
    images = image_numbers(cell.images, (cell.patients,), random)
    patient = np.repeat(np.arange(cell.patients), images)
    rate = correlated(np.full(cell.patients, cell.prevalence), cell.correlation, random)
    positive = random.random(len(patient)) < rate[patient]
    shared, own = random.normal(size=cell.patients), random.normal(size=len(patient))
    latent = math.sqrt(cell.correlation) * shared[patient] + math.sqrt(1 - cell.correlation) * own
    return sample(patient, positive, expit(latent + distance(cell.auroc) * positive - _threshold()))


def distance(area: float) -> float:
    """Between the classes, in standard deviations, for an AUROC."""
    return math.sqrt(2) * float(ndtri(area))


def _threshold() -> float:
    """Of the latent score; that of the score is 0.5."""
    return float(ndtri(SPECIFICITY))


def truths(area: float, prevalence: float) -> Mapping[str, float]:
    """What each metric comes to in large studies."""
    apart, threshold = distance(area), _threshold()
    sensitivity = float(ndtr(apart - threshold))
    return {
        "auroc": area,
        "average_precision": _mean(_precision(apart, prevalence), apart),
        "brier": prevalence * _mean(expit(threshold - GRID) ** 2, apart)
        + (1 - prevalence) * _mean(expit(GRID - threshold) ** 2, 0.0),
        "balanced_accuracy": (sensitivity + SPECIFICITY) / 2,
        "lr_positive": sensitivity / (1 - SPECIFICITY),
        "lr_negative": (1 - sensitivity) / SPECIFICITY,
    }


def _precision(apart: float, prevalence: float) -> NDArray[np.float64]:
    """At each latent score of the grid."""
    right, wrong = prevalence * ndtr(apart - GRID), (1 - prevalence) * ndtr(-GRID)
    precision: NDArray[np.float64] = right / (right + wrong)
    return precision


def _mean(values: NDArray[np.float64], centre: float) -> float:
    """Of a function of the latent score, over a class whose scores lie about ``centre``."""
    density = np.exp(-((GRID - centre) ** 2) / 2)
    return float((values * density).sum() / density.sum())
