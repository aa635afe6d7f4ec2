"""Every sample on every draw: the replicates from which all bootstrap intervals of a run come.

One draw of patients serves all metrics, subgroups and comparisons. Owns the walk over the draws and
nothing of what an interval is (`bootstrap`).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from protocols.progress import Progress
from protocols.schema import Bootstrap
from validation.bootstrap import drawn_chunks
from validation.brier import squares_by_patient
from validation.outcomes import Sample
from validation.ranking import ranked_replicates, ranking_of


@dataclass(frozen=True, slots=True)
class Replicates:
    """One sample on every draw; what has a metric of its own is NaN where that is undefined.

    Attributes:
        counts: TP, FP, FN, TN, shape (replicates, 4).
        squares: what the Brier score is made of, shape (replicates, 2).
        auroc, average_precision: shape (replicates,).
    """

    counts: NDArray[np.float64]
    squares: NDArray[np.float64]
    auroc: NDArray[np.float64]
    average_precision: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Replication:
    """What comes of the draws.

    Attributes:
        replicates: of each sample, in order.
        tables: sums of each table over the patients of the first sample's draw, shape (replicates, columns) each.
        draws_sha256: of all indices of the first sample's draw.
    """

    replicates: tuple[Replicates, ...]
    tables: tuple[NDArray[np.float64], ...]
    draws_sha256: str


def replicate(
    samples: Sequence[Sample],
    bootstrap: Bootstrap,
    progress: Progress,
    *,
    tables: Sequence[NDArray[np.float64]] = (),
) -> Replication:
    """Draw patients as the protocol says and compute every sample on every draw.

    Draws depend on seed, replicate and the patients drawn alone, so that samples over the same patients share them.

    Args:
        samples: each over all patients of its draw; the first has the primary draw.
        bootstrap: replicates and seed.
        progress: told after each chunk.
        tables: further whole numbers by patient of the primary draw, shape (patients, columns) each.
    """
    draws = list(dict.fromkeys(sample.drawn for sample in samples))
    walked = [_Walked(sample, bootstrap.replicates) for sample in samples]
    sums = [np.empty((table.shape[1], bootstrap.replicates)) for table in tables]
    hashes = []
    for number, drawn in enumerate(draws):
        rows = [one for one in walked if one.sample.drawn is drawn]
        here = [one.by_patient for one in rows] + (list(tables) if number == 0 else [])
        there = [one.sums for one in rows] + (sums if number == 0 else [])
        by_patient = np.concatenate(here, axis=1).T.copy()
        borders = np.cumsum([sum_.shape[0] for sum_ in there])[:-1]
        digest = hashlib.sha256()
        done = 0
        strata = list(drawn.strata.values()) if drawn.strata else None
        for chunk in drawn_chunks(bootstrap.seed, bootstrap.replicates, drawn.count, strata):
            digest.update(chunk.indices.data)
            columns = slice(done, done + len(chunk.indices))
            # Whole numbers below 2**53 in float64: exact in whatever order BLAS adds them.
            with threadpool_limits(limits=1, user_api="blas"):
                # A second thread of BLAS gains nothing here and, on busy cores, waits by spinning.
                product = by_patient @ chunk.weights
            for sum_, part in zip(there, np.split(product, borders), strict=True):
                sum_[:, columns] = part
            areas = ranked_replicates([one.ranking for one in rows], chunk.weights)
            for one, areas_of_one in zip(rows, areas, strict=True):
                one.areas[:, columns] = areas_of_one
            done = columns.stop
            progress("resampling", number * bootstrap.replicates + done, len(draws) * bootstrap.replicates)
        hashes.append(digest.hexdigest())
    return Replication(tuple(one.replicates for one in walked), tuple(sum_.T for sum_ in sums), hashes[0])


class _Walked:
    """A sample on its way through the draws."""

    def __init__(self, sample: Sample, replicates: int) -> None:
        self.sample = sample
        self.ranking = ranking_of(sample.ranked, sample.drawn.count)
        self.by_patient = np.concatenate(
            [sample.counts, squares_by_patient(sample.ranked, sample.drawn.count)], axis=1
        )
        self.sums = np.empty((6, replicates))
        self.areas = np.empty((2, replicates))

    @property
    def replicates(self) -> Replicates:
        """What came of all draws."""
        return Replicates(self.sums[:4].T, self.sums[4:].T, self.areas[0], self.areas[1])
