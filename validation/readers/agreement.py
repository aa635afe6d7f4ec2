"""Inter-reader agreement on the analysed images: per cent, Fleiss, Gwet's AC1, Krippendorff, and pairs of readers.

Owns the choice of reads, the reduction to whole numbers by patient, the intervals, and the notes on missing ones.
The coefficients are `agreement_coefficients`; the reference from the reads is `consensus` and `dawid_skene`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import rounded
from validation.estimates.estimates import UNDEFINED_SHARE
from validation.intervals.bootstrap import NoInterval, percentile_interval
from validation.intervals.proportions import clustered_proportion, exact_clustered
from validation.metrics.counts import Numbers
from validation.readers.agreement_coefficients import (
    RatingSums,
    cohen_kappa,
    common_scale,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
    rating_columns,
    rating_sums,
)
from validation.readers.rating_arrays import CATEGORIES, Votes
from validation.readers.reader_pairs import Pair, crossed_verdicts, most_shared
from validation.results.secondary import (
    Adjudication,
    Agreement,
    DawidSkene,
    Measured,
    PairAgreement,
    ReaderTendency,
)

NO_PAIR = "not estimable: no image has two reads"
ALIKE = "not estimable: all verdicts are alike"


@dataclass(frozen=True, slots=True)
class AgreementTable:
    """The reads of the analysed images, reduced to sums by patient.

    Attributes:
        votes: the reads.
        images, patients: with two or more reads.
        scale: of the proportions in ``sums`` (`agreement_coefficients.common_scale`).
        pairs_per_image: mean number of pairs of reads of an image that has any; 0 where none has.
        pairs: readers with images in common (`reader_pairs.most_shared`).
        sums: by resampled cluster: `agreement_coefficients.rating_columns`, then the crossed verdicts of each pair
            (`reader_pairs.crossed_verdicts`); whole numbers, shape (clusters, columns).
        grouped: whether clusters are groups of patients.
    """

    votes: Votes
    images: int
    patients: int
    scale: int
    pairs_per_image: float
    pairs: tuple[Pair, ...]
    sums: NDArray[np.float64]
    grouped: bool

    def ratings(self, columns: NDArray[np.float64]) -> RatingSums:
        """Return the sums behind all coefficients but Cohen's, from ``sums`` or its sums over resampled patients."""
        return rating_sums(columns[..., : self._ratings], self.scale)

    def crossed(self, columns: NDArray[np.float64], pair: int) -> NDArray[np.float64]:
        """Return the crossed verdicts of one pair on each row of ``columns``, shape (rows, categories, categories)."""
        width = len(self.votes.categories)
        start = self._ratings + pair * width * width
        return columns[:, start : start + width * width].reshape(-1, width, width)

    @property
    def _ratings(self) -> int:
        return int(self.sums.shape[1]) - len(self.pairs) * len(self.votes.categories) ** 2


