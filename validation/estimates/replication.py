"""Every sample on every resample: the replicates from which all bootstrap intervals of a run come.

One resample of the patients serves all metrics, subgroups and comparisons. Owns the walk over the resamples and
nothing of what an interval is (`bootstrap`).
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from protocols.parallel.local import cores, keep_freed_memory
from protocols.progress import Progress
from protocols.schema.statistical_analysis import Bootstrap
from validation.cohort.outcomes import ResampledPatients, Sample
from validation.intervals.bootstrap import ResampleChunk, resample_chunks
from validation.metrics.brier import squares_of
from validation.metrics.counts import COUNT_METRICS, confusion
from validation.metrics.ranking import ranked_replicates, ranking_of

AREAS = ("auroc", "average_precision")
THREADS = min(2, cores())  # NumPy and SciPy leave Python's lock while they work
SUMMED_AT_ONCE = 96  # replicates, so that the copy in float64 stays small


@dataclass(frozen=True, slots=True)
class Replicates:
    """One sample on every resample; a metric of its own is NaN where it is undefined or not asked for.

    Attributes:
        counts: TP, FP, FN, TN, shape (replicates, 4).
        squares: what the Brier score is made of, shape (replicates, 2).
        auroc, average_precision: shape (replicates,).
    """

    counts: NDArray[np.float64]
    squares: NDArray[np.float64]
    auroc: NDArray[np.float64]
    average_precision: NDArray[np.float64]

    def of(self, metric: str) -> NDArray[np.float64]:
        """Return AUROC or a metric of counts on every resample, shape (replicates,), NaN where undefined."""
        return self.auroc if metric == "auroc" else COUNT_METRICS[metric].value(confusion(self.counts))


@dataclass(frozen=True, slots=True)
class Replication:
    """The replicates of every sample, and the hash of the resamples.

    Attributes:
        replicates: of each sample, in order.
        tables: sums of each table over the first sample's resampled patients, shape (replicates, columns) each.
        draws_sha256: of all indices resampled for the first sample.
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
    """Resample patients, or their clusters, as the protocol states and compute every sample on every resample.

    Resamples depend on seed, replicate and set of patients alone, so that samples over the same patients share them.

    Args:
        samples: each over all patients that are resampled for it; the first is the primary one.
        bootstrap: replicates and seed.
        progress: called after each chunk.
        tables: further whole numbers per patient of the first sample, shape (patients, columns) each.
    """
    keep_freed_memory()
    patient_sets = list(dict.fromkeys(sample.drawn for sample in samples))
    of_set = {
        drawn: _Resampled(samples, drawn, () if number else tables, bootstrap.replicates)
        for number, drawn in enumerate(patient_sets)
    }
    hashes = []
    total = len(patient_sets) * bootstrap.replicates
    progress("resampling", 0, total)
    # BLAS would gain nothing from a thread of its own here and, on busy cores, wait by spinning.
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(THREADS) as threads:
        for number, (drawn, one) in enumerate(of_set.items()):
            digest = hashlib.sha256()
            strata = list(drawn.strata.values()) if drawn.strata else None
            chunks = resample_chunks(
                bootstrap.seed, bootstrap.replicates, drawn.count, strata, on_indices=digest.update
            )
            for done in _in_turn(threads, one.compute, chunks):
                progress("resampling", number * bootstrap.replicates + done, total)
            hashes.append(digest.hexdigest())
    return Replication(
        tuple(of_set[sample.drawn].replicates(sample) for sample in samples),
        tuple(of_set[patient_sets[0]].sums_of(table) for table in tables),
        hashes[0],
    )


def _in_turn(
    threads: ThreadPoolExecutor, compute: Callable[[ResampleChunk], int], chunks: Iterable[ResampleChunk]
) -> Iterator[int]:
    """Yield the result of each chunk, in order; while some are computed the next is resampled, and no more are kept."""
    waiting: deque[Future[int]] = deque()
    for chunk in chunks:
        waiting.append(threads.submit(compute, chunk))
        if len(waiting) == THREADS:
            yield waiting.popleft().result()
    for one in waiting:
        yield one.result()


class _Resampled:
    """What is summed and ranked over one set of resamples; what several samples share is computed once."""

    def __init__(
        self,
        samples: Sequence[Sample],
        drawn: ResampledPatients,
        tables: Sequence[NDArray[np.float64]],
        replicates: int,
    ) -> None:
        here = [sample for sample in samples if sample.drawn is drawn]
        summed = {id(table): table for table in tables}
        for sample in here:
            summed.setdefault(id(sample.counts), sample.counts)
            if sample.asks("brier") and _rated(sample) not in summed:
                summed[_rated(sample)] = squares_of(sample)
        self._by_patient = np.concatenate(list(summed.values()), axis=1).T.copy()
        self._sums = np.empty((len(self._by_patient), replicates))
        borders = np.cumsum([table.shape[1] for table in summed.values()])
        self._of_table = dict(zip(summed, np.split(self._sums, borders[:-1]), strict=True))
        ranked = {id(sample.ranked): sample.ranked for sample in here if sample.asks(*AREAS)}
        self._rankings = [ranking_of(units, drawn.count) for units in ranked.values()]
        self._areas = np.empty((len(ranked), 2, replicates))
        self._of_ranking = dict(zip(ranked, self._areas, strict=True))

    def compute(self, chunk: ResampleChunk) -> int:
        """Fill in some replicates and return how many there are with those before."""
        weights = chunk.weights
        for start in range(0, weights.shape[1], SUMMED_AT_ONCE):
            some = weights[:, start : start + SUMMED_AT_ONCE].astype(np.float64)
            begin = chunk.start + start
            # Whole numbers below 2**53 in float64: exact in whatever order BLAS adds them.
            self._sums[:, begin : begin + some.shape[1]] = self._by_patient @ some
        end: int = chunk.start + weights.shape[1]
        self._areas[..., chunk.start : end] = ranked_replicates(self._rankings, weights)
        return end

    def sums_of(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums of a table on every resample, shape (replicates, columns)."""
        return self._of_table[id(table)].T

    def replicates(self, sample: Sample) -> Replicates:
        """Return the replicates of a sample."""
        nothing = np.full((2, self._sums.shape[1]), np.nan)
        areas = self._of_ranking.get(id(sample.ranked), nothing)
        squares = self._of_table.get(_rated(sample), nothing)
        return Replicates(self.sums_of(sample.counts), squares.T, areas[0], areas[1])


def _rated(sample: Sample) -> int:
    """Return what the squares of a sample are computed from."""
    return id(sample.scored if sample.squares is None else sample.squares)
