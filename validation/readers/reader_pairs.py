"""Pairs of readers: which of them share images, and their verdicts on these crossed, by patient.

Owns the enumeration alone. The coefficients are `agreement_coefficients`, the intervals `agreement`.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from validation.readers.votes import Votes

MOST_PAIRS = 66  # all of twelve readers; a pool of hundreds would have tens of thousands
Pair = tuple[int, int]


def most_shared(votes: Votes) -> tuple[Pair, ...]:
    """The pairs of readers that share an image: all, or the `MOST_PAIRS` that share most.

    Returns:
        Positions in ``votes.readers``, the first by name before the other, in the order of the names.
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
    """How many images of each patient the two readers of a pair put into which categories.

    Args:
        votes: the reads.
        pairs: of `most_shared`.
        patient: of each image of ``votes`` its patient, shape (images,).
        patients: how many there are.

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
    """Positions of two reads of one image, every such pair once; reads of an image stand together."""
    distance = 1
    while len(first := np.flatnonzero(votes.image[distance:] == votes.image[:-distance])):
        yield first, first + distance
        distance += 1


def _codes(votes: Votes, first: NDArray[np.intp], second: NDArray[np.intp]) -> NDArray[np.intp]:
    codes: NDArray[np.intp] = votes.reader[first] * len(votes.readers) + votes.reader[second]
    return codes
