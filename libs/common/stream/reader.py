"""The reader: takes another service's events in slices, in order, and applies each once.

In one transaction a slice advances the positions by compare-and-set first, and is then handled. A slice that fails
on data is halved down to the guilty event; its subject is parked as a dead letter, and the others flow on. An erasure
takes effect at once also where its subject is parked, and again in its turn.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.failures import is_deployment, is_infrastructure, sqlstate
from libs.common.lifecycle import Lifecycle, every
from libs.common.stream import dead_letters, erasure
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope, Event, Received
from libs.common.stream.feed import MAX_EVENTS
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.tables import SHARDS
from libs.common.telemetry import describe

WAIT_SECONDS = 20
PAUSE_SECONDS = 0.05  # between slices that are not full: what comes meanwhile shares the next one

APPLIED = Counter("ecoute_stream_applied_total", "Events applied", ["source"])
PARKED = Counter("ecoute_stream_parked_total", "Events parked as dead letters", ["source"])
POSITION = Gauge("ecoute_stream_position", "The smallest of the reader's positions", ["source"])
STOPPED = Gauge("ecoute_stream_stopped", "1 while the reader cannot go on by itself", ["source"])

Handle = Callable[[AsyncSession, Sequence[Received[Any]]], Awaitable[None]]
"""Folds a slice's events, in order, into the rows that they touch."""


@dataclass(frozen=True)
class Handlers:
    """What a service does with another's events. Events that share a function reach it together, in order."""

    handled: Mapping[type[Event], Handle]
    ignored: frozenset[type[Event]] = frozenset()
    erasing: Mapping[type[Event], Callable[[UUID], Collection[UUID]]] = field(default_factory=dict)
    """The handled types that erase, with the subjects that each erases by its own. None is ever held back."""

    @cached_property
    def by_type(self) -> Mapping[str, type[Event]]:
        return {kind.type: kind for kind in self.handled}

    @cached_property
    def ignored_types(self) -> frozenset[str]:
        return frozenset(kind.type for kind in self.ignored)

    def erased_by(self, events: Iterable[Envelope]) -> set[UUID]:
        """The subjects that the events erase."""
        found = [(self.erasing.get(self.by_type[one.type]), one) for one in events if one.type in self.by_type]
        return {subject for erase, one in found if erase for subject in erase(UUID(one.subject))}


class _Overtaken(Exception):
    """Another reader has applied this slice: drop it."""


_POSITIONS = text("SELECT shard, pos, event_id FROM event_position WHERE source = :source AND epoch = 1 ORDER BY shard")
_MAKE_POSITIONS = text(
    """
    INSERT INTO event_position (source, epoch, shard, pos)
    SELECT :source, 1, shard, 0 FROM generate_series(0, 31) AS shard ON CONFLICT DO NOTHING
    """
)
_HOLD = text("SELECT shard FROM event_position WHERE source = :source AND epoch = 1 ORDER BY shard FOR UPDATE")
_ADVANCE = text(
    """
    WITH mine AS (SELECT shard, pos FROM event_position WHERE source = :source AND epoch = 1 ORDER BY shard FOR UPDATE)
    UPDATE event_position p
       SET pos = greatest(p.pos, :pos), event_id = CASE WHEN p.pos < :pos THEN :event_id ELSE p.event_id END
      FROM mine JOIN unnest(cast(:expected AS bigint[])) WITH ORDINALITY AS expected (pos, place)
        ON mine.shard = expected.place - 1 AND mine.pos = expected.pos
     WHERE p.source = :source AND p.epoch = 1 AND p.shard = mine.shard
    """
)


