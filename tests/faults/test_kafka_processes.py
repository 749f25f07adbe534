"""Rows 5 to 8: relays and readers of a real Kafka die, fall asleep, come and go, each in a process of its own."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from deploy.kafka.broker import Cluster
from libs.common.db import Database
from tests.faults.conftest import Tell
from tests.services.stream.log import TABLES, all_rows, effects, eventually, execute, some_subjects, tell_counted
from tests.system import AT_FULL_COUNT, ROOT

SUBJECTS, AT_ONCE, EVERY_SECONDS = 60, 120, 0.25
DEATHS_OF_RELAY = 100 if AT_FULL_COUNT else 2
DEATHS_OF_READER = 200 if AT_FULL_COUNT else 4
SLEEPS = 20 if AT_FULL_COUNT else 1
REBALANCES = 60 if AT_FULL_COUNT else 2
REBALANCE_SECONDS = 5.0
SLEEP_SECONDS = 14.0
"""Longer than a session of a consumer."""
PATIENCE_SECONDS = 600
"""That it comes is what counts here: how soon, on a busy machine, other rows say."""


class Field:
    """A log that somebody goes on writing, and the processes that carry it into the same database, once."""

    def __init__(self, database: Database, dsn: str, kafka: Cluster, log: Path) -> None:
        self.database, self._dsn, self._log = database, dsn, log
        self._settings = {
            "ECOUTE_STREAM": "kafka",
            "ECOUTE_KAFKA_BOOTSTRAP": kafka.bootstrap,
            "ECOUTE_KAFKA_PREFIX": f"faults-{uuid4().hex[:12]}",
        }
        self.subjects, self.told = some_subjects(SUBJECTS), 0
        self._over = asyncio.Event()

    async def write(self) -> None:
        """Until it is over."""
        while not self._over.is_set():
            await tell_counted(self.database, self.subjects, AT_ONCE)
            self.told += AT_ONCE
            await asyncio.sleep(EVERY_SECONDS)

    async def start(self, what: str, member: str = "one", dies: str = "") -> asyncio.subprocess.Process:
        settings = json.dumps({**self._settings, "ECOUTE_KAFKA_MEMBER": member})
        words = [sys.executable, "-m", "tests.faults.stream_process", what, self._dsn, settings, dies]
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=log, stderr=log)

    async def one_that_dies(self, what: str, dies: str) -> None:
        """Return once it has ended itself."""
        process = await self.start(what, dies=dies)
        try:
            assert await asyncio.wait_for(process.wait(), 90) == -signal.SIGKILL
        finally:
            if process.returncode is None:
                process.kill()

    @asynccontextmanager
    async def running(self, what: str, member: str = "one") -> AsyncIterator[asyncio.subprocess.Process]:
        process = await self.start(what, member)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                await asyncio.wait_for(process.wait(), 30)

    async def is_whole(self) -> int:
        """D, O: once it is all there, each event took effect once, in its order; how many there were."""
        self._over.set()
        await asyncio.sleep(2 * EVERY_SECONDS)

        async def all_are_there() -> bool:
            [row] = await all_rows(self.database, "SELECT count(*) AS n FROM effect")
            return row.n >= self.told

        try:
            await eventually(all_are_there, PATIENCE_SECONDS)
        except TimeoutError as late:
            late.add_note(self._log.read_text()[-10_000:])
            raise
        applied = await effects(self.database)
        assert set(applied) == set(self.subjects)
        for subject, done in applied.items():
            assert [version for version, _ in done] == list(range(1, len(done) + 1)), subject
        assert sum(len(done) for done in applied.values()) == self.told
        return self.told


@pytest.fixture
async def field(new_database: Callable[[str], str], kafka: Cluster, tmp_path: Path) -> AsyncIterator[Field]:
    dsn = new_database("intake")
    database = Database(dsn, pool_size=5, application="test", command_seconds=120)  # to read all effects at once
    for statement in TABLES:
        await execute(database, statement)
    made = Field(database, dsn, kafka, tmp_path / "log")
    writing = asyncio.create_task(made.write())
    yield made
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    await database.close()


async def test_a_relay_that_dies_between_kafkas_word_and_its_own_mark_doubles_nothing(field: Field, tell: Tell) -> None:
    async with field.running("reader"):
        for _ in range(DEATHS_OF_RELAY):
            await field.one_that_dies("relay", "before")
        async with field.running("relay"):
            events = await field.is_whole()
    tell(5, "kill -9 of the relay between Kafka's word and its mark", kills=DEATHS_OF_RELAY, events=events, doubled=0)


async def test_a_reader_that_dies_around_its_commit_loses_and_doubles_nothing(field: Field, tell: Tell) -> None:
    async with field.running("relay"):
        for number in range(DEATHS_OF_READER):
            await field.one_that_dies("reader", ("before", "after")[number % 2])
        async with field.running("reader"):
            events = await field.is_whole()
    tell(6, "kill -9 of a reader around its commit", kills=DEATHS_OF_READER, events=events, lost=0, doubled=0)


async def test_a_reader_that_slept_past_its_session_applies_nothing_twice(field: Field, tell: Tell) -> None:
    async with field.running("relay"), field.running("reader", "one") as one, field.running("reader", "two"):
        for _ in range(SLEEPS):
            await _effects_grow(field)
            os.kill(one.pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(SLEEP_SECONDS)
                await _every_shard_is_read(field)
            finally:
                os.kill(one.pid, signal.SIGCONT)
            await asyncio.sleep(1)
        events = await field.is_whole()
    tell(7, "SIGSTOP of a reader past its session", sleeps=SLEEPS, events=events, doubled=0)


async def test_readers_that_come_and_go_share_the_shards_and_keep_the_order(field: Field, tell: Tell) -> None:
    async with field.running("relay"), field.running("reader", "one"):
        for number in range(REBALANCES):
            async with field.running("reader", f"another-{number}"):
                await asyncio.sleep(REBALANCE_SECONDS)
        events = await field.is_whole()
    tell(8, "a reader joins or leaves every 5 s", rebalances=2 * REBALANCES, events=events, out_of_order=0)


async def _effects_grow(field: Field) -> None:
    [before] = await all_rows(field.database, "SELECT count(*) AS n FROM effect")

    async def more() -> bool:
        [now] = await all_rows(field.database, "SELECT count(*) AS n FROM effect")
        return now.n > before.n

    await eventually(more, 120)


async def _every_shard_is_read(field: Field) -> None:
    """What is told now of every subject takes effect, though one of the readers sleeps."""
    told: dict[UUID, int] = {}
    for row in await all_rows(field.database, "SELECT subject, version FROM aggregate"):
        told[row.subject] = row.version

    async def all_are_there() -> bool:
        rows = await all_rows(field.database, "SELECT subject, max(version) AS version FROM effect GROUP BY subject")
        reached = {row.subject: row.version for row in rows}
        return all(reached.get(subject, 0) >= version for subject, version in told.items())

    await eventually(all_are_there, 60)
