"""Sensitivity of estimates: other thresholds, the cohort without one site or with one reader left out.

Owns the arrangement by metric, the range over rows, and the notes on missing values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.language.formatting import counted, listed
from reports.language.missing_value_notes import missing_value_notes
from reports.language.vocabulary import Words
from validation.results.secondary import ClosedEstimate, Interval, LeftOut, SiteVariation

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class ClosedRow:
    """One row with its estimates by metric."""

    name: str
    images: int
    patients: int
    estimates: Mapping[str, ClosedEstimate]
    verdicts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LeftOutTable:
    """The cohort without each of several sites or readers.

    Attributes:
        kind: ``site`` or ``reader``.
        rows: one per site or reader, empty where a page has no room for all.
        left_out: how many were left out, one at a time.
        ranges: metric -> lowest and highest value; a metric without a value is absent.
        notes: which values are missing.
    """

    kind: str
    rows: tuple[ClosedRow, ...]
    left_out: int
    ranges: Mapping[str, Interval]
    notes: tuple[str, ...]


def left_out_tables(entries: Sequence[LeftOut], words: Words) -> dict[str, LeftOutTable]:
    """Return one table per kind, absent where nothing of that kind was left out."""
    kinds = dict.fromkeys(entry.kind for entry in entries)
    return {kind: _table(kind, [entry for entry in entries if entry.kind == kind], words) for kind in kinds}


def by_metric(estimates: Sequence[ClosedEstimate]) -> dict[str, ClosedEstimate]:
    """Return estimates by the name of their metric."""
    return {estimate.metric: estimate for estimate in estimates}


def notes_on_rows(rows: Sequence[tuple[str, Sequence[ClosedEstimate]]], words: Words) -> tuple[str, ...]:
    """Return why values or intervals are missing, one sentence per reason.

    Args:
        rows: name and estimates of each row.
        words: of the run.
    """
    lacking: dict[tuple[str, str], list[str]] = {}
    for name, estimates in rows:
        for estimate in estimates:
            if estimate.note is not None:
                metric = words.within(words.metric(estimate.metric))
                lacking.setdefault((estimate.note, metric), []).append(name)
    return missing_value_notes(
        (reason, metric if len(names) == len(rows) else f"{metric} {listed(names)}")
        for (reason, metric), names in lacking.items()
    )


def site_notes(found: SiteVariation | None, words: Words) -> tuple[str, ...]:
    """Return why values of the analysis with sites as clusters are missing, one sentence per reason."""
    return missing_value_notes(
        (reason, words.within(words.metric(row.metric)))
        for row in (found.metrics if found else ())
        for reason in (row.note, row.variance_note)
        if reason is not None
    )


def _table(kind: str, entries: Sequence[LeftOut], words: Words) -> LeftOutTable:
    rows = tuple(
        ClosedRow(_name(entry), entry.images, entry.patients, by_metric(entry.estimates), entry.verdicts)
        for entry in entries
    )
    values: dict[str, list[float]] = {}
    for entry in entries:
        for estimate in entry.estimates:
            if estimate.value is not None and not entry.ties_excluded:
                values.setdefault(estimate.metric, []).append(estimate.value)
    shown = rows if len(rows) <= MOST_ROWS else ()
    notes = notes_on_rows([(f"without {_name(entry)}", entry.estimates) for entry in entries], words)
    ranges = {metric: (min(found), max(found)) for metric, found in values.items()}
    left_out = sum(not entry.ties_excluded for entry in entries)
    return LeftOutTable(kind, shown, left_out, ranges, notes if shown else ())


def _name(entry: LeftOut) -> str:
    return (
        f"{entry.name}, {counted(entry.indeterminate, 'tie')} excluded" if entry.ties_excluded else entry.name
    )
