"""What everybody who reads a log relies on: each event once, in its place."""

import asyncio
import random
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Literal
from uuid import UUID, uuid4

import asyncpg
import pytest
from sqlalchemy import text

from libs.common.db import Database
from libs.common.stream.sequencer import CHANNEL, FLOOR_SECONDS, Floor, sequence
from libs.common.stream.tables import SHARDS
from tests.services.stream.log import (
    Counted,
    MakeDatabase,
    all_rows,
    some_subjects,
    tell,
    tell_counted,
    write,
)

WRITERS, TRANSACTIONS, HOT_SUBJECTS, SEQUENCERS = 16, 100, 8, 3


class ChangedMind(Exception):
    """A writer that rolls back."""


async def write_much(database: Database, hot: list[UUID], seed: int) -> set[tuple[str, int, str]]:
    """Transactions of random length on hot and on new subjects; what they committed: subject, version, data."""
    chance = random.Random(seed)  # noqa: S311
    committed: set[tuple[str, int, str]] = set()
    for number in range(TRANSACTIONS):
        subjects = chance.sample(hot, chance.randint(1, 2)) + some_subjects(chance.randint(0, 2))
        told = [
            (chance.choice(subjects), Counted(n=seed * 1_000_000 + number * 100 + one))
            for one in range(chance.randint(1, 8))
        ]
        with suppress(ChangedMind):
            async with database.connection() as connection:
                versions = await write(connection, *told)
                await asyncio.sleep(chance.choice((0, 0, 0.002, 0.01)))
                if chance.random() < 0.05:
                    raise ChangedMind
            committed |= {
                (str(subject), version, event.to_data())
                for (subject, event), version in zip(told, versions, strict=True)
            }
    return committed


async def sequence_until(database: Database, written: asyncio.Event) -> int:
    """A sequencer's life; how many events it moved."""
    floor, moved = Floor(), 0
    while True:
        last_round = written.is_set()
        async with database.driver() as driver:
            found = await sequence(driver, floor)
        moved += found
        if not found:
            if last_round:
                return moved
            await asyncio.sleep(0.005)


async def test_with_16_writers_and_three_sequencers_every_committed_event_has_its_one_place_in_the_log(
    database: Database, another: MakeDatabase
) -> None:
    hot, written = some_subjects(HOT_SUBJECTS), asyncio.Event()
    sequencers = [asyncio.create_task(sequence_until(another(), written)) for _ in range(SEQUENCERS)]
    committed = set().union(*await asyncio.gather(*(write_much(database, hot, seed) for seed in range(WRITERS))))
    written.set()
    moved = await asyncio.gather(*sequencers)

    log = await all_rows(database, "SELECT * FROM event_log ORDER BY pos")
    assert len(log) == len(committed) == sum(moved) >= 5000
    assert {(one.subject, one.version, one.data) for one in log} == committed
    assert [one.pos for one in log] == list(range(1, len(log) + 1))
    assert len({one.id for one in log}) == len(log)
    assert {one.epoch for one in log} == {1}

    versions: dict[str, int] = {}
    last_of_shard = dict.fromkeys(range(SHARDS), 0)
    for one in log:
        assert one.version == versions.get(one.subject, 0) + 1, f"{one.subject} at {one.pos}"
        versions[one.subject] = one.version
        assert one.shard == zlib.crc32(one.subject.encode()) % 32
        assert one.prev == last_of_shard[one.shard], f"prev at {one.pos}"
        last_of_shard[one.shard] = one.pos
    [head] = await all_rows(database, "SELECT * FROM event_head")
    assert (head.pos, dict(enumerate(head.shards))) == (len(log), last_of_shard)
    assert await all_rows(database, "SELECT seq FROM event_pending") == []


async def test_a_writer_that_rolls_back_leaves_no_event_and_no_gap(database: Database) -> None:
    subject = uuid4()
    await tell(database, (subject, Counted(n=1)))
    with suppress(ChangedMind):
        async with database.connection() as connection:
            await write(connection, (subject, Counted(n=2)))
            raise ChangedMind
    await tell(database, (subject, Counted(n=3)))
    log = await all_rows(database, "SELECT pos, prev, version, data FROM event_log ORDER BY pos")
    assert [tuple(one) for one in log] == [(1, 0, 1, '{"n":1}'), (2, 1, 2, '{"n":3}')]


async def test_events_of_one_transaction_keep_the_order_in_which_they_were_written(database: Database) -> None:
    await tell_counted(database, some_subjects(3), 2500)
    log = await all_rows(database, "SELECT data FROM event_log ORDER BY pos")
    assert [one.data for one in log] == [f'{{"n":{n}}}' for n in range(2500)]


async def test_an_event_that_is_not_committed_does_not_hold_up_the_others(database: Database) -> None:
    async with database.connection() as slow:
        await write(slow, (uuid4(), Counted(n=1)))
        await tell(database, (uuid4(), Counted(n=2)))
        assert [one.data for one in await all_rows(database, "SELECT data FROM event_log")] == ['{"n":2}']
    await tell(database)
    log = await all_rows(database, "SELECT data FROM event_log ORDER BY pos")
    assert [one.data for one in log] == ['{"n":2}', '{"n":1}']


