"""Units in order of score; AUROC and average precision on every resample by one walk from the highest score down.

Owns the order and the walk. What the two areas are, their values and their jackknives is `auroc` and
`average_precision`; what is resampled is `bootstrap`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from validation.cohort.join import POSITIVE
from validation.cohort.outcomes import Units
from validation.metrics.counts import divide

STEPS_AT_ONCE = 32  # so that what one block of the walk touches stays in the processor's cache
CONVERTED_AT_ONCE = 500  # replicates, where weights must be held in a wider type
GRID = 2.0**40
# The narrowest type that holds every sum is walked: what costs time is reading weights from memory.
EXACT_BELOW = ((np.uint16, 2.0**16), (np.float32, 2.0**24), (np.float64, 2.0**53))


@dataclass(frozen=True, slots=True)
class Steps:
    """The scores of positive units, from the highest down; at each, everything scored at or above it tests positive.

    Attributes:
        threshold: the distinct scores of positives, falling, shape (steps,).
        at: for each unit the first step at which it tests positive, shape (units,); the number of steps if at none.
    """

    threshold: NDArray[np.float64]
    at: NDArray[np.intp]


def steps_of(ranked: Units) -> Steps:
    """Return the steps of ranked units."""
    rising = np.unique(ranked.score[ranked.truth == POSITIVE])
    return Steps(rising[::-1], len(rising) - np.searchsorted(rising, ranked.score, "right"))


@dataclass(frozen=True, slots=True)
class Block:
    """Some neighbouring steps and the units they are the first to call, as sparse matrices with a column a patient.

    Attributes:
        units: two rows a step, of its negatives and of its positives.
        tied: the steps of the block that have negatives of the very score of their positives.
        ties: these negatives, a row for each of ``tied``.
    """

    units: csr_array
    tied: NDArray[np.intp]
    ties: csr_array


@dataclass(frozen=True, slots=True)
class Ranking:
    """One sample as the walk needs it: made once, walked for every chunk of resamples.

    Attributes:
        blocks: all steps in order, and as a last one the negatives below every positive.
        widest: the largest number of units of a step.
        identity: the same for samples that have the same replicates because they rank the same units alike.
    """

    blocks: tuple[Block, ...]
    widest: int
    identity: bytes


def ranking_of(ranked: Units, patients: int) -> Ranking:
    """Put ranked units in order.

    Args:
        ranked: the units.
        patients: that are resampled, which ``ranked.cluster`` indexes.
    """
    steps, positive = steps_of(ranked), ranked.truth == POSITIVE
    size = len(steps.threshold) + 1
    tied = ~positive & np.isin(ranked.score, steps.threshold)
    units = _by_row(2 * steps.at + positive, ranked.cluster, (2 * size, patients))
    ties = _by_row(steps.at[tied], ranked.cluster[tied], (size, patients))
    with_ties = np.diff(ties.indptr) > 0
    blocks = []
    for start in range(0, size, STEPS_AT_ONCE):
        stop = start + STEPS_AT_ONCE
        here = np.flatnonzero(with_ties[start:stop])
        blocks.append(Block(units[2 * start : 2 * stop], here, ties[start + here]))
    parts = (units.indptr, units.indices, ties.indptr, ties.indices)
    identity = hashlib.sha256(b"".join(part.tobytes() for part in parts)).digest()
    return Ranking(tuple(blocks), int(np.diff(units.indptr[::2]).max()), identity)


def ranked_replicates(rankings: Sequence[Ranking], weights: NDArray[Any]) -> NDArray[np.float64]:
    """Return AUROC and average precision of samples with each patient counted as often as it was resampled.

    All sums are of whole numbers and exact, but those of precisions, which are added in order of score: neither
    the order of rows nor which replicates are computed together changes a bit. Rankings that are the same are
    walked once.

    Args:
        rankings: of samples over the same resamples.
        weights: how often each patient was resampled, shape (patients, replicates), whole numbers.

    Returns:
        Shape (rankings, 2, replicates): AUROC, NaN where a class is absent; average precision, NaN without a
        positive.
    """
    heaviest, replicates = float(weights.max(initial=0)), weights.shape[1]
    distinct = {ranking.identity: ranking for ranking in rankings}
    areas = {identity: np.empty((2, replicates)) for identity in distinct}
    types = {
        identity: next(name for name, limit in EXACT_BELOW if ranking.widest * heaviest < limit)
        for identity, ranking in distinct.items()
    }
    for type_ in dict.fromkeys(types.values()):
        at_once = replicates if weights.dtype == type_ else CONVERTED_AT_ONCE
        for start in range(0, replicates, max(1, at_once)):
            columns = slice(start, start + at_once)
            narrowed = weights[:, columns].astype(type_, copy=False)
            for identity, ranking in distinct.items():
                if types[identity] is type_:
                    areas[identity][:, columns] = _walk(ranking, narrowed)
    return np.array([areas[ranking.identity] for ranking in rankings]).reshape(-1, 2, replicates)


def on_grid(average_precision: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to a multiple of 2**-40 (1e-12): what is equal by definition is then equal in bits, however it was added.

    Without it replicates that must all agree (every score equal and every patient alike) would differ in the last bit
    and give an interval.
    """
    return np.rint(average_precision * GRID) / GRID


def _walk(ranking: Ranking, weights: NDArray[Any]) -> NDArray[np.float64]:
    """Walk one ranking; operations are on some steps and all replicates, only running sums go row by row."""
    replicates = weights.shape[1]
    # All units and positives that test positive at or above each step; first the step before the block.
    called = np.zeros((1 + STEPS_AT_ONCE, 2, replicates))
    of_block, quotients = np.empty((2, STEPS_AT_ONCE, replicates))
    beside, squared, tied, gained = np.zeros((4, replicates))
    for block in ranking.blocks:
        units = (block.units @ weights).reshape(-1, 2, replicates)
        units[:, 0] += units[:, 1]
        steps = len(units)
        called[1 : steps + 1] = units
        for above, here in pairwise(called[: steps + 1]):
            here += above
        new, quotient = of_block[:steps], quotients[:steps]
        everyone, positives = called[1 : steps + 1, 0], called[1 : steps + 1, 1]
        new[...] = units[:, 1]
        beside += np.einsum("sr,sr->r", new, everyone)
        squared += np.einsum("sr,sr->r", new, new)
        if len(block.tied):
            tied += (new[block.tied] * (block.ties @ weights)).sum(axis=0)
        new *= positives
        # Where no resampled unit tests positive yet: 0/1.
        np.divide(new, everyone if everyone[0].all() else np.maximum(everyone, 1), out=quotient)
        for precision in quotient:
            gained += precision
        called[0] = called[steps]
    everyone, positives = called[0]
    pairs = positives * (everyone - positives)
    # Beside each positive test positive as many positives as there are pairs of them, and itself.
    not_below = beside - (positives * positives + squared) / 2
    areas = divide(2 * (pairs - not_below) + tied, 2 * pairs), on_grid(divide(gained, positives))
    return np.stack(areas)


def _by_row(row: NDArray[np.intp], patient: NDArray[np.intp], shape: tuple[int, int]) -> csr_array:
    """Count the units of each patient in each row, one entry per unit."""
    order = np.lexsort((patient, row))
    borders = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))])
    ones = np.ones(len(order), dtype=np.uint16)
    return csr_array((ones, patient[order], borders), shape=shape)
