"""How often the intervals of readers' agreement hold the truth when patients have several images.

``python -m tests.benchmarks.agreement`` prints Markdown: for each number of patients and readers the coverage of per
cent agreement, Fleiss' kappa and AC1, and after the stroke how often the lower bound lies above the truth.
"""

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from protocols.tables.records import Verdict
from validation.intervals.bootstrap import resample_chunks
from validation.readers.agreement import agreement_of, agreement_sums
from validation.readers.rating_arrays import Votes
from validation.results.secondary import DawidSkene, Measured

LEVEL = 0.95
MOST_IMAGES = 4
REPLICATES = 1_000
SIMULATED = 1_000
MANY = 100_000
PATIENTS = (20, 50, 200)
READERS = (2, 3, 5)
ERRORS = (0.02, 0.1)
PREVALENCE = 0.3
SHARED = 0.5  # of what makes an image positive or hard, between the images of a patient
NOT_FITTED = DawidSkene(0, None, (), 0, 0, "not part of this simulation")


@dataclass(frozen=True, slots=True)
class Read:
    """A simulated study: verdicts of all readers on all images, and the patient of each image."""

    votes: Votes
    patient: NDArray[np.intp]
    patients: int


def read(patients: int, readers: int, error: float, random: np.random.Generator) -> Read:
    """One study; images differ in difficulty, readers err independently of each other given the image."""
    patient = np.repeat(np.arange(patients), random.integers(1, MOST_IMAGES + 1, patients))
    images = len(patient)

    def correlated() -> NDArray[np.float64]:
        own = random.normal(size=images)
        return np.sqrt(SHARED) * random.normal(size=patients)[patient] + np.sqrt(1 - SHARED) * own

    positive = ndtr(correlated()) < PREVALENCE
    # Errors from nearly none on easy images to several times the mean on hard ones.
    wrong = random.random((images, readers)) < (2 * error * ndtr(correlated()))[:, None]
    category = np.where(wrong, positive[:, None], ~positive[:, None])
    votes = Votes(
        tuple(map(str, range(images))),
        tuple(map(str, range(readers))),
        (Verdict.POSITIVE, Verdict.NEGATIVE),
        np.repeat(np.arange(images), readers),
        np.tile(np.arange(readers), images),
        category.ravel().astype(np.intp),
    )
    return Read(votes, patient, patients)


def measured(study: Read, weights: NDArray[np.float64]) -> Mapping[str, Measured]:
    """The three coefficients of a study with their intervals; ``weights`` are of `resample_chunks`."""
    table = agreement_sums(study.votes, study.patient, study.patients)
    found = agreement_of(table, weights.T @ table.sums, LEVEL, NOT_FITTED)
    return {"per cent": found.percent, "Fleiss": found.fleiss_kappa, "AC1": found.gwet_ac1}


def truth(readers: int, error: float, *, patients: int = MANY, seed: int = 510) -> Mapping[str, float]:
    """Each coefficient on so many patients that what is left of chance does not matter."""
    study = read(patients, readers, error, np.random.default_rng(seed))
    found = measured(study, np.ones((patients, 1)))
    return {name: one.value for name, one in found.items() if one.value is not None}


def coverage(
    patients: int, readers: int, error: float, *, studies: int, seed: int
) -> Mapping[str, tuple[float, float]]:
    """Shares of simulated studies whose interval holds the truth, and whose interval lies above it.

    An interval that is not given holds nothing and lies nowhere.
    """
    expected, random = truth(readers, error), np.random.default_rng(seed)
    (drawn,) = resample_chunks(seed, REPLICATES, patients)
    held, too_high = Counter[str](), Counter[str]()
    for _ in range(studies):
        for name, one in measured(read(patients, readers, error, random), drawn.weights).items():
            if one.interval is not None:
                held[name] += one.interval[0] <= expected[name] <= one.interval[1]
                too_high[name] += one.interval[0] > expected[name]
    return {name: (held[name] / studies, too_high[name] / studies) for name in expected}


def main() -> None:
    """Print the table."""
    print(f"| readers | error | patients | {' | '.join(truth(2, ERRORS[0], patients=1_000))} |")
    print("|---" * 6 + "|")
    for readers, error, patients in itertools.product(READERS, ERRORS, PATIENTS):
        found = coverage(patients, readers, error, studies=SIMULATED, seed=510)
        cells = (f"{100 * held:.1f} / {100 * too_high:.1f}" for held, too_high in found.values())
        print(f"| {readers} | {error} | {patients} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
