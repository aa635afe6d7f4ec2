"""Type I error of whole acceptance rules: how often a device that only just fails to be good enough passes.

The library's protocols, each on its own cohort: ``cohorts.csv`` says how many patients have how many positive and
negative images. Calls and scores are simulated with the true performance exactly at a goal; estimates, intervals and
verdicts are the product's (`validation.estimates.estimates`, `validation.criteria`).
"""

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.special import expit, ndtri

from protocols.schema.load import library_protocol
from protocols.schema.protocol import Protocol
from tests.benchmarks.coverage.designs import correlated
from tests.benchmarks.coverage.scores import distance
from tests.benchmarks.coverage.whole_studies import estimates, sample
from validation.cohort.outcomes import Sample
from validation.criteria import judge

COHORTS = Path(__file__).with_name("cohorts.csv")
REPLICATES = 1_000
FAR = 0.99


@dataclass(frozen=True, slots=True)
class Rates:
    """A device that calls each image right with these probabilities, and how alike the images of a patient are."""

    sensitivity: float
    specificity: float
    of_positives: float
    of_negatives: float


@dataclass(frozen=True, slots=True)
class Binormal:
    """A device whose scores are normal in either class; the threshold is in standard deviations above the negatives."""

    auroc: float
    threshold: float
    correlation: float


@dataclass(frozen=True, slots=True)
class Scenario:
    """One true performance on one protocol's cohort; ``at_goal`` are the criteria whose goal it just reaches."""

    protocol: str
    at_goal: tuple[str, ...]
    device: Rates | Binormal


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of ``studies``, how many met each criterion, and how many passed."""

    studies: int
    met: dict[str, int]
    passed: int


# (design effect - 1) / (sum n^2 / sum n - 1) of each real study; images of phantoms share 0.3 of the score.
SCENARIOS = (
    Scenario("chexnet-nih-rsna", ("SE",), Rates(0.80, FAR, 0.42, 0.39)),
    Scenario("chexnet-nih-rsna", ("SP",), Rates(FAR, 0.80, 0.42, 0.39)),
    Scenario("chexnet-nih-rsna", ("SE", "SP"), Rates(0.80, 0.80, 0.42, 0.39)),
    Scenario("nih-radiologists", ("SE",), Rates(0.80, FAR, 0.20, 0.24)),
    Scenario("nih-radiologists", ("SP",), Rates(FAR, 0.80, 0.20, 0.24)),
    Scenario("nih-radiologists", ("SE", "SP"), Rates(0.80, 0.80, 0.20, 0.24)),
    Scenario("phantom", ("SE",), Binormal(0.998, distance(0.998) - float(ndtri(0.75)), 0.3)),
    Scenario("phantom", ("SP",), Binormal(0.998, float(ndtri(0.60)), 0.3)),
    Scenario("phantom", ("AUC",), Binormal(0.85, distance(0.85) - float(ndtri(0.85)), 0.3)),
    Scenario("phantom", ("SE", "AUC"), Binormal(0.85, distance(0.85) - float(ndtri(0.75)), 0.3)),
)


def verdicts(scenario: Scenario, *, studies: int, seed: list[int]) -> Verdicts:
    """Simulate a scenario; consistency criteria decide nothing and are left out."""
    random, protocol = np.random.default_rng(seed), _accepting(scenario.protocol)
    positives, negatives = cohort(scenario.protocol)
    met, passed = {criterion.id: 0 for criterion in protocol.criteria}, 0
    for _ in range(studies):
        study = _simulated(positives, negatives, scenario.device, random)
        results, verdict = judge(
            protocol, estimates(study, protocol), (), np.ones(len(study.images.truth), dtype=np.bool_)
        )
        for result in results:
            met[result.id] += result.verdict == "met"
        passed += verdict == "pass"
    return Verdicts(studies, met, passed)


def cohort(protocol: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Positive and negative images of each patient of a library protocol's test set, shape (patients,) each."""
    with COHORTS.open(encoding="utf-8", newline="") as lines:
        rows = [row for row in csv.DictReader(lines) if row["protocol"] == protocol]
    patients = [int(row["patients"]) for row in rows]
    positives = np.repeat([int(row["positive_images"]) for row in rows], patients)
    negatives = np.repeat([int(row["negative_images"]) for row in rows], patients)
    return positives, negatives


def _accepting(name: str) -> Protocol:
    protocol = library_protocol(name).protocol
    accepting = tuple(criterion for criterion in protocol.criteria if criterion.role == "acceptance")
    bootstrap = protocol.bootstrap.model_copy(update={"replicates": REPLICATES})
    return protocol.model_copy(update={"criteria": accepting, "bootstrap": bootstrap})


def _simulated(
    positives: NDArray[np.intp], negatives: NDArray[np.intp], device: Rates | Binormal, random: Generator
) -> Sample:
    everyone = np.arange(len(positives))
    patient = np.concatenate([np.repeat(everyone, positives), np.repeat(everyone, negatives)])
    positive = np.arange(len(patient)) < positives.sum()
    if isinstance(device, Rates):
        sensitivity = correlated(np.full(len(everyone), device.sensitivity), device.of_positives, random)
        specificity = correlated(np.full(len(everyone), device.specificity), device.of_negatives, random)
        called = random.random(len(patient)) < np.where(
            positive, sensitivity[patient], 1 - specificity[patient]
        )
        return sample(patient, positive, np.where(called, 0.9, 0.1))
    shared, own = random.normal(size=len(everyone)), random.normal(size=len(patient))
    latent = math.sqrt(device.correlation) * shared[patient] + math.sqrt(1 - device.correlation) * own
    return sample(patient, positive, expit(latent + distance(device.auroc) * positive - device.threshold))
