"""The simulation of readers: what it simulates, and that per cent agreement covers in it."""

import numpy as np
import pytest
from scipy.stats import binom

from tests.benchmarks.agreement import coverage, read, truth


def test_the_simulated_readers_against_theory() -> None:
    # most images are easy: pairs agree on more than independent errors of the same mean would let them
    found = truth(2, 0.1, patients=20_000)
    assert found["per cent"] > 0.9**2 + 0.1**2
    assert found["Fleiss"] < found["AC1"] < found["per cent"]
    study = read(20_000, 3, 0.1, np.random.default_rng(1))
    assert study.votes.counts_by_image().sum(axis=0)[0] / len(study.votes.image) == pytest.approx(
        0.34, abs=0.01
    )


def test_per_cent_agreement_covers_against_theory() -> None:
    held, too_high = coverage(50, 3, 0.1, studies=80, seed=510)["per cent"]
    assert 80 * held >= binom.ppf(0.01, 80, 0.95)
    assert 80 * too_high <= binom.ppf(0.99, 80, 0.025)
