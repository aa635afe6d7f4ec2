"""Numbers that carry their source, and the marks that keep it in a page.

In the order of reading: `sourced_numbers`, `source_marks`, `formulas`.
"""

from reports.provenance.formulas import evaluate
from reports.provenance.source_marks import (
    filtering,
    finalized,
    printed,
    unmarked,
    with_elements,
    without_elements,
)
from reports.provenance.sourced_numbers import (
    SourcedFloat,
    SourcedInt,
    entry_names,
    is_marking,
    marking,
    numbers_of,
    origin_of,
    parts_of,
    plain,
    sourced,
)

__all__ = [
    "SourcedFloat",
    "SourcedInt",
    "entry_names",
    "evaluate",
    "filtering",
    "finalized",
    "is_marking",
    "marking",
    "numbers_of",
    "origin_of",
    "parts_of",
    "plain",
    "printed",
    "sourced",
    "unmarked",
    "with_elements",
    "without_elements",
]
