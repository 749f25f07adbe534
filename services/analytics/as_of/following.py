"""Notes up to where, and to which moment, a log has been read, whatever carries it.

By its head, and where the reader of each shard stands: by Kafka that is where the shard's last event was.
"""

from fastapi import FastAPI
from prometheus_client import Gauge
from sqlalchemy import text

from libs.common.db import Database
from libs.common.lifecycle import every
from libs.common.stream import positions
from libs.common.stream.feed import Head
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.reader import ALL_SHARDS

LOOK_SECONDS = 5.0

READ_TO = Gauge("ecoute_analytics_read_to_timestamp_seconds", "Up to which moment a log has been read", ["source"])

_NOTE = text(
    """
    INSERT INTO log_read AS kept (source, epoch, pos, complete_to) VALUES (:source, :epoch, :pos, :complete_to)
    ON CONFLICT (source) DO UPDATE
       SET epoch = excluded.epoch, pos = excluded.pos, complete_to = greatest(kept.complete_to, excluded.complete_to)
     WHERE kept.pos <= excluded.pos
    """
)


class Following:
    """A task of the worker. A head is kept until it has been reached: under load there is always a later one."""

    def __init__(self, source: str, feed: FeedClient) -> None:
        self.source, self._feed = source, feed
        self._head: Head | None = None

    async def run(self, app: FastAPI) -> None:
        """Until the process leaves. What is not known yet is taken for current, so that it is missed if it never is."""
        READ_TO.labels(self.source).set_to_current_time()

        async def work() -> bool:
            await self.look(app.state.database)
            return False

        await every(app.state.lifecycle, LOOK_SECONDS, work)

    async def look(self, database: Database) -> None:
        """Note the head that was seen before, if it has been reached; else wait for it on."""
        if self._head is None:
            self._head = await self._feed.head()
        elif await self._has_reached(database, self._head.shards):
            await self._note(database, self._head)
            self._head = await self._feed.head()

    async def _has_reached(self, database: Database, shards: list[int]) -> bool:
        async with database.statement() as connection:
            places = await positions.read(connection, self.source, ALL_SHARDS)
        return all(shard in places and places[shard].pos >= last for shard, last in enumerate(shards))

    async def _note(self, database: Database, head: Head) -> None:
        reached = {"epoch": head.epoch, "pos": max(head.shards), "complete_to": head.complete_to}
        async with database.connection() as connection:
            await connection.execute(_NOTE, {"source": self.source, **reached})
        READ_TO.labels(self.source).set(head.complete_to.timestamp())