class Reader:
    """Reads one source into this service's database. Any number may compete; each slice is applied by one."""

    def __init__(self, source: str, feed: FeedClient, handlers: Handlers) -> None:
        self.source, self._feed, self._handlers = source, feed, handlers
        self.stopped: str | None = None
        self._log = structlog.get_logger("reader").bind(source=source)

    async def run(self, app: FastAPI) -> None:
        """The worker's task: until the process leaves. What fails is told, and tried again by the worker."""
        database: Database = app.state.database
        lifecycle: Lifecycle = app.state.lifecycle
        await self.prepare(database)

        async def work() -> bool:
            came = await self.read(database, lifecycle)
            self.stopped = None
            STOPPED.labels(self.source).set(0)
            return came == MAX_EVENTS

        try:
            await every(lifecycle, PAUSE_SECONDS, work)
        except StreamStopped as reason:
            self.stopped = str(reason)
            STOPPED.labels(self.source).set(1)
            raise

    async def check(self) -> str | None:
        """For `/readyz`: why the reader stands still, if it does."""
        return self.stopped

    async def replay(self, database: Database, subject: str) -> int:
        """Apply a parked subject's events, in order, in one transaction; how many it were. Fails as they failed.

        No slice is applied meanwhile, so that the subject flows again from the next one on.
        """
        async with database.transaction() as session:
            await session.execute(_HOLD, {"source": self.source})
            events = await dead_letters.take(session, self.source, subject)
            await self._handle(session, await erasure.without_erased_words(session, events))
        return len(events)

    async def prepare(self, database: Database) -> None:
        """The positions are there, at 0, before the first read."""
        async with database.connection() as connection:
            await connection.execute(_MAKE_POSITIONS, {"source": self.source})

    async def read(self, database: Database, lifecycle: Lifecycle) -> int:
        """Ask for what comes after the smallest position, once, and apply it; how many events came."""
        async with database.connection() as connection:
            rows = (await connection.execute(_POSITIONS, {"source": self.source})).all()
        positions = {row.shard: row.pos for row in rows}
        smallest = min(rows, key=lambda row: row.pos)
        POSITION.labels(self.source).set(smallest.pos)
        batch = await self._feed.events_after(smallest.pos, smallest.event_id, WAIT_SECONDS, lifecycle)
        if batch:
            await self.apply(database, positions, batch)
        return len(batch)

    async def apply(self, database: Database, positions: Mapping[int, int], batch: Sequence[Envelope]) -> None:
        """Apply a slice that follows the given positions, unless another reader has it; halve it when its data fails.

        StreamStopped when it is not the data: an unknown type, a gap, a database that this code does not know.
        """
        try:
            await self._apply_or_halve(database, positions, batch)
        except _Overtaken:
            self._log.info("slice_dropped", reason="another reader has it")

    async def _apply_or_halve(
        self, database: Database, positions: Mapping[int, int], batch: Sequence[Envelope]
    ) -> None:
        fresh = [one for one in batch if one.pos > positions[one.shard]]
        self._see_that_nothing_is_missing(positions, fresh)
        try:
            await self._apply_once(database, positions, batch[-1], fresh)
        except (_Overtaken, StreamStopped):
            raise
        except Exception as error:
            if is_infrastructure(error):
                raise
            if is_deployment(error):
                raise StreamStopped(f"the database is not the one that this code knows ({sqlstate(error)})") from error
            if len(batch) > 1:
                middle = len(batch) // 2
                reached = batch[middle - 1].pos
                await self._apply_or_halve(database, positions, batch[:middle])
                await self._apply_or_halve(
                    database, {shard: max(pos, reached) for shard, pos in positions.items()}, batch[middle:]
                )
            else:
                await self._park(database, positions, batch[0], error)

    def _see_that_nothing_is_missing(self, positions: Mapping[int, int], events: Sequence[Envelope]) -> None:
        seen = dict(positions)
        for one in events:
            if one.prev > seen[one.shard]:
                raise StreamStopped(f"events are missing before position {one.pos} of {self.source}")
            seen[one.shard] = one.pos

    async def _apply_once(
        self, database: Database, positions: Mapping[int, int], last: Envelope, events: Sequence[Envelope]
    ) -> None:
        async with database.transaction() as session:
            await self._advance(session, positions, last)
            events = await self._let_in(session, events)
            subjects = {one.subject for one in events}
            parked = await dead_letters.parked_among(session, self.source, subjects)
            follow = [one for one in events if one.subject in parked]
            if follow:
                await dead_letters.park(session, self.source, follow, "the subject is parked")
            erasing = [one for one in follow if self._handlers.erased_by([one])]
            await self._handle(session, [*erasing, *(one for one in events if one.subject not in parked)])
        APPLIED.labels(self.source).inc(len(events) - len(follow))
        PARKED.labels(self.source).inc(len(follow))

    async def _park(
        self, database: Database, positions: Mapping[int, int], event: Envelope, error: BaseException
    ) -> None:
        self._log.error("event_parked", type=event.type, subject=event.subject, pos=event.pos, **describe(error))
        async with database.transaction() as session:
            await self._advance(session, positions, event)
            await dead_letters.park(
                session, self.source, await self._let_in(session, [event]), type(error).__qualname__
            )
        PARKED.labels(self.source).inc()

    async def _let_in(self, session: AsyncSession, events: Sequence[Envelope]) -> list[Envelope]:
        """The door: what the slice erases is marked, and what is erased comes in without words."""
        if erased := self._handlers.erased_by(events):
            await erasure.mark_erased(session, erased, max(one.time for one in events))
        return await erasure.without_erased_words(session, events)

    async def _handle(self, session: AsyncSession, events: Sequence[Envelope]) -> None:
        """Handle the events; then, under the locks that handlers took, the stream forgets what they erased."""
        await handle(session, self._handlers, events)
        if erased := self._handlers.erased_by(events):
            await erasure.forget_words(session, erased)

    async def _advance(self, session: AsyncSession, positions: Mapping[int, int], last: Envelope) -> None:
        result = await session.execute(
            _ADVANCE,
            {
                "source": self.source,
                "pos": last.pos,
                "event_id": last.id,
                "expected": [positions[shard] for shard in range(SHARDS)],
            },
        )
        if result.rowcount != SHARDS:  # type: ignore[attr-defined]
            raise _Overtaken


async def handle(session: AsyncSession, handlers: Handlers, envelopes: Sequence[Envelope]) -> None:
    """Parse the events and give each function those that are its own, in order."""
    by_function: dict[Handle, list[Received[Any]]] = {}
    for one in envelopes:
        kind = handlers.by_type.get(one.type)
        if kind is not None:
            by_function.setdefault(handlers.handled[kind], []).append(_receive(kind, one))
        elif one.type not in handlers.ignored_types:
            raise StreamStopped(f"nobody here knows the event type {one.type}: deploy its reader first")
    for function, events in by_function.items():
        await function(session, events)


def _receive(kind: type[Event], envelope: Envelope) -> Received[Any]:
    return Received(
        id=envelope.id,
        pos=envelope.pos,
        subject=UUID(envelope.subject),
        version=envelope.version,
        time=envelope.time,
        recorded_at=envelope.recorded_at,
        event=kind.parse(envelope.data, envelope.text),
        traceparent=envelope.traceparent,
    )
