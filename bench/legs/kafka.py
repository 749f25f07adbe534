"""The relay to Kafka, and analytics catching up with intake's log: by Kafka and by the feed, in turns."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

import asyncpg
from fastapi import FastAPI
from sqlalchemy import text

from bench.client import post
from bench.house import House, house
from bench.table import Row
from bench.texts import bodies
from libs.common.auth.service_token import GivenToken
from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.migrating import migrate
from libs.common.stream.feed_client import FeedClient
from libs.common.stream.kafka import mark
from libs.common.stream.kafka.reader import KafkaReader
from libs.common.stream.kafka.relay import Relay
from libs.common.stream.kafka.settings import KafkaSettings
from libs.common.stream.reader import Reader
from services.analytics import handlers
from tests.kafka import a_kafka, settings_for
from tests.system import in_a_thread

ROUNDS = 3
EVENTS = 30_000
FROM, TO = 0.1, 0.9
"""Of all events: what is measured is the way between, so that who starts and who ends does not count."""


def measure() -> list[Row]:
    rates: dict[str, list[float]] = {"relay": [], "kafka": [], "feed": []}
    with tempfile.TemporaryDirectory(prefix="bench-kafka-") as folder, a_kafka(Path(folder)) as cluster, house() as of:
        _fill(of)
        for _ in range(ROUNDS):
            settings = settings_for(cluster)
            rates["relay"].append(asyncio.run(_relay(of, settings)))
            for carrier in ("kafka", "feed"):
                rates[carrier].append(_catch_up(of, settings if carrier == "kafka" else None))
    median = {what: statistics.median(rounds) for what, rounds in rates.items()}
    told = f"{EVENTS:,} events or more of real texts, {ROUNDS} rounds"
    return [
        Row(
            "relay to Kafka", "≥ 20,000 events/s", f"**{median['relay']:,.0f} events/s**", _rounds(rates["relay"], told)
        ),
        Row(
            "catch-up of analytics by Kafka",
            "≥ 15,000 events/s, not slower than by the feed",
            f"**{median['kafka']:,.0f} events/s**, {median['kafka'] / median['feed']:.2f} × the feed",
            _rounds(rates["kafka"], f"the feed {median['feed']:,.0f}; {told}"),
        ),
    ]


def _rounds(rates: Sequence[float], told: str) -> str:
    return f"{', '.join(f'{rate:,.0f}' for rate in rates)}; {told}"


def _fill(of: House) -> None:
    """A log of intake that is long enough."""
    batch, key = [{"items": bodies(500)}], of.partner_key()
    while asyncio.run(_head(of)) < EVENTS:
        post(f"{of.system.intake}/v1/feedback/batch", batch, connections=2, seconds=2, headers=key)
        of.wait_until_quiet()


async def _head(of: House) -> int:
    connection = await asyncpg.connect(of.dsn("ecoute_intake"))
    try:
        return int(await connection.fetchval("SELECT pos FROM event_head"))
    finally:
        await connection.close()


async def _relay(of: House, settings: KafkaSettings) -> float:
    """Events a second of a relay that begins at the start of the log."""
    database = Database(of.dsn("ecoute_intake"), pool_size=4, application="bench")
    async with database.connection() as connection:
        await mark.set_back(connection, 0)
    rate = await _rate(database, Relay("intake", settings).run, "SELECT pos FROM event_relay", await _head(of))
    await database.close()
    return rate


def _catch_up(of: House, settings: KafkaSettings | None) -> float:
    """Events a second of analytics on an empty database, by Kafka where its settings are given, else by the feed."""
    name = f"bench_{uuid4().hex[:8]}"
    asyncio.run(_create(of, name))
    in_a_thread(lambda: migrate("analytics", of.dsn(name)))
    return asyncio.run(_read(of, name, settings))


async def _create(of: House, name: str) -> None:
    connection = await asyncpg.connect(of.postgres)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


async def _read(of: House, name: str, settings: KafkaSettings | None) -> float:
    database = Database(of.dsn(name), pool_size=4, application="bench")
    token = of.system.staff("service")["Authorization"].removeprefix("Bearer ")
    feed = FeedClient(f"{of.system.intake}/v1/feedback-events", GivenToken(token), "bench")
    counting = handlers.intake(ZoneInfo("America/Toronto"))
    reader = KafkaReader("bench", "intake", settings, feed, counting) if settings else Reader("intake", feed, counting)
    applied = "SELECT coalesce(sum(cardinality(ids)), 0) FROM event_trail"
    rate = await _rate(database, reader.run, applied, await _head(of))
    await database.close()
    return rate


async def _rate(database: Database, task: Callable[[FastAPI], object], progress: str, whole: int) -> float:
    app = FastAPI()
    app.state.database, app.state.lifecycle = database, Lifecycle()
    running = asyncio.ensure_future(task(app))  # type: ignore[call-overload]
    passed: list[tuple[float, int]] = []
    while not passed or passed[-1][1] < whole:
        await asyncio.sleep(0.05)
        if running.done():
            running.result()
        async with database.statement() as connection:
            passed.append((time.monotonic(), int(await connection.scalar(text(progress)) or 0)))
    app.state.lifecycle.draining.set()
    await running
    began = next(one for one in passed if one[1] >= FROM * whole)
    ended = next(one for one in passed if one[1] >= TO * whole)
    return (ended[1] - began[1]) / (ended[0] - began[0])
