"""Parked subjects: an event that could not be applied, and all that follow it on its subject, until replayed."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from prometheus_client import Gauge
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter
from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.db import Session, among
from libs.common.paging import Cursor, InvalidCursor, Limit, decode_place, link_next_place
from libs.common.problems import responses
from libs.common.stream.events import Envelope
from libs.common.stream.tables import dead_letter

COLUMNS = ("pos", "prev", "epoch", "shard", "id", "type", "subject", "version", "time", "recorded_at", "traceparent")

WAITING = Gauge("ecoute_stream_dead_letters", "Events that are parked, and wait for somebody to look", ["source"])

_WAITS = dead_letter.c.discarded_at.is_(None)
_ORDER = (dead_letter.c.parked_at, dead_letter.c.pos, dead_letter.c.id)
_Parked = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(9999, 1, 1, tzinfo=UTC))]
_PLACE = TypeAdapter(tuple[_Parked, Annotated[int, Field(ge=0, lt=2**63)], UUID])
"""What the list is ordered by: two logs have the same positions."""


class DeadLetter(BaseModel):
    """An event that waits for somebody to look."""

    source: str
    pos: int
    id: UUID
    type: str
    subject: str
    version: int
    time: datetime
    reason: str
    parked_at: datetime


class DeadLetters(BaseModel):
    items: list[DeadLetter]


def router(path: str, service: str) -> APIRouter:
    """The list of a service's dead letters, without words, for those who run the house."""
    api = APIRouter(tags=["operations"])

    @api.get(
        path,
        name=f"list_{service}_dead_letters",
        dependencies=[requires("admin", "auditor")],
        responses=responses(Unauthenticated, Forbidden, InvalidCursor),
    )
    async def list_dead_letters(
        session: Session, request: Request, response: Response, limit: Limit = 100, cursor: Cursor = None
    ) -> DeadLetters:
        """List the events that could not be applied, the oldest first.

        `ecoute stream replay` applies a subject's again, once the cause is mended; `ecoute stream discard` gives them
        up.
        """
        waiting = select(dead_letter).where(_WAITS)
        if cursor is not None:
            waiting = waiting.where(tuple_(*_ORDER) > tuple_(*decode_place(cursor, _PLACE)))
        rows = await session.execute(waiting.order_by(*_ORDER).limit(limit))
        found = [DeadLetter.model_validate(row, from_attributes=True) for row in rows]
        link_next_place(request, response, limit, [(one.parked_at, one.pos, one.id) for one in found])
        return DeadLetters(items=found)

    return api


async def parked_among(session: AsyncSession, source: str, subjects: Collection[str]) -> set[str]:
    """Those of the subjects that are parked."""
    found = await session.scalars(
        select(dead_letter.c.subject)
        .where(dead_letter.c.source == source, among(dead_letter.c.subject, subjects), _WAITS)
        .distinct()
    )
    return set(found)


async def count_dead_letters(session: AsyncSession) -> None:
    """Tell at /metrics how many wait, by their source. One of which none waits is not named."""
    counted = await session.execute(
        select(dead_letter.c.source, func.count()).where(_WAITS).group_by(dead_letter.c.source)
    )
    rows = counted.all()
    WAITING.clear()
    for source, count in rows:
        WAITING.labels(source).set(count)


async def park(session: AsyncSession, source: str, events: Sequence[Envelope], reason: str) -> None:
    """Keep the events as they came, in order."""
    await session.execute(
        insert(dead_letter),
        [
            {name: getattr(one, name) for name in COLUMNS}
            | {"source": source, "data": orjson.dumps(one.data).decode(), "text": one.text, "reason": reason}
            for one in events
        ],
    )


async def take(session: AsyncSession, source: str, subject: str) -> list[Envelope]:
    """The subject's parked events, in order, no longer parked if this transaction commits.

    The caller holds the source's positions: else a slice could park a later event of the subject meanwhile.
    """
    mine = (dead_letter.c.source == source) & (dead_letter.c.subject == subject) & _WAITS
    rows = (await session.execute(select(dead_letter).where(mine).order_by(dead_letter.c.pos))).all()
    await session.execute(delete(dead_letter).where(mine))
    return [_envelope(row) for row in rows]


async def discard(session: AsyncSession, source: str, subject: str, reason: str) -> int:
    """Give up the subject's parked events: they stay written down, without words, with the reason. How many it were."""
    mine = (dead_letter.c.source == source) & (dead_letter.c.subject == subject) & _WAITS
    given_up = {"discarded_at": func.now(), "discarded_because": reason, "text": None}
    result = await session.execute(update(dead_letter).where(mine).values(given_up))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _envelope(row: Any) -> Envelope:
    return Envelope(**{name: getattr(row, name) for name in COLUMNS}, data=orjson.loads(row.data), text=row.text)
