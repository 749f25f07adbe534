"""Counts over the wire."""

import json
from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.problems import ProblemDetails
from libs.common.wire import COUNTED, DATED, READ_LATER, Wire
from libs.contracts.codes import Channel, Code, Interaction

MOST_IN_A_BATCH = 1_000
MOST_ON_A_DAY = 100_000_000


class InteractionCountIn(Wire):
    """How many contacts there were on a day: of one kind, through one channel, at one place, about one thing."""

    model_config = shown(
        {
            "on": "2026-11-20",
            "interaction": "visit",
            "channel": "counter",
            "service": "passports",
            "service_point": "office-downtown",
            "count": 412,
            "waiting_seconds": 247200,
            "waited": 398,
        }
    )

    on: Annotated[date, Field(ge=date(2000, 1, 1)), DATED]
    interaction: Interaction
    channel: Channel
    service: Code | None = None
    service_point: Code | None = None
    topic: Code | None = None
    count: Annotated[int, Field(ge=0, le=MOST_ON_A_DAY), COUNTED]
    waiting_seconds: int | None = Field(None, ge=0, le=10**12, description="waited in all, by those in `waited`")
    waited: int | None = Field(None, ge=0, description="how many of them the waiting time is known of")

    @model_validator(mode="after")
    def _waiting_is_of_those_counted(self) -> Self:
        if (self.waiting_seconds is None) != (self.waited is None) or (self.waited or 0) > self.count:
            raise PydanticCustomError(
                "waiting",
                "`waiting_seconds` comes with `waited`, which is no more than `count`.",
                {"fr": "« waiting_seconds » vient avec « waited », qui ne dépasse pas « count »."},
            )
        return self


class InteractionsIn(Wire):
    """Each item is read by itself: what is wrong with one is told in its outcome."""

    model_config = shown(
        {
            "items": [
                {
                    "on": "2026-11-20",
                    "interaction": "visit",
                    "channel": "counter",
                    "service": "passports",
                    "service_point": "office-downtown",
                    "count": 412,
                    "waiting_seconds": 247200,
                    "waited": 398,
                },
                {"on": "2026-11-20", "interaction": "call", "channel": "phone", "service": "pensions", "count": 1630},
            ]
        }
    )

    items: list[Annotated[InteractionCountIn, READ_LATER]] = Field(min_length=1, max_length=MOST_IN_A_BATCH)


class Sent(BaseModel):
    """The items as they came, to tell a retry from another request: as JSON in ASCII, since they may hold anything."""

    items: str

    @classmethod
    def of(cls, body: InteractionsIn) -> Self:
        return cls(items=json.dumps(body.items))


class InteractionOutcome(BaseModel):
    """What became of an item."""

    index: int = Field(description="place of the item in the batch, from 0")
    status: int = Field(examples=[201], description="201 new, 200 in the place of what was reported before, or refused")
    id: UUID | None = None
    version: int | None = Field(None, description="how many times these contacts were reported otherwise than before")
    problem: ProblemDetails | None = Field(None, description="its pointers are into the item")


class InteractionsOut(BaseModel):
    """An outcome for each item, in the order in which they were sent."""

    accepted: int
    refused: int
    outcomes: list[InteractionOutcome]
