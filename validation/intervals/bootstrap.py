"""The patient-clustered bootstrap: resamples of patients, and the percentile and BCa intervals.

Owns the resamples, fixed to the bit by the protocol's seed, and the intervals. The metrics of a resample are
`validation.metrics`. Sources: the contract ("Statistics", 1); Salmon et al. 2011 (Philox); Lemire 2019 (unbiased
bounded integers); Efron 1987 (BCa); Hyndman & Fan 1996 (quantile type 7).
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr, ndtri

Interval = tuple[float, float]
CHUNK_BYTES = 128 * 2**20  # of weights; larger chunks gain nothing, smaller ones cost calls
LONGEST_CHUNK = 2_000  # replicates: a row of weights then stays in the processor's cache
COUNTED_AT_ONCE = 256  # replicates turned into columns together
COUNTED_BYTES = 16 * 2**20  # of their indices, at most
SPARE_WORDS = 8
PATIENTS, READERS = 0, 1  # streams of the generator, its second key word


def draw(seed: int, replicate: int, sizes: Sequence[int], stream: int = PATIENTS) -> NDArray[np.uint32]:
    """Return the indices of the clusters of one bootstrap replicate, a pure function of the arguments.

    Args:
        seed: of the protocol, 0 or more.
        replicate: from 0; it is the highest word of the counter, so that replicates share no word.
        sizes: number of clusters of each stratum, at least 1; one stratum where nothing is stratified. Strata are
            resampled in their order from one stream.
        stream: patients and readers are resampled from streams that share no word.

    Returns:
        For each stratum as many indices in [0, size) as it has clusters, shape (sum of sizes,), little-endian.
    """
    # As a list, a seed of 2**63 or more would be rounded to a float.
    key = np.array([seed, stream], dtype=np.uint64)
    generator = Philox(key=key, counter=[0, 0, 0, replicate])
    halves = _halves(generator, sum(sizes))
    drawn = []
    for clusters in sizes:
        while True:
            # The low and the high 32 bits of u K, on machines of either byte order.
            product = (halves * np.uint64(clusters)).astype("<u8", copy=False).view("<u4")
            rejected = np.flatnonzero(product[::2] < 2**32 % clusters)
            short = clusters - len(halves) + len(rejected)
            if short <= 0:
                break
            halves = np.concatenate([halves, _halves(generator, short)])
        indices = product[1::2]
        drawn.append((np.delete(indices, rejected) if len(rejected) else indices)[:clusters])
        used = clusters
        for place in rejected.tolist():
            used += place < used
        halves = halves[used:]
    return np.concatenate(drawn)


def _halves(generator: Philox, needed: int) -> NDArray[np.uint64]:
    """Return at least as many 32-bit halves of the generator's next words as needed, the low half of each first."""
    words = generator.random_raw((needed + 1) // 2 + SPARE_WORDS)
    return words.astype("<u8", copy=False).view("<u4").astype(np.uint64)


@dataclass(frozen=True, slots=True)
class ResampleChunk:
    """Some consecutive replicates.

    Attributes:
        start: number of the first.
        weights: multiplicity of each patient, shape (patients, replicates), whole numbers.
    """

    start: int
    weights: NDArray[np.uint16] | NDArray[np.uint32]


def resample_chunks(
    seed: int,
    replicates: int,
    clusters: int,
    strata: Sequence[NDArray[np.intp]] | None = None,
    *,
    on_indices: Callable[[Any], object] | None = None,
) -> Iterator[ResampleChunk]:
    """Generate all replicates of a protocol in order; the size of the chunks changes no number.

    Args:
        seed: of the protocol.
        replicates: their number.
        clusters: number of patients.
        strata: the patients of each stratum, none empty, together every patient once; None resamples from all.
        on_indices: called with the resampled patients, some replicates at a time in order, little-endian uint32.
    """
    # The narrowest type for the largest possible multiplicity, since moving weights in memory dominates the time.
    type_ = np.dtype(np.uint16 if clusters < 2**16 else np.uint32)
    size = min(replicates, LONGEST_CHUNK, max(1, CHUNK_BYTES // (type_.itemsize * clusters)))
    at_once = max(1, min(COUNTED_AT_ONCE, COUNTED_BYTES // (4 * clusters)))
    sizes = [clusters] if strata is None else [len(stratum) for stratum in strata]
    for start in range(0, replicates, size):
        weights = np.empty((clusters, min(size, replicates - start)), dtype=type_)
        for block in range(0, weights.shape[1], at_once):
            columns = weights[:, block : block + at_once]
            indices = np.empty(columns.shape[::-1], dtype="<u4")
            for replicate, into in enumerate(indices, start + block):
                places = draw(seed, replicate, sizes)
                into[:] = places if strata is None else _patients_at(places, strata)
            if on_indices:
                on_indices(indices)
            columns[...] = _counted(indices, type_).T
        yield ResampleChunk(start, weights)


def _counted(indices: NDArray[np.uint32], type_: np.dtype[Any]) -> NDArray[Any]:
    """Count each index in each row, shape (rows, clusters); a sparse matrix sums its duplicates."""
    rows, clusters = indices.shape
    borders = np.arange(0, indices.size + 1, clusters, dtype=np.int32)
    ones = np.ones(indices.size, dtype=type_)
    counted = csr_array((ones, indices.ravel().astype(np.int32, copy=False), borders), shape=(rows, clusters))
    return np.asarray(counted.toarray())


def _patients_at(places: NDArray[np.uint32], strata: Sequence[NDArray[np.intp]]) -> NDArray[np.intp]:
    borders = np.cumsum([len(stratum) for stratum in strata])[:-1]
    return np.concatenate(
        [stratum[here] for stratum, here in zip(strata, np.split(places, borders), strict=True)]
    )


@dataclass(frozen=True, slots=True)
class NoInterval:
    """The reason why an interval is not available."""

    reason: str


def quantile(ordered: NDArray[np.float64], probability: float) -> float:
    """Compute the quantile of type 7 of values in rising order (at least one)."""
    place = (len(ordered) - 1) * probability
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (place - below) * (ordered[above] - ordered[below]))


@dataclass(frozen=True, slots=True)
class BootstrapInterval:
    """Quantiles of the replicates and their Monte Carlo error.

    ``monte_carlo_error`` is the standard error of each bound due to the limited number of replicates.
    """

    bounds: Interval
    monte_carlo_error: Interval


@dataclass(frozen=True, slots=True)
class Level:
    """The probability whose quantile of the replicates is a bound, and its standard error."""

    probability: float
    error: float


def percentile_interval(
    estimate: float, replicates: NDArray[np.float64], confidence_level: float
) -> BootstrapInterval | NoInterval:
    """Compute the percentile interval: quantiles of the defined replicates.

    No interval where it would have zero width or exclude the estimate.
    """
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
    """Compute the bias-corrected and accelerated (BCa) interval.

    Args:
        estimate: on all patients, defined.
        replicates: shape (replicates,), NaN where undefined.
        jackknife: the estimate without each contributing patient, called only where needed.
        confidence_level: two-sided.
    """
    defined = np.sort(replicates[~np.isnan(replicates)])
    if len(defined) == 0:
        return NoInterval("no replicate is defined")
    less = np.searchsorted(defined, estimate, "left")
    equal = np.searchsorted(defined, estimate, "right") - less
    below = (float(less) + float(equal) / 2) / len(defined)
    if below in (0.0, 1.0):
        return NoInterval("all replicates lie on one side of the estimate")
    left_out = jackknife()
    if np.isnan(left_out).any():
        return NoInterval("undefined without one of the patients")
    if bool((left_out == left_out[0]).all()):
        return NoInterval("no patient changes the estimate")
    difference = left_out.mean() - left_out
    square = float((difference * difference).sum())
    acceleration = float((difference * difference * difference).sum()) / (6 * square * square**0.5)
    bias, z = float(ndtri(below)), float(ndtri((1 + confidence_level) / 2))
    if 1 - acceleration * (bias - z) <= 0 or 1 - acceleration * (bias + z) <= 0:
        return NoInterval("acceleration too large for the correction")
    low, high = (_corrected(below, bias, end, acceleration, len(defined)) for end in (-z, z))
    return _between(estimate, defined, low, high)


def _corrected(below: float, bias: float, z: float, acceleration: float, replicates: int) -> Level:
    """Return the corrected level of a BCa bound; ``below`` is the proportion of replicates below the estimate.

    Its error includes that of the bias, estimated from the same replicates: the variances of the proportions below
    the estimate and below the bound, and their covariance (Bahadur 1966).
    """
    stretch = 1 - acceleration * (bias + z)
    corrected = bias + (bias + z) / stretch
    probability = float(ndtr(corrected))
    moved = (1 + 1 / (stretch * stretch)) * math.exp((bias * bias - corrected * corrected) / 2)
    variance = (
        probability * (1 - probability)
        + moved * moved * below * (1 - below)
        - 2 * moved * (min(probability, below) - probability * below)
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
    """Return half the distance between the quantiles one standard error of the level below and above."""
    below, above = max(0.0, level.probability - level.error), min(1.0, level.probability + level.error)
    return (quantile(defined, above) - quantile(defined, below)) / 2
