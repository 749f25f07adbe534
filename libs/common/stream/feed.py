"""The log over HTTP: what a reader asks for, and how it is answered."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any, ClassVar
from uuid import UUID

import orjson
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Row, text

from libs.common.auth.principal import requires
from libs.common.db import Database, DatabaseOf
from libs.common.problems import Problem, responses
from libs.common.stream.doorbell import Doorbell
from libs.common.stream.events import Envelope
from libs.common.stream.tables import ENVELOPE_COLUMNS

MEDIA_TYPE = "application/cloudevents-batch+json"
MAX_EVENTS = 1000

_EVENTS_AFTER = text(
    f"SELECT pos, epoch, shard, prev, {ENVELOPE_COLUMNS} FROM event_log WHERE pos > :after ORDER BY pos LIMIT :limit"  # noqa: S608
)
_ID_AT = text("SELECT id FROM event_log WHERE pos = :pos")


class LogDiverged(Problem):
    """This log does not have that event at that position: it is not the log that you have read."""

    status: ClassVar[int] = 409
    fr = "Ce journal n'a pas cet événement à cette position : ce n'est pas celui que vous avez lu."


def router(source: str, path: str) -> APIRouter:
    """The feed of a service's log, for readers with a token of role `service`."""
    feed = APIRouter(tags=["events"])

    @feed.get(
        path,
        name=f"read_{source}_log",
        response_class=Response,
        dependencies=[requires("service")],
        responses={
            200: {"content": {MEDIA_TYPE: {"schema": {"type": "array", "items": {"type": "object"}}}}},
            **responses(LogDiverged),
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
    ) -> Response:
        """Read the log: events after a position, in order.

        As a batch of CloudEvents 1.0; empty when there are none in time.
        """
        doorbell: Doorbell = request.app.state.doorbell
        events = await doorbell.until(partial(_events_after, database, after, last_id, limit), wait)
        return Response(encode(source, events), media_type=MEDIA_TYPE)

    return feed


async def _events_after(database: Database, after: int, last_id: UUID | None, limit: int) -> Sequence[Row[Any]]:
    async with database.connection() as connection:
        if after and last_id and await connection.scalar(_ID_AT, {"pos": after}) != last_id:
            raise LogDiverged
        return (await connection.execute(_EVENTS_AFTER, {"after": after, "limit": limit})).all()


def encode(source: str, events: Sequence[Row[Any]]) -> bytes:
    """A batch of CloudEvents 1.0 in structured JSON. `data` is the log's own text, never encoded again."""
    return b"[" + b",".join(_encode_one(source, event) for event in events) + b"]"


def _encode_one(source: str, event: Row[Any]) -> bytes:
    head: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.id),
        "source": f"/{source}",
        "type": event.type,
        "subject": event.subject,
        "sequence": str(event.version),
        "time": event.time,
        "recordedtime": event.recorded_at,
        "datacontenttype": "application/json",
        "pos": event.pos,
        "prev": event.prev,
        "epoch": event.epoch,
        "shard": event.shard,
    }
    if event.traceparent is not None:
        head["traceparent"] = event.traceparent
    if event.text is not None:
        head["text"] = event.text
    data: str = event.data
    return orjson.dumps(head)[:-1] + b',"data":' + data.encode() + b"}"


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
        )
        for one in orjson.loads(batch)
    ]
