"""What a reader relies on whose log was put back from a backup, or has gone on without it."""

from uuid import UUID, uuid4

import pytest

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.door import Asked, LogDiverged, LogTruncated, Register, go_on_after
from tests.services.stream.log import (
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


async def id_at(database: Database, pos: int) -> UUID:
    [row] = await all_rows(database, "SELECT id FROM event_log WHERE pos = :pos", pos=pos)
    return row.id  # type: ignore[no-any-return]


async def door(database: Database, asked: Asked) -> int:
    async with database.connection() as connection:
        return await go_on_after(connection, asked)


async def open_epoch(database: Database, epoch: int, first: int) -> None:
    await execute(database, "INSERT INTO event_epoch (epoch, first) VALUES (:epoch, :first)", epoch=epoch, first=first)
    await execute(
        database,
        "UPDATE event_head SET epoch = :epoch, pos = :pos, shards = array_fill(0::bigint, ARRAY[32])",
        epoch=epoch,
        pos=first - 1,
    )


async def test_a_reader_whose_place_is_in_the_log_goes_on_there_in_whatever_epoch_it_was(database: Database) -> None:
    await tell_counted(database, some_subjects(2), 4)
    await open_epoch(database, 2, 100)
    assert await door(database, Asked(3, await id_at(database, 3), 1)) == 3
    assert await door(database, Asked(3, None, None)) == 3


async def test_a_reader_that_is_ahead_is_refused_until_an_epoch_is_opened_and_then_goes_on_at_its_beginning(
    database: Database,
) -> None:
    await tell_counted(database, some_subjects(2), 4)
    for ahead in (Asked(9, uuid4(), 1), Asked(4, uuid4(), 1)):  # nothing there yet, and another event
        with pytest.raises(LogDiverged):
            await door(database, ahead)
    await open_epoch(database, 2, 100)
    await open_epoch(database, 3, 200)
    assert await door(database, Asked(9, uuid4(), 1)) == 99
    assert await door(database, Asked(120, uuid4(), 2)) == 199
    for unknown in (Asked(201, uuid4(), 3), Asked(9, uuid4(), None)):
        with pytest.raises(LogDiverged):
            await door(database, unknown)


async def test_below_what_was_dropped_a_reader_is_told_that_it_is_gone_unless_it_asks_for_the_archive(
    database: Database,
) -> None:
    await tell_counted(database, some_subjects(2), 8)
    seventh = await id_at(database, 7)
    await execute(database, "DELETE FROM event_log WHERE pos <= 5")
    await execute(database, "INSERT INTO event_archive VALUES (1, 5, '')")
    for pos in (0, 3, 4):
        with pytest.raises(LogTruncated):
            await door(database, Asked(pos, None, 1))
        assert await door(database, Asked(pos, uuid4() if pos else None, 1, archived=True)) == pos
    assert await door(database, Asked(5, uuid4(), 1)) == 5, "nothing that follows is missing"
    assert await door(database, Asked(7, seventh, 1)) == 7


async def test_of_processes_that_read_under_one_name_the_one_furthest_behind_counts(database: Database) -> None:
    for pos in (50, 20, 90):
        await Register().note(database, "analytics", pos)
    [row] = await all_rows(database, "SELECT name, pos FROM event_reader")
    assert (row.name, row.pos) == ("analytics", 20)
    await execute(database, "UPDATE event_reader SET since = since - interval '2 hours'")
    await Register().note(database, "analytics", 95)
    [row] = await all_rows(database, "SELECT pos FROM event_reader")
    assert row.pos == 95


async def test_a_reader_goes_on_into_the_next_epoch_and_repeats_nothing_that_is_told_again(database: Database) -> None:
    subjects = some_subjects(6)
    await tell_counted(database, subjects, 24)
    reader = reader_of(Log(database))
    await reader.prepare(database)
    await reader.read(database, Lifecycle())
    await open_epoch(database, 2, 100)
    await execute(
        database,
        """INSERT INTO event_log SELECT pos + 80, 2, shard, 0, id, type, subject, version, time, recorded_at,
                  traceparent, data, text, true FROM event_log WHERE pos > 20""",
    )
    await execute(database, "UPDATE event_head SET pos = 104")
    await tell(database, (subjects[0], Counted(n=24)))
    await reader.read(database, Lifecycle())
    assert set((await positions(database)).values()) == {105}
    assert {row.epoch for row in await all_rows(database, "SELECT epoch FROM event_position")} == {2}
    applied = sorted(n for done in (await effects(database)).values() for _, n in done)
    assert applied == list(range(25))


async def test_versions_go_on_above_those_that_others_know(database: Database) -> None:
    [subject, other] = some_subjects(2)
    await execute(database, "INSERT INTO version_lift VALUES (:subject, 7)", subject=str(subject))
    await tell(database, (subject, Counted(n=1)), (other, Counted(n=1)), (subject, Counted(n=2)))
    told = [(one.subject, one.version) for one in await Log(database).events_after(0)]
    assert told == [(str(subject), 8), (str(other), 1), (str(subject), 9)]
