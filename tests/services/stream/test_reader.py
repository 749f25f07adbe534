"""What a service relies on that reads another's events: each once, in order, whatever breaks."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from libs.common.db import Database
from libs.common.failures import is_infrastructure
from libs.common.housekeeping import keep_house
from libs.common.lifecycle import Lifecycle
from libs.common.stream.dead_letters import WAITING
from libs.common.stream.errors import StreamStopped
from libs.common.stream.events import Envelope, Received
from libs.common.stream.reader import Reader
from libs.common.stream.tables import SHARDS
from libs.common.worker import _keep
from tests.services.stream.log import (
    Counted,
    CountedInWords,
    Log,
    MakeDatabase,
    Miscounted,
    Unheard,
    all_rows,
    count,
    effects,
    eventually,
    execute,
    parked,
    positions,
    reader_of,
    some_subjects,
    tell,
    tell_counted,
)

Applied = dict[UUID, list[tuple[int, int]]]


async def read_to_the_end(reader: Reader, database: Database) -> None:
    while await reader.read(database, Lifecycle()):
        pass


def counted(subjects: Sequence[UUID], numbers: range) -> Applied:
    """What `tell_counted` tells of each subject, of versions 1, 2, 3, …"""
    return {
        subject: list(enumerate(numbers[place :: len(subjects)], start=1)) for place, subject in enumerate(subjects)
    }


@pytest.fixture
async def log(database: Database) -> Log:
    """The log of the test's database, and positions in it that are at 0."""
    await reader_of(Log(database)).prepare(database)
    return Log(database)


async def test_before_the_first_read_every_shard_has_its_position_and_it_is_0(database: Database) -> None:
    reader = reader_of(Log(database))
    await reader.prepare(database)
    assert await positions(database) == dict.fromkeys(range(SHARDS), 0)
    await tell_counted(database, some_subjects(2), 4)
    await reader.read(database, Lifecycle())
    await reader.prepare(database)
    assert set((await positions(database)).values()) == {4}


async def test_two_readers_at_once_apply_each_event_once_and_in_order(
    database: Database, another: MakeDatabase, log: Log
) -> None:
    subjects = some_subjects(40)
    await tell_counted(database, subjects, 600)
    pools = [another() for _ in range(2)]
    await asyncio.gather(*(read_to_the_end(reader_of(Log(pool, limit=20)), pool) for pool in pools))
    assert await effects(database) == counted(subjects, range(600))
    assert set((await positions(database)).values()) == {600}


async def test_a_reader_that_is_overtaken_goes_on_where_the_other_stands(database: Database, log: Log) -> None:
    subjects = some_subjects(3)
    await tell_counted(database, subjects, 30)
    one, other = (reader_of(Log(database, limit=10)) for _ in range(2))
    for reader in (one, other, one):
        assert await reader.read(database, Lifecycle()) == 10
    assert set((await positions(database)).values()) == {20}, "what one took for the next slice was the other's already"
    assert await one.read(database, Lifecycle()) == 10
    assert await one.read(database, Lifecycle()) == 0
    assert await effects(database) == counted(subjects, range(30))


async def test_a_slice_that_comes_twice_changes_nothing(database: Database, log: Log) -> None:
    subjects = some_subjects(3)
    await tell_counted(database, subjects, 12)
    reader, slice_, start = reader_of(log), await log.events_after(0), await positions(database)
    await reader.apply(database, start, slice_[:8])
    await reader.apply(database, start, slice_[:8])
    await reader.apply(database, start, slice_[:5])
    assert set((await positions(database)).values()) == {8}
    await reader.apply(database, await positions(database), slice_[4:])
    assert await effects(database) == counted(subjects, range(12))


async def test_a_position_never_goes_back(database: Database, log: Log) -> None:
    """Where shards have been read unequally far, a slice takes none of them back and repeats nothing."""
    subjects = some_subjects(20)
    await tell_counted(database, subjects, 60)
    slice_ = await log.events_after(0)
    ahead = slice_[49]
    await put_ahead(database, ahead)
    await reader_of(log).apply(database, await positions(database), slice_[:30])
    reached = await positions(database)
    assert reached.pop(ahead.shard) == ahead.pos
    assert set(reached.values()) == {30}
    [row] = await all_rows(database, "SELECT event_id FROM event_position WHERE shard = :shard", shard=ahead.shard)
    assert row.event_id == ahead.id
    applied = {n for done in (await effects(database)).values() for _, n in done}
    assert applied == {one.data["n"] for one in slice_[:30] if one.shard != ahead.shard}


