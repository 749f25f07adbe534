"""What this service remembers of what it read: the ids, so that a log that was put back from a backup can be compared.

An event that is told again after that is dropped by whoever knows it. A slice is a row; it is kept as long as a log is.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from libs.common.stream.events import Envelope
from libs.common.stream.tables import event_trail

_KNOWN = text("SELECT id FROM event_trail, unnest(ids) AS id WHERE source = :source AND id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(Uuid))
)
_FORGET = text("DELETE FROM event_trail WHERE read_at < now() - make_interval(days => :days)")


async def follow(session: AsyncSession, source: str, events: Sequence[Envelope]) -> Sequence[Envelope]:
    """Remember the events of a slice; those that were not known before."""
    if not events:
        return events
    known = await _known_among(session, source, [one.id for one in events if one.retold])
    known |= {one.id for one in events if not one.retold}  # both may come in one slice
    await session.execute(
        insert(event_trail),
        {
            "source": source,
            "pos": events[-1].pos,
            "ids": [one.id for one in events],
            "subjects": [one.subject for one in events],
            "types": [one.type for one in events],
        },
    )
    return [one for one in events if not (one.retold and one.id in known)]


async def _known_among(session: AsyncSession, source: str, ids: Sequence[UUID]) -> set[UUID]:
    if not ids:
        return set()
    return set(await session.scalars(_KNOWN, {"source": source, "ids": ids}))


async def forget_old(session: AsyncSession, days: int) -> None:
    """What was read longer ago is not remembered any more."""
    await session.execute(_FORGET, {"days": days})
