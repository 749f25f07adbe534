"""What a reader remembers of a log, held against the log as it now is: where they part, and what the log has lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Uuid

from libs.common.stream.door import dropped

ROWS = 1000

_REACHED = text(
    """
    SELECT pos, event_id, max(epoch) OVER () AS epoch FROM event_position
     WHERE source = :source ORDER BY pos DESC LIMIT 1
    """
)
_FIRST = text("SELECT max(first) FROM event_epoch")
_TRAIL = text(
    """
    SELECT pos, ids, subjects, types FROM event_trail
     WHERE source = :source AND pos >= :first AND pos < :below ORDER BY pos DESC LIMIT :rows
    """
)
_IN_LOG = text("SELECT pos, id FROM event_log WHERE pos = ANY(:places)").bindparams(
    bindparam("places", type_=ARRAY(BigInteger))
)
_LOST = text(
    "SELECT id FROM unnest(:ids) AS known (id) WHERE NOT EXISTS (SELECT FROM event_log WHERE event_log.id = known.id)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


@dataclass(frozen=True, slots=True)
class Lost:
    """An event that a reader knows and the log does not have."""

    id: UUID
    subject: str
    type: str


@dataclass(frozen=True, slots=True)
class Memory:
    """Up to where a reader has read, in which epoch; and, where the log parts from it, the last place they share."""

    reader: str
    pos: int
    epoch: int
    agreed: int | None
    lost: Sequence[Lost]


class TooLittleRemembered(Exception):
    """The log parts from its reader before the first thing that the reader remembers."""


async def remember(
    reader: AsyncConnection, name: str, log: AsyncConnection, source: str, agreed: int | None = None
) -> Memory | None:
    """What the reader's database says of the source, in the epoch that the log is in; nothing where it never read it.

    `agreed`: where they part, for readers that do not remember it: else TooLittleRemembered.
    """
    reached = (await reader.execute(_REACHED, {"source": source})).one_or_none()
    if reached is None:
        return None
    first = await first_of_epoch(log)
    rows = await _slices(reader, log, source, first)
    parted = [place for place, (_, agrees) in enumerate(rows) if not agrees]
    if parted:
        known = [one for row, _ in rows[parted[0] :] for one in map(Lost, row.ids, row.subjects, row.types)]
        before = rows[parted[0] - 1][0].pos if parted[0] else _beginning(rows[0][0], first)
    elif rows or reached.pos < first or await _has(log, reached):
        return Memory(name, reached.pos, reached.epoch, None, [])
    else:
        known, before = [], None
    agreed = before if before is not None else agreed
    if agreed is None:
        raise TooLittleRemembered(f"{name} does not remember from where on {source}'s log is another")
    lost = set(await log.scalars(_LOST, {"ids": [one.id for one in known]}))
    return Memory(name, reached.pos, reached.epoch, agreed, [one for one in known if one.id in lost])


async def first_of_epoch(log: AsyncConnection) -> int:
    """The first position of the epoch that the log is in. What lies before was settled when that was opened."""
    return int(await log.scalar(_FIRST) or 1)


async def _slices(
    reader: AsyncConnection, log: AsyncConnection, source: str, first: int
) -> list[tuple[Row[Any], bool]]:
    """The slices that were read last, in order, each with whether the log has its last event where it was read.

    As far back as the epoch goes, or until there are a thousand that all agree, since a log only grows.
    """
    found: list[tuple[Row[Any], bool]] = []
    of_epoch, below = {"source": source, "first": first, "rows": ROWS}, 2**62
    gone = await dropped(log)
    while rows := (await reader.execute(_TRAIL, {**of_epoch, "below": below})).all():
        ids = await _ids_at(log, [row.pos for row in rows])
        some = [(row, row.pos <= gone or ids.get(row.pos) == row.ids[-1]) for row in rows]
        found += some
        if all(agrees for _, agrees in some):
            break
        below = rows[-1].pos
    return found[::-1]


async def _ids_at(log: AsyncConnection, places: Sequence[int]) -> dict[int, UUID]:
    return {row.pos: row.id for row in await log.execute(_IN_LOG, {"places": places})}


async def _has(log: AsyncConnection, place: Row[Any]) -> bool:
    ids = await _ids_at(log, [place.pos])
    return place.pos <= await dropped(log) or ids.get(place.pos) == UUID(str(place.event_id))


def _beginning(oldest: Row[Any], first: int) -> int | None:
    """Before the oldest slice that is remembered, where that is the first that there was."""
    if first > 1:
        return first - 1
    return 0 if oldest.pos == len(oldest.ids) else None
