"""Analytics' two readers, handed slices as if they had come from the feeds."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from libs.common.db import Database
from libs.common.stream.events import Envelope
from libs.common.stream.reader import Reader
from services.analytics import handlers
from services.analytics.facts.by_intake import apply_feedback_event
from services.analytics.facts.by_routing import apply_case_event
from services.analytics.facts.contributions import contributions
from services.analytics.facts.fact import Fact
from services.analytics.rollups import queries
from services.analytics.rollups.counters import Counters
from services.analytics.rollups.difference import Difference
from tests.services.analytics.logs import Source, Story, Told, log_of

TORONTO = ZoneInfo("America/Toronto")

Rollups = dict[Any, dict[str, int]]
"""Cells with their counters; buckets are there as counters of a cell without a name."""


class Readers:
    """Both readers on one database."""

    def __init__(self, database: Database, time_zone: ZoneInfo) -> None:
        self.database = database
        self.handlers = {"intake": handlers.intake(time_zone), "routing": handlers.routing(time_zone)}
        self._readers = {
            source: Reader(source, None, own)  # type: ignore[arg-type] # slices are handed over, nothing is fetched
            for source, own in self.handlers.items()
        }

    async def prepare(self) -> None:
        for reader in self._readers.values():
            await reader.prepare(self.database)

    async def positions(self, source: Source) -> dict[int, int]:
        async with self.database.connection() as connection:
            rows = await connection.execute(
                text("SELECT shard, pos FROM event_position WHERE source = :source"), {"source": source}
            )
            return {row.shard: row.pos for row in rows}

    async def apply(self, source: Source, positions: dict[int, int], events: Sequence[Envelope]) -> None:
        await self._readers[source].apply(self.database, positions, events)

    async def read(self, stories: Iterable[Story]) -> None:
        """Everything at once, intake's log first."""
        told = list(stories)
        for source, events in (
            ("intake", [one for story in told for one in story.feedback_events]),
            ("routing", [one for story in told for one in story.case_events]),
        ):
            if events:
                await self.apply(source, await self.positions(source), log_of(events))

    async def rollups(self) -> Rollups:
        async with self.database.snapshot() as session:
            live = await queries.live(session, TORONTO)
            cells = {cell: dict(counters) for cell, counters in (await queries.cells(session, live)).items()}
            return {**cells, **{cell: {"": n} for cell, n in (await queries.bucket_cells(session, live)).items()}}

    async def dead_letters(self) -> int:
        async with self.database.connection() as connection:
            return int(await connection.scalar(text("SELECT count(*) FROM dead_letter")))


def fold(fact: Fact, told: Told) -> Fact:
    """The fact after an event of either log."""
    return (apply_feedback_event if told.source == "intake" else apply_case_event)(fact, told.received())


def counted(stories: Iterable[Story], time_zone: ZoneInfo) -> Rollups:
    """The rollups of stories that were each told from beginning to end."""
    total = Difference()
    for story in stories:
        fact = Fact(story.feedback_id)
        for one in story.events:
            fact = fold(fact, one)
        total.add(contributions(fact, time_zone))
    return _of(total)


def added(rollups: Mapping[Any, Counters], difference: Difference) -> Rollups:
    """What rollups become by a difference."""
    sums = {cell: dict(counters) for cell, counters in rollups.items()}
    for cell, counters in _of(difference).items():
        kept = sums.setdefault(cell, {})
        for name, count in counters.items():
            kept[name] = kept.get(name, 0) + count
    left = {cell: {name: count for name, count in counters.items() if count} for cell, counters in sums.items()}
    return {cell: counters for cell, counters in left.items() if counters}


def _of(difference: Difference) -> Rollups:
    return {**difference.cells(), **{cell: {"": n} for cell, n in difference.buckets().items()}}