async def test_an_empty_poll_takes_no_transaction_id(database: Database) -> None:
    taken = "SELECT pg_current_xact_id_if_assigned() IS NOT NULL"
    async with database.driver() as driver, driver.transaction():
        assert await sequence(driver, Floor()) == 0
        assert not await driver.fetchval(taken)
    async with database.connection() as writer:
        await write(writer, (uuid4(), Counted(n=1)))
    async with database.driver() as driver, driver.transaction():
        assert await sequence(driver, Floor()) == 1
        assert await driver.fetchval(taken)


async def test_each_statement_that_moves_events_rings_once(database: Database, dsn: str) -> None:
    rings: list[int] = []
    listener = await asyncpg.connect(dsn)
    await listener.add_listener(CHANNEL, lambda *said: rings.append(int(said[-1])))
    async with database.connection() as writer:
        await write(writer, *((subject, Counted(n=1)) for subject in some_subjects(25)))
    async with database.driver() as driver:
        await sequence(driver, Floor())
        assert await sequence(driver, Floor()) == 0
    await tell(database, (uuid4(), Counted(n=2)))
    await tell(database)
    await listener.fetchval("SELECT 1")
    await listener.close()
    assert rings == [25, 26]


async def test_an_event_behind_the_floor_is_still_moved_by_the_sweep_of_each_minute(database: Database) -> None:
    now = 0.0
    floor = Floor(clock=lambda: now)

    async def poll_at(moment: float) -> int:
        nonlocal now
        now = moment
        async with database.driver() as driver:
            return await sequence(driver, floor)

    assert await poll_at(0) == 0
    async with database.connection() as straggler:
        await write(straggler, (uuid4(), Counted(n=1)))
        async with database.connection() as writer:
            await write(writer, (uuid4(), Counted(n=2)))
        assert await poll_at(10) == 1
        assert await poll_at(FLOOR_SECONDS + 1) == 0  # a sweep that finds nothing yet
    assert await poll_at(FLOOR_SECONDS + 11) == 0  # the floor is above it now
    assert await poll_at(2 * FLOOR_SECONDS + 2) == 1


def test_the_floor_is_what_was_moved_more_than_a_minute_ago_and_never_sinks() -> None:
    now = 0.0
    floor = Floor(clock=lambda: now)
    assert floor.now() == 0
    floor.note(70)
    now = 30
    floor.note(40)  # moved later, though it was taken sooner
    now = FLOOR_SECONDS - 1
    assert floor.now() == 0
    now = FLOOR_SECONDS + 0.5
    assert floor.now() == 0  # the sweep
    assert floor.now() == 70
    now = FLOOR_SECONDS + 31
    assert floor.now() == 70


async def test_a_worker_never_reads_the_whole_table_of_what_waits(database: Database, by_index: Database) -> None:
    """Although its plan is made while the table is empty."""
    assert await _scans_while_sequencing(database) > 0, "the planner of an API would"
    assert await _scans_while_sequencing(by_index) == 0


async def test_what_waits_is_looked_for_once_and_not_anew_at_each_row(by_index: Database) -> None:
    """Although the table was empty when it was analysed, but for what is dead and still held by a snapshot."""
    async with by_index.snapshot() as held, by_index.driver() as driver:
        await held.execute(text("SELECT FROM event_head"))
        await tell_counted(by_index, some_subjects(1), 2000)
        await driver.execute("VACUUM ANALYZE event_pending")
        async with by_index.connection() as connection:
            await write(connection, *((subject, Counted(n=1)) for subject in some_subjects(1000)))
        before = await _scans(driver, "idx_scan")
        assert await sequence(driver, Floor()) == 1000
        assert await _scans(driver, "idx_scan") < before + 100


async def test_what_was_moved_is_passed_by_the_next_time(by_index: Database) -> None:
    """What a look finds dead is marked in the index: else each look would go past all that was ever moved."""
    rounds, in_each = 100, 3
    async with by_index.driver() as driver:
        for _ in range(rounds):
            async with by_index.connection() as connection:
                await write(connection, *((one, Counted(n=1)) for one in some_subjects(in_each)))
            assert await sequence(driver, Floor()) == in_each
        await driver.execute("SELECT pg_stat_force_next_flush()")
        query = "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'pk_event_pending'"
        assert await driver.fetchval(query) < 10 * rounds * in_each


@pytest.fixture
async def by_index(database: Database) -> AsyncIterator[Database]:
    """As workers have it."""
    made = Database(database.url, pool_size=4, application="test", by_index=True)
    yield made
    await made.close()


async def _scans_while_sequencing(database: Database) -> int:
    async with database.driver() as driver:
        before = await _scans(driver, "seq_scan")
        for _ in range(10):
            async with database.connection() as connection:
                await write(connection, *((one, Counted(n=1)) for one in some_subjects(3)))
            assert await sequence(driver, Floor()) == 3
        return await _scans(driver, "seq_scan") - before


async def _scans(driver: asyncpg.Connection, kind: Literal["seq_scan", "idx_scan"]) -> int:
    """How often the table of pending events was read so: whole, or by its index."""
    await driver.execute("SELECT pg_stat_force_next_flush()")
    await driver.execute("SELECT pg_stat_clear_snapshot()")
    query = f"SELECT {kind} FROM pg_stat_user_tables WHERE relname = 'event_pending'"  # noqa: S608
    found: int = await driver.fetchval(query)
    return found
