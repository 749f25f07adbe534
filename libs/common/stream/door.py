"""The door of the log: whether it is the one that a reader has read, where the reader goes on, and who they are.

A log that was put back from a backup lacks what its readers know. Until somebody has said so (`ecoute stream
restored`), such a reader is refused. Then it goes on at the epoch that was opened above every position that anybody
holds: what was told meanwhile is told there again.
"""

from dataclasses import dataclass
from time import monotonic
from typing import ClassVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import Database
from libs.common.problems import Problem

REGISTER_SECONDS = 10.0
WINDOW = "1 hour"

_ID_AT = text("SELECT id FROM event_log WHERE pos = :pos")
_DROPPED = text("SELECT last FROM event_archive ORDER BY first DESC LIMIT 1")
_NEXT_EPOCH = text("SELECT min(first) FROM event_epoch WHERE epoch > CAST(:epoch AS integer) AND first > :pos")
# Of several processes that read under one name the one that is furthest behind counts.
_REGISTER = text(
    f"""
    INSERT INTO event_reader AS known (name, pos) VALUES (:name, :pos)
    ON CONFLICT (name) DO UPDATE
       SET asked_at = now(),
           pos = CASE WHEN known.since < now() - interval '{WINDOW}' THEN excluded.pos
                      ELSE least(known.pos, excluded.pos) END,
           since = CASE WHEN known.since < now() - interval '{WINDOW}' THEN now() ELSE known.since END
    """  # noqa: S608 - our own words
)


class LogDiverged(Problem):
    """This log does not have that event at that position: it is not the log that you have read."""

    status: ClassVar[int] = 409
    fr = "Ce journal n'a pas cet événement à cette position : ce n'est pas celui que vous avez lu."


class LogTruncated(Problem):
    """What follows that position is not in the log any more; without words it is in the archive (`archived=true`)."""

    status: ClassVar[int] = 410
    fr = "Ce qui suit cette position n'est plus au journal ; l'archive l'a encore, sans les mots (« archived=true »)."


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader says of itself: up to where it has read, and in which epoch."""

    after: int
    last_id: UUID | None
    epoch: int | None
    archived: bool = False

    def agrees_with(self, event_id: UUID) -> bool:
        """That the event at its position is the one that it has read, as far as it says."""
        return self.last_id in (None, event_id)


async def go_on_after(connection: AsyncConnection, asked: Asked) -> int:
    """The position after which the reader goes on. LogDiverged, LogTruncated when it cannot."""
    found = await connection.scalar(_ID_AT, {"pos": asked.after}) if asked.after else None
    if found is not None and asked.agrees_with(found):
        return asked.after
    gone = await dropped(connection)
    if asked.after < gone and not asked.archived:
        raise LogTruncated
    if asked.after <= gone or asked.last_id is None:
        return asked.after
    first = await connection.scalar(_NEXT_EPOCH, {"epoch": asked.epoch, "pos": asked.after})
    if first is None:
        raise LogDiverged
    return int(first) - 1


async def dropped(connection: AsyncConnection) -> int:
    """The last position that is not in the log any more, but in its archive; 0 where all of it is there."""
    return int(await connection.scalar(_DROPPED) or 0)


class Register:
    """Who reads, and how far they are: retention never goes past them. Each is written down every ten seconds."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}

    async def note(self, database: Database, name: str, pos: int) -> None:
        now = monotonic()
        if now - self._written.get(name, float("-inf")) >= REGISTER_SECONDS:
            self._written[name] = now
            async with database.statement() as connection:
                await connection.execute(_REGISTER, {"name": name, "pos": pos})
