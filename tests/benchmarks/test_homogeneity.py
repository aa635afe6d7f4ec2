"""The simulation of levels: what it simulates, and that test and intervals keep their promise in it."""

import numpy as np
import pytest
from scipy.stats import binom

from tests.benchmarks.homogeneity import LAYOUTS, Cell, Layout, counts_of, held, images_of, rejected


def test_the_simulated_images_against_theory() -> None:
    random = np.random.default_rng(1)
    cell = Cell(20_000, (0.8, 0.6), Layout(shared=True, images=2, correlation=0.5))
    images = images_of(cell, random)
    assert images is not None
    first, second = (counts.sum(axis=0) for counts in counts_of(images, cell, random))
    assert first[0] / (first[0] + first[2]) == pytest.approx(0.8, abs=0.01)
    assert second[3] / (second[3] + second[1]) == pytest.approx(0.6, abs=0.01)


def test_levels_too_small_are_not_simulated_by_hand() -> None:
    cell = Cell(15, (0.8, 0.8), Layout(shared=False, images=1, correlation=0.0))
    assert images_of(cell, np.random.default_rng(1)) is None
    assert rejected(cell, studies=3, seed=510) == {}


@pytest.mark.parametrize("layout", [LAYOUTS[1], LAYOUTS[4]])
def test_levels_that_are_alike_against_theory(layout: Layout) -> None:
    cell = Cell(50, (0.85, 0.85), layout)
    share = rejected(cell, studies=60, seed=510)
    assert all(60 * share[metric] <= binom.ppf(0.99, 60, 0.05) for metric in ("sensitivity", "f1", "auroc"))
    covered = held(cell, studies=40, scored=10, seed=510)
    assert 40 * covered["sensitivity"] >= binom.ppf(0.01, 40, 0.95)
    assert 10 * covered["auroc"] >= binom.ppf(0.01, 10, 0.95)
