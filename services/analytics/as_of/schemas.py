"""What an answer includes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field


class Position(BaseModel):
    """A place in a log: every event up to it is included, but those that are `parked`."""

    epoch: int
    pos: int


class AsOf(BaseModel):
    """The moment that an answer speaks of, and how far the two logs had been read."""

    at: datetime = Field(description="the instant, UTC")
    positions: dict[Literal["intake", "routing"], Position] = Field(
        description="by log, the last position up to which everything is included",
        examples=[{"intake": {"epoch": 1, "pos": 4211}, "routing": {"epoch": 1, "pos": 9120}}],
    )
    parked: int = Field(
        description="of how many feedbacks and cases events could not be applied: they are not included until they are "
        "replayed"
    )
