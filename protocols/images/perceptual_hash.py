"""Perceptual hash of an image: robust to resizing, compression and brightness.

Owns the hash, the distance up to which two images count as nearly the same, and the search for such pairs. `hashes`
records the pairs of a study. A rotated or mirrored copy is not found.

The hash consists of the signs of the low frequencies of the image's discrete cosine transform, computed in integers, so
that it is the same on every machine. Hash and limit were chosen by measurement (docs, "Images that are alike"): among
1,000 radiographs no two of different patients were nearer than 168 bits, among 1,511 phantoms than 85; no copy in
another size, as JPEG, 20 % brighter or with 20 % more or less contrast was farther away than 71.
Source: Zauner, Implementation and benchmarking of perceptual image hash functions, 2010 (section 3.2.1).
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SAMPLES = 256  # a side is sampled down to about this many pixels before averaging
SIDE = 64  # cells per side that are transformed
FREQUENCIES = 24  # kept in each direction; the mean brightness is left out
BITS = FREQUENCIES * FREQUENCIES - 1
NEAR = 72  # bits, an eighth of `BITS`
WORDS = 9  # of 64 bits
EARLY = 4  # words after which most pairs are already too far apart
ROWS_AT_ONCE, COLUMNS_AT_ONCE = 64, 4096  # a block of pairs that stays in the processor's cache

_SCALE = 1 << 12
_BASIS = np.array(
    [
        [round(_SCALE * math.cos(math.pi * k * (2 * n + 1) / (2 * SIDE))) for n in range(SIDE)]
        for k in range(FREQUENCIES)
    ],
    dtype=np.float64,  # which holds every sum below exactly: none exceeds 2 ** 44
)


def likeness(pixels: NDArray[np.uint8]) -> str:
    """Compute the hash: the signs of `BITS` coefficients and one bit that is 0, as 144 hexadecimal digits."""
    step = max(1, min(pixels.shape) // SAMPLES)
    sampled = Image.fromarray(np.ascontiguousarray(pixels[::step, ::step]))
    cells = np.asarray(sampled.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)
    positive = (_BASIS @ cells @ _BASIS.T).ravel()[1:] > 0
    return np.packbits(np.append(positive, False)).tobytes().hex()


def distance(one: str, other: str) -> int:
    """Count the bits in which two hashes differ, of `BITS`."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


def nearest(these: Sequence[str], among: Sequence[str], *, limit: int = NEAR) -> NDArray[np.int64]:
    """Find the nearest hash of ``among`` for each of ``these``.

    Args:
        these: m hashes.
        among: n hashes.
        limit: the largest distance that counts.

    Returns:
        m positions in ``among``, the first of several at the same distance; -1 where none is within the limit.
    """
    ours, others = _words(these), _words(among)
    found = np.full(len(these), -1, dtype=np.int64)
    best = np.full(len(these), limit + 1, dtype=np.int64)
    for left in range(0, others.shape[1], COLUMNS_AT_ONCE):
        right = others[:, left : left + COLUMNS_AT_ONCE]
        for top in range(0, ours.shape[1], ROWS_AT_ONCE):
            rows, columns, bits = _near_pairs(ours[:, top : top + ROWS_AT_ONCE], right, limit)
            for row, column, apart in zip(rows + top, columns + left, bits, strict=True):
                if apart < best[row]:
                    best[row], found[row] = apart, column
    return found


def _words(hashes: Sequence[str]) -> NDArray[np.uint64]:
    """Return the hashes as 64-bit words, shape (WORDS, n)."""
    content = bytes.fromhex("".join(hashes))
    return np.ascontiguousarray(np.frombuffer(content, dtype=np.uint64).reshape(len(hashes), WORDS).T)


def _near_pairs(
    left: NDArray[np.uint64], right: NDArray[np.uint64], limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return row, column and distance of every pair within the limit; the first words exclude most pairs."""
    early = np.zeros((left.shape[1], right.shape[1]), dtype=np.uint16)
    for mine, theirs in zip(left[:EARLY], right[:EARLY], strict=True):
        early += np.bitwise_count(mine[:, None] ^ theirs[None, :])
    rows, columns = np.nonzero(early <= limit)
    late = np.bitwise_count(left[EARLY:, rows] ^ right[EARLY:, columns]).sum(axis=0, dtype=np.int64)
    bits = early[rows, columns] + late
    near = bits <= limit
    return rows[near], columns[near], bits[near]
