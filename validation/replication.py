"""Every sample on every draw: the replicates from which all bootstrap intervals of a run come.

One draw of patients serves all metrics, subgroups and comparisons. Owns the walk over the draws and
nothing of what an interval is (`bootstrap`).
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from protocols.progress import Progress
from protocols.schema import Bootstrap
from validation.bootstrap import drawn_chunks
from validation.brier import squares_of
from validation.outcomes import DrawnPatients, Sample
from validation.ranking import ranked_replicates, ranking_of

AREAS = ("auroc", "average_precision")


@dataclass(frozen=True, slots=True)
class Replicates:
    """One sample on every draw; what has a metric of its own is NaN where that is undefined, or is not asked for.

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
    drawn_of = [
        _Drawn(samples, drawn, () if number else tables, bootstrap) for number, drawn in enumerate(draws)
    ]
    hashes = []
    for number, one in enumerate(drawn_of):
        digest = hashlib.sha256()
        for indices, done in one.walked():
            digest.update(indices.data)
            progress("resampling", number * bootstrap.replicates + done, len(draws) * bootstrap.replicates)
        hashes.append(digest.hexdigest())
    of_draw = dict(zip(draws, drawn_of, strict=True))
    return Replication(
        tuple(of_draw[sample.drawn].replicates(sample) for sample in samples),
        tuple(drawn_of[0].sums_of(table) for table in tables),
        hashes[0],
    )


class _Drawn:
    """What is summed and ranked over one draw; what several samples share is computed once."""

    def __init__(
        self,
        samples: Sequence[Sample],
        drawn: DrawnPatients,
        tables: Sequence[NDArray[np.float64]],
        bootstrap: Bootstrap,
    ) -> None:
        self._drawn, self._bootstrap = drawn, bootstrap
        here = [sample for sample in samples if sample.drawn is drawn]
        summed = {id(table): table for table in tables}
        for sample in here:
            summed.setdefault(id(sample.counts), sample.counts)
            if sample.asks("brier") and _rated(sample) not in summed:
                summed[_rated(sample)] = squares_of(sample)
        self._by_patient = np.concatenate(list(summed.values()), axis=1).T.copy()
        self._sums = np.empty((len(self._by_patient), bootstrap.replicates))
        borders = np.cumsum([table.shape[1] for table in summed.values()])
        self._of_table = dict(zip(summed, np.split(self._sums, borders[:-1]), strict=True))
        ranked = {id(sample.ranked): sample.ranked for sample in here if sample.asks(*AREAS)}
        self._rankings = [ranking_of(units, drawn.count) for units in ranked.values()]
        self._areas = np.empty((len(ranked), 2, bootstrap.replicates))
        self._of_ranking = dict(zip(ranked, self._areas, strict=True))

    def walked(self) -> Iterator[tuple[NDArray[np.uint32], int]]:
        """Compute all replicates; gives the indices of each chunk of them in order, and how many are done."""
        bootstrap, strata = self._bootstrap, self._drawn.strata
        done = 0
        for chunk in drawn_chunks(
            bootstrap.seed, bootstrap.replicates, self._drawn.count, list(strata.values()) if strata else None
        ):
            columns = slice(done, done + len(chunk.indices))
            # Whole numbers below 2**53 in float64: exact in whatever order BLAS adds them.
            with threadpool_limits(limits=1, user_api="blas"):
                # A second thread of BLAS gains nothing here and, on busy cores, waits by spinning.
                self._sums[:, columns] = self._by_patient @ chunk.weights
            self._areas[..., columns] = ranked_replicates(self._rankings, chunk.weights)
            done = columns.stop
            yield chunk.indices, done

    def sums_of(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sums of a table on every draw, shape (replicates, columns)."""
        return self._of_table[id(table)].T

    def replicates(self, sample: Sample) -> Replicates:
        """What came of all draws for a sample."""
        nothing = np.full((2, self._bootstrap.replicates), np.nan)
        areas = self._of_ranking.get(id(sample.ranked), nothing)
        squares = self._of_table.get(_rated(sample), nothing)
        return Replicates(self.sums_of(sample.counts), squares.T, areas[0], areas[1])


def _rated(sample: Sample) -> int:
    """What the squares of a sample are made of."""
    return id(sample.scored if sample.squares is None else sample.squares)
