"""A log is kept for so many days, never dropped before who reads it has read it; what is dropped can be had again."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.door import Asked, LogTruncated
from libs.common.stream.feed import _batch_after, decode
from libs.common.stream.partitions import drop_one_below, make_ahead
from libs.common.stream.retention import archive_some
from tests.services.stream.log import (
    SOURCE,
    Counted,
    Log,
    all_rows,
    effects,
    execute,
    positions,
    reader_of,
    some_subjects,
    tell,
    tell_counted,
)

DAYS = 30


async def keep(database: Database, rows: int = 1000) -> int:
    async with database.connection() as connection:
        return await archive_some(connection, SOURCE, DAYS, rows)


async def age(database: Database, up_to: int) -> None:
    await execute(
        database, "UPDATE event_log SET recorded_at = recorded_at - interval '31 days' WHERE pos <= :up_to", up_to=up_to
    )


async def kept(database: Database) -> list[int]:
    return [row.pos for row in await all_rows(database, "SELECT pos FROM event_log ORDER BY pos")]


async def archived(database: Database, after: int, limit: int = 1000) -> list[int]:
    batch = await _batch_after(database, SOURCE, Asked(after, None, 1, archived=True), limit)
    return [one.pos for one in decode(batch or b"[]")]


async def test_what_is_older_leaves_the_log_and_lies_in_the_archive_without_words(database: Database) -> None:
    await tell(database, *((uuid4(), Counted(n=n, said="un secret")) for n in range(20)))
    whole = await Log(database).events_after(0)
    await age(database, 12)
    assert [await keep(database, rows=5) for _ in range(4)] == [5, 5, 2, 0]
    assert await kept(database) == list(range(13, 21))
    batch = await _batch_after(database, SOURCE, Asked(3, None, 1, archived=True), 1000)
    [fourth, fifth] = decode(batch or b"")
    assert (fourth.id, fourth.prev, fourth.data, fourth.text) == (whole[3].id, whole[3].prev, whole[3].data, None)
    assert fifth.pos == 5
    assert await archived(database, 3, limit=1) == [4]
    assert await archived(database, 5) == [6, 7, 8, 9, 10]
    assert await archived(database, 12) == list(range(13, 21)), "then the log"
    with pytest.raises(LogTruncated):
        await Log(database).events_after(11)


async def test_nothing_is_dropped_past_a_registered_reader_or_the_last_event(database: Database) -> None:
    await tell_counted(database, some_subjects(3), 20)
    await age(database, 20)
    await execute(database, "INSERT INTO event_reader (name, pos) VALUES ('routing', 15), ('analytics', 8)")
    assert await keep(database) == 7
    assert (await kept(database))[0] == 8, "the one that shows it that this is its log"
    await execute(database, "DELETE FROM event_reader WHERE name = 'analytics'")
    assert await keep(database) == 7
    await execute(database, "DELETE FROM event_reader")
    assert await keep(database) == 5
    assert await kept(database) == [20]


async def test_a_reader_below_what_is_kept_stops_keeps_its_place_and_reads_on_from_the_archive(
    database: Database,
) -> None:
    subjects = some_subjects(4)
    await tell_counted(database, subjects, 30)
    reader = reader_of(Log(database, limit=10))
    await reader.prepare(database)
    await reader.read(database, Lifecycle())
    await age(database, 25)
    while await keep(database, rows=7):
        pass
    with pytest.raises(LogTruncated):
        await reader.read(database, Lifecycle())
    assert set((await positions(database)).values()) == {10}
    assert await reader.catch_up_from_archive(database) == 20
    await tell(database, (subjects[0], Counted(n=30)))
    await reader.read(database, Lifecycle())
    assert sorted(n for done in (await effects(database)).values() for _, n in done) == list(range(31))


async def test_a_partition_of_which_nothing_is_kept_is_dropped(database: Database) -> None:
    await execute(database, "DROP TABLE event_log_000000000001")
    await execute(database, "CREATE TABLE event_log_000000000001 PARTITION OF event_log FOR VALUES FROM (1) TO (11)")
    subjects = some_subjects(2)
    for _ in range(7):
        async with database.connection() as connection:
            await make_ahead(connection, size=10)
        await tell_counted(database, subjects, 5)
    assert await kept(database) == list(range(1, 36))
    await age(database, 24)
    while await keep(database, rows=10):
        pass
    for expected in (True, True, False):
        async with database.connection() as connection:
            assert await drop_one_below(connection, 24) is expected
    async with database.connection() as connection:
        names = await connection.scalars(text("SELECT relid::text FROM pg_partition_tree('event_log') WHERE isleaf"))
        assert sorted(names)[0] == "event_log_000000000021"
    assert await kept(database) == list(range(25, 36))
