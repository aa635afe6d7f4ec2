"""The patient-clustered bootstrap: which patients are drawn, how often, and intervals from what comes of it.

Owns the draws, fixed to the bit by the protocol's seed, and the percentile and BCa intervals. What is
computed on a draw is `metrics` and `auroc`. Sources: the contract ("Statistics", 1); Salmon et al. 2011
(Philox); Lemire 2019 (unbiased bounded integers); Efron 1987 (BCa); Hyndman & Fan 1996 (quantile type 7).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Philox
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

Interval = tuple[float, float]
CHUNK_BYTES = 256 * 2**20  # of weights; larger chunks gain nothing, smaller ones cost calls
LONGEST_CHUNK = 2_000  # replicates: a row of weights then stays in the processor's cache
COUNTING_BLOCK = 50  # replicates counted at once, so that the counts stay in the cache too
SPARE_WORDS = 8
HALF = np.uint64(32)
LOW_HALF = np.uint64(2**32 - 1)


def draw(seed: int, replicate: int, clusters: int) -> NDArray[np.uint32]:
    """The indices of the clusters drawn in one replicate, a pure function of its arguments.

    Args:
        seed: of the protocol, 0 or more.
        replicate: from 0; stands in the highest word of the counter, so that replicates share no word.
        clusters: K, at least 1.

    Returns:
        K indices in [0, K), shape (K,).
    """
    generator = Philox(key=[seed, 0], counter=[0, 0, 0, replicate])
    size, rejected_below = np.uint64(clusters), np.uint64(2**32 % clusters)
    indices = np.empty(0, dtype=np.uint32)
    words = (clusters + 1) // 2 + SPARE_WORDS
    while len(indices) < clusters:
        # Low half of each word first, on machines of either byte order.
        halves = generator.random_raw(words).astype("<u8").view("<u4").astype(np.uint64)
        product = halves * size
        accepted = (product & LOW_HALF) >= rejected_below
        indices = np.concatenate([indices, (product[accepted] >> HALF).astype(np.uint32)])
    return indices[:clusters]


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


def drawn_chunks(seed: int, replicates: int, clusters: int) -> Iterator[DrawnChunk]:
    """All draws of a protocol in order; where the chunks end changes no number."""
    size = min(replicates, LONGEST_CHUNK, max(1, CHUNK_BYTES // (8 * clusters)))
    memory = np.empty(clusters * size)
    for start in range(0, replicates, size):
        stop = min(start + size, replicates)
        indices = np.empty((stop - start, clusters), dtype="<u4")
        weights = memory[: clusters * (stop - start)].reshape(clusters, stop - start)
        for row, replicate in enumerate(range(start, stop)):
            indices[row] = draw(seed, replicate, clusters)
        for block in range(0, stop - start, COUNTING_BLOCK):
            columns = indices[block : block + COUNTING_BLOCK].astype(np.int64)
            width = len(columns)
            flat = columns * width + np.arange(width)[:, None]
            counted = np.bincount(flat.ravel(), minlength=clusters * width)
            weights[:, block : block + width] = counted.reshape(clusters, width)
        yield DrawnChunk(indices, weights)


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


def percentile_interval(
    estimate: float, replicates: NDArray[np.float64], confidence_level: float
) -> Interval | NoInterval:
    """Quantiles of the defined replicates; never of zero width, never without its estimate."""
    defined = np.sort(replicates[~np.isnan(replicates)])
    if len(defined) == 0:
        return NoInterval("no replicate is defined")
    tail = (1 - confidence_level) / 2
    return sound(estimate, (quantile(defined, tail), quantile(defined, 1 - tail)))


def bca_interval(
    estimate: float,
    replicates: NDArray[np.float64],
    jackknife: Callable[[], NDArray[np.float64]],
    confidence_level: float,
) -> Interval | NoInterval:
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
    difference = left_out.mean() - left_out
    square = float((difference * difference).sum())
    if square == 0:
        return NoInterval("no patient changes the estimate")
    acceleration = float((difference * difference * difference).sum()) / (6 * square * square**0.5)
    bias = float(ndtri(share))
    bounds = []
    for z in (-float(ndtri((1 + confidence_level) / 2)), float(ndtri((1 + confidence_level) / 2))):
        stretch = 1 - acceleration * (bias + z)
        if stretch <= 0:
            return NoInterval("acceleration too large for the correction")
        bounds.append(quantile(defined, float(ndtr(bias + (bias + z) / stretch))))
    return sound(estimate, (bounds[0], bounds[1]))


def sound(estimate: float, interval: Interval) -> Interval | NoInterval:
    """The interval, unless it has no width or does not hold its estimate."""
    low, high = interval
    if low == high:
        return NoInterval("zero width")
    if not low <= estimate <= high:
        return NoInterval("excludes the estimate")
    return interval
