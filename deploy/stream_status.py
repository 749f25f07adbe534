"""`ecoute stream status`: how each log and each reader stands, read from the databases themselves."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, SmallInteger

from deploy.environments import Environments, databases
from deploy.services import Service
from libs.common.db import Database
from libs.common.stream import positions
from libs.common.stream.door import Asked, LogDiverged, LogTruncated, dropped, go_on_after
from libs.common.stream.reader import ALL_SHARDS

_LOG = text(
    """
    SELECT h.pos, h.epoch, (SELECT count(*) FROM event_pending) AS waiting, (SELECT min(pos) FROM event_log) AS oldest,
           (SELECT recorded_at FROM event_log ORDER BY pos LIMIT 1) AS oldest_at
      FROM event_head h
    """
)
_REGISTERED = text("SELECT name, pos, asked_at FROM event_reader ORDER BY name")
_SOURCES = text("SELECT DISTINCT source FROM event_position ORDER BY source")
_BEHIND = text(
    """
    SELECT count(*) FROM event_log AS l JOIN unnest(:shards, :reached) AS reader (shard, pos) ON reader.shard = l.shard
     WHERE l.pos > reader.pos AND l.pos > :smallest
    """
).bindparams(bindparam("shards", type_=ARRAY(SmallInteger)), bindparam("reached", type_=ARRAY(BigInteger)))
_PARKED = text(
    """
    SELECT count(*) AS events, count(DISTINCT subject) AS subjects FROM dead_letter
     WHERE source = :source AND discarded_at IS NULL
    """
)


@dataclass(frozen=True)
class LogStatus:
    """A service's own log: its last position and epoch, what waits to get a place, and from where on it is kept."""

    service: str
    epoch: int
    head: int
    waiting: int
    oldest_kept: int | None
    oldest_kept_at: datetime | None
    archived_to: int
    registered: list[dict[str, Any]] = field(default_factory=list)
    """Who has said that it reads, up to where, and when it last asked."""


@dataclass(frozen=True)
class ReaderStatus:
    """How far a service has read another's log: all that is up to `position`. `lag`: events that it has not read."""

    service: str
    reads: str
    epoch: int
    position: int
    lag: int
    parked_subjects: int
    parked_events: int
    stands: str
    """`reads`, or why it cannot go on: `diverged`, `truncated`."""


async def status(environments: Environments) -> tuple[list[LogStatus], list[ReaderStatus]]:
    """Of every service that can be reached from here."""
    logs, readers = [], []
    async with databases(environments) as found:
        for service, database in found.items():
            async with database.connection() as connection:
                logs.append(await _log(connection, service))
                sources = list(await connection.scalars(_SOURCES))
            for source in sources:
                readers.append(await reader_status(service, database, source, found[source]))
    return [one for one in logs if one.head or one.registered], readers


async def _log(connection: AsyncConnection, service: str) -> LogStatus:
    row = (await connection.execute(_LOG)).one()
    registered = [one._asdict() for one in await connection.execute(_REGISTERED)]
    archived_to = await dropped(connection)
    return LogStatus(service, row.epoch, row.pos, row.waiting, row.oldest, row.oldest_at, archived_to, registered)


async def reader_status(service: str, database: Database, source: str, its_database: Database) -> ReaderStatus:
    """Of one reader, whose database is the first, and of the log in the other.

    By Kafka each shard comes as far as its own events: `position` may then lie before many that were read.
    """
    async with database.connection() as connection:
        places = await positions.read(connection, source, ALL_SHARDS)
        parked = (await connection.execute(_PARKED, {"source": source})).one()
    place = min(places.values(), key=lambda one: one.pos)
    async with its_database.connection() as log:
        reached = {"shards": [*places], "reached": [one.pos for one in places.values()], "smallest": place.pos}
        lag = await log.scalar(_BEHIND, reached)
        stands = "reads"
        try:
            await go_on_after(log, Asked(place.pos, place.event_id, place.epoch))
        except LogDiverged:
            stands = "diverged"
        except LogTruncated:
            stands = "truncated"
    return ReaderStatus(service, source, place.epoch, place.pos, int(lag or 0), parked.subjects, parked.events, stands)


async def forget_reader(environments: Environments, service: Service, reader: str) -> bool:
    """Whether the service's log knew a reader of that name."""
    async with databases(environments) as found, found[service].connection() as connection:
        gone = await connection.execute(text("DELETE FROM event_reader WHERE name = :name"), {"name": reader})
        return bool(gone.rowcount)


def show(logs: list[LogStatus], readers: list[ReaderStatus]) -> None:
    """As two tables, as wide as what is in them."""
    console = Console(width=_WIDER_THAN_ANY)
    asked = "read by (lowest position\nasked for within the hour)"
    of_logs = Table("log", "epoch", "head", "waiting", "kept from", "since", "archived to", asked)
    for log in logs:
        since = f"{log.oldest_kept_at:%Y-%m-%d}" if log.oldest_kept_at else "–"
        names = "\n".join(f"{one['name']} ({one['pos']})" for one in log.registered)
        of_logs.add_row(
            log.service,
            *_words(log.epoch, log.head, log.waiting, log.oldest_kept or "–"),
            since,
            str(log.archived_to),
            names,
        )
    of_readers = Table("reader", "reads", "epoch", "position", "lag", "parked subjects", "parked events", "stands")
    for one in readers:
        numbers = _words(one.epoch, one.position, one.lag, one.parked_subjects, one.parked_events)
        of_readers.add_row(one.service, one.reads, *numbers, one.stands)
    console.print(of_logs, of_readers)


_WIDER_THAN_ANY = 1_000
"""A terminal breaks a long line, a pipe hands it on; neither loses of it."""


def _words(*values: object) -> list[str]:
    return [str(value) for value in values]
