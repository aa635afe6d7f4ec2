"""Truth as a latent class, estimated from all reads with the error rates of each reader.

Owns the model and its fit by expectation and maximisation. Its verdicts are a sensitivity analysis beside the
protocol's own rule (`consensus`) and decide nothing. The truth has two classes; given the class, a reader's verdict
is independent of the other readers, which is the model's strongest assumption.
Source: Dawid & Skene 1979.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.storage.canonical import FITTED_PLACES, rounded
from protocols.tables.records import Verdict
from validation.metrics.counts import Numbers, divide
from validation.readers.rating_arrays import Votes
from validation.results.secondary import DawidSkene, LatentReader

MOST_ITERATIONS = 10_000
TOLERANCE = 1e-12
FEWEST_READS = 3  # with two reads per image the readers' error rates and the prevalence are not identifiable
NO_READ = -1
LOWEST_POWER = -(2**20)  # of two, where a likelihood is 0


@dataclass(frozen=True, slots=True)
class LatentTruth:
    """The model's verdict on each image that was read, empty where the model is not estimable, and its summary.

    A posterior probability above 1/2 is positive, below negative, at 1/2 (of 6 decimals) indeterminate.
    """

    verdicts: Mapping[str, Verdict]
    summary: DawidSkene


@dataclass(frozen=True, slots=True)
class Patterns:
    """Distinct patterns of reads: images with the same verdicts of the same readers.

    Attributes:
        cells: reader * categories + category of each read, `NO_READ` after the last, shape (patterns, most reads).
        images: number of images with the pattern, shape (patterns,).
        of_image: the pattern of each image that was read, shape (images read,).
    """

    cells: NDArray[np.intp]
    images: Numbers
    of_image: NDArray[np.intp]

    def showing(self, cells: int) -> list[NDArray[np.intp]]:
        """Return for each of so many cells the patterns that contain it."""
        pattern, place = np.nonzero(self.cells != NO_READ)
        cell = self.cells[pattern, place]
        order = np.argsort(cell, kind="stable")
        return np.split(pattern[order], np.searchsorted(cell[order], np.arange(1, cells)))


@dataclass(frozen=True, slots=True)
class Fit:
    """The model after its last iteration; the first axis of each array is the class, positives first.

    Attributes:
        posterior: probability that an image of the pattern is of the class, shape (2, patterns).
        prevalence: proportion of images of the class, shape (2,).
        rates: proportion of each category among the reads of each reader, shape (2, readers, categories).
        images: expected number of images of the class that each reader read, shape (2, readers).
        iterations: their number.
    """

    posterior: Numbers
    prevalence: Numbers
    rates: Numbers
    images: Numbers
    iterations: int


def dawid_skene(votes: Votes, reference: Mapping[str, Verdict]) -> LatentTruth:
    """Fit the model to the reads of some images.

    Args:
        votes: the reads.
        reference: the verdict of the protocol's rule for each image that was read.
    """
    read, reads = np.unique(votes.image, return_counts=True)
    if reads.max(initial=0) < FEWEST_READS:
        return _not_estimable(len(read), "no image has three reads")
    for verdict in (Verdict.POSITIVE, Verdict.NEGATIVE):
        if verdict not in votes.categories:
            return _not_estimable(len(read), f"no verdict is {verdict}")
    patterns = _patterns(votes, reads)
    fit = _fit(patterns, votes)
    if fit is None:
        return _not_estimable(len(read), f"not settled after {MOST_ITERATIONS:,} iterations", MOST_ITERATIONS)
    fit = _positive_class_first(fit, votes)
    prevalence = rounded(float(fit.prevalence[0]), FITTED_PLACES)
    if prevalence in (0.0, 1.0):
        return _not_estimable(len(read), "one of the two latent classes is empty", fit.iterations)
    verdicts = {
        votes.image_id[image]: _verdict(posterior)
        for image, posterior in zip(read.tolist(), fit.posterior[0, patterns.of_image].tolist(), strict=True)
    }
    changed = sum(verdict is not reference[image] for image, verdict in verdicts.items())
    summary = DawidSkene(len(read), prevalence, _readers(fit, votes), fit.iterations, changed)
    return LatentTruth(verdicts, summary)


def _not_estimable(images: int, reason: str, iterations: int = 0) -> LatentTruth:
    return LatentTruth({}, DawidSkene(images, None, (), iterations, 0, f"not estimable: {reason}"))


def _verdict(posterior: float) -> Verdict:
    probability = rounded(posterior, FITTED_PLACES)
    if probability == 0.5:
        return Verdict.INDETERMINATE
    return Verdict.POSITIVE if probability > 0.5 else Verdict.NEGATIVE


def _patterns(votes: Votes, reads: NDArray[np.intp]) -> Patterns:
    """Return patterns in the order of their cells, whatever the order of the images; ``reads`` of each image read."""
    starts = np.cumsum(reads) - reads
    place = np.arange(len(votes.image)) - np.repeat(starts, reads)
    cells = np.full((len(reads), int(reads.max())), NO_READ)
    row = np.repeat(np.arange(len(reads)), reads)
    cells[row, place] = votes.reader * len(votes.categories) + votes.category
    distinct, of_image, images = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    return Patterns(distinct, images.astype(np.float64), of_image.ravel())


def _fit(patterns: Patterns, votes: Votes) -> Fit | None:
    """Iterate from the proportion of positive reads until no posterior changes by more than `TOLERANCE`, or None."""
    showing = patterns.showing(len(votes.readers) * len(votes.categories))
    posterior = _proportions_of_reads(patterns, votes)
    for iteration in range(1, MOST_ITERATIONS + 1):
        prevalence, rates, images = _maximised(posterior, patterns, showing, len(votes.categories))
        before, posterior = posterior, _expected(prevalence, rates, patterns)
        if np.abs(posterior - before).max() <= TOLERANCE:
            return Fit(posterior, prevalence, rates, images, iteration)
    return None


def _proportions_of_reads(patterns: Patterns, votes: Votes) -> Numbers:
    """Compute the proportions of positive and negative reads of each pattern; an indeterminate one is half of each."""
    worth = {Verdict.POSITIVE: 1.0, Verdict.NEGATIVE: 0.0, Verdict.INDETERMINATE: 0.5}
    positive = np.array([worth[category] for category in votes.categories] * len(votes.readers) + [0.0])
    negative = np.append(1 - positive[:-1], 0.0)
    # The last, 0, is that of `NO_READ`.
    reads = (patterns.cells != NO_READ).sum(axis=1)
    return np.stack([worth[patterns.cells].sum(axis=1) / reads for worth in (positive, negative)])


def _maximised(
    posterior: Numbers, patterns: Patterns, showing: Sequence[NDArray[np.intp]], categories: int
) -> tuple[Numbers, Numbers, Numbers]:
    """Return the maximum-likelihood prevalence, rates and images given the posterior class probabilities."""
    belonging = posterior * patterns.images
    # Exact sums, independent of the order of the patterns and the names of the readers.
    cells = [[math.fsum(images[here].tolist()) for here in showing] for images in belonging]
    reads = np.array(cells).reshape(2, -1, categories)
    images_read = reads.sum(axis=2, keepdims=True)
    of_all = reads.sum(axis=0)
    # A reader without an image of a class has the rates of all images there, which do not separate the classes.
    rates = np.where(images_read > 0, divide(reads, images_read), of_all / of_all.sum(axis=1, keepdims=True))
    prevalence = np.array([math.fsum(images.tolist()) for images in belonging]) / patterns.images.sum()
    return prevalence, rates, images_read[:, :, 0]


def _expected(prevalence: Numbers, rates: Numbers, patterns: Patterns) -> Numbers:
    """Compute the posterior of each pattern, multiplying mantissas in the order of their size.

    So many reads do not underflow, and the order of the readers does not change a bit.
    """
    of_reads = np.append(rates.reshape(2, -1), [[1.0], [1.0]], axis=1)[:, patterns.cells]  # 1 for `NO_READ`
    mantissa, exponent = np.frexp(of_reads)
    product = np.cumprod(np.sort(mantissa, axis=2), axis=2)[:, :, -1] * prevalence[:, None]
    power = np.where(product > 0, exponent.sum(axis=2), LOWEST_POWER)
    likelihood = np.ldexp(product, power - power.max(axis=0))
    posterior: Numbers = likelihood / (likelihood[0] + likelihood[1])
    return posterior


def _positive_class_first(fit: Fit, votes: Votes) -> Fit:
    """Name that class positive in which more readers have the higher odds of a positive verdict."""
    positive, negative = map(votes.categories.index, (Verdict.POSITIVE, Verdict.NEGATIVE))
    first, second = np.round(fit.rates, FITTED_PLACES)  # smaller differences are ties
    for_first, for_second = first[:, positive] * second[:, negative], second[:, positive] * first[:, negative]
    if (for_first < for_second).sum() <= (for_first > for_second).sum():
        return fit
    return Fit(fit.posterior[::-1], fit.prevalence[::-1], fit.rates[::-1], fit.images[::-1], fit.iterations)


def _readers(fit: Fit, votes: Votes) -> tuple[LatentReader, ...]:
    """Return the rates of the readers who read images of both classes."""
    positive, negative = map(votes.categories.index, (Verdict.POSITIVE, Verdict.NEGATIVE))
    return tuple(
        LatentReader(
            reader,
            rounded(float(fit.rates[0, row, positive]), FITTED_PLACES),
            rounded(float(fit.rates[1, row, negative]), FITTED_PLACES),
        )
        for row, reader in enumerate(votes.readers)
        if rounded(float(fit.images[:, row].min()), FITTED_PLACES) > 0
    )
