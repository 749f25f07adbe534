"""What an event is, and how it is written down: in the transaction of the change that it tells of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import BigInteger, Text

from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.stream.tables import ENVELOPE_COLUMNS
from libs.common.telemetry import traceparent


class Event(BaseModel):
    """The payload of an event: a fact in the past tense, complete in itself, without personal data."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    words: ClassVar[str | None] = None
    """The field that holds words: it travels beside `data`, and can be erased."""

    def to_data(self) -> str:
        """`data` as it is kept for ever: JSON, without words and without what is not known."""
        return self.model_dump_json(exclude={self.words} if self.words else None, exclude_none=True)

    def to_text(self) -> str | None:
        return getattr(self, self.words) if self.words else None

    @classmethod
    def parse(cls, data: Mapping[str, Any], words: str | None) -> Self:
        """The payload from what travelled. ValidationError when it is not what the contract says."""
        return cls.model_validate({**data, cls.words: words} if cls.words else data)


E_co = TypeVar("E_co", bound=Event, covariant=True)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A line of the log: CloudEvents' attributes, and its place."""

    pos: int
    prev: int
    epoch: int
    shard: int
    id: UUID
    type: str
    subject: str
    version: int
    time: datetime
    recorded_at: datetime
    traceparent: str | None
    data: Mapping[str, Any]
    text: str | None
    retold: bool = False
    """Told before, in an epoch that ended with a backup: some readers know it, some do not."""


@dataclass(frozen=True, slots=True)
class Received(Generic[E_co]):
    """An event as a handler gets it."""

    id: UUID
    pos: int
    subject: UUID
    version: int
    time: datetime
    recorded_at: datetime
    event: E_co
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event about to be written: of which aggregate, its how-many-eth, and when it happened."""

    event: Event
    subject: UUID
    version: int
    time: datetime
    traceparent: str | None = None
    """The W3C trace context that it came of; else that of the request in progress."""


_INSERT = text(
    f"""
    INSERT INTO event_pending ({ENVELOPE_COLUMNS})
    SELECT id, type, subject,
           version + coalesce((SELECT lift FROM version_lift WHERE version_lift.subject = e.subject), 0),
           time, :recorded_at, traceparent, data,
           CASE WHEN text IS NOT NULL AND NOT EXISTS (SELECT FROM tombstone WHERE tombstone.subject = e.subject)
                THEN text END
      FROM unnest(:ids, :types, :subjects, :versions, :times, :traceparents, :datas, :texts) WITH ORDINALITY
           AS e (id, type, subject, version, time, traceparent, data, text, place)
     ORDER BY place
    """  # noqa: S608 - the columns are ours
).bindparams(
    bindparam("recorded_at", type_=DateTime(timezone=True)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("types", type_=ARRAY(Text)),
    bindparam("subjects", type_=ARRAY(Text)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("times", type_=ARRAY(DateTime(timezone=True))),
    bindparam("traceparents", type_=ARRAY(Text)),
    bindparam("datas", type_=ARRAY(Text)),
    bindparam("texts", type_=ARRAY(Text)),
)


async def record(session: AsyncSession | AsyncConnection, *events: Recorded) -> None:
    """Write events, in this order, with the change that they tell of.

    The version of each is taken under the row lock of its aggregate: so version, pending and log order agree. Where
    others know more of the subject than a backup that was put back here, it goes on above what they know. Of an erased
    subject no words are written, whatever the event has.
    """
    if not events:
        return
    await session.execute(
        _INSERT,
        {
            "recorded_at": utc_now(),
            "ids": [new_id() for _ in events],
            "types": [one.event.type for one in events],
            "subjects": [str(one.subject) for one in events],
            "versions": [one.version for one in events],
            "times": [one.time for one in events],
            "traceparents": [one.traceparent or traceparent.get() for one in events],
            "datas": [one.event.to_data() for one in events],
            "texts": [one.event.to_text() for one in events],
        },
    )


PENDING_COLUMNS = ("id", "type", "subject", "version", "time", "recorded_at", "traceparent", "data")


def pending_row(one: Recorded, recorded_at: datetime) -> dict[str, Any]:
    """An event without words as a row of `event_pending`, for who writes many tables by one statement."""
    if one.event.words is not None:
        raise TypeError(f"{one.event.type} has words: what becomes of them is for `record` to decide")
    return {
        "id": new_id(),
        "type": one.event.type,
        "subject": str(one.subject),
        "version": one.version,
        "time": one.time,
        "recorded_at": recorded_at,
        "traceparent": one.traceparent or traceparent.get(),
        "data": one.event.to_data(),
    }
