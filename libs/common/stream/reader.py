"""The reader: takes another service's events from its feed, in slices, in order, and has each applied once."""

from collections.abc import Collection, Mapping

from fastapi import FastAPI
from prometheus_client import Gauge

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle, every
from libs.common.stream import positions
from libs.common.stream.ahead import Ahead, Feed
from libs.common.stream.applying import Applier, Handlers
from libs.common.stream.errors import StreamStopped
from libs.common.stream.feed import MAX_EVENTS
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.positions import Place, place_of
from libs.common.stream.tables import SHARDS

ALL_SHARDS = range(SHARDS)
WAIT_SECONDS = 20
PAUSE_SECONDS = 0.03  # between slices that are not full: what comes meanwhile shares the next one

POSITION = Gauge("ecoute_stream_position", "The smallest of the reader's positions", ["source"])
STOPPED = Gauge("ecoute_stream_stopped", "1 while the reader cannot go on by itself", ["source"])


class Reader(Applier):
    """Reads one source into this service's database. Any number may compete; each slice is applied by one."""

    def __init__(self, source: str, feed: FeedClient, handlers: Handlers) -> None:
        super().__init__(source, handlers)
        self._feed = feed
        self._reached: dict[int, Place] | None = None
        """Where it stands, after a slice of all shards that it applied itself: nobody is asked."""
        self.stopped: str | None = None

    async def run(self, app: FastAPI) -> None:
        """The worker's task: until the process leaves. What fails is told, and tried again by the worker."""
        database: Database = app.state.database
        lifecycle: Lifecycle = app.state.lifecycle
        await self.prepare(database)
        feed = Ahead(self._feed)

        async def work() -> bool:
            came = await self.read(database, lifecycle, feed=feed)
            self.stopped = None
            STOPPED.labels(self.source).set(0)
            return came >= MAX_EVENTS

        try:
            await every(lifecycle, PAUSE_SECONDS, work)
        except StreamStopped as reason:
            self.stopped = str(reason)
            STOPPED.labels(self.source).set(1)
            raise
        finally:
            await feed.close()

    async def check(self) -> str | None:
        """For `/readyz`: why the reader stands still, if it does."""
        return self.stopped

    async def prepare(self, database: Database) -> None:
        """The positions are there, at 0, before the first read."""
        async with database.connection() as connection:
            await positions.make(connection, self.source)

    async def read(
        self,
        database: Database,
        lifecycle: Lifecycle,
        *,
        shards: Collection[int] = ALL_SHARDS,
        wait_seconds: float = WAIT_SECONDS,
        feed: Feed | None = None,
    ) -> int:
        """Ask for what comes after the smallest position of the shards, once, and apply it; how many events came."""
        everywhere = await self._places(database, shards)
        reached = {shard: everywhere[shard] for shard in shards}
        after, smallest = _smallest(reached), _smallest(everywhere)
        POSITION.labels(self.source).set(smallest.pos)
        has_read = after.pos == smallest.pos
        slice_ = await (feed or self._feed).events_after(after, wait_seconds, lifecycle, has_read=has_read)
        if slice_:
            before = {shard: place.pos for shard, place in reached.items()}
            if await self.apply(database, before, slice_) and shards is ALL_SHARDS:
                end = place_of(slice_[-1])
                self._reached = {shard: end if place.pos < end.pos else place for shard, place in reached.items()}
        return len(slice_)

    async def _places(self, database: Database, shards: Collection[int]) -> dict[int, Place]:
        """Of every shard: as they are known, once, after a slice that went well; else as the database has them."""
        known, self._reached = self._reached, None
        if known is not None and shards is ALL_SHARDS:
            return known
        async with database.statement() as connection:
            return await positions.read(connection, self.source, ALL_SHARDS)

    async def catch_up_from_archive(self, database: Database) -> int:
        """Read what the log does not keep any more from its archive, without words, and then the log; how many it were.

        Beside a worker that stands still, or that goes on by itself once there is nothing missing.
        """
        await self.prepare(database)
        archive, lifecycle, read = self._feed.of_archive(), Lifecycle(), 0
        while came := await self.read(database, lifecycle, wait_seconds=0, feed=archive):
            read += came
        return read


def _smallest(reached: Mapping[int, Place]) -> Place:
    return min(reached.values(), key=lambda place: place.pos)
