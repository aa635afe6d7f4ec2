"""Base types of every document of the suite: tables that refuse unknown keys and coerce nothing.

Owns the base class and the small types that rules share. Each document owns its keys.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Age = Annotated[float, Field(ge=0, le=120, allow_inf_nan=False)]


class Table(BaseModel):
    """One table of a document: frozen, without unknown keys, each value of its declared type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
