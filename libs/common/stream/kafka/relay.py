"""The relay: sends a service's log to its topic, partition = shard, in order, from a mark in its own database.

What was sent and not yet marked is sent again by whoever goes on: readers drop what they have read. A producer that
failed, or that does not come to an end, is thrown away, and another one starts from the mark: of one that failed nobody
knows what it has sent.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import uuid4

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder
from fastapi import FastAPI
from prometheus_client import Counter, Gauge
from sqlalchemy import Row

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.errors import StreamStopped
from libs.common.stream.feed import encode_one, events_after
from libs.common.stream.kafka import mark
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.stream.kafka.topics import ensure_topic

AT_A_TIME = 2000
IN_FLIGHT = 2
BATCH_BYTES = 500_000
SEND_SECONDS = 15.0
PAUSE_SECONDS = 0.03
LOOK_SECONDS = 15.0
CONTENT_TYPE = ("content-type", b"application/cloudevents+json")

RELAYED = Counter("ecoute_relay_sent_total", "Events that the relay has sent and Kafka has acknowledged")
MARK = Gauge(
    "ecoute_relay_mark", "The position of the log up to which it has been sent, by the relay that holds the mark"
)
HOLDS = Gauge("ecoute_relay_holds", "1 in the process whose relay sends, 0 in one that waits to take over")


class Relay:
    """The worker's task. Any number may run; one sends, and another takes over within seconds when it dies."""

    def __init__(self, source: str, settings: KafkaSettings) -> None:
        self.source, self._settings = source, settings
        self._topic = settings.topic(source)
        self._holder = uuid4()
        self._trouble: str | None = None
        self._log = structlog.get_logger("relay")

    async def check(self) -> str | None:
        """For `/readyz`: why the log does not reach Kafka, if it does not."""
        return self._trouble

    async def run(self, app: FastAPI) -> None:
        """Until the process leaves. What fails is told, and begun again from the mark by the worker."""
        database: Database = app.state.database
        lifecycle: Lifecycle = app.state.lifecycle
        while not lifecycle.draining.is_set():
            async with database.connection() as connection:
                pos = await mark.take(connection, self._holder)
            HOLDS.set(0 if pos is None else 1)
            if pos is None:
                self._trouble = None
                await lifecycle.wait(1)
                continue
            try:
                await self._send_while_held(database, lifecycle, pos)
            except mark.NotHeld:
                self._log.info("relay_lost", reason="another relay has the mark, or it was set back")
            except Exception as error:
                self._trouble = f"the log does not reach the topic {self._topic} ({str(error) or type(error).__name__})"
                raise
            finally:
                HOLDS.set(0)

    async def _send_while_held(self, database: Database, lifecycle: Lifecycle, pos: int) -> None:
        """Send from the mark on, while another task says each second that this one is still there."""
        sending = asyncio.create_task(self._send_from(database, lifecycle, pos))
        keeping = asyncio.create_task(self._keep(database))
        try:
            await asyncio.wait((sending, keeping), return_when=asyncio.FIRST_COMPLETED)
            await (sending if sending.done() else keeping)
        finally:
            for task in (sending, keeping):
                task.cancel()
            await asyncio.gather(sending, keeping, return_exceptions=True)
            with suppress(Exception):
                async with database.connection() as connection:
                    await mark.leave(connection, self._holder)

    async def _keep(self, database: Database) -> None:
        while True:
            await asyncio.sleep(1)
            async with database.connection() as connection:
                await mark.keep(connection, self._holder)

    async def _send_from(self, database: Database, lifecycle: Lifecycle, pos: int) -> None:
        await ensure_topic(self._settings, self._topic, make=True)
        async with self._producer() as producer:
            flying: deque[tuple[int, int, asyncio.Future[Any]]] = deque()
            marked, looked_at = pos, asyncio.get_running_loop().time()
            while not lifecycle.draining.is_set() or flying:
                rows = [] if lifecycle.draining.is_set() else await self._events_after(database, pos)
                if rows:
                    pos = rows[-1].pos
                    flying.append((len(rows), pos, await self._send(producer, rows)))
                if len(flying) == IN_FLIGHT or (flying and not rows):
                    count, sent, acknowledged = flying.popleft()
                    await asyncio.wait_for(acknowledged, SEND_SECONDS)
                    async with database.connection() as connection:
                        await mark.move(connection, self._holder, marked, sent)
                    marked = sent
                    RELAYED.inc(count)
                    looked_at = asyncio.get_running_loop().time()
                elif not rows:
                    if asyncio.get_running_loop().time() - looked_at > LOOK_SECONDS:
                        await ensure_topic(self._settings, self._topic, make=True)
                        looked_at = asyncio.get_running_loop().time()
                    await lifecycle.wait(PAUSE_SECONDS)
                MARK.set(marked)
                self._trouble = None

    async def _events_after(self, database: Database, pos: int) -> Sequence[Row[Any]]:
        async with database.statement() as connection:
            return await events_after(connection, pos, AT_A_TIME)

    async def _send(self, producer: AIOKafkaProducer, rows: Sequence[Row[Any]]) -> asyncio.Future[Any]:
        """Hand the events over, a batch a shard; the future is done once Kafka has acknowledged all of them."""
        batches: dict[int, BatchBuilder] = {}
        full: list[tuple[int, BatchBuilder]] = []
        for row in rows:
            batch = batches.get(row.shard)
            if batch is None or not _append(batch, self.source, row):
                if batch is not None:
                    full.append((row.shard, batch))
                batch = batches[row.shard] = producer.create_batch()
                if not _append(batch, self.source, row):
                    raise StreamStopped(f"the event at {row.pos} is too large for Kafka")
        async with asyncio.timeout(SEND_SECONDS):
            acknowledged = [
                await producer.send_batch(batch, self._topic, partition=shard)
                for shard, batch in (*full, *batches.items())
            ]
        whole = asyncio.gather(*acknowledged)
        whole.add_done_callback(lambda done: done.cancelled() or done.exception())  # who fails first is who is told
        return whole

    @asynccontextmanager
    async def _producer(self) -> AsyncIterator[AIOKafkaProducer]:
        producer = AIOKafkaProducer(
            **self._settings.kafka_client(),
            client_id=f"{self._topic}.relay",
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
        )
        try:
            await asyncio.wait_for(producer.start(), SEND_SECONDS)
            yield producer
        finally:
            await _throw_away(producer)


def _append(batch: BatchBuilder, source: str, row: Row[Any]) -> bool:
    headers = [
        ("pos", b"%d" % row.pos),
        ("prev", b"%d" % row.prev),
        ("epoch", b"%d" % row.epoch),
        CONTENT_TYPE,
    ]
    value = encode_one(source, row)
    return batch.append(timestamp=None, key=row.subject.encode(), value=value, headers=headers) is not None


async def _throw_away(producer: AIOKafkaProducer) -> None:
    """End a producer for good. With idempotence it would go on for ever with what it could not send."""
    with suppress(Exception):
        await asyncio.wait_for(producer.stop(), 1)
        return
    with suppress(Exception):
        await asyncio.wait_for(producer.client.close(), 1)
    with suppress(Exception, asyncio.CancelledError):
        await asyncio.wait_for(producer._sender.close(), 1)
