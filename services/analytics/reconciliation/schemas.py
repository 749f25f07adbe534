"""What a recount found."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field

from services.analytics.as_of.schemas import AsOf


class DifferingCounter(BaseModel):
    """A counter that is kept with another number than a recount gives."""

    grain: Literal["day", "month"]
    day: date = Field(description="of a month, the first")
    dimension: str
    value: str
    second_dimension: str | None
    second_value: str | None
    counter: str
    kept: int
    recounted: int


class Reconciliation(BaseModel):
    """All rollups, recounted from facts in one transaction."""

    as_of: AsOf
    facts: int = Field(description="how many facts were recounted")
    rows: int = Field(description="how many rollup rows were compared")
    difference: int = Field(description="how many counters differ: 0")
    differing: list[DifferingCounter] = Field(description="the first 20 that differ")