async def put_ahead(database: Database, event: Envelope) -> None:
    """The event's shard has been read up to there, as it may be where Kafka carried."""
    await execute(
        database,
        "UPDATE event_position SET pos = :pos, event_id = :id WHERE shard = :shard",
        pos=event.pos,
        id=event.id,
        shard=event.shard,
    )


async def test_who_asks_for_some_shards_says_that_all_was_read_only_where_it_was(database: Database, log: Log) -> None:
    await tell_counted(database, some_subjects(20), 60)
    ahead = (await log.events_after(0))[49]
    await put_ahead(database, ahead)
    reader, others = reader_of(log), set(range(32)) - {ahead.shard}
    await reader.read(database, Lifecycle(), shards={ahead.shard}, wait_seconds=0)
    assert log.read_to is None
    await reader.read(database, Lifecycle(), shards=others, wait_seconds=0)
    assert log.read_to == 0


async def test_where_a_shard_is_ahead_no_slice_is_read_twice(database: Database, log: Log) -> None:
    await tell_counted(database, some_subjects(20), 60)
    await put_ahead(database, (await log.events_after(0))[49])
    reader = reader_of(Log(database, limit=10))
    for read in (10, 20, 30, 40, 50, 60):
        await reader.read(database, Lifecycle())
        assert min((await positions(database)).values()) == read


BY_CONTRACT, BY_DATABASE = "refused by the contract", "refused by the database"


