"""Reads of several readers -> one reference verdict an image, by the protocol's rule.

Owns the five rules and nothing of how often readers agree (`agreement`).
Source: the contract ("Statistics", 5); regulatory background in docs/statistics.md.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from protocols.errors import BadInputError
from protocols.records import Reads, Verdict

POSITIVE, NEGATIVE, INDETERMINATE = Verdict.POSITIVE, Verdict.NEGATIVE, Verdict.INDETERMINATE


def reference_verdicts(reads: Reads, rule: str) -> dict[str, Verdict]:
    """The verdict of every image that has a read.

    Args:
        reads: one entry a reader and image.
        rule: ``majority``, ``unanimous``, ``any``, ``at_least:K`` or ``adjudicated:READER``.

    Raises:
        BadInputError: the adjudicator that the rule names read nothing.
    """
    name, _, parameter = rule.partition(":")
    if name == "adjudicated" and parameter not in reads.reader_id:
        there = ", ".join(sorted(set(reads.reader_id)))
        raise BadInputError(
            f"{reads.source}: rule {rule!r} names an adjudicator who read nothing; readers there are {there}."
        )
    return verdicts_by_image(reads, rule)


def verdicts_by_image(reads: Reads, rule: str) -> dict[str, Verdict]:
    """As `reference_verdicts`, also of reads from which the adjudicator was left out."""
    name, _, parameter = rule.partition(":")
    by_image: dict[str, dict[str, Verdict]] = {}
    for image, reader, verdict in zip(reads.image_id, reads.reader_id, reads.verdict, strict=True):
        by_image.setdefault(image, {})[reader] = verdict
    return {image: consensus(verdicts, name, parameter) for image, verdicts in by_image.items()}


def consensus(verdicts: Mapping[str, Verdict], name: str, parameter: str = "") -> Verdict:
    """One image's verdict from those of its readers (at least one).

    majority: what more than half of *all* reads say. unanimous: what all say. any: positive with one
    positive, negative when all are. at_least: positive with K positives; indeterminate with fewer
    than K reads, or when positives and indeterminates reach K. adjudicated: what the others agree on,
    else the adjudicator's own. Whatever is left is indeterminate.
    """
    votes = list(verdicts.values())
    if name == "majority":
        return _more_than_half(votes)
    if name == "unanimous":
        return _common(votes)
    if name == "any":
        return POSITIVE if POSITIVE in votes else _common(votes)
    if name == "at_least":
        return _at_least(votes, int(parameter))
    others = [verdict for reader, verdict in verdicts.items() if reader != parameter]
    agreed = _common(others) if others else INDETERMINATE
    return agreed if agreed != INDETERMINATE else verdicts.get(parameter, INDETERMINATE)


def _more_than_half(votes: Sequence[Verdict]) -> Verdict:
    verdict, count = Counter(votes).most_common(1)[0]
    return verdict if 2 * count > len(votes) else INDETERMINATE


def _common(votes: Sequence[Verdict]) -> Verdict:
    return votes[0] if len(set(votes)) == 1 else INDETERMINATE


def _at_least(votes: Sequence[Verdict], needed: int) -> Verdict:
    count = Counter(votes)
    if count[POSITIVE] >= needed:
        return POSITIVE
    if len(votes) < needed or count[POSITIVE] + count[INDETERMINATE] >= needed:
        return INDETERMINATE
    return NEGATIVE
