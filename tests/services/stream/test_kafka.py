"""Kafka as the carrier: what the feed's readers rely on holds there too, whatever Kafka repeats, loses or forgets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.structs import ConsumerRecord
from fastapi import FastAPI
from sqlalchemy import text

from deploy.kafka.broker import Cluster
from deploy.stream_status import reader_status
from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.applying import Handlers, in_shard_order
from libs.common.stream.events import Envelope
from libs.common.stream.feed import MAX_EVENTS, decode
from libs.common.stream.kafka import mark, watch
from libs.common.stream.kafka.reader import KafkaReader
from libs.common.stream.kafka.relay import Relay
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.stream.kafka.topics import ensure_topic
from libs.common.stream.tables import SHARDS
from libs.common.worker import _keep
from tests.kafka import a_guarded_kafka, settings_for
from tests.services.stream.log import (
    SOURCE,
    Counted,
    Log,
    MakeDatabase,
    all_rows,
    count,
    effects,
    eventually,
    positions,
    reader_of,
    some_subjects,
    tell_counted,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def settings(kafka: Cluster) -> KafkaSettings:
    return settings_for(kafka)


@asynccontextmanager
async def at_work(database: Database, *tasks: Any) -> AsyncIterator[None]:
    """Runs tasks as a worker does, each started again when it fails."""
    app = FastAPI()
    app.state.database, app.state.lifecycle = database, Lifecycle()
    running = [asyncio.create_task(_keep(app, type(one).__name__, one.run)) for one in tasks]
    try:
        yield
    finally:
        app.state.lifecycle.draining.set()
        await asyncio.wait_for(asyncio.gather(*running), 30)


def kafka_reader(
    database: Database, settings: KafkaSettings, handle: Any = count, log: Log | None = None
) -> KafkaReader:
    feed: Any = log or Log(database)  # without the network
    return KafkaReader("tester", SOURCE, settings, feed, Handlers({Counted: handle}))


def settings_like(settings: KafkaSettings, *, member: str) -> KafkaSettings:
    """Those of another instance of the same worker."""
    return settings.model_copy(update={"kafka_member": member})


async def everything_in(settings: KafkaSettings, at_least: int) -> list[ConsumerRecord]:
    """All that the topic has, once it has so much, partition by partition."""
    topic, found = settings.topic(SOURCE), []

    async def is_there() -> bool:
        return await ensure_topic(settings, topic, make=False)

    await eventually(is_there, 60)
    consumer = AIOKafkaConsumer(**settings.kafka_client(), enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, shard) for shard in range(SHARDS)])
        await consumer.seek_to_beginning()
        async with asyncio.timeout(60):
            while len(found) < at_least:
                came = await consumer.getmany(timeout_ms=500)
                found += [record for records in came.values() for record in records]
    finally:
        await consumer.stop()
    return found


def mark_at(database: Database, pos: int) -> Callable[[], Any]:
    """Whether the relay has sent so much."""

    async def look() -> bool:
        [row] = await all_rows(database, "SELECT pos FROM event_relay")
        return row.pos >= pos

    return look


async def sent_once(database: Database, pos: int) -> None:
    """As if what comes up to there had been sent, and Kafka had forgotten it."""
    async with database.connection() as connection:
        await connection.execute(text("UPDATE event_relay SET pos = :pos"), {"pos": pos})


async def number_of_effects(database: Database) -> int:
    return sum(len(done) for done in (await effects(database)).values())


def reached(database: Database, events: int) -> Callable[[], Any]:
    """Whether so many effects are there."""

    async def look() -> bool:
        return await number_of_effects(database) >= events

    return look


def as_told(subjects: list[UUID], events: int) -> dict[UUID, list[tuple[int, int]]]:
    """What `tell_counted` tells, once, in order."""
    return {
        subject: list(enumerate(range(place, events, len(subjects)), start=1)) for place, subject in enumerate(subjects)
    }


async def test_events_reach_the_reader_by_kafka_once_and_in_order(database: Database, settings: KafkaSettings) -> None:
    subjects = some_subjects(40)
    await tell_counted(database, subjects, 3000)
    async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings)):
        await eventually(reached(database, 3000), 60)
    assert await effects(database) == as_told(subjects, 3000)


async def test_what_travels_is_what_the_feed_gives_under_its_shard_and_key(
    database: Database, settings: KafkaSettings
) -> None:
    await tell_counted(database, some_subjects(5), 20)
    async with at_work(database, Relay(SOURCE, settings)):
        records = await everything_in(settings, 20)
    told = {one.pos: one for one in await Log(database).events_after(0)}
    for record in records:
        [event] = decode(b"[" + record.value + b"]")
        assert event == told[event.pos]
        headers = {name: value.decode() for name, value in record.headers}
        assert (record.partition, record.key.decode()) == (event.shard, event.subject)
        assert {name: headers[name] for name in ("pos", "prev", "epoch", "content-type")} == {
            "pos": str(event.pos),
            "prev": str(event.prev),
            "epoch": str(event.epoch),
            "content-type": "application/cloudevents+json",
        }
    assert sorted(int(dict(record.headers)["pos"]) for record in records) == list(range(1, 21))


async def test_the_topic_has_a_partition_a_shard_and_forgets_in_time(
    database: Database, settings: KafkaSettings
) -> None:
    async with at_work(database, Relay(SOURCE, settings)):

        async def is_there() -> bool:
            return await ensure_topic(settings, settings.topic(SOURCE), make=False)

        await eventually(is_there, 60)
    admin = AIOKafkaAdminClient(**settings.kafka_client())
    await admin.start()
    try:
        [described] = await admin.describe_topics([settings.topic(SOURCE)])
        answers = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, settings.topic(SOURCE))])
    finally:
        await admin.close()
    assert len(described["partitions"]) == SHARDS
    found = {name: value for name, value, *_ in answers[0].resources[0][4]}
    assert int(found["retention.ms"]) == settings.kafka_retention_hours * 3_600_000
    assert (found["min.insync.replicas"], found["cleanup.policy"]) == ("1", "delete")  # there is one broker


async def test_a_topic_with_another_number_of_partitions_is_refused_and_said(
    database: Database, settings: KafkaSettings
) -> None:
    admin = AIOKafkaAdminClient(**settings.kafka_client())
    await admin.start()
    await admin.create_topics([NewTopic(settings.topic(SOURCE), num_partitions=3, replication_factor=1)])
    await admin.close()
    relay, reader = Relay(SOURCE, settings), kafka_reader(database, settings)
    async with at_work(database, relay, reader):

        async def both_say_so() -> bool:
            said = [await relay.check(), await reader.check()]
            return all(one and "must have exactly 32" in one for one in said)

        await eventually(both_say_so, 60)


async def test_what_kafka_does_not_have_any_more_is_read_from_the_feed(
    database: Database, settings: KafkaSettings
) -> None:
    subjects = some_subjects(40)
    await tell_counted(database, subjects, 1000)
    await sent_once(database, 900)
    async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings)):
        await eventually(reached(database, 1000), 60)
    assert await effects(database) == as_told(subjects, 1000)


async def test_a_gap_that_nobody_can_fill_stops_the_reader_which_says_so(
    database: Database, settings: KafkaSettings
) -> None:
    class NothingThere(Log):
        async def events_after(self, *_: Any, **__: Any) -> list[Envelope]:
            return []

    await tell_counted(database, some_subjects(40), 400)
    await sent_once(database, 300)
    reader = kafka_reader(database, settings, log=NothingThere(database))
    async with at_work(database, Relay(SOURCE, settings), reader):

        async def says_so() -> bool:
            return "are missing in Kafka" in (await reader.check() or "")

        await eventually(says_so, 60)
    assert await effects(database) == {}


async def test_what_is_sent_again_takes_effect_once(database: Database, settings: KafkaSettings) -> None:
    subjects = some_subjects(40)
    await tell_counted(database, subjects, 1000)
    relay = Relay(SOURCE, settings)
    async with at_work(database, relay, kafka_reader(database, settings)):
        await eventually(reached(database, 1000), 60)
        for _ in range(2):
            async with database.connection() as connection:
                await mark.set_back(connection, 0)
            await eventually(mark_at(database, 1000), 60)
        await tell_counted(database, subjects, 40)
        await eventually(reached(database, 1040), 60)
        assert len(await everything_in(settings, 3040)) == 3040
    assert sum(map(len, (await effects(database)).values())) == 1040


async def test_what_was_not_sent_yet_is_not_passed_over_whatever_is_asked_for(database: Database) -> None:
    await sent_once(database, 300)
    async with database.connection() as connection:
        assert await mark.set_back(connection, 900) == 300
        assert await mark.set_back(connection, 200) == 200
        assert await mark.set_back(connection, 300) == 200


async def test_one_relay_sends_and_another_takes_over_when_it_leaves(
    database: Database, another: MakeDatabase, settings: KafkaSettings
) -> None:
    subjects = some_subjects(10)
    first, second = Relay(SOURCE, settings), Relay(SOURCE, settings)
    async with at_work(another(), second):
        async with at_work(database, first):
            await tell_counted(database, subjects, 100)
            await eventually(mark_at(database, 100), 60)
        await tell_counted(database, subjects, 100)
        await eventually(mark_at(database, 200), 60)
    assert len(await everything_in(settings, 200)) == 200


async def test_readers_that_share_the_shards_apply_each_event_once(
    database: Database, another: MakeDatabase, settings: KafkaSettings
) -> None:
    subjects = some_subjects(40)
    pools = [another() for _ in range(3)]
    readers = [kafka_reader(pool, settings_like(settings, member=f"number-{n}")) for n, pool in enumerate(pools)]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(at_work(database, Relay(SOURCE, settings)))
        for pool, reader in zip(pools, readers, strict=True):
            await stack.enter_async_context(at_work(pool, reader))
        for _ in range(20):
            await tell_counted(database, subjects, 200)
        await eventually(reached(database, 4000), 60)
    applied = await effects(database)
    for done in applied.values():
        assert [version for version, _ in done] == list(range(1, len(done) + 1))
    assert sum(map(len, applied.values())) == 4000


async def test_a_shard_of_which_nothing_is_told_does_not_stay_behind(
    database: Database, settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "SWEEP_SECONDS", 0.5)
    await tell_counted(database, some_subjects(1), 50)
    async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings)):

        async def all_are_there() -> bool:
            return set((await positions(database)).values()) == {50}

        await eventually(all_are_there, 60)


class SlowLog(Log):
    """Counts what was asked of it, and takes its time."""

    answers = 0

    async def events_after(self, *asked: Any, **more: Any) -> list[Envelope]:
        await asyncio.sleep(0.3)
        self.answers += 1
        return await super().events_after(*asked, **more)


async def test_who_reads_a_long_log_for_shards_of_which_nothing_is_told_goes_on_with_kafka_and_leaves_when_asked(
    database: Database, settings: KafkaSettings
) -> None:
    subjects, log = some_subjects(1), SlowLog(database)
    whole = 20  # answers of the log
    await tell_counted(database, subjects, (whole - 1) * MAX_EVENTS)
    async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings, log=log)):

        async def it_has_begun() -> bool:
            return log.answers > 0

        await eventually(it_has_begun, 60)
        assert await number_of_effects(database) == (whole - 1) * MAX_EVENTS
        await tell_counted(database, subjects, 1)
        await eventually(reached(database, (whole - 1) * MAX_EVENTS + 1), 60)
    assert log.answers < whole


async def test_what_a_reader_has_not_read_is_counted_shard_by_shard(database: Database) -> None:
    subjects = some_subjects(1)
    await tell_counted(database, subjects, 50)
    reader, events = reader_of(Log(database)), await Log(database).events_after(0)
    await reader.prepare(database)
    assert await reader.apply(database, {events[0].shard: 0}, events, in_shard_order)
    read = await reader_status("routing", database, SOURCE, database)
    assert (read.position, read.lag) == (0, 0)
    await tell_counted(database, subjects, 6)
    behind = await reader_status("routing", database, SOURCE, database)
    assert (behind.position, behind.lag) == (0, 6)


async def test_the_carrier_can_be_changed_at_any_moment(database: Database, settings: KafkaSettings) -> None:
    subjects = some_subjects(40)
    total = 0
    for carrier in ("feed", "kafka", "feed", "kafka"):
        await tell_counted(database, subjects, 400)
        total += 400
        if carrier == "kafka":
            async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings)):
                await eventually(reached(database, total), 60)
        else:
            await reader_of(Log(database)).prepare(database)
            while await reader_of(Log(database)).read(database, Lifecycle()):
                pass
    applied = await effects(database)
    assert sum(map(len, applied.values())) == total
    for done in applied.values():
        assert [version for version, _ in done] == list(range(1, len(done) + 1))


async def test_a_kafka_with_tls_and_a_password_carries_and_one_that_does_not_let_us_in_is_said(
    database: Database, tmp_path: Path
) -> None:
    subjects = some_subjects(10)
    await tell_counted(database, subjects, 100)
    with a_guarded_kafka(tmp_path / "kafka") as (cluster, entry):
        stranger = Relay(SOURCE, settings_for(cluster, **{**entry, "password": "another"}))
        async with at_work(database, stranger):

            async def says_so() -> bool:
                return "does not reach" in (await stranger.check() or "")

            await eventually(says_so, 60)
        settings = settings_for(cluster, **entry)
        async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings)):
            await eventually(reached(database, 100), 60)
    assert await effects(database) == as_told(subjects, 100)


async def test_a_topic_that_somebody_deletes_is_made_anew_and_nothing_is_lost(
    database: Database, settings: KafkaSettings
) -> None:
    subjects = some_subjects(40)
    await tell_counted(database, subjects, 400)
    async with at_work(database, Relay(SOURCE, settings), kafka_reader(database, settings)):
        await eventually(reached(database, 400), 60)
        admin = AIOKafkaAdminClient(**settings.kafka_client())
        await admin.start()
        await admin.delete_topics([settings.topic(SOURCE)])
        await admin.close()
        await tell_counted(database, subjects, 400)
        await eventually(reached(database, 800), 90)
    applied = await effects(database)
    assert sum(map(len, applied.values())) == 800
