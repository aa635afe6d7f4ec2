"""The axes of subgroups, and one level of an axis.

Owns ``[[subgroups]]``. Whether an axis exists in the data is decided where the data are (`validation.cohort.join`).
"""

import itertools
from typing import Annotated, Self

from pydantic import Strict, model_validator

from protocols.schema.document import Finite, Table, Text

OVERALL = "overall"
EVERY_LEVEL = "*"
NUMERIC_AXES = ("age_years",)
CATEGORICAL_AXES = ("sex", "view")


class SubgroupAxis(Table):
    """One axis of subgroups: a column, or several crossed."""

    axis: Text | Annotated[tuple[Text, ...], Strict(False)]
    cut_points: Annotated[tuple[Finite, ...], Strict(False)] | None = None

    @model_validator(mode="after")
    def _sound(self) -> Self:
        cuts = self.cut_points
        if isinstance(self.axis, tuple):
            if cuts is not None:
                raise ValueError(
                    "an intersection has no cut_points; each numeric axis uses those of its own entry"
                )
            if len(self.axis) < 2 or len(set(self.axis)) < len(self.axis):
                raise ValueError("an intersection needs two or more different axes")
        elif cuts is None and self.axis in NUMERIC_AXES:
            raise ValueError(f"axis {self.axis!r} is numeric and needs cut_points, such as [18, 45, 65]")
        elif cuts is not None and self.axis in CATEGORICAL_AXES:
            raise ValueError(f"axis {self.axis!r} is not numeric and takes no cut_points")
        if cuts is not None and (not cuts or any(a >= b for a, b in itertools.pairwise(cuts))):
            raise ValueError(f"cut_points must rise; received {list(cuts)}")
        for name in self.parts:
            if "," in name:
                raise ValueError(
                    f"axis {name!r} contains a comma, which separates the parts of an intersection"
                )
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """The columns this axis is made of."""
        return self.axis if isinstance(self.axis, tuple) else (self.axis,)

    @property
    def name(self) -> str:
        """The axis as results and criteria name it: ``sex``, or ``sex,view`` for an intersection."""
        return ",".join(self.parts)


class SubgroupLevel(Table):
    """One level of an axis, or every level with ``*``."""

    axis: Text
    level: Text
