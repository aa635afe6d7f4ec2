"""Homogeneity tests of an axis as a report prints them: one row per metric, and notes on what was not compared.

Owns the arrangement; tests and differences come from the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.language.formatting import listed
from reports.language.missing_value_notes import PREFIX, missing_value_notes
from reports.language.vocabulary import Words
from validation.results.secondary import Homogeneity

LEFT_OUT = {"insufficient": "too few patients", "unknown": "no level of its own"}


@dataclass(frozen=True, slots=True)
class HomogeneityTable:
    """The tests of one axis, one per metric; ``notes`` state what was left out or is missing."""

    axis: str
    rows: tuple[Homogeneity, ...]
    notes: tuple[str, ...]

    @property
    def adjusted(self) -> bool:
        """Whether a test belongs to the family that the protocol names."""
        return any(row.in_family for row in self.rows)


def homogeneity_tables(tests: Sequence[Homogeneity], words: Words) -> dict[str, HomogeneityTable]:
    """Return the tests by axis, without axes that have none."""
    by_axis: dict[str, list[Homogeneity]] = {}
    for test in tests:
        by_axis.setdefault(test.axis, []).append(test)
    return {
        axis: HomogeneityTable(axis, tuple(rows), (*_not_compared(rows, words), *_missing(rows, words)))
        for axis, rows in by_axis.items()
    }


def _not_compared(rows: Sequence[Homogeneity], words: Words) -> list[str]:
    """Return the levels left out, one sentence per reason."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        metric = words.within(words.metric(row.metric))
        for level, reason in row.left_out.items():
            named = words.level_of(row.axis, level)
            reasons.setdefault(LEFT_OUT.get(reason, reason.removeprefix(PREFIX)), {}).setdefault(
                named, []
            ).append(metric)
    sentences = []
    for reason, levels in reasons.items():
        everywhere = all(len(metrics) == len(rows) for metrics in levels.values())
        names = [name if everywhere else f"{name} ({listed(of)})" for name, of in levels.items()]
        sentences.append(f"Not compared, {reason}: {listed(names) if everywhere else '; '.join(names)}.")
    return sentences


def _missing(rows: Sequence[Homogeneity], words: Words) -> tuple[str, ...]:
    """Return the missing tests and differences, one sentence per reason."""
    return missing_value_notes(
        (note, words.within(words.metric(row.metric)))
        for row in rows
        for note in dict.fromkeys((row.note, row.largest_gap.note if row.largest_gap else None))
    )
