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
from reports.provenance.sourced_numbers import marking, numbers_of, parts_of, sourced

__all__ = [
    "evaluate",
    "filtering",
    "finalized",
    "marking",
    "numbers_of",
    "parts_of",
    "printed",
    "sourced",
    "unmarked",
    "with_elements",
    "without_elements",
]
