"""The patient-clustered bootstrap: which patients are drawn, how often, and intervals from what comes of it.

Owns the draws, fixed to the bit by the protocol's seed, and the percentile and BCa intervals. What is
computed on a draw is `metrics` and `auroc`. Sources: the contract ("Statistics", 1); Salmon et al. 2011
(Philox); Lemire 2019 (unbiased bounded integers); Efron 1987 (BCa); Hyndman & Fan 1996 (quantile type 7).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Interval = tuple[float, float]
CHUNK_BYTES = 256 * 2**20  # of weights; larger chunks gain nothing, smaller ones cost calls
LONGEST_CHUNK = 2_000  # replicates: a row of weights then stays in the processor's cache
COUNTING_BLOCK = 50  # replicates turned into columns at once, so that they stay in the cache
SPARE_WORDS = 8
HALF = np.uint64(32)
LOW_HALF = np.uint64(2**32 - 1)


def draw(seed: int, replicate: int, sizes: Sequence[int]) -> NDArray[np.uint32]:
    """The indices of the clusters drawn in one replicate, a pure function of its arguments.

    Args:
        seed: of the protocol, 0 or more.
        replicate: from 0; stands in the highest word of the counter, so that replicates share no word.
        sizes: how many clusters each stratum has, at least 1; one stratum where nothing is stratified. Strata
            are drawn one after the other from one stream.

    Returns:
        For each stratum as many indices in [0, size) as it has clusters, shape (sum of sizes,).
    """
    # As a list, a seed of 2**63 or more would be rounded to a float.
    key = np.array([seed, 0], dtype=np.uint64)
    generator = Philox(key=key, counter=[0, 0, 0, replicate])
    halves = np.empty(0, dtype=np.uint64)
    drawn = []
    for clusters in sizes:
        size, rejected_below = np.uint64(clusters), np.uint64(2**32 % clusters)
        accepted = np.empty(0, dtype=np.intp)
        product = np.empty(0, dtype=np.uint64)
        while len(accepted) < clusters:
            words = (clusters - len(accepted) + 1) // 2 + SPARE_WORDS
            # Low half of each word first, on machines of either byte order.
            more = generator.random_raw(words).astype("<u8").view("<u4").astype(np.uint64)
            halves = np.concatenate([halves, more])
            product = halves * size
            accepted = np.flatnonzero((product & LOW_HALF) >= rejected_below)
        chosen = accepted[:clusters]
        drawn.append((product[chosen] >> HALF).astype(np.uint32))
        halves = halves[chosen[-1] + 1 :]
    return np.concatenate(drawn)


@dataclass(frozen=True, slots=True)
class DrawnChunk:
    """Some consecutive replicates.

    Attributes:
        indices: the patients drawn, shape (replicates, patients), little-endian uint32.
        weights: how often each patient was drawn, shape (patients, replicates), whole numbers. The
            memory is used again for the next chunk.
    """

    indices: NDArray[np.uint32]
    weights: NDArray[np.float64]


def drawn_chunks(
    seed: int, replicates: int, clusters: int, strata: Sequence[NDArray[np.intp]] | None = None
) -> Iterator[DrawnChunk]:
    """All draws of a protocol in order; where the chunks end changes no number.

    Args:
        seed: of the protocol.
        replicates: how many.
        clusters: number of patients.
        strata: the patients of each stratum, none empty, together every patient once; None draws from all.
    """
    size = min(replicates, LONGEST_CHUNK, max(1, CHUNK_BYTES // (8 * clusters)))
    memory = np.empty(clusters * size)
    sizes = [clusters] if strata is None else [len(stratum) for stratum in strata]
    for start in range(0, replicates, size):
        stop = min(start + size, replicates)
        indices = np.empty((stop - start, clusters), dtype="<u4")
        weights = memory[: clusters * (stop - start)].reshape(clusters, stop - start)
        for row, replicate in enumerate(range(start, stop)):
            places = draw(seed, replicate, sizes)
            indices[row] = places if strata is None else _patients_at(places, strata)
        for block in range(0, stop - start, COUNTING_BLOCK):
            rows = indices[block : block + COUNTING_BLOCK]
            counted = np.empty((len(rows), clusters))
            for into, drawn in zip(counted, rows, strict=True):
                into[:] = np.bincount(drawn, minlength=clusters)
            weights[:, block : block + len(rows)] = counted.T
        yield DrawnChunk(indices, weights)


def _patients_at(places: NDArray[np.uint32], strata: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    borders = np.cumsum([len(stratum) for stratum in strata])[:-1]
    return np.concatenate(
        [stratum[here] for stratum, here in zip(strata, np.split(places, borders), strict=True)]
    )


@dataclass(frozen=True, slots=True)
class NoInterval:
    """Why an interval could not be given."""

    reason: str


def quantile(ordered: NDArray[np.float64], probability: float) -> float:
    """Quantile of type 7 of values in rising order (at least one)."""
    place = (len(ordered) - 1) * probability
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


@dataclass(frozen=True, slots=True)
class BootstrapInterval:
    """Quantiles of the replicates and how far other draws would move them.

    ``monte_carlo_error`` is the standard error of each bound that comes of drawing a limited number of times.
    """

    bounds: Interval
    monte_carlo_error: Interval


@dataclass(frozen=True, slots=True)
class Level:
    """A probability at which the replicates' quantile is a bound, and the standard error of where it stands."""

    probability: float
    error: float


