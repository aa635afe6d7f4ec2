"""How often each interval of a proportion holds the truth when patients have several images: why one decides.

``python -m tests.benchmarks.coverage`` prints Markdown: for each number of patients and true proportion the lowest
coverage over the correlations within patients and, after the stroke, how often at most the lower bound lies above the
truth, which is how a device too weak for its goal would pass. Whoever would replace the interval that decides, beats
this table.
"""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from validation.bootstrap import NoInterval, bca_interval, drawn_chunks, percentile_interval
from validation.intervals import Interval, clopper_pearson, clustered_proportion, exact_clustered, wilson

LEVEL = 0.95
MOST_IMAGES = 8
REPLICATES = 1_000
SIMULATED = 4_000
PATIENTS = (20, 50, 200)
PROPORTIONS = (0.8, 0.95, 0.99)
CORRELATIONS = (0.0, 0.3, 0.6)
METHODS = ("exact_clustered", "wilson_effective", "percentile", "bca", "clopper_pearson")


@dataclass(frozen=True, slots=True)
class Coverage:
    """Shares of simulated studies: ``held`` where the interval holds the truth, ``too_high`` where it lies above it.

    An interval that is not given holds nothing and lies nowhere.
    """

    held: float
    too_high: float


def coverage(
    patients: int, proportion: float, correlation: float, *, studies: int, seed: int
) -> dict[str, Coverage]:
    """What each method comes to in one cell.

    Each patient has 1 to `MOST_IMAGES` images and a rate of its own, beta-distributed about ``proportion`` such that
    two images of a patient have the given correlation.
    """
    random = np.random.default_rng(seed)
    (drawn,) = drawn_chunks(seed, REPLICATES, patients)
    held, too_high = Counter[str](), Counter[str]()
    for _ in range(studies):
        images = random.integers(1, MOST_IMAGES + 1, size=patients).astype(np.float64)
        rate = np.full(patients, proportion)
        if correlation:
            weight = (1 - correlation) / correlation
            rate = random.beta(proportion * weight, (1 - proportion) * weight, size=patients)
        right = random.binomial(images.astype(np.intp), rate).astype(np.float64)
        for method, (low, high) in _intervals(right, images, drawn.weights):
            held[method] += low <= proportion <= high
            too_high[method] += low > proportion
    return {method: Coverage(held[method] / studies, too_high[method] / studies) for method in METHODS}


def _intervals(
    right: NDArray[np.float64], images: NDArray[np.float64], weights: NDArray[np.float64]
) -> Iterator[tuple[str, Interval]]:
    clustered = clustered_proportion(right, images, LEVEL)
    yield "exact_clustered", exact_clustered(clustered, LEVEL)
    if clustered.effective_trials is not None:
        yield "wilson_effective", wilson(clustered.proportion, clustered.effective_trials, LEVEL)
    yield "clopper_pearson", clopper_pearson(right.sum(), images.sum(), LEVEL)
    replicates = (right @ weights) / (images @ weights)

    def left_out() -> NDArray[np.float64]:
        return (right.sum() - right) / (images.sum() - images)

    for method, interval in (
        ("percentile", percentile_interval(clustered.proportion, replicates, LEVEL)),
        ("bca", bca_interval(clustered.proportion, replicates, left_out, LEVEL)),
    ):
        if not isinstance(interval, NoInterval):
            yield method, interval


def main() -> None:
    """Print the table."""
    print(f"| patients | proportion | {' | '.join(METHODS)} |")
    print("|---" * (len(METHODS) + 2) + "|")
    for patients, proportion in itertools.product(PATIENTS, PROPORTIONS):
        cells = [
            coverage(patients, proportion, correlation, studies=SIMULATED, seed=510)
            for correlation in CORRELATIONS
        ]
        worst = (
            f"{100 * min(cell[method].held for cell in cells):.1f}"
            f" / {100 * max(cell[method].too_high for cell in cells):.1f}"
            for method in METHODS
        )
        print(f"| {patients} | {proportion} | {' | '.join(worst)} |", flush=True)


if __name__ == "__main__":
    main()