def agreement_sums(
    votes: Votes, cluster: NDArray[np.intp], clusters: int, *, patient: NDArray[np.intp] | None = None
) -> AgreementTable:
    """Reduce the reads of the analysed images.

    Args:
        votes: the reads.
        cluster: number of the resampled cluster of each image of ``votes``, shape (images,).
        clusters: number of resampled clusters.
        patient: number of the patient of each image, where clusters are groups of patients; None where they are the
            patients.
    """
    counts = votes.counts_by_image()
    reads = counts.sum(axis=1)
    scale = common_scale(reads)
    by_image = rating_columns(counts, scale)
    ratings = np.zeros((clusters, by_image.shape[1]))
    np.add.at(ratings, cluster, by_image)
    paired = reads > 1
    pairs_of_reads = (reads * (reads - 1) // 2)[paired]
    pairs = most_shared(votes)
    crossed = crossed_verdicts(votes, pairs, cluster, clusters)
    return AgreementTable(
        votes=votes,
        images=int(paired.sum()),
        patients=len(np.unique((cluster if patient is None else patient)[paired])),
        scale=scale,
        pairs_per_image=float(pairs_of_reads.mean()) if len(pairs_of_reads) else 0.0,
        pairs=pairs,
        sums=np.concatenate([ratings, crossed.reshape(clusters, crossed[0].size)], axis=1),
        grouped=patient is not None,
    )


def agreement_of(
    table: AgreementTable,
    replicates: NDArray[np.float64],
    confidence_level: float,
    latent: DawidSkene,
    *,
    every: Votes | None = None,
    adjudicator: str | None = None,
) -> Agreement:
    """Compute every coefficient with its confidence interval.

    Args:
        table: the reads, reduced.
        replicates: ``table.sums`` summed over the patients of each replicate, shape (replicates, columns).
        confidence_level: two-sided.
        latent: the fit of the model of Dawid and Skene to all reads.
        every: the reads with those of the adjudicator, where ``table`` is without them.
        adjudicator: the reader of the images that the others disagree on.
    """
    every = every or table.votes
    total, resampled = table.ratings(table.sums.sum(axis=0)), table.ratings(replicates)
    note = ALIKE if table.images else NO_PAIR
    return Agreement(
        images=table.images,
        patients=table.patients,
        categories=tuple(str(category) for category in every.categories),
        readers=_tendencies(every),
        patterns=_patterns(every),
        percent=_percent(table, confidence_level),
        fleiss_kappa=_resampled(fleiss_kappa(total), fleiss_kappa(resampled), confidence_level, note),
        gwet_ac1=_resampled(gwet_ac1(total), gwet_ac1(resampled), confidence_level, note),
        krippendorff_alpha=_resampled(
            krippendorff_alpha(total), krippendorff_alpha(resampled), confidence_level, note
        ),
        pairs=tuple(_pair(table, pair, replicates, confidence_level) for pair in range(len(table.pairs))),
        adjudication=_adjudication(every, adjudicator) if adjudicator else None,
        dawid_skene=latent,
    )


def _percent(table: AgreementTable, level: float) -> Measured:
    """Compute the overall agreement, the pairs of reads of a patient as its trials.

    The value is the mean over images of the proportion of agreeing pairs. Where images have different numbers of
    pairs, each counts as the mean number, which changes neither the value nor its variance.
    """
    value = percent_agreement(table.ratings(table.sums.sum(axis=0)))
    if np.isnan(value):
        return Measured(None, None, NO_PAIR)
    by_cluster = table.ratings(table.sums)
    agreeing = by_cluster.agreeing * table.pairs_per_image / table.scale
    trials = by_cluster.paired * table.pairs_per_image
    return _proportion(float(value), agreeing, trials, level, grouped=table.grouped)


def _pair(table: AgreementTable, pair: int, replicates: NDArray[np.float64], level: float) -> PairAgreement:
    crossed = table.crossed(table.sums, pair)
    agreeing, images = np.trace(crossed, axis1=1, axis2=2), crossed.sum(axis=(1, 2))
    kappas = cohen_kappa(table.crossed(replicates, pair))
    first, second = table.pairs[pair]
    return PairAgreement(
        first=table.votes.readers[first],
        second=table.votes.readers[second],
        images=int(images.sum()),
        percent=_proportion(
            float(agreeing.sum() / images.sum()), agreeing, images, level, grouped=table.grouped
        ),
        kappa=_resampled(cohen_kappa(crossed.sum(axis=0)), kappas, level, ALIKE),
    )


def _proportion(
    value: float, agreeing: NDArray[np.float64], trials: NDArray[np.float64], level: float, *, grouped: bool
) -> Measured:
    low, high = exact_clustered(clustered_proportion(agreeing, trials, level, grouped=grouped), level)
    return Measured(rounded(value), (rounded(low), rounded(high)))


def _resampled(value: Numbers, replicates: Numbers, level: float, note: str) -> Measured:
    """Return a coefficient with its percentile interval; ``note`` is the reason where it is itself undefined."""
    if np.isnan(value):
        return Measured(None, None, note)
    undefined = int(np.isnan(replicates).sum())
    if undefined > UNDEFINED_SHARE * len(replicates):
        reason = f"undefined in {undefined} of {len(replicates)} replicates"
        return Measured(rounded(float(value)), None, reason)
    interval = percentile_interval(float(value), replicates, level)
    if isinstance(interval, NoInterval):
        return Measured(rounded(float(value)), None, interval.reason)
    low, high = interval.bounds
    return Measured(rounded(float(value)), (rounded(low), rounded(high)))


def _tendencies(votes: Votes) -> tuple[ReaderTendency, ...]:
    of_category = dict(zip(votes.categories, votes.counts_by_reader().T.tolist(), strict=True))
    never = [0] * len(votes.readers)
    columns = (of_category.get(category, never) for category in CATEGORIES)
    return tuple(
        ReaderTendency(reader, sum(counts), *counts)
        for reader, counts in zip(votes.readers, zip(*columns, strict=True), strict=True)
    )


def _adjudication(votes: Votes, adjudicator: str) -> Adjudication | None:
    """Summarise the adjudicator's reads; None without any."""
    if adjudicator not in votes.readers:
        return None
    own = votes.reader == votes.readers.index(adjudicator)
    verdict = np.full(len(votes.image_id), -1)
    verdict[votes.image[own]] = votes.category[own]
    same = verdict[votes.image] == votes.category
    counts = np.bincount(votes.reader[same], minlength=len(votes.readers)).tolist()
    return Adjudication(
        adjudicator,
        int(own.sum()),
        {name: counts[place] for place, name in enumerate(votes.readers) if name != adjudicator},
    )


def _patterns(votes: Votes) -> dict[str, int]:
    """Count the images by their pattern of verdicts."""
    counts = votes.counts_by_image()
    kinds, images = np.unique(counts[counts.any(axis=1)], axis=0, return_counts=True)
    named = [
        ", ".join(f"{many} {name}" for many, name in zip(kind, votes.categories, strict=True) if many)
        for kind in kinds.tolist()
    ]
    return dict(zip(named, images.tolist(), strict=True))
