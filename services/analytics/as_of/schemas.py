"""What an answer includes."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

Log = Literal["intake", "routing"]
LOGS: tuple[Log, ...] = ("intake", "routing")


class Position(BaseModel):
    """A place in a log: every event up to it is included, but those that are `parked`."""

    epoch: int
    pos: int


class AsOf(BaseModel):
    """The moment that an answer speaks of, and how far the two logs had been read."""

    at: datetime = Field(
        description="the instant, UTC: now; or, where a log is `behind`, the moment up to which both were read"
    )
    behind: list[Log] = Field(
        description="logs that could not be read for two minutes or longer: what came after `at` may be missing",
        examples=[[]],
    )
    positions: dict[Log, Position] = Field(
        description="by log, the last position up to which everything is included",
        examples=[{"intake": {"epoch": 1, "pos": 4211}, "routing": {"epoch": 1, "pos": 9120}}],
    )
    parked: int = Field(
        description="of how many feedbacks and cases events could not be applied: they are not included until they are "
        "replayed"
    )
