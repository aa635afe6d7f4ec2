"""Sensitivity, specificity and whatever else is a proportion: every candidate in every kind of study.

With one image a patient the coverage is summed over the binomial distribution, without any chance. Otherwise
studies are simulated.
"""

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import binom

from tests.benchmarks.coverage.candidates import CANDIDATES, LEVEL, Candidate, Numbers, Summary, summary
from tests.benchmarks.coverage.designs import Cell, ProportionCell, simulated
from tests.benchmarks.coverage.tally import Tally
from validation.intervals.bootstrap import (
    BootstrapInterval,
    NoInterval,
    bca_interval,
    percentile_interval,
    resample_chunks,
)

MEASURED = 1_000  # studies whose widths are averaged: these need the costly inverse
REPLICATES = 1_000
RESAMPLED = ("percentile", "bca")


def closed(cell: ProportionCell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Every candidate in one cell."""
    if isinstance(cell, Cell) and not cell.clustered:
        return exact(cell)
    return simulation(cell, studies, np.random.default_rng(seed))


def exact(cell: Cell) -> dict[str, Tally]:
    """One image a patient: the sum over every number of successes."""
    right = np.arange(cell.patients + 1.0)
    size = np.full(len(right), float(cell.patients))
    chance = binom.pmf(right, cell.patients, cell.proportion)
    tallies = {}
    for name, candidate in CANDIDATES.items():
        misses = candidate.misses(right, size, cell.proportion)
        low, high = candidate.bounds(right, size)
        above, below = float(chance[misses.above].sum()), float(chance[misses.below].sum())
        tallies[name] = Tally(
            None, 1 - above - below, above, below, 0.0, float((chance * (high - low)).sum())
        )
    return tallies


def simulation(cell: ProportionCell, studies: int, random: Generator) -> dict[str, Tally]:
    """Every candidate on the same simulated studies."""
    return tallied((summary(*counts) for counts in simulated(cell, studies, random)), cell.proportion)


def tallied(summaries: Iterable[Summary], truth: float) -> dict[str, Tally]:
    """Every candidate on studies that come in parts."""
    parts: dict[str, list[tuple[int, int, int, Numbers]]] = {name: [] for name in CANDIDATES}
    for part in summaries:
        for name, candidate in CANDIDATES.items():
            measured = sum(len(widths) for *_, widths in parts[name])
            parts[name].append(_counted(candidate, part, truth, MEASURED - measured))
    return {
        name: Tally(
            studies=sum(studies for studies, *_ in counted),
            held=sum(studies - above - below for studies, above, below, _ in counted),
            above=sum(above for _, above, _, _ in counted),
            below=sum(below for _, _, below, _ in counted),
            missing=0,
            width=float(np.concatenate([widths for *_, widths in counted]).mean()),
        )
        for name, counted in parts.items()
    }


def _counted(
    candidate: Candidate, part: Summary, truth: float, measured: int
) -> tuple[int, int, int, Numbers]:
    size = candidate.effective(part)
    right = size * part.proportion
    misses = candidate.misses(right, size, truth)
    low, high = candidate.bounds(right[:measured], size[:measured])
    return len(size), int(misses.above.sum()), int(misses.below.sum()), high - low


def resampled(cell: Cell, *, studies: int, seed: list[int]) -> dict[str, Tally]:
    """Percentile and BCa, and the candidates on the same few studies; all share one draw, as a protocol's seed does."""
    (drawn,) = resample_chunks(seed[0], REPLICATES, cell.patients)
    bounds: dict[str, list[tuple[float, float]]] = {name: [] for name in RESAMPLED}
    summaries = []
    for right, images in simulated(cell, studies, np.random.default_rng(seed)):
        summaries.append(summary(right, images))
        for x, n in zip(right, images, strict=True):
            for name, interval in bootstrapped(x, n, drawn.weights).items():
                bounds[name].append(interval)
    intervals = {name: bounds_tally(np.array(ends), cell.proportion) for name, ends in bounds.items()}
    return intervals | tallied(summaries, cell.proportion)


def bootstrapped(x: Numbers, n: Numbers, weights: Numbers) -> Mapping[str, tuple[float, float]]:
    """Percentile and BCa of x / n over patients; NaN where there is none."""
    estimate = float(x.sum() / n.sum())
    replicates = (x @ weights) / (n @ weights)
    left_out = partial(np.divide, x.sum() - x, n.sum() - n)
    intervals = (
        percentile_interval(estimate, replicates, LEVEL),
        bca_interval(estimate, replicates, left_out, LEVEL),
    )
    return dict(zip(RESAMPLED, map(ends, intervals), strict=True))


def ends(interval: BootstrapInterval | NoInterval) -> tuple[float, float]:
    """Its bounds, NaN where there is none."""
    return (np.nan, np.nan) if isinstance(interval, NoInterval) else interval.bounds


def bounds_tally(bounds: NDArray[np.float64], truth: float) -> Tally:
    """Of intervals given one by one, shape (studies, 2), NaN where there is none."""
    low, high = bounds.T
    given = ~np.isnan(low)
    return Tally(
        studies=len(bounds),
        held=int(((low <= truth) & (truth <= high)).sum()),
        above=int((low > truth).sum()),
        below=int((high < truth).sum()),
        missing=int((~given).sum()),
        width=float((high - low)[given].mean()) if given.any() else float("nan"),
    )
