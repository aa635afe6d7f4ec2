"""Risk linkage: each hazard of ``[[risk]]`` beside the results of the criterion that tests its measure.

Owns the arrangement. Hazard, situation and measure are the sponsor's statements; the criteria come from the results.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.schema.submission import Risk
from reports.content.estimate_rows import CriterionRow


@dataclass(frozen=True, slots=True)
class RiskRow:
    """A risk and the results of its criterion: several where that applies to each level of an axis."""

    risk: Risk
    tested_by: tuple[CriterionRow, ...]


def risk_rows(risks: Sequence[Risk], criteria: Sequence[CriterionRow]) -> tuple[RiskRow, ...]:
    """Return the risks in the protocol's order, each with its results in the results' order."""
    return tuple(RiskRow(risk, tuple(row for row in criteria if row.id == risk.criterion)) for risk in risks)
