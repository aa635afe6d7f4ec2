"""The content of draft labelling: metrics that the study does not establish, and underperforming subgroups.

Owns both rules; labelling usually names what was not tested and where performance is lower. The sentences are in the
template. A level underperforms in a metric where the largest difference of its axis is significant after Holm's
adjustment over all axes and metrics, so that a study without any difference drafts a sentence with a probability of at
most 1 - confidence. F1 drafts none: it falls with the prevalence alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.storage.canonical import PLACES
from reports.content.estimate_rows import LevelRow
from reports.language.vocabulary import Words
from validation.results.results import Estimate, Subgroup
from validation.results.secondary import Homogeneity, LevelDifference


@dataclass(frozen=True, slots=True)
class NotEstablished:
    """A row too small or undefined for some metrics, these in words; ``size`` has its counts."""

    subgroup: Subgroup
    metrics: tuple[str, ...]
    size: Estimate


@dataclass(frozen=True, slots=True)
class UnderperformingLevel:
    """A level whose metric, in words, is below that of another level, and the difference."""

    metric: str
    lower: Subgroup
    lower_estimate: Estimate
    higher: Subgroup
    higher_estimate: Estimate
    difference: LevelDifference


def not_established(rows: Sequence[LevelRow], words: Words) -> tuple[NotEstablished, ...]:
    """Return the metrics that are not established, by row."""
    return tuple(
        NotEstablished(
            row.subgroup, tuple(words.within(words.metric(name)) for name in row.short_of), row.size
        )
        for row in rows
        if row.short_of
    )


def underperforming_levels(
    tests: Sequence[Homogeneity], rows: Sequence[LevelRow], words: Words, *, confidence_level: float
) -> tuple[UnderperformingLevel, ...]:
    """Return the underperforming levels, in the order of the tests."""
    by_subgroup: Mapping[Subgroup, LevelRow] = {row.subgroup: row for row in rows}
    alpha, found = round(1 - confidence_level, PLACES), []
    for test in tests:
        largest = test.largest_gap
        if largest is None or largest.family_p_value is None or largest.family_p_value >= alpha:
            continue
        lower, higher = Subgroup(test.axis, largest.lower), Subgroup(test.axis, largest.higher)
        found.append(
            UnderperformingLevel(
                metric=words.within(words.metric(test.metric)),
                lower=lower,
                lower_estimate=by_subgroup[lower].estimates[test.metric],
                higher=higher,
                higher_estimate=by_subgroup[higher].estimates[test.metric],
                difference=largest,
            )
        )
    return tuple(found)
