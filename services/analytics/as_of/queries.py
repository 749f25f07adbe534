"""How far this service has read."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.as_of.schemas import AsOf, Position

_POSITIONS = text(
    """
    SELECT DISTINCT ON (source) source, epoch, pos FROM event_position ORDER BY source, pos
    """
)
_PARKED = text("SELECT count(DISTINCT subject) FROM dead_letter WHERE discarded_at IS NULL")


async def as_of(session: AsyncSession, now: datetime) -> AsOf:
    """The instant, and the positions of what this transaction sees; 0 in a log that nobody has begun to read. And of
    how many subjects what was read could not be applied.
    """
    read = {row.source: Position(epoch=row.epoch, pos=row.pos) for row in await session.execute(_POSITIONS)}
    return AsOf(
        at=now,
        positions={
            "intake": read.get("intake", Position(epoch=1, pos=0)),
            "routing": read.get("routing", Position(epoch=1, pos=0)),
        },
        parked=await session.scalar(_PARKED) or 0,
    )
