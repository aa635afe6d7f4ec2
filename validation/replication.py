"""Every sample on every draw: the replicates from which all bootstrap intervals of a run come.

One draw of patients serves all metrics, subgroups and comparisons. Owns the walk over the draws and
nothing of what an interval is (`bootstrap`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from protocols.progress import Progress
from protocols.schema import Bootstrap
from validation.auroc import ScoreGroup, auroc_replicates, score_groups
from validation.bootstrap import drawn_chunks
from validation.outcomes import Sample


@dataclass(frozen=True, slots=True)
class Replicates:
    """One sample on every draw: TP, FP, FN, TN, shape (replicates, 4), and AUROC, NaN where undefined."""

    counts: NDArray[np.float64]
    auroc: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Replication:
    """The replicates of each sample, in order, and for each number of patients the SHA-256 of all indices drawn."""

    replicates: tuple[Replicates, ...]
    draws_sha256: Mapping[int, str]


def replicate(samples: Sequence[Sample], bootstrap: Bootstrap, progress: Progress) -> Replication:
    """Draw patients as the protocol says and compute every sample on every draw.

    Draws depend on seed, replicate and number of patients alone, so that samples over the same
    patients share them.

    Args:
        samples: each over all patients of its draw.
        bootstrap: replicates and seed.
        progress: told after each chunk.
    """
    sizes = sorted({len(sample.counts) for sample in samples})
    counts = np.empty((len(samples), 4, bootstrap.replicates))
    auroc = np.empty((len(samples), bootstrap.replicates))
    hashes = {}
    for number, clusters in enumerate(sizes):
        chosen = [row for row, sample in enumerate(samples) if len(sample.counts) == clusters]
        by_patient = np.concatenate([samples[row].counts for row in chosen], axis=1).T.copy()
        groups = {row: score_groups(samples[row].ranked) for row in chosen}
        # The extremes of what is missing rank the same units as the primary analysis: those are walked once.
        same_as: dict[tuple[ScoreGroup, ...], int] = {}
        walked = {row: same_as.setdefault(group, row) for row, group in groups.items()}
        digest = hashlib.sha256()
        done = 0
        for chunk in drawn_chunks(bootstrap.seed, bootstrap.replicates, clusters):
            digest.update(chunk.indices.data)
            here = slice(done, done + len(chunk.indices))
            # Whole numbers below 2**53 in float64: exact in whatever order BLAS adds them.
            with threadpool_limits(limits=1, user_api="blas"):
                # A second thread of BLAS gains nothing here and, on busy cores, waits by spinning.
                counts[chosen, :, here] = (by_patient @ chunk.weights).reshape(len(chosen), 4, -1)
            for row in chosen:
                auroc[row, here] = (
                    auroc_replicates(groups[row], chunk.weights)
                    if walked[row] == row
                    else auroc[walked[row], here]
                )
            done = here.stop
            progress("resampling", number * bootstrap.replicates + done, len(sizes) * bootstrap.replicates)
        hashes[clusters] = digest.hexdigest()
    return Replication(tuple(map(Replicates, counts.transpose(0, 2, 1), auroc)), hashes)
