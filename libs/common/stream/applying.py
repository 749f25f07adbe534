"""Applies slices of another service's log to this service's database: each event once, in order.

In one transaction a slice advances the positions by compare-and-set first, and is then handled. A slice that fails
on data is halved down to the guilty event; its subject is parked as a dead letter, and the others flow on. One that
takes longer than a transaction may is halved too, and nothing of it is parked. An erasure
takes effect at once also where its subject is parked, and again in its turn. Where slices come from is the carrier's
matter.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.failures import is_deployment, is_infrastructure, ran_out_of_time, sqlstate
from libs.common.stream import dead_letters, erasure, positions, trail
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope, Event, Received
from libs.common.stream.positions import Overtaken, Positions
from libs.common.telemetry import describe

APPLIED = Counter("ecoute_stream_applied_total", "Events applied", ["source"])
PARKED = Counter("ecoute_stream_parked_total", "Events parked as dead letters", ["source"])

Handle = Callable[[AsyncSession, Sequence[Received[Any]]], Awaitable[None]]
"""Folds a slice's events, in order, into the rows that they touch."""

Reach = Callable[[Positions, Sequence[Envelope]], Mapping[int, Envelope]]
"""The event that each of the shards has reached once a slice is applied."""


def in_log_order(before: Positions, slice_: Sequence[Envelope]) -> Mapping[int, Envelope]:
    """The slice is all that the log has between two positions: each shard reaches its end."""
    return dict.fromkeys(before, slice_[-1])


def in_shard_order(before: Positions, slice_: Sequence[Envelope]) -> Mapping[int, Envelope]:
    """Shards come unequally far: each reaches the last event of its own."""
    return {one.shard: one for one in slice_ if one.shard in before}


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
        erasing = {kind.type: erase for kind, erase in self.erasing.items()}
        return {subject for one in events if one.type in erasing for subject in erasing[one.type](UUID(one.subject))}


class Applier:
    """Applies one source's slices. Any number may compete; each slice is applied by one."""

    def __init__(self, source: str, handlers: Handlers) -> None:
        self.source, self._handlers = source, handlers
        self._log = structlog.get_logger("reader", source=source)

    async def apply(
        self, database: Database, before: Positions, slice_: Sequence[Envelope], reach: Reach = in_log_order
    ) -> bool:
        """Apply what a slice has of the given shards, after their positions; halve it when its data fails.

        False when another reader has it, or a part of it. StreamStopped when it is not the data: an unknown type, a
        gap, a database that this code does not know.
        """
        try:
            await self._apply_or_halve(database, before, slice_, reach)
        except Overtaken:
            self._log.info("slice_dropped", reason="another reader has it")
            return False
        return True

    async def replay(self, database: Database, subject: str) -> int:
        """Apply a parked subject's events, in order, in one transaction; how many it were. Fails as they failed.

        No slice is applied meanwhile, so that the subject flows again from the next one on.
        """
        async with database.transaction() as session:
            await positions.hold(session, self.source)
            events = await dead_letters.take(session, self.source, subject)
            await self._handle(session, await erasure.without_erased_words(session, events))
        return len(events)

    async def discard(self, database: Database, subject: str, reason: str) -> int:
        """Give up a parked subject's events; how many it were. The subject flows again from the next slice on."""
        async with database.transaction() as session:
            await positions.hold(session, self.source)
            return await dead_letters.discard(session, self.source, subject, reason)

    async def _apply_or_halve(
        self, database: Database, before: Positions, slice_: Sequence[Envelope], reach: Reach
    ) -> None:
        fresh = [one for one in slice_ if one.shard in before and one.pos > before[one.shard]]
        self._see_that_nothing_is_missing(before, fresh)
        try:
            await self._apply_once(database, before, reach(before, slice_), fresh)
        except (Overtaken, StreamStopped):
            raise
        except Exception as error:
            if is_infrastructure(error) and not (ran_out_of_time(error) and len(slice_) > 1):
                raise
            if is_deployment(error):
                raise StreamStopped(f"the database is not the one that this code knows ({sqlstate(error)})") from error
            if len(slice_) > 1:
                self._log.warning("slice_halved", events=len(slice_), **describe(error))
                middle = len(slice_) // 2
                reached = reach(before, slice_[:middle])
                await self._apply_or_halve(database, before, slice_[:middle], reach)
                between = {
                    shard: max(pos, reached[shard].pos) if shard in reached else pos for shard, pos in before.items()
                }
                await self._apply_or_halve(database, between, slice_[middle:], reach)
            else:
                await self._park(database, before, slice_[0], reach, error)

    def _see_that_nothing_is_missing(self, before: Positions, events: Sequence[Envelope]) -> None:
        seen = dict(before)
        for one in events:
            if one.prev > seen[one.shard]:
                raise StreamStopped(f"events are missing before position {one.pos} of {self.source}")
            seen[one.shard] = one.pos

    async def _apply_once(
        self, database: Database, before: Positions, reached: Mapping[int, Envelope], events: Sequence[Envelope]
    ) -> None:
        async with database.transaction() as session:
            await positions.advance(session, self.source, before, reached)
            events = await self._let_in(session, await trail.follow(session, self.source, events))
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
        self, database: Database, before: Positions, event: Envelope, reach: Reach, error: BaseException
    ) -> None:
        self._log.error("event_parked", type=event.type, subject=event.subject, pos=event.pos, **describe(error))
        async with database.transaction() as session:
            await positions.advance(session, self.source, before, reach(before, [event]))
            events = await self._let_in(session, await trail.follow(session, self.source, [event]))
            await dead_letters.park(session, self.source, events, type(error).__qualname__)
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
