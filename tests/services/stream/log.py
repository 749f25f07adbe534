"""A log that is really written, and read as the feed gives it; and a reader that leaves countable effects."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, ClassVar
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.applying import Handlers
from libs.common.stream.door import Asked
from libs.common.stream.events import Envelope, Event, Received, Recorded, record
from libs.common.stream.feed import MAX_EVENTS, _batch_after, decode
from libs.common.stream.positions import Place
from libs.common.stream.reader import Reader
from libs.common.stream.sequencer import Floor, sequence

SOURCE = "intake"
TABLES = (
    "CREATE TABLE aggregate (subject uuid PRIMARY KEY, version bigint NOT NULL)",
    """CREATE TABLE effect (place bigint GENERATED ALWAYS AS IDENTITY, subject uuid NOT NULL, version bigint NOT NULL,
                             n bigint NOT NULL CONSTRAINT n_is_counted CHECK (n >= 0))""",
)


MakeDatabase = Callable[[], Database]
"""Gives another pool on the test's database, as another process would have."""


class Counted(Event):
    """What the reader of these tests handles."""

    type: ClassVar[str] = "ca.ecoute.test.counted.v1"
    words: ClassVar[str | None] = "said"
    n: int
    said: str | None = None


class Miscounted(Event):
    """The same type, and what no reader of it accepts."""

    type: ClassVar[str] = Counted.type
    n: str


class CountedInWords(Event):
    """The same type, read by somebody who accepts both."""

    type: ClassVar[str] = Counted.type
    n: int | str


class Unheard(Event):
    """A type that the readers of these tests do not know."""

    type: ClassVar[str] = "ca.ecoute.test.unheard.v1"


_TAKE_VERSIONS = text(
    """
    INSERT INTO aggregate (subject, version) SELECT * FROM unnest(:subjects, :counts)
    ON CONFLICT (subject) DO UPDATE SET version = aggregate.version + excluded.version RETURNING subject, version
    """
).bindparams(bindparam("subjects", type_=ARRAY(Uuid)), bindparam("counts", type_=ARRAY(BigInteger)))


async def write(connection: AsyncConnection, *told: tuple[UUID, Event]) -> list[int]:
    """Write events, each with its aggregate's next version, taken under the row lock; the versions."""
    counts = sorted(Counter(subject for subject, _ in told).items())  # in one order: no two writers deadlock
    taken = await connection.execute(
        _TAKE_VERSIONS, {"subjects": [subject for subject, _ in counts], "counts": [count for _, count in counts]}
    )
    versions = {row.subject: row.version - dict(counts)[row.subject] for row in taken}
    written = []
    for subject, event in told:
        versions[subject] += 1
        written.append(Recorded(event, subject, versions[subject], utc_now()))
    await record(connection, *written)
    return [one.version for one in written]


async def tell(database: Database, *told: tuple[UUID, Event]) -> None:
    """Write events in one transaction, and give them their places in the log."""
    async with database.connection() as connection:
        await write(connection, *told)
    async with database.driver() as driver:
        while await sequence(driver, Floor()):
            pass


async def tell_counted(database: Database, subjects: Sequence[UUID], count: int) -> None:
    """Events n = 0, 1, 2, … of the subjects in turn."""
    await tell(database, *((subjects[n % len(subjects)], Counted(n=n)) for n in range(count)))


class Log:
    """The feed's reader's side without the network: the same SQL, encoding and decoding."""

    def __init__(self, database: Database, limit: int = MAX_EVENTS, *, archived: bool = False) -> None:
        self._database, self._limit, self._archived = database, limit, archived
        self.read_to: int | None = None
        """Up to where who asked last says that all was read."""

    def of_archive(self) -> "Log":
        return Log(self._database, self._limit, archived=True)

    async def events_after(
        self, place: Place | int, _wait: float = 0, _lifecycle: Lifecycle | None = None, *, has_read: bool = True
    ) -> list[Envelope]:
        given = Place(place, None, 1) if isinstance(place, int) else place
        self.read_to = given.pos if has_read else None
        asked = Asked(*given, self._archived)
        return decode(await _batch_after(self._database, SOURCE, asked, self._limit) or b"[]")


async def count(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """The handler: a row for each event, which tells what was applied, how often, and in which order."""
    await session.execute(
        text("INSERT INTO effect (subject, version, n) VALUES (:subject, :version, :n)"),
        [{"subject": one.subject, "version": one.version, "n": int(one.event.n)} for one in events],
    )


def reader_of(log: Log, handle: Any = count, *, kind: type[Event] = Counted) -> Reader:
    return Reader(SOURCE, log, Handlers({kind: handle}))  # type: ignore[arg-type] # without the network


async def positions(database: Database) -> dict[int, int]:
    """What has been read of each shard."""
    rows = await all_rows(database, "SELECT shard, pos FROM event_position ORDER BY shard")
    return {row.shard: row.pos for row in rows}


async def effects(database: Database) -> dict[UUID, list[tuple[int, int]]]:
    """Version and number of what was applied to each subject, in the order in which it was."""
    applied: dict[UUID, list[tuple[int, int]]] = {}
    for row in await all_rows(database, "SELECT subject, version, n FROM effect ORDER BY place"):
        applied.setdefault(row.subject, []).append((row.version, row.n))
    return applied


async def parked(database: Database) -> list[tuple[int, UUID]]:
    """Position and subject of what waits among the dead letters."""
    rows = await all_rows(database, "SELECT pos, subject FROM dead_letter ORDER BY pos")
    return [(row.pos, UUID(row.subject)) for row in rows]


async def all_rows(database: Database, query: str, **parameters: Any) -> Sequence[Any]:
    async with database.connection() as connection:
        return (await connection.execute(text(query), parameters)).all()


async def execute(database: Database, statement: str, **parameters: Any) -> None:
    async with database.connection() as connection:
        await connection.execute(text(statement), parameters)


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = 15) -> None:
    """Return once `look` gives something; TimeoutError when it does not within the time."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110 - what is looked at is in another process
            await asyncio.sleep(0.02)


def some_subjects(count: int) -> list[UUID]:
    return [uuid4() for _ in range(count)]
