"""Readers as a report prints them: their tendencies, their agreement, and a range where a page has no room for all.

Owns the arrangement; the coefficients come from the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from reports.language.missing_value_notes import missing_value_notes
from validation.results.secondary import (
    Agreement,
    Interval,
    LatentReader,
    Measured,
    PairAgreement,
    ReaderTendency,
)

MOST_READERS, MOST_PAIRS, MOST_PATTERNS = 20, 10, 12


@dataclass(frozen=True, slots=True)
class ReaderRow:
    """A reader's tendency, and performance against the latent class; None where not estimated for this reader."""

    tendency: ReaderTendency
    latent: LatentReader | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Images with the same verdicts, such as ``3 positive, 2 negative``."""

    verdicts: str
    images: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of readers: each pair where they are few, otherwise the range of both coefficients.

    ``percent`` and ``kappa`` are None where no pair has the value.
    """

    number: int
    rows: tuple[PairAgreement, ...]
    percent: Interval | None
    kappa: Interval | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReaderTables:
    """What a report shows of readers.

    Attributes:
        rows: one per reader; empty for a single reader, or where a page has no room for all.
        patterns: the most frequent ones, most images first; ``other_patterns`` and ``other_images`` count the rest.
        pairs: of readers who share images.
        notes: which overall coefficients are missing, and why.
    """

    rows: tuple[ReaderRow, ...]
    patterns: tuple[Pattern, ...]
    other_patterns: int
    other_images: int
    pairs: Pairs
    notes: tuple[str, ...]

    @property
    def latent(self) -> bool:
        """Whether a row has performance against the latent class."""
        return any(row.latent for row in self.rows)


def reader_tables(agreement: Agreement) -> ReaderTables:
    """Arrange the agreement of readers."""
    latent = {reader.reader: reader for reader in agreement.dawid_skene.readers}
    readers = tuple(ReaderRow(reader, latent.get(reader.reader)) for reader in agreement.readers)
    patterns = [Pattern(verdicts, images) for verdicts, images in agreement.patterns.items()]
    patterns.sort(key=lambda pattern: (-pattern.images, pattern.verdicts))
    frequent, rest = patterns[:MOST_PATTERNS], patterns[MOST_PATTERNS:]
    return ReaderTables(
        rows=readers if 1 < len(readers) <= MOST_READERS else (),
        patterns=tuple(frequent),
        other_patterns=len(rest),
        other_images=sum(pattern.images for pattern in rest),
        pairs=_pairs(agreement.pairs),
        notes=missing_value_notes(
            [
                (agreement.percent.note, "proportion of agreement"),
                (agreement.fleiss_kappa.note, "Fleiss' kappa"),
                (agreement.gwet_ac1.note, "Gwet's AC1"),
                (agreement.krippendorff_alpha.note, "Krippendorff's alpha"),
            ]
        ),
    )


def _pairs(pairs: Sequence[PairAgreement]) -> Pairs:
    shown = tuple(pairs) if len(pairs) <= MOST_PAIRS else ()
    return Pairs(
        number=len(pairs),
        rows=shown,
        percent=_range([pair.percent for pair in pairs]),
        kappa=_range([pair.kappa for pair in pairs]),
        notes=missing_value_notes(
            (measured.note, f"{what} of {pair.first} with {pair.second}")
            for pair in shown
            for what, measured in (("proportion of agreement", pair.percent), ("kappa", pair.kappa))
        ),
    )


def _range(measured: Sequence[Measured]) -> Interval | None:
    values = [one.value for one in measured if one.value is not None]
    return (min(values), max(values)) if values else None
