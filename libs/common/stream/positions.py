"""How far this service has read another's log: a row a shard, moved by compare-and-set.

A later epoch begins above every position that anybody holds: so positions only ever grow, and go on from one into the
next.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.types import BigInteger, Integer, SmallInteger, Uuid

from libs.common.failures import is_locked
from libs.common.stream.events import Envelope
from libs.common.stream.tables import SHARDS

Positions = Mapping[int, int]
"""Of each shard the position that it has been read up to."""


class Place(NamedTuple):
    """Up to where a log has been read: a position, the event there, and the epoch in which it was told."""

    pos: int
    event_id: UUID | None
    epoch: int


def place_of(event: Envelope) -> Place:
    """Where who has read up to an event stands."""
    return Place(event.pos, event.id, event.epoch)


class Overtaken(Exception):
    """Another reader has applied this slice, or is about to: drop it."""


_MAKE = text(
    f"""
    INSERT INTO event_position (source, epoch, shard, pos)
    SELECT :source, 1, shard, 0 FROM generate_series(0, {SHARDS - 1}) AS shard ON CONFLICT DO NOTHING
    """  # noqa: S608 - nothing in it comes from outside
)
_READ = text(
    "SELECT shard, pos, event_id, epoch FROM event_position WHERE source = :source AND shard = ANY(:shards)"
).bindparams(bindparam("shards", type_=ARRAY(SmallInteger)))
_HOLD = text("SELECT shard FROM event_position WHERE source = :source ORDER BY shard FOR UPDATE")
_ADVANCE = text(
    """
    WITH mine AS (SELECT shard, pos FROM event_position
                   WHERE source = :source AND shard = ANY(:shards) ORDER BY shard FOR UPDATE)
    UPDATE event_position p
       SET pos = greatest(p.pos, reached.pos),
           event_id = CASE WHEN p.pos < reached.pos THEN reached.event_id ELSE p.event_id END,
           epoch = greatest(p.epoch, reached.epoch)
      FROM mine JOIN unnest(:shards, :expected, :reached, :ids, :epochs)
                AS reached (shard, expected, pos, event_id, epoch)
        ON mine.shard = reached.shard AND mine.pos = reached.expected
     WHERE p.source = :source AND p.shard = mine.shard
    """
).bindparams(
    bindparam("shards", type_=ARRAY(SmallInteger)),
    bindparam("expected", type_=ARRAY(BigInteger)),
    bindparam("reached", type_=ARRAY(BigInteger)),
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("epochs", type_=ARRAY(Integer)),
)


async def make(connection: AsyncConnection, source: str) -> None:
    """The positions are there, at 0, before the first read."""
    await connection.execute(_MAKE, {"source": source})


async def read(connection: AsyncConnection, source: str, shards: Collection[int]) -> dict[int, Place]:
    """Of each of the shards the place that it has been read up to."""
    rows = await connection.execute(_READ, {"source": source, "shards": list(shards)})
    return {row.shard: Place(row.pos, row.event_id, row.epoch) for row in rows}


async def hold(session: AsyncSession, source: str) -> None:
    """No slice of the source is applied until this transaction ends."""
    await session.execute(_HOLD, {"source": source})


async def advance(session: AsyncSession, source: str, expected: Positions, reached: Mapping[int, Envelope]) -> None:
    """Move the shards that reached an event there, never back. Overtaken when one is not where it is
    expected, or another reader holds it for longer than a lock is waited for.
    """
    moved = {
        "source": source,
        "shards": list(reached),
        "expected": [expected[shard] for shard in reached],
        "reached": [one.pos for one in reached.values()],
        "ids": [one.id for one in reached.values()],
        "epochs": [one.epoch for one in reached.values()],
    }
    try:
        result = await session.execute(_ADVANCE, moved)
    except DBAPIError as error:
        if is_locked(error):
            raise Overtaken from error
        raise
    if result.rowcount != len(reached):  # type: ignore[attr-defined]
        raise Overtaken
