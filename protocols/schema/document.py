"""What every document of the suite is read with: tables that refuse unknown keys and coerce nothing.

Owns the base class and the small types that rules share. Which keys there are is the business of each document.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Age = Annotated[float, Field(ge=0, le=120, allow_inf_nan=False)]


class Table(BaseModel):
    """One table of a document: frozen, no key but its own, no value but of its type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
