"""Coefficients of agreement as pure functions of counts; 0/0 is NaN, reported as not estimable.

Owns definitions only; all broadcast, so that a value and its bootstrap replicates are one expression. The choice of
reads, and the intervals, are `agreement`.
Sources: Cohen 1960 (two readers); Fleiss 1971 (any number of them); Gwet 2008 (AC1); Krippendorff 2004 (alpha).
Images with different numbers of reads enter Fleiss' kappa and AC1 as in Gwet, Handbook of Inter-Rater Reliability,
4th edition 2014: observed agreement is the mean over images with two or more reads, the proportion of a category the
mean over images with any.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from validation.metrics.counts import Numbers, divide

FINEST = 2**30  # sums of as many as 2**23 images then stay exact


class RatingSums(NamedTuple):
    """Sums over images, from which all coefficients but Cohen's kappa are computed; whole numbers.

    Of any one shape: ``rated`` images with a read, ``paired`` images with two or more, ``agreeing`` the sum
    over these of the proportion of their pairs of reads that agree, times ``scale``; ``disagreeing`` the sum of the
    reads of each times the proportion of pairs that do not, times ``scale``. ``proportions`` has one more, last axis:
    for each category the sum over rated images of its proportion of the reads, times ``scale``; ``reads`` likewise
    counts the reads of paired images.
    """

    rated: Numbers
    paired: Numbers
    agreeing: Numbers
    disagreeing: Numbers
    proportions: Numbers
    reads: Numbers
    scale: int


def common_scale(reads: NDArray[np.int64]) -> int:
    """Return the least factor that makes every proportion of reads and of pairs of reads whole, at most 2**30.

    It is smaller where no image has more than 22 reads. Otherwise proportions may be rounded to 2**-30.

    Args:
        reads: number of reads of each image, shape (images,).
    """
    numbers = np.unique(reads[reads > 0]).tolist()
    return min(math.lcm(*(number * max(1, number - 1) for number in numbers)), FINEST)


def rating_columns(counts: NDArray[np.int64], scale: int) -> NDArray[np.float64]:
    """Return the terms of `RatingSums` per image: rated, paired, agreeing, disagreeing, then proportions, then reads.

    Args:
        counts: reads of each category, shape (images, categories).
        scale: of `common_scale`.

    Returns:
        Whole numbers, shape (images, 4 + 2 * categories).
    """
    reads = counts.sum(axis=1)
    pairs = reads * (reads - 1)
    agreeing = divide((counts * (counts - 1)).sum(axis=1).astype(np.float64), pairs.astype(np.float64))
    proportions = divide(counts.astype(np.float64), reads[:, None].astype(np.float64))
    agreeing = np.rint(agreeing * scale)
    of_paired = np.where(reads[:, None] > 1, counts, 0)
    single = [reads > 0, reads > 1, agreeing, reads * (scale - agreeing)]
    parts = [*single, *np.rint(proportions * scale).T, *of_paired.T]
    return np.nan_to_num(np.stack(parts, axis=1).astype(np.float64))


def rating_sums(columns: NDArray[np.float64], scale: int) -> RatingSums:
    """Name the sums of `rating_columns`, on the last axis of any shape."""
    rated, paired, agreeing, disagreeing = np.moveaxis(columns[..., :4], -1, 0)
    proportions, reads = np.split(columns[..., 4:], 2, axis=-1)
    return RatingSums(rated, paired, agreeing, disagreeing, proportions, reads, scale)


def percent_agreement(sums: RatingSums) -> Numbers:
    """Compute the mean over images of the proportion of agreeing pairs of reads, in [0, 1]; NaN without pairs."""
    return divide(sums.agreeing, sums.scale * sums.paired)


def fleiss_kappa(sums: RatingSums) -> Numbers:
    """Compute (P - Pe) / (1 - Pe) with Pe the sum of squared category proportions, at most 1.

    NaN where no image has two reads, or where all reads are of one category. With the same number of reads per
    image it is Fleiss' own; with two it is Scott's pi.
    """
    proportions = _category_proportions(sums)
    expected = sum((pi * pi for pi in proportions), np.zeros(sums.rated.shape))
    return _beyond_chance(percent_agreement(sums), expected)


def gwet_ac1(sums: RatingSums) -> Numbers:
    """Compute (P - Pe) / (1 - Pe) with Pe = sum pi (1 - pi) / (q - 1) over the category proportions pi, at most 1.

    q is the number of categories, at least those that occur anywhere. NaN where no image has two reads, or
    where q is 1. Unlike kappa it does not fall when nearly all images are of one category.
    """
    proportions = _category_proportions(sums)
    spread = sum((pi * (1 - pi) for pi in proportions), np.zeros(sums.rated.shape))
    return _beyond_chance(percent_agreement(sums), divide(spread, np.asarray(len(proportions) - 1.0)))


def krippendorff_alpha(sums: RatingSums) -> Numbers:
    """Compute 1 - observed / expected disagreement of nominal reads, at most 1; NaN where paired reads do not differ.

    Only images with two or more reads count, weighted by their number of reads. With many reads it approaches
    Fleiss' kappa.
    """
    reads = sums.reads.sum(axis=-1)
    # Whole numbers up to the last division, but for the scale.
    expected = reads * reads - (sums.reads * sums.reads).sum(axis=-1)
    return 1 - divide((reads - 1) * sums.disagreeing, sums.scale * expected)


def cohen_kappa(table: NDArray[np.float64]) -> Numbers:
    """Compute the agreement of two readers beyond chance, given their own category proportions, in [-1, 1].

    Args:
        table: images by the first reader's category and the second's, shape (..., categories, categories).

    Returns:
        Shape (...); NaN without images, or where both always gave the same verdict.
    """
    images = table.sum(axis=(-2, -1))
    agreeing = np.trace(table, axis1=-2, axis2=-1)
    # Whole numbers up to the last division.
    by_chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1)
    return divide(images * agreeing - by_chance, images * images - by_chance)


def _category_proportions(sums: RatingSums) -> list[Numbers]:
    return [
        divide(sums.proportions[..., category], sums.scale * sums.rated)
        for category in range(sums.proportions.shape[-1])
    ]


def _beyond_chance(observed: Numbers, expected: Numbers) -> Numbers:
    return divide(observed - expected, 1 - expected)
