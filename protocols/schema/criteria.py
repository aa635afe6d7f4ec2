"""Criteria on metrics, and the family of tests adjusted for multiplicity.

Owns ``[[criteria]]`` and ``[family]``. Evaluating a criterion is `validation.criteria`'s.
"""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Strict, Tag, ValidationInfo, field_validator

from protocols.schema.document import Finite, Table, Text
from protocols.schema.metrics import METRICS, MetricName, SubgroupMetric
from protocols.schema.subgroups import OVERALL, SubgroupLevel

ONE_LEVEL = "(one level)"  # the name of a union arm, which no key of a file may have


def _kind_of_subgroup(value: object) -> str | None:
    if isinstance(value, dict | SubgroupLevel):
        return ONE_LEVEL
    return OVERALL if value == OVERALL else None


class Criterion(Table):
    """A metric's bound, its goal, and the role of the comparison in the verdict."""

    id: Text
    metric: MetricName
    subgroup: Annotated[
        Annotated[Literal["overall"], Tag(OVERALL)] | Annotated[SubgroupLevel, Tag(ONE_LEVEL)],
        Discriminator(
            _kind_of_subgroup,
            custom_error_type="subgroup",
            custom_error_message='should be "overall" or a table such as {axis = "sex", level = "F"}',
        ),
    ]
    bound: Literal["lower", "upper", "estimate"]
    goal: Finite
    role: Annotated[Literal["acceptance", "consistency"], Field(validate_default=True)] = "acceptance"
    justification: Text

    @field_validator("goal")
    @classmethod
    def _reachable(cls, goal: float, others: ValidationInfo) -> float:
        metric = others.data.get("metric")
        possible = [METRICS[metric]] if metric else METRICS.values()
        if not any(one.lowest <= goal <= one.highest for one in possible):
            allowed = METRICS[metric].range if metric else f"{min(one.lowest for one in possible):g} or more"
            raise ValueError(f"the goal of {metric or 'a metric'} must be {allowed}; received {goal:g}")
        return goal

    @field_validator("role")
    @classmethod
    def _decisive(cls, role: str, others: ValidationInfo) -> str:
        if others.data.get("bound") == "estimate" and role != "consistency":
            raise ValueError('bound = "estimate" decides nothing alone; it needs role = "consistency"')
        return role


class Family(Table):
    """The tests of homogeneity that are adjusted for one another (Holm)."""

    axes: Annotated[tuple[Text, ...], Strict(False)]
    metrics: Annotated[tuple[SubgroupMetric, ...], Strict(False)]

    @field_validator("axes", "metrics")
    @classmethod
    def _some(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if not names:
            raise ValueError("must name at least one; received []")
        return names
