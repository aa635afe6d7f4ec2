"""Pairs of readers with images in common, and their cross-tabulated verdicts by patient.

Owns the enumeration only. The coefficients are `agreement_coefficients`, the intervals `agreement`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from validation.readers.rating_arrays import Votes

MOST_PAIRS = 66  # all of twelve readers; a pool of hundreds would have tens of thousands
Pair = tuple[int, int]


def most_shared(votes: Votes) -> tuple[Pair, ...]:
    """Return the pairs of readers with an image in common: all, or the `MOST_PAIRS` with most.

    Returns:
        Positions in ``votes.readers``, in the order of the names, within a pair too.
    """
    shared = Counter[int]()
    for first, second in _pairs_of_reads(votes):
        codes, images = np.unique(_codes(votes, first, second), return_counts=True)
        shared.update(dict(zip(codes.tolist(), images.tolist(), strict=True)))
    chosen = sorted(shared, key=lambda code: (-shared[code], code))[:MOST_PAIRS]
    return tuple(divmod(code, len(votes.readers)) for code in sorted(chosen))


def crossed_verdicts(
    votes: Votes, pairs: Sequence[Pair], patient: NDArray[np.intp], patients: int
) -> NDArray[np.float64]:
    """Cross-tabulate the verdicts of the two readers of each pair, by patient.

    Args:
        votes: the reads.
        pairs: of `most_shared`.
        patient: index of the patient of each image of ``votes``, shape (images,).
        patients: their number.

    Returns:
        Whole numbers, shape (patients, pairs, categories, categories), the first reader's category before
        the second's.
    """
    width = len(votes.categories)
    listed = np.array([first * len(votes.readers) + second for first, second in pairs], dtype=np.intp)
    shape = (patients, len(pairs), width, width)
    crossed = np.zeros(shape).ravel()
    for first, second in _pairs_of_reads(votes):
        codes = _codes(votes, first, second)
        wanted = np.isin(codes, listed)
        first, second, pair = first[wanted], second[wanted], np.searchsorted(listed, codes[wanted])
        cells = (patient[votes.image[first]], pair, votes.category[first], votes.category[second])
        crossed += np.bincount(np.ravel_multi_index(cells, shape), minlength=len(crossed))
    return crossed.reshape(shape)


def _pairs_of_reads(votes: Votes) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield the positions of two reads of one image, every pair once; reads of an image are adjacent."""
    distance = 1
    while len(first := np.flatnonzero(votes.image[distance:] == votes.image[:-distance])):
        yield first, first + distance
        distance += 1


def _codes(votes: Votes, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    codes: NDArray[np.intp] = votes.reader[first] * len(votes.readers) + votes.reader[second]
    return codes
