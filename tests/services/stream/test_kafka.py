"""Kafka as the carrier: what the feed's readers rely on holds there too, whatever Kafka repeats, loses or forgets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI

from deploy.kafka.broker import Cluster
from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.applying import Handlers
from libs.common.stream.kafka.reader import KafkaReader
from libs.common.stream.kafka.relay import Relay
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.worker import _keep
from tests.kafka import settings_for
from tests.services.stream.log import (
    SOURCE,
    Counted,
    Log,
    count,
    effects,
    eventually,
    some_subjects,
    tell_counted,
)


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


def kafka_reader(database: Database, settings: KafkaSettings, handle: Any = count) -> KafkaReader:
    return KafkaReader("tester", SOURCE, settings, Log(database), Handlers({Counted: handle}))  # type: ignore[arg-type]


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
        await eventually(reached(database, 3000), 40)
    assert await effects(database) == as_told(subjects, 3000)
