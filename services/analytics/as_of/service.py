"""How far this service has read, and of which moment its figures therefore speak."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import Now
from libs.common.db import Snapshot
from services.analytics.as_of.models import LogRow
from services.analytics.as_of.schemas import LOGS, AsOf, Position

READ_WITHIN = timedelta(minutes=2)
"""So long ago may all have been read for figures to speak of now: Kafka may lack something for a minute."""

_POSITIONS = text(
    """
    SELECT DISTINCT ON (source) source, epoch, pos
      FROM ((SELECT DISTINCT ON (source) source, epoch, pos FROM event_position ORDER BY source, pos)
             UNION ALL SELECT source, epoch, pos FROM log_read) AS reached
     ORDER BY source, pos DESC
    """
)
_PARKED = text("SELECT count(DISTINCT subject) FROM dead_letter WHERE discarded_at IS NULL")


async def as_of(session: AsyncSession, now: datetime) -> AsOf:
    """The moment that figures of this transaction speak of, and the positions of what it sees; 0 in a log that nobody
    has begun to read. And of how many subjects what was read could not be applied.

    Where a log is behind, it is the moment up to which all are read: of what fell due after it nobody knows whether it
    was met.
    """
    read = {row.source: Position(epoch=row.epoch, pos=row.pos) for row in await session.execute(_POSITIONS)}
    complete_to = {row.source: row.complete_to for row in await session.scalars(select(LogRow))}
    behind = [log for log in LOGS if complete_to.get(log, now) < now - READ_WITHIN]
    return AsOf(
        at=min((complete_to[log] for log in behind), default=now),
        behind=behind,
        positions={log: read.get(log, Position(epoch=1, pos=0)) for log in LOGS},
        parked=await session.scalar(_PARKED) or 0,
    )


async def _seen(session: Snapshot, now: Now) -> AsOf:
    return await as_of(session, now)


Seen = Annotated[AsOf, Depends(_seen)]
"""What the request's transaction sees."""