def percentile_interval(
    estimate: float, replicates: NDArray[np.float64], confidence_level: float
) -> BootstrapInterval | NoInterval:
    """Quantiles of the defined replicates; never of zero width, never without its estimate."""
    defined = np.sort(replicates[~np.isnan(replicates)])
    if len(defined) == 0:
        return NoInterval("no replicate is defined")
    tail = (1 - confidence_level) / 2
    error = (tail * (1 - tail) / len(defined)) ** 0.5
    return _between(estimate, defined, Level(tail, error), Level(1 - tail, error))


def bca_interval(
    estimate: float,
    replicates: NDArray[np.float64],
    jackknife: Callable[[], NDArray[np.float64]],
    confidence_level: float,
) -> BootstrapInterval | NoInterval:
    """Bias-corrected and accelerated interval.

    Args:
        estimate: on all patients, defined.
        replicates: shape (replicates,), NaN where undefined.
        jackknife: the estimate without each contributing patient, asked for only where it is needed.
        confidence_level: two-sided.
    """
    defined = np.sort(replicates[~np.isnan(replicates)])
    if len(defined) == 0:
        return NoInterval("no replicate is defined")
    less = np.searchsorted(defined, estimate, "left")
    equal = np.searchsorted(defined, estimate, "right") - less
    share = (float(less) + float(equal) / 2) / len(defined)
    if share in (0.0, 1.0):
        return NoInterval("all replicates lie on one side of the estimate")
    left_out = jackknife()
    if np.isnan(left_out).any():
        return NoInterval("undefined without one of the patients")
    if bool((left_out == left_out[0]).all()):
        return NoInterval("no patient changes the estimate")
    difference = left_out.mean() - left_out
    square = float((difference * difference).sum())
    acceleration = float((difference * difference * difference).sum()) / (6 * square * square**0.5)
    bias, z = float(ndtri(share)), float(ndtri((1 + confidence_level) / 2))
    if 1 - acceleration * (bias - z) <= 0 or 1 - acceleration * (bias + z) <= 0:
        return NoInterval("acceleration too large for the correction")
    low, high = (_corrected(share, bias, end, acceleration, len(defined)) for end in (-z, z))
    return _between(estimate, defined, low, high)


def _corrected(share: float, bias: float, z: float, acceleration: float, replicates: int) -> Level:
    """Where a bound of BCa stands.

    Its error counts that the bias is estimated from the same draws: of the share below the estimate,
    of the share below the bound and of their covariance (Bahadur 1966).
    """
    stretch = 1 - acceleration * (bias + z)
    corrected = bias + (bias + z) / stretch
    probability = float(ndtr(corrected))
    moved = (1 + 1 / (stretch * stretch)) * math.exp((bias * bias - corrected * corrected) / 2)
    variance = (
        probability * (1 - probability)
        + moved * moved * share * (1 - share)
        - 2 * moved * (min(probability, share) - probability * share)
    )
    return Level(probability, (max(0.0, variance) / replicates) ** 0.5)


def _between(
    estimate: float, defined: NDArray[np.float64], low: Level, high: Level
) -> BootstrapInterval | NoInterval:
    bounds = quantile(defined, low.probability), quantile(defined, high.probability)
    if bounds[0] == bounds[1]:
        return NoInterval("zero width")
    if not bounds[0] <= estimate <= bounds[1]:
        return NoInterval("excludes the estimate")
    return BootstrapInterval(bounds, (_error_of(defined, low), _error_of(defined, high)))


def _error_of(defined: NDArray[np.float64], level: Level) -> float:
    """Half the distance of the quantiles one standard error of the level below and above."""
    below, above = max(0.0, level.probability - level.error), min(1.0, level.probability + level.error)
    return (quantile(defined, above) - quantile(defined, below)) / 2
