"""The reference standard of an image, and the threshold of a positive test.

Owns ``[reference_standard]`` and ``[operating_point]`` with the names of their rules. Applying the rules is
`validation`'s.
"""

import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from protocols.schema.document import Share, Table, Text


class ReferenceStandard(Table):
    """The source of the reference standard, and the rule that combines verdicts."""

    kind: Literal["consensus", "adjudicated", "single_reader", "text_mined"]
    rule: Text
    finding: Text | None = None

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str) -> str:
        if not re.fullmatch(r"majority|unanimous|any|at_least:[1-9][0-9]*|adjudicated:.+", rule):
            raise ValueError("must be majority, unanimous, any, at_least:K or adjudicated:READER")
        return rule


class OperatingPoint(Table):
    """Test positive when score >= threshold: a number with its source, or the model's own by a rule."""

    threshold: Share | None = None
    source: Text | None = None
    origin: Literal["model"] | None = Field(default=None, alias="from")
    rule: Text | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        stated = self.threshold is not None and self.source is not None
        of_model = self.origin is not None and self.rule is not None
        mixed = (self.threshold is not None or self.source is not None) and (
            self.origin is not None or self.rule is not None
        )
        if mixed or not (stated or of_model):
            raise ValueError('needs either threshold and source, or from = "model" and rule')
        return self

    @field_validator("rule")
    @classmethod
    def _known(cls, rule: str | None) -> str | None:
        if rule is not None and rule not in ("max_f1", "youden"):
            match = re.fullmatch(r"sensitivity_at_least:(0\.\d+|1\.0+|1)", rule)
            if match is None or float(match[1]) == 0:
                raise ValueError(
                    "must be sensitivity_at_least:0.90 (any proportion above 0, up to 1), max_f1 or youden"
                )
        return rule
