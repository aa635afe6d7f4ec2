"""Coefficients of agreement as pure functions of counts; 0/0 is NaN, which the results call not estimable.

Owns definitions alone; all broadcast, so that a value and its bootstrap replicates are one expression. Who is
counted, and the intervals, are `agreement`.
Sources: Cohen 1960 (two readers); Fleiss 1971 (any number of them); Gwet 2008 (AC1); Krippendorff 2004 (alpha).
Images with different numbers of reads enter Fleiss' kappa and AC1 as in Gwet, Handbook of Inter-Rater Reliability,
4th edition 2014: observed agreement is the mean over images with two or more reads, the share of a category the mean
over images with any.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from validation.metrics.counts import Numbers, divide

FINEST = 2**30  # sums of as many as 2**23 images then stay exact


class RatingSums(NamedTuple):
    """Sums over images, from which all but Cohen's kappa are computed; whole numbers.

    Of any one shape: ``rated`` images with a read, ``paired`` images with two or more, ``agreeing`` the sum
    over these of the share of their pairs of reads that agree, times ``scale``; ``disagreeing`` the sum of the
    reads of each times the share of pairs that do not, times ``scale``. ``shares`` has a last axis more: for each
    category the sum over rated images of its share of the reads, times ``scale``; ``reads`` likewise counts the
    reads of paired images.
    """

    rated: Numbers
    paired: Numbers
    agreeing: Numbers
    disagreeing: Numbers
    shares: Numbers
    reads: Numbers
    scale: int


def common_scale(reads: NDArray[np.int64]) -> int:
    """The least number that makes every share of reads and of pairs of reads whole; 2**30 where it is larger.

    It is never larger where no image has more than 22 reads. Where it is, shares are rounded to 2**-30.

    Args:
        reads: number of reads of each image, shape (images,).
    """
    numbers = np.unique(reads[reads > 0]).tolist()
    return min(math.lcm(*(number * max(1, number - 1) for number in numbers)), FINEST)


def rating_columns(counts: NDArray[np.int64], scale: int) -> NDArray[np.float64]:
    """For each image what `RatingSums` sums: rated, paired, agreeing, disagreeing, then shares, then reads.

    Args:
        counts: reads of each category, shape (images, categories).
        scale: of `common_scale`.

    Returns:
        Whole numbers, shape (images, 4 + 2 * categories).
    """
    reads = counts.sum(axis=1)
    pairs = reads * (reads - 1)
    agreeing = divide((counts * (counts - 1)).sum(axis=1).astype(np.float64), pairs.astype(np.float64))
    shares = divide(counts.astype(np.float64), reads[:, None].astype(np.float64))
    agreeing = np.rint(agreeing * scale)
    of_paired = np.where(reads[:, None] > 1, counts, 0)
    single = [reads > 0, reads > 1, agreeing, reads * (scale - agreeing)]
    parts = [*single, *np.rint(shares * scale).T, *of_paired.T]
    return np.nan_to_num(np.stack(parts, axis=1).astype(np.float64))


def rating_sums(columns: NDArray[np.float64], scale: int) -> RatingSums:
    """Sums of `rating_columns`, on the last axis of any shape, by name."""
    rated, paired, agreeing, disagreeing = np.moveaxis(columns[..., :4], -1, 0)
    shares, reads = np.split(columns[..., 4:], 2, axis=-1)
    return RatingSums(rated, paired, agreeing, disagreeing, shares, reads, scale)


def percent_agreement(sums: RatingSums) -> Numbers:
    """Mean over images of the share of pairs of reads that agree, in [0, 1]; NaN where no image has two reads."""
    return divide(sums.agreeing, sums.scale * sums.paired)


def fleiss_kappa(sums: RatingSums) -> Numbers:
    """(P - Pe) / (1 - Pe) with Pe the sum of squared category shares, at most 1.

    NaN where no image has two reads, or where all reads are alike. With the same number of reads of every
    image it is Fleiss' own; with two it is Scott's pi.
    """
    shares = _category_shares(sums)
    expected = sum((share * share for share in shares), np.zeros(sums.rated.shape))
    return _beyond_chance(percent_agreement(sums), expected)


def gwet_ac1(sums: RatingSums) -> Numbers:
    """(P - Pe) / (1 - Pe) with Pe the mean over categories of share (1 - share), times q / (q - 1), at most 1.

    q is the number of categories, at least those that occur anywhere. NaN where no image has two reads, or
    where q is 1. Unlike kappa it does not fall when nearly all images are of one category.
    """
    shares = _category_shares(sums)
    spread = sum((share * (1 - share) for share in shares), np.zeros(sums.rated.shape))
    return _beyond_chance(percent_agreement(sums), divide(spread, np.asarray(len(shares) - 1.0)))


def krippendorff_alpha(sums: RatingSums) -> Numbers:
    """1 - observed / expected disagreement of nominal reads, at most 1; NaN where all paired reads are alike.

    Only images with two or more reads count, each read by the number of reads of its image. With many reads it
    nears Fleiss' kappa.
    """
    reads = sums.reads.sum(axis=-1)
    # Whole numbers up to the last division, but for the scale.
    expected = reads * reads - (sums.reads * sums.reads).sum(axis=-1)
    return 1 - divide((reads - 1) * sums.disagreeing, sums.scale * expected)


def cohen_kappa(table: NDArray[np.float64]) -> Numbers:
    """Agreement of two readers beyond that of their own category shares, in [-1, 1].

    Args:
        table: images by the first reader's category and the second's, shape (..., categories, categories).

    Returns:
        Shape (...); NaN without images, or where both always gave one and the same verdict.
    """
    images = table.sum(axis=(-2, -1))
    agreeing = np.trace(table, axis1=-2, axis2=-1)
    # Whole numbers up to the last division.
    by_chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1)
    return divide(images * agreeing - by_chance, images * images - by_chance)


def _category_shares(sums: RatingSums) -> list[Numbers]:
    return [
        divide(sums.shares[..., category], sums.scale * sums.rated)
        for category in range(sums.shares.shape[-1])
    ]


def _beyond_chance(observed: Numbers, expected: Numbers) -> Numbers:
    return divide(observed - expected, 1 - expected)
