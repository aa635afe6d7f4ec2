"""Reads of several readers -> one reference verdict per image, by the protocol's rule.

Owns the five rules. Inter-reader agreement is `agreement`.
Source: the contract ("Statistics", 5); regulatory background in docs/methods/readers.md.
"""

import numpy as np
from numpy.typing import NDArray

from protocols.errors import BadInputError
from protocols.tables.records import Reads, Verdict

WORDS = np.array([Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.INDETERMINATE], dtype=object)
POSITIVE, NEGATIVE, INDETERMINATE = range(3)  # their positions


def reference_verdicts(reads: Reads, rule: str) -> dict[str, Verdict]:
    """Return the verdict of every image that has a read.

    Args:
        reads: one entry per reader and image.
        rule: ``majority``, ``unanimous``, ``any``, ``at_least:K`` or ``adjudicated:READER``.

    Raises:
        BadInputError: the adjudicator that the rule names has no reads.
    """
    name, _, parameter = rule.partition(":")
    if name == "adjudicated" and parameter not in reads.reader_id:
        there = ", ".join(sorted(set(reads.reader_id)))
        raise BadInputError(
            f"{reads.source}: rule {rule!r} names an adjudicator who read nothing; readers there are {there}."
        )
    return verdicts_by_image(reads, rule)


def adjudicator_of(rule: str) -> str | None:
    """Return the reader who decides where the others disagree; None for a rule without one."""
    name, _, reader = rule.partition(":")
    return reader if name == "adjudicated" else None


def verdicts_by_image(reads: Reads, rule: str) -> dict[str, Verdict]:
    """Return what `reference_verdicts` does, also for reads without those of the adjudicator."""
    image, ids = reads.frame["image_id"].factorize()
    verdict = _codes(reads)
    last = (reads.frame["reader_id"] == adjudicator_of(rule)).to_numpy(dtype=np.bool_)
    votes = _votes(image[~last], verdict[~last], len(ids))
    adjudicated = np.full(len(ids), INDETERMINATE)
    adjudicated[image[last]] = verdict[last]
    return dict(zip(ids, WORDS[by_rule(votes, rule, adjudicated)], strict=True))


def by_rule(votes: NDArray[np.int64], rule: str, adjudicated: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the verdict of each image by a protocol's rule, a position in `WORDS`, shape (images,).

    Args:
        votes: positive, negative and indeterminate reads of each image without the adjudicator's, shape (images, 3).
        rule: as in `reference_verdicts`.
        adjudicated: the adjudicator's verdict, indeterminate where there is none, shape (images,).
    """
    name, _, parameter = rule.partition(":")
    if name != "adjudicated":
        return consensus(votes, name, int(parameter or 0))
    agreed = consensus(votes, "unanimous")
    return np.where(agreed == INDETERMINATE, adjudicated, agreed)


def consensus(votes: NDArray[np.int64], name: str, needed: int = 0) -> NDArray[np.int64]:
    """Return the verdict of each image, a position in `WORDS`, shape (images,).

    majority: the verdict of more than half of *all* reads. unanimous: the verdict of all. any: positive with one
    positive, negative when all are. at_least: positive with ``needed`` positives; indeterminate with fewer
    than ``needed`` reads, or when positives and indeterminates reach ``needed``. Otherwise indeterminate, also
    without any read.

    Args:
        votes: positive, negative and indeterminate reads of each image, shape (images, 3).
        name: of the rule.
        needed: of ``at_least``.
    """
    positive, negative, indeterminate = votes.T
    reads = votes.sum(axis=1)
    if name == "majority":
        met = 2 * positive > reads, 2 * negative > reads
    elif name == "unanimous":
        met = (positive == reads) & (reads > 0), (negative == reads) & (reads > 0)
    elif name == "any":
        met = positive > 0, (negative == reads) & (reads > 0)
    else:
        met = positive >= needed, (reads >= needed) & (positive + indeterminate < needed)
    return np.select(met, [POSITIVE, NEGATIVE], default=INDETERMINATE)


def _codes(reads: Reads) -> NDArray[np.int64]:
    verdict = reads.frame["verdict"]
    return np.select([verdict == str(word) for word in WORDS], range(len(WORDS)))


def _votes(image: NDArray[np.intp], verdict: NDArray[np.int64], images: int) -> NDArray[np.int64]:
    return np.bincount(image * 3 + verdict, minlength=3 * images).reshape(images, 3)
