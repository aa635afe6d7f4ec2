"""May the lower bound of `exact_clustered` fall when an error is corrected? How often, by how much, and why."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from tests.benchmarks.coverage.designs import IMAGES
from validation.intervals.proportions import clopper_pearson, clustered_proportion, exact_clustered

CASES = 24_000
KINDS = ("2", "8", "1 to 8", "skewed")


def test_a_corrected_error_may_lower_the_bound_by_hand() -> None:
    """One patient has 8 images, 29 patients have one image; 7 of the 29 are right. 7 of the 8 are right, then all 8.

    37 r_k is 37 * 7 - 14 * 8 = 147 for the first, 23 and -14 for the others: this patient is 73 % of the variance.
    With all 8 right it is 176, 22 and -15: one success more, and a variance 1.34 times as large.
    """
    sizes = np.array([8.0] + [1.0] * 29)
    others = [1.0] * 7 + [0.0] * 22
    before, after = (clustered_proportion(np.array([right, *others]), sizes, 0.95) for right in (7.0, 8.0))
    t = stats.t.ppf(0.975, 37**2 / (64 + 29) - 1)
    student = (stats.norm.ppf(0.975) / t) ** 2
    of_before = 14 * 23 * 37**2 / (30 / 29 * (147**2 + 7 * 23**2 + 22 * 14**2))
    of_after = 15 * 22 * 37**2 / (30 / 29 * (176**2 + 7 * 22**2 + 22 * 15**2))
    assert before.effective_trials == pytest.approx(of_before * student)
    assert after.effective_trials == pytest.approx(of_after * student)
    lower = [exact_clustered(sample, 0.95)[0] for sample in (before, after)]
    assert lower == pytest.approx([0.126394, 0.116426], abs=1e-6)


def test_the_end_of_a_common_divisor_lowers_the_bound_by_hand() -> None:
    """16 of 20 patients have all of 20 images right, the others none: 16 of 20, until one image differs."""
    sizes = np.full(20, 20.0)
    whole = np.array([20.0] * 16 + [0.0] * 4)
    alike = exact_clustered(clustered_proportion(whole, sizes, 0.95), 0.95)
    assert alike == clopper_pearson(16, 20, 0.95)
    whole[-1] = 1.0
    corrected = exact_clustered(clustered_proportion(whole, sizes, 0.95), 0.95)
    assert corrected[0] - alike[0] == pytest.approx(-0.022137, abs=1e-6)


@pytest.mark.slow
def test_a_corrected_error_rarely_lowers_the_bound_against_itself() -> None:
    """Of 24,000 random studies of 20 to 200 patients under 0.5 % fall, the largest fall is under 0.02."""
    random = np.random.default_rng(510)
    falls: list[float] = []
    cases = 0
    while cases < CASES:
        successes, sizes = _study(random, KINDS[cases % len(KINDS)])
        errors = sizes - successes
        if errors.sum() == 0:
            continue
        corrected = successes.copy()
        corrected[random.choice(len(sizes), p=errors / errors.sum())] += 1
        falls.append(_lower(successes, sizes) - _lower(corrected, sizes))
        cases += 1
    assert np.mean(np.array(falls) > 1e-12) < 0.005
    assert max(falls) < 0.02


def _lower(successes: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    return exact_clustered(clustered_proportion(successes, sizes, 0.95), 0.95)[0]


def _study(random: np.random.Generator, kind: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return successes and sizes by patient: beta-binomial, or a few patients who fail on every image."""
    patients = int(random.integers(20, 201))
    weights = np.array(list(IMAGES[kind].values()), dtype=float)
    sizes = random.choice(np.array(list(IMAGES[kind])), patients, p=weights / weights.sum())
    proportion = random.choice([0.5, 0.7, 0.8, 0.9, 0.95, 0.98])
    correlation = random.choice([0.0, 0.1, 0.3, 0.6])
    if random.random() < 0.25:
        rates = np.where(random.random(patients) < random.choice([0.01, 0.02, 0.05, 0.1]), 0.0, proportion)
    elif correlation == 0:
        rates = np.full(patients, proportion)
    else:
        both = 1 / correlation - 1
        rates = random.beta(proportion * both, (1 - proportion) * both, patients)
    return random.binomial(sizes, rates).astype(float), sizes.astype(float)
