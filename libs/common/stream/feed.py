"""The log over HTTP: what a reader asks for, and how it is answered."""

import zlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Database, DatabaseOf
from libs.common.problems import responses
from libs.common.stream.door import Asked, LogDiverged, LogTruncated, Register, go_on_after
from libs.common.stream.doorbell import Doorbell
from libs.common.stream.events import Envelope
from libs.common.stream.tables import ENVELOPE_COLUMNS

MEDIA_TYPE = "application/cloudevents-batch+json"
MAX_EVENTS = 1000

_EVENT = f"SELECT pos, epoch, shard, prev, {ENVELOPE_COLUMNS}, retold FROM event_log"  # noqa: S608 - the columns are ours
_EVENTS_AFTER = text(f"{_EVENT} WHERE pos > :after ORDER BY pos LIMIT :limit")
_EVENTS_FROM = f"{_EVENT} WHERE pos >= $1 ORDER BY pos LIMIT $2"
_HEAD = text(
    "SELECT epoch, shards, least(now(), (SELECT min(recorded_at) FROM event_pending)) AS complete_to FROM event_head"
)
_ARCHIVED_AFTER = text("SELECT events FROM event_archive WHERE last > :after ORDER BY first LIMIT 1")


class Head(BaseModel):
    """The end of a log: who has read each shard up to there has read all that was recorded up to a moment."""

    epoch: int
    shards: list[int] = Field(description="of each shard, from 0, the position of its last event")
    complete_to: datetime = Field(description="what was recorded before is in the log")


def router(source: str, path: str) -> APIRouter:
    """The feed of a service's log, for readers with a token of role `service`."""
    feed = APIRouter(tags=["events"])
    register = Register()

    @feed.get(
        path,
        name=f"read_{source}_log",
        response_class=Response,
        dependencies=[requires("service")],
        responses={
            200: {"content": {MEDIA_TYPE: {"schema": {"type": "array", "items": {"type": "object"}}}}},
            **responses(Unauthenticated, Forbidden, LogDiverged, LogTruncated),
        },
    )
    async def read_log(
        request: Request,
        database: DatabaseOf,
        after: Annotated[int, Query(ge=0, le=2**62, description="the last position that was read")] = 0,
        last_id: Annotated[
            UUID | None, Query(alias="id", description="id of the event at `after`, to see that logs agree")
        ] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_EVENTS, description="how many at most")] = MAX_EVENTS,
        wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for the first event")] = 0,
        epoch: Annotated[
            int | None,
            Query(ge=1, le=2**31 - 1, description="the epoch of that event: once a later one is opened, go on there"),
        ] = None,
        reader: Annotated[
            str | None,
            Query(pattern="^[a-z0-9-]{1,40}$", description="who reads: what it has not read yet is not dropped"),
        ] = None,
        archived: Annotated[bool, Query(description="without words, where the log does not have it any more")] = False,
    ) -> Response:
        """Read the log: events after a position, in order.

        As a batch of CloudEvents 1.0; empty when there are none in time.
        """
        asked = Asked(after, last_id, epoch, archived)
        if reader is not None:
            await register.note(database, reader, after)
        doorbell: Doorbell = request.app.state.doorbell
        batch = await doorbell.until(partial(_batch_after, database, source, asked, limit), wait)
        return Response(batch or b"[]", media_type=MEDIA_TYPE)

    @feed.get(
        f"{path}/head",
        name=f"read_head_of_{source}_log",
        dependencies=[requires("service")],
        responses=responses(Unauthenticated, Forbidden),
    )
    async def read_head(database: DatabaseOf) -> Head:
        """Where the log ends now, and up to which moment it is complete: how a reader knows how current it is."""
        async with database.statement() as connection:
            return Head.model_validate((await connection.execute(_HEAD)).one(), from_attributes=True)

    return feed


async def _batch_after(database: Database, source: str, asked: Asked, limit: int) -> bytes | None:
    """One look finds what follows, and the event at which the reader stands: who agrees with the log goes on there."""
    async with database.driver() as driver:
        events = await driver.fetch(_EVENTS_FROM, asked.after, limit + 1)
    if not (events and events[0]["pos"] == asked.after and asked.agrees_with(events[0]["id"])):
        return await _batch_for_who_differs(database, source, asked, limit)
    return encode(source, events[1:]) if len(events) > 1 else None


async def _batch_for_who_differs(database: Database, source: str, asked: Asked, limit: int) -> bytes | None:
    async with database.statement() as connection:
        after = await go_on_after(connection, asked)
        if asked.archived and (batch := await _archived_after(connection, after, limit)):
            return batch
        events = await events_after(connection, after, limit)
    return encode(source, events) if events else None


async def events_after(connection: AsyncConnection, after: int, limit: int) -> Sequence[Row[Any]]:
    return (await connection.execute(_EVENTS_AFTER, {"after": after, "limit": limit})).all()


async def _archived_after(connection: AsyncConnection, after: int, limit: int) -> bytes | None:
    packed = await connection.scalar(_ARCHIVED_AFTER, {"after": after})
    if packed is None:
        return None
    events = [one for one in orjson.loads(zlib.decompress(packed)) if one["pos"] > after]
    return orjson.dumps(events[:limit])


def encode(source: str, events: Iterable[Iterable[Any]]) -> bytes:
    """A batch of CloudEvents 1.0 in structured JSON. `data` is the log's own text, never encoded again."""
    return b"[" + b",".join(encode_one(source, event) for event in events) + b"]"


def encode_one(source: str, event: Iterable[Any]) -> bytes:
    """A row of the log, in the order of its columns; SQLAlchemy's and the driver's alike."""
    pos, epoch, shard, prev, id_, kind, subject, version, time, recorded, traceparent, data, words, retold, *_ = event
    head: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(id_),
        "source": f"/{source}",
        "type": kind,
        "subject": subject,
        "sequence": str(version),
        "time": time,
        "recordedtime": recorded,
        "datacontenttype": "application/json",
        "pos": pos,
        "prev": prev,
        "epoch": epoch,
        "shard": shard,
    }
    if traceparent is not None:
        head["traceparent"] = traceparent
    if words is not None:
        head["text"] = words
    if retold:
        head["retold"] = True
    return b"".join((orjson.dumps(head)[:-1], b',"data":', data.encode(), b"}"))


def decode(batch: bytes) -> list[Envelope]:
    """The envelopes of a batch."""
    return [
        Envelope(
            pos=one["pos"],
            prev=one["prev"],
            epoch=one["epoch"],
            shard=one["shard"],
            id=UUID(one["id"]),
            type=one["type"],
            subject=one["subject"],
            version=int(one["sequence"]),
            time=datetime.fromisoformat(one["time"]),
            recorded_at=datetime.fromisoformat(one["recordedtime"]),
            traceparent=one.get("traceparent"),
            data=one["data"],
            text=one.get("text"),
            retold=one.get("retold", False),
        )
        for one in orjson.loads(batch)
    ]
