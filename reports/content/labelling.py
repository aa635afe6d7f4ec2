"""What draft labelling sentences are made of: what the study does not establish, and where the device does less well.

Owns the two rules, after the habit of naming in the indications what was not tested or is known to be lower. The
sentences stand in the template. A level does less well in a metric where the largest gap of its axis differs from 0
after Holm's adjustment over all axes and metrics, so that chance drafts a sentence in at most 1 - confidence of studies
without any difference. F1 drafts none: it falls with the prevalence alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from protocols.storage.canonical import PLACES
from reports.content.rows import LevelRow
from reports.language.vocabulary import Words
from validation.results.results import Estimate, Subgroup
from validation.results.secondary import Homogeneity, LevelDifference


@dataclass(frozen=True, slots=True)
class NotEstablished:
    """A row too small or undefined for some metrics, these in words; ``size`` holds the counts it rests on."""

    subgroup: Subgroup
    metrics: tuple[str, ...]
    size: Estimate


@dataclass(frozen=True, slots=True)
class DoesLessWell:
    """A level whose metric, in words, lies below that of another level, and by how much."""

    metric: str
    lower: Subgroup
    lower_estimate: Estimate
    higher: Subgroup
    higher_estimate: Estimate
    gap: LevelDifference


def not_established(rows: Sequence[LevelRow], words: Words) -> tuple[NotEstablished, ...]:
    """What is not established, row by row."""
    return tuple(
        NotEstablished(
            row.subgroup, tuple(words.within(words.metric(name)) for name in row.short_of), row.size
        )
        for row in rows
        if row.short_of
    )


def does_less_well(
    tests: Sequence[Homogeneity], rows: Sequence[LevelRow], words: Words, *, confidence_level: float
) -> tuple[DoesLessWell, ...]:
    """The levels that do less well, in the order of the tests."""
    by_subgroup: Mapping[Subgroup, LevelRow] = {row.subgroup: row for row in rows}
    alpha, found = round(1 - confidence_level, PLACES), []
    for test in tests:
        gap = test.largest_gap
        if gap is None or gap.family_p_value is None or gap.family_p_value >= alpha:
            continue
        lower, higher = Subgroup(test.axis, gap.lower), Subgroup(test.axis, gap.higher)
        found.append(
            DoesLessWell(
                metric=words.within(words.metric(test.metric)),
                lower=lower,
                lower_estimate=by_subgroup[lower].estimates[test.metric],
                higher=higher,
                higher_estimate=by_subgroup[higher].estimates[test.metric],
                gap=gap,
            )
        )
    return tuple(found)
