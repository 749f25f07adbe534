"""What a recount found."""

from datetime import date

from pydantic import BaseModel, Field

from services.analytics.as_of.schemas import AsOf


class DifferingCounter(BaseModel):
    """A counter that is kept with another number than a recount gives."""

    day: date
    dimension: str
    value: str
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