@pytest.mark.parametrize(
    ("place", "kind"),
    [(0, BY_CONTRACT), (0, BY_DATABASE), (39, BY_CONTRACT), (39, BY_DATABASE)]
    + [(place, BY_CONTRACT) for place in (1, 12, 20, 30)]
    + [(place, BY_DATABASE) for place in (7, 19, 21, 38)],
)
async def test_a_poison_event_parks_its_subject_alone_until_it_is_replayed(
    database: Database, log: Log, place: int, kind: str
) -> None:
    subjects = some_subjects(7)
    told: list[tuple[UUID, Any]] = [(subjects[n % 7], Counted(n=n)) for n in range(40)]
    guilty = subjects[place % 7]
    told[place] = (guilty, Miscounted(n="a few") if kind == BY_CONTRACT else Counted(n=-1))
    await tell(database, *told)
    reader = reader_of(log)

    await read_to_the_end(reader, database)
    healthy = {subject: done for subject, done in counted(subjects, range(40)).items() if subject != guilty}
    before = [done for done in counted(subjects, range(40))[guilty] if done[1] < place]
    assert await effects(database) == healthy | ({guilty: before} if before else {})
    assert await parked(database) == [(n + 1, guilty) for n in range(place, 40) if subjects[n % 7] == guilty]
    assert set((await positions(database)).values()) == {40}

    await tell(database, (guilty, Counted(n=40)), (subjects[place % 7 - 1], Counted(n=41)))
    await read_to_the_end(reader, database)
    assert (await parked(database))[-1] == (41, guilty), "what comes later follows its subject"
    with pytest.raises((SQLAlchemyError, ValueError)):
        await reader.replay(database, str(guilty))
    waiting = len(await parked(database))

    async def count_anything(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
        for one in events:
            known = one.event.n if isinstance(one.event.n, int) and one.event.n >= 0 else place
            await count(session, [_with(one, known)])

    mended = reader_of(log, count_anything, kind=CountedInWords)
    assert await mended.replay(database, str(guilty)) == waiting
    assert await parked(database) == []
    await tell(database, (guilty, Counted(n=42)))
    await read_to_the_end(mended, database)
    done = (await effects(database))[guilty]
    assert done == [*counted(subjects, range(40))[guilty], (len(done) - 1, 40), (len(done), 42)]


def _with(received: Received[Any], n: int) -> Received[Any]:
    return Received(
        received.id,
        received.pos,
        received.subject,
        received.version,
        received.time,
        received.recorded_at,
        Counted(n=n),
    )


async def test_two_poison_events_in_one_slice_park_two_subjects(database: Database, log: Log) -> None:
    subjects = some_subjects(4)
    told: list[tuple[UUID, Any]] = [(subjects[n % 4], Counted(n=n)) for n in range(16)]
    told[4], told[5] = (subjects[0], Counted(n=-1)), (subjects[1], Miscounted(n="?"))
    await tell(database, *told)
    await read_to_the_end(reader_of(log), database)
    everything = counted(subjects, range(16))
    assert await effects(database) == {
        subjects[0]: everything[subjects[0]][:1],
        subjects[1]: everything[subjects[1]][:1],
        subjects[2]: everything[subjects[2]],
        subjects[3]: everything[subjects[3]],
    }
    assert {subject for _, subject in await parked(database)} == set(subjects[:2])


async def test_two_readers_that_meet_the_same_poison_park_it_once_and_go_on(
    database: Database, another: MakeDatabase, log: Log
) -> None:
    subjects = some_subjects(5)
    told: list[tuple[UUID, Any]] = [(subjects[n % 5], Counted(n=n)) for n in range(60)]
    for place in (9, 23, 31, 42, 55):
        told[place] = (told[place][0], Counted(n=-1))
    await tell(database, *told)
    pools = [another() for _ in range(3)]
    await asyncio.gather(*(read_to_the_end(reader_of(Log(pool, limit=3)), pool) for pool in pools))
    assert set((await positions(database)).values()) == {60}
    places = [pos for pos, _ in await parked(database)]
    applied = sorted(n + 1 for done in (await effects(database)).values() for _, n in done)
    assert sorted(places + applied) == list(range(1, 61))


async def test_an_event_that_comes_during_a_replay_is_applied_after_it(
    database: Database, another: MakeDatabase, log: Log
) -> None:
    subject = uuid4()
    await tell(database, (subject, Counted(n=-1)), (subject, Counted(n=2)))
    await read_to_the_end(reader_of(log), database)
    await execute(database, "ALTER TABLE effect DROP CONSTRAINT n_is_counted")
    await tell(database, (subject, Counted(n=3)))
    replaying, go_on = asyncio.Event(), asyncio.Event()

    async def count_slowly(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
        replaying.set()
        await go_on.wait()
        await count(session, events)

    replay = asyncio.create_task(reader_of(log, count_slowly).replay(database, str(subject)))
    await replaying.wait()
    reading = asyncio.create_task(read_to_the_end(reader_of(log), another()))
    await asyncio.sleep(0.3)
    assert not reading.done()
    go_on.set()
    assert await replay == 2
    await reading
    assert await effects(database) == {subject: [(1, -1), (2, 2), (3, 3)]}
    assert await parked(database) == []


async def test_two_replays_at_once_apply_a_parked_subject_once(
    database: Database, another: MakeDatabase, log: Log
) -> None:
    subject = uuid4()
    await tell(database, (subject, Counted(n=-1)), (subject, Counted(n=2)))
    await read_to_the_end(reader_of(log), database)
    await execute(database, "ALTER TABLE effect DROP CONSTRAINT n_is_counted")
    replays = await asyncio.gather(*(reader_of(log).replay(another(), str(subject)) for _ in range(3)))
    assert sorted(replays) == [0, 0, 2]
    assert await effects(database) == {subject: [(1, -1), (2, 2)]}


async def test_a_lock_that_cannot_be_had_parks_nothing_and_is_tried_again(database: Database, log: Log) -> None:
    subjects = some_subjects(2)
    await tell_counted(database, subjects, 6)

    async def count_impatiently(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
        await session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        await count(session, events)

    reader = reader_of(log, count_impatiently)
    async with database.connection() as holder:
        await holder.execute(text("LOCK TABLE effect IN SHARE MODE"))
        with pytest.raises(SQLAlchemyError) as failed:
            await reader.read(database, Lifecycle())
    assert is_infrastructure(failed.value)
    assert (await parked(database), set((await positions(database)).values())) == ([], {0})
    await reader.read(database, Lifecycle())
    assert await effects(database) == counted(subjects, range(6))


async def test_a_slice_that_another_reader_takes_long_over_is_left_to_it(database: Database, log: Log) -> None:
    subjects = some_subjects(2)
    await tell_counted(database, subjects, 6)
    async with database.connection() as holder:
        await holder.execute(text("SELECT FROM event_position FOR UPDATE"))
        assert await reader_of(log).read(database, Lifecycle()) == 6
    assert (await parked(database), set((await positions(database)).values())) == ([], {0})
    await read_to_the_end(reader_of(log), database)
    assert await effects(database) == counted(subjects, range(6))


async def test_a_reader_whose_connection_is_cut_parks_nothing_and_goes_on_by_itself(
    database: Database, another: MakeDatabase, log: Log
) -> None:
    subjects, cuts = some_subjects(3), 0
    await tell_counted(database, subjects, 9)

    async def count_after_two_cuts(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
        nonlocal cuts
        await count(session, events)
        if cuts < 2:
            cuts += 1
            own = await session.scalar(text("SELECT pg_backend_pid()"))
            await all_rows(database, f"SELECT pg_terminate_backend({own})")

    app = FastAPI()
    app.state.database, app.state.lifecycle = another(), Lifecycle()
    reader = reader_of(log, count_after_two_cuts)
    running = asyncio.create_task(_keep(app, "reader", reader.run))

    async def is_read() -> bool:
        return set((await positions(database)).values()) == {9}

    await eventually(is_read)
    app.state.lifecycle.draining.set()
    await asyncio.wait_for(running, 5)
    assert cuts == 2
    assert await parked(database) == []
    assert await effects(database) == counted(subjects, range(9))


async def test_an_event_type_that_nobody_knows_stops_the_source_and_says_so(database: Database, log: Log) -> None:
    subjects = some_subjects(2)
    await tell_counted(database, subjects, 4)
    reader = reader_of(log)
    await read_to_the_end(reader, database)
    assert await reader.check() is None
    await tell(database, (subjects[0], Counted(n=4)), (uuid4(), Unheard()), (subjects[1], Counted(n=5)))

    app = FastAPI()
    app.state.database, app.state.lifecycle = database, Lifecycle()
    for _ in range(2):
        with pytest.raises(StreamStopped):
            await reader.run(app)
        assert Unheard.type in (await reader.check() or "")
    assert set((await positions(database)).values()) == {4}
    assert await effects(database) == counted(subjects, range(4))
    assert await parked(database) == []


async def test_a_reader_that_was_stopped_says_that_it_goes_on_once_it_does(database: Database, log: Log) -> None:
    reader = reader_of(log)
    reader.stopped = "somebody had to look"
    app = FastAPI()
    app.state.database, app.state.lifecycle = database, Lifecycle()
    running = asyncio.create_task(reader.run(app))

    async def is_well() -> bool:
        return await reader.check() is None

    await eventually(is_well)
    app.state.lifecycle.draining.set()
    await asyncio.wait_for(running, 5)


async def test_a_missing_event_stops_the_source(database: Database, log: Log) -> None:
    subject = uuid4()
    await tell(database, *((subject, Counted(n=n)) for n in range(6)))
    whole, start = await log.events_after(0), await positions(database)
    reader = reader_of(log)
    with pytest.raises(StreamStopped):
        await reader.apply(database, start, whole[:2] + whole[3:])
    with pytest.raises(StreamStopped):
        await reader.apply(database, start, whole[1:])
    assert (await effects(database), set((await positions(database)).values())) == ({}, {0})
    await reader.apply(database, start, whole)
    assert await effects(database) == counted([subject], range(6))


async def test_a_database_without_the_newest_migration_stops_the_source_and_parks_nothing(
    database: Database, log: Log
) -> None:
    subjects = some_subjects(2)
    await tell_counted(database, subjects, 4)
    await execute(database, "ALTER TABLE effect RENAME COLUMN n TO number")
    reader = reader_of(log)
    with pytest.raises(StreamStopped):
        await reader.read(database, Lifecycle())
    assert (await parked(database), set((await positions(database)).values())) == ([], {0})
    await execute(database, "ALTER TABLE effect RENAME COLUMN number TO n")
    await reader.read(database, Lifecycle())
    assert await effects(database) == counted(subjects, range(4))


async def test_words_travel_beside_the_data_and_reach_the_handler(database: Database, log: Log) -> None:
    heard: list[str | None] = []

    async def listen(_: AsyncSession, events: Sequence[Received[Any]]) -> None:
        heard.extend(one.event.said for one in events)

    await tell(database, (uuid4(), Counted(n=1, said="Où est le guichet ?\n« là »")), (uuid4(), Counted(n=2)))
    await read_to_the_end(reader_of(log, listen), database)
    assert heard == ["Où est le guichet ?\n« là »", None]
    assert all("guichet" not in row.data for row in await all_rows(database, "SELECT data FROM event_log"))


async def may_take(session: AsyncSession, time: str) -> None:
    """PostgreSQL takes another limit in the midst of a transaction only where there was none."""
    await session.execute(text("SET LOCAL transaction_timeout = 0"))
    await session.execute(text(f"SET LOCAL transaction_timeout = '{time}'"))


async def read_as_a_worker_does(reader: Reader, database: Database) -> None:
    """To the end: what passes by itself is tried again, as where a connection ends just before a commit."""
    while True:
        try:
            return await read_to_the_end(reader, database)
        except SQLAlchemyError as error:
            if not is_infrastructure(error):
                raise


async def test_a_slice_that_takes_longer_than_a_transaction_may_is_halved_and_parks_nothing(
    database: Database, log: Log
) -> None:
    subjects = some_subjects(3)
    await tell_counted(database, subjects, 12)

    async def count_slowly(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
        await may_take(session, "400ms")
        await count(session, events)
        await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 0.05 * len(events)})

    with capture_logs() as logs:
        await read_as_a_worker_does(reader_of(log, count_slowly), database)
    assert await effects(database) == counted(subjects, range(12))
    assert await parked(database) == []
    assert "slice_halved" in {one["event"] for one in logs}


async def test_one_event_that_takes_too_long_is_tried_again_and_never_parked(database: Database, log: Log) -> None:
    await tell_counted(database, some_subjects(1), 1)

    async def sleep(session: AsyncSession, _: Sequence[Received[Any]]) -> None:
        await may_take(session, "100ms")
        await session.execute(text("SELECT pg_sleep(3)"))

    for _ in range(2):
        with pytest.raises(SQLAlchemyError) as failed:
            await reader_of(log, sleep).read(database, Lifecycle())
        assert is_infrastructure(failed.value)
    assert (await parked(database), set((await positions(database)).values())) == ([], {0})


async def told_to_wait(database: Database) -> dict[str, float]:
    """By the metric, as a worker's task sets it."""
    app = FastAPI()
    app.state.database, app.state.lifecycle = database, Lifecycle()
    app.state.settings = SimpleNamespace(event_log_days=30)
    WAITING.clear()
    housekeeping = asyncio.create_task(keep_house(app))
    await asyncio.wait({housekeeping}, timeout=0.1)
    app.state.lifecycle.draining.set()
    await housekeeping
    return {one.labels["source"]: one.value for metric in WAITING.collect() for one in metric.samples}


async def test_what_is_given_up_stays_written_down_without_words_and_its_subject_flows_again(
    database: Database, log: Log
) -> None:
    [subject, other] = some_subjects(2)
    for guilty in (subject, other):
        await tell(database, (guilty, Counted(n=-1)), (guilty, Counted(n=2, said="un secret")))
    reader = reader_of(log)
    await read_to_the_end(reader, database)
    assert await told_to_wait(database) == {reader.source: 4}
    assert await reader.discard(database, str(subject), "counted by hand") == 2
    assert await told_to_wait(database) == {reader.source: 2}
    assert await reader.discard(database, str(subject), "again") == 0
    assert await reader.replay(database, str(subject)) == 0
    await tell(database, (subject, Counted(n=3)), (other, Counted(n=4)))
    await read_to_the_end(reader, database)
    assert await effects(database) == {subject: [(3, 3)]}
    rows = await all_rows(
        database, "SELECT text, discarded_because FROM dead_letter WHERE subject = :s ORDER BY pos", s=str(subject)
    )
    assert [tuple(row) for row in rows] == [(None, "counted by hand")] * 2
    assert await reader.discard(database, str(other), "counted by hand") == 3
    assert await told_to_wait(database) == {}
