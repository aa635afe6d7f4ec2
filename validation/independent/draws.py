"""Resampling of patients and bootstrap intervals, independently of the first implementation, in plain Python.

Owns Philox, the resamples, quantiles, percentile and BCa intervals. The metrics of a resample are `replicates`.

Sources: Salmon and others 2011 (Philox4x64-10); Lemire 2019 (bounded integers); Hyndman and Fan 1996 (type 7);
Efron 1987 (BCa).
"""

import math
import struct
from collections.abc import Iterator, Sequence
from itertools import islice

from validation.independent.formulas import Interval, normal_cdf, normal_quantile, two_sided_normal

HALF = 2**32
WORD = 2**64 - 1
MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
KEY_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
ROUNDS = 10


def philox(seed: int, replicate: int, blocks: int, stream: int = 0) -> bytes:
    """Return the first 4 * blocks words of Philox4x64-10, key [seed, stream], counter [0, 0, 0, replicate].

    The words are little-endian. The counter is incremented before each block of four words. All blocks are computed at
    once: a whole number has block j from bit 256 j on, so that the product of two 64-bit words never reaches the next
    block.
    """
    ones = int.from_bytes(b"\1".ljust(32, b"\0") * blocks, "little")
    word, keys = ones * WORD, (seed, stream)
    a = int.from_bytes(b"".join(j.to_bytes(32, "little") for j in range(1, blocks + 1)), "little")
    b, c, d = 0, 0, ones * replicate
    for _ in range(ROUNDS):
        of_a, of_c = a * MULTIPLIERS[0], c * MULTIPLIERS[1]
        a = (of_c >> 64 & word) ^ b ^ ones * keys[0]
        c = (of_a >> 64 & word) ^ d ^ ones * keys[1]
        b, d = of_c & word, of_a & word
        keys = (keys[0] + KEY_STEPS[0] & WORD, keys[1] + KEY_STEPS[1] & WORD)
    return (a | b << 64 | c << 128 | d << 192).to_bytes(32 * blocks, "little")


def draw(seed: int, replicate: int, strata: Sequence[Sequence[int]], stream: int = 0) -> list[int]:
    """Resample the patient numbers of each stratum with replacement, all strata from one stream; 1 is that of readers.

    Each word gives its low half, then its high half: u. The patient is number u * size over 2^32 of the stratum, unless
    the remainder is under 2^32 mod size; then u is rejected.
    """
    blocks = sum(map(len, strata)) // 8 + 1
    while True:
        halves = iter(struct.unpack(f"<{8 * blocks}I", philox(seed, replicate, blocks, stream)))
        resampled = [_resample(stratum, halves) for stratum in strata]
        if all(len(own) == len(stratum) for own, stratum in zip(resampled, strata, strict=True)):
            return [patient for own in resampled for patient in own]
        blocks *= 2  # too many were rejected for the words to suffice


def _resample(stratum: Sequence[int], halves: Iterator[int]) -> list[int]:
    size = len(stratum)
    unequal = HALF % size
    accepted = (stratum[product // HALF] for u in halves if (product := u * size) % HALF >= unequal)
    return list(islice(accepted, size))


def little_endian(indices: Sequence[int]) -> bytes:
    """Return the indices as `draws_sha256` takes them: uint32, little-endian."""
    return struct.pack(f"<{len(indices)}I", *indices)


def quantile(ordered: Sequence[float], probability: float) -> float:
    """Compute Hyndman and Fan's type 7 quantile of sorted values."""
    position = (len(ordered) - 1) * probability
    left = min(int(position), len(ordered) - 2) if len(ordered) > 1 else 0
    right = min(left + 1, len(ordered) - 1)
    return ordered[left] + (position - left) * (ordered[right] - ordered[left])


def percentile(value: float, replicates: Sequence[float], confidence: float) -> Interval | None:
    """Compute the percentile interval of the defined replicates; None without one, of zero width, or without value."""
    tail = (1 - confidence) / 2
    return _interval_around(value, sorted(replicates), tail, 1 - tail)


def bca(
    value: float, replicates: Sequence[float], jackknife: Sequence[float | None], confidence: float
) -> Interval | None:
    """Compute Efron's bias-corrected and accelerated interval.

    ``jackknife`` is the value without each contributing patient. None as `percentile`, and where a jackknife value is
    undefined, no patient changes the value, all replicates lie on one side, or the acceleration is too large.
    """
    thetas = [theta for theta in jackknife if theta is not None]
    if not replicates or len(thetas) < len(jackknife) or len(set(thetas)) < 2:
        return None
    mean = math.fsum(thetas) / len(thetas)
    squares = math.fsum((mean - theta) ** 2 for theta in thetas)
    acceleration = math.fsum((mean - theta) ** 3 for theta in thetas) / (6 * squares * math.sqrt(squares))
    under = sum(r < value for r in replicates) + sum(r == value for r in replicates) / 2
    if under in (0, len(replicates)):
        return None
    z0, z = normal_quantile(under / len(replicates)), two_sided_normal(confidence)
    if min(1 - acceleration * (z0 - z), 1 - acceleration * (z0 + z)) <= 0:
        return None
    low, high = (normal_cdf(z0 + (z0 + s) / (1 - acceleration * (z0 + s))) for s in (-z, z))
    return _interval_around(value, sorted(replicates), low, high)


def _interval_around(value: float, ordered: Sequence[float], low: float, high: float) -> Interval | None:
    if not ordered:
        return None
    bounds = quantile(ordered, low), quantile(ordered, high)
    return bounds if bounds[0] < bounds[1] and bounds[0] <= value <= bounds[1] else None
