"""Remarks on the axes of subgroups: axes that divide the images alike, and columns that no axis uses.

Owns these remarks. The estimates by axis are `estimate_rows`; which axes there are is the protocol's choice.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from protocols.schema.protocol import Protocol
from protocols.tables.column_rules import STUDIES
from reports.language.vocabulary import Words
from reports.run_files.line_listing import Listing

FEWEST_LEVELS, MOST_LEVELS = 2, 12  # of a column that could be an axis
NO_AXES = frozenset(("image_id", "patient_id", "split", "image_path"))


@dataclass(frozen=True, slots=True)
class AxisRemarks:
    """Sentences on axes with the same levels, and the names of columns that were not analysed."""

    alike: tuple[str, ...]
    not_analysed: tuple[str, ...]


def axis_remarks(
    studies: pd.DataFrame | None, protocol: Protocol, listing: Listing, words: Words
) -> AxisRemarks:
    """Return the remarks on the axes of a run.

    Args:
        studies: the run's table of studies, every column as text; None where the run has none.
        protocol: names the axes.
        listing: the levels of the analysed images.
        words: the vocabulary of the run.
    """
    names = [group.name for group in protocol.subgroups if len(group.parts) == 1]
    return AxisRemarks(tuple(_alike(names, listing, words)), _not_analysed(studies, protocol))


def _alike(names: Sequence[str], listing: Listing, words: Words) -> list[str]:
    """Return sentences that name the axes whose levels are the same images."""
    found = []
    for one, other in itertools.combinations(names, 2):
        pairs = set(zip(listing.levels[one], listing.levels[other], strict=True))
        levels = {first for first, _ in pairs}
        if 1 < len(levels) == len(pairs) == len({second for _, second in pairs}):
            found.append(
                f"{words.axis(other)} divides the images exactly as {words.within(words.axis(one))} does: what is due "
                "to the one cannot be told from what is due to the other."
            )
    return found


def _not_analysed(studies: pd.DataFrame | None, protocol: Protocol) -> tuple[str, ...]:
    """Return the columns of the studies with a few levels in the test split that no axis of the protocol uses."""
    if studies is None:
        return ()
    frame = studies[studies["split"] == "test"] if "split" in studies else studies
    used = {part for group in protocol.subgroups for part in group.parts} | NO_AXES
    numeric = STUDIES.numeric
    return tuple(
        sorted(
            name
            for name in map(str, frame)
            if name not in used | numeric and FEWEST_LEVELS <= frame[name].nunique() <= MOST_LEVELS
        )
    )
