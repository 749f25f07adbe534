"""The reader of a topic: shares its partitions with the other instances of the worker, and has each event applied once.

Where it stands is in its own database alone: a Kafka offset only says where to begin to look. What is missing before
an event is read from the feed. So Kafka can lose, repeat or forget anything.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from time import monotonic

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import NoOffsetForPartitionError, OffsetOutOfRangeError
from fastapi import FastAPI
from prometheus_client import Gauge

from libs.common.db import Database
from libs.common.failures import is_infrastructure
from libs.common.lifecycle import Lifecycle
from libs.common.stream import positions
from libs.common.stream.applying import Handlers, in_shard_order
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope
from libs.common.stream.feed import MAX_EVENTS, decode
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.stream.kafka.topics import ensure_topic
from libs.common.stream.kafka.watch import Watch
from libs.common.stream.reader import PAUSE_SECONDS, STOPPED, Reader
from libs.common.telemetry import describe

PATIENCE_SECONDS = 20.0
SESSION_SECONDS = 10
LONGEST_SWEEP_SECONDS = 1.0

LAG = Gauge("ecoute_kafka_lag", "Events in this instance's partitions that it has not taken yet", ["source"])
SHARE = Gauge("ecoute_kafka_partitions", "How many of the 32 partitions this instance has", ["source"])


class KafkaReader(Reader):
    """Reads one source's topic, as one of the group of those who read it for this service."""

    def __init__(
        self, service: str, source: str, settings: KafkaSettings, feed: FeedClient, handlers: Handlers
    ) -> None:
        super().__init__(source, feed, handlers)
        self._settings, self._topic = settings, settings.topic(source)
        self._group = f"{self._topic}.{service}"

    async def run(self, app: FastAPI) -> None:
        """The worker's task: until the process leaves. What fails is told, and begun again by the worker."""
        database: Database = app.state.database
        lifecycle: Lifecycle = app.state.lifecycle
        await self.prepare(database)
        try:
            while not await ensure_topic(self._settings, self._topic, make=False):
                self.stopped = f"the topic {self._topic} is not there yet: the relay of {self.source} makes it"
                if await lifecycle.wait(1):
                    return
            async with self._consumer() as consumer:
                await self._read_on(consumer, database, lifecycle)
        except Exception as error:
            self._say(f"the topic {self._topic} cannot be read ({str(error) or type(error).__name__})")
            raise

    def _say(self, trouble: str | None) -> None:
        self.stopped = trouble
        STOPPED.labels(self.source).set(1 if trouble else 0)

    async def _read_on(self, consumer: AIOKafkaConsumer, database: Database, lifecycle: Lifecycle) -> None:
        watch = Watch(consumer, self._topic)
        while not lifecycle.draining.is_set():
            slice_ = await _next_slice(consumer)
            if slice_:
                await self._take(database, lifecycle, slice_)
                watch.came()
            if await watch.looks():
                self._say(None)
                LAG.labels(self.source).set(watch.lag)
                SHARE.labels(self.source).set(len(watch.shards))
            if watch.sweep_is_due() and await self._sweep(database, lifecycle, watch.shards):
                watch.swept()
            if len(slice_) < MAX_EVENTS // 2:
                await lifecycle.wait(PAUSE_SECONDS)
        await watch.leave_hint()

    async def _take(self, database: Database, lifecycle: Lifecycle, slice_: Sequence[Envelope]) -> None:
        """Apply the slice, whatever passes by itself meanwhile; the part of it that another reader has is dropped."""
        pause = 0.05
        while not lifecycle.draining.is_set():
            try:
                if await self._apply_what_is_new(database, lifecycle, slice_):
                    return
            except Exception as error:
                if not is_infrastructure(error):
                    raise
                self._log.warning("slice_failed", **describe(error))
                self._say(f"a slice cannot be applied ({str(error) or type(error).__name__})")
                await lifecycle.wait(pause)
                pause = min(5.0, 2 * pause)

    async def _apply_what_is_new(self, database: Database, lifecycle: Lifecycle, slice_: Sequence[Envelope]) -> bool:
        async with database.statement() as connection:
            places = await positions.read(connection, self.source, {one.shard for one in slice_})
        before = {shard: place.pos for shard, place in places.items()}
        new = [one for one in slice_ if one.pos > before[one.shard]]
        if not new:
            return True
        next_epoch = {one.shard for one in new if one.epoch > places[one.shard].epoch}
        if missing := _shards_with_a_gap(before, new) | next_epoch:  # the feed says where one goes on in a new epoch
            await self._fill(database, lifecycle, missing)
            return False
        return await self.apply(database, {one.shard: before[one.shard] for one in new}, new, in_shard_order)

    async def _fill(self, database: Database, lifecycle: Lifecycle, missing: Collection[int]) -> None:
        """Read from the feed what Kafka does not have of these shards."""
        self._log.warning("gap", shards=sorted(missing))
        if not await self.read(database, lifecycle, shards=missing, wait_seconds=0):
            raise StreamStopped(f"events of {self.source} are missing in Kafka, and its feed does not have them")

    async def _sweep(self, database: Database, lifecycle: Lifecycle, shards: Collection[int]) -> bool:
        """With the feed, see that it is still the same log, and bring the shards up to where nothing was told.

        For so long as what comes by Kafka can wait; whether it came to an end, be it that feed or database is away.
        """
        until = monotonic() + LONGEST_SWEEP_SECONDS
        try:
            while monotonic() < until and not lifecycle.draining.is_set():
                if await self.read(database, lifecycle, shards=shards, wait_seconds=0) < MAX_EVENTS:
                    return True
        except Exception as error:
            if not is_infrastructure(error):
                raise
            self._log.warning("sweep_failed", **describe(error))
            return True
        return False

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            self._topic,
            **self._settings.kafka_client(),
            client_id=f"{self._group}.{self._settings.kafka_member}",
            group_id=self._group,
            group_instance_id=self._settings.kafka_member,
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=SESSION_SECONDS * 1000,
            heartbeat_interval_ms=SESSION_SECONDS * 200,
            enable_auto_commit=False,
            auto_offset_reset="none",
        )
        try:
            await asyncio.wait_for(consumer.start(), PATIENCE_SECONDS)
            yield consumer
        finally:
            # What does not come to an end in time ends by itself, at the latest when its last request does.
            await asyncio.wait({asyncio.create_task(consumer.stop())}, timeout=2)


async def _next_slice(consumer: AIOKafkaConsumer) -> list[Envelope]:
    """What has come, in the order of the log, each event once."""
    try:
        records = await consumer.getmany(timeout_ms=500, max_records=MAX_EVENTS)
    except OffsetOutOfRangeError as gone:
        await consumer.seek_to_beginning(*gone.args[0])
        return []
    except NoOffsetForPartitionError:
        async with asyncio.timeout(PATIENCE_SECONDS):
            new = [one for one in consumer.assignment() if await consumer.committed(one) is None]
            if new:
                await consumer.seek_to_beginning(*new)
        return []
    values = [record.value for of_partition in records.values() for record in of_partition]
    by_pos = {one.pos: one for one in decode(b"[" + b",".join(values) + b"]")}
    return [by_pos[pos] for pos in sorted(by_pos)]


def _shards_with_a_gap(before: positions.Positions, events: Sequence[Envelope]) -> set[int]:
    seen, found = dict(before), set()
    for one in events:
        if one.prev > seen[one.shard]:
            found.add(one.shard)
        seen[one.shard] = one.pos
    return found
