"""What a person who was erased relies on: no words of theirs stay in the stream, and none come in again."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.applying import Handlers
from libs.common.stream.erasure import bury, hold_readers, sweep_dead_letters
from libs.common.stream.events import Event, Received
from libs.common.stream.reader import Reader
from libs.common.stream.sequencer import Floor, sequence
from tests.services.stream.log import (
    Counted,
    Log,
    Miscounted,
    all_rows,
    execute,
    parked,
    reader_of,
    tell,
    write,
)


class Gone(Event):
    """The subject is erased."""

    type: ClassVar[str] = "ca.ecoute.test.gone.v1"


class Hearing:
    """A reader's handlers, and what they were given: the words of each version of a subject, and who was erased."""

    def __init__(self) -> None:
        self.words: dict[tuple[UUID, int], str | None] = {}
        self.erased: list[UUID] = []

    async def hear(self, _: AsyncSession, events: Sequence[Received[Any]]) -> None:
        self.words |= {(one.subject, one.version): one.event.said for one in events}

    async def forget(self, _: AsyncSession, events: Sequence[Received[Any]]) -> None:
        self.erased += [one.subject for one in events]

    def reader(self, log: Log) -> Reader:
        handlers = Handlers({Counted: self.hear, Gone: self.forget}, erasing={Gone: lambda subject: [subject]})
        return Reader("intake", log, handlers)  # type: ignore[arg-type] # without the network


@pytest.fixture
async def log(database: Database) -> Log:
    await reader_of(Log(database)).prepare(database)
    return Log(database)


async def erase(database: Database, *subjects: UUID) -> None:
    async with database.transaction() as session:
        await hold_readers(session)
        await bury(session, subjects, utc_now())


async def words_of(database: Database, subject: UUID) -> set[str]:
    """Every word of the subject that the stream's tables hold."""
    rows = await all_rows(
        database,
        """SELECT text FROM event_pending WHERE subject = :s UNION SELECT text FROM event_log WHERE subject = :s
           UNION SELECT text FROM dead_letter WHERE subject = :s""",
        s=str(subject),
    )
    return {row.text for row in rows if row.text is not None}


async def test_erasure_takes_the_words_of_its_subject_out_of_the_log_and_out_of_what_waits(database: Database) -> None:
    gone, other = uuid4(), uuid4()
    await tell(database, (gone, Counted(n=1, said="sequenced")), (other, Counted(n=1, said="other's")))
    async with database.connection() as connection:
        await write(connection, (gone, Counted(n=2, said="waiting")))
    await erase(database, gone)
    assert await words_of(database, gone) == set()
    assert await words_of(database, other) == {"other's"}
    [told] = [one for one in await Log(database).events_after(0) if one.subject == str(gone)]
    assert (told.text, told.data) == (None, {"n": 1})


async def test_what_is_told_of_an_erased_subject_afterwards_is_written_without_words(database: Database) -> None:
    gone = uuid4()
    await erase(database, gone)
    await tell(database, (gone, Counted(n=1, said="too late")))
    assert await words_of(database, gone) == set()
    assert [one.data for one in await Log(database).events_after(0)] == [{"n": 1}]


async def test_words_that_the_sequencer_moves_meanwhile_are_forgotten_too(database: Database) -> None:
    gone = uuid4()
    async with database.connection() as connection:
        await write(connection, (gone, Counted(n=1, said="on its way")))
    async with database.driver() as sequencing, sequencing.transaction():
        assert await sequence(sequencing, Floor()) == 1
        erasure = asyncio.create_task(erase(database, gone))
        await asyncio.sleep(0.1)
        assert not erasure.done()
    await erasure
    assert await words_of(database, gone) == set()


async def test_erasures_and_sequencers_at_once_leave_no_word_and_never_wait_for_each_other(database: Database) -> None:
    subjects = [uuid4() for _ in range(40)]

    async def sequence_all() -> None:
        for _ in range(30):
            async with database.driver() as driver:
                await sequence(driver, Floor())

    async def tell_and_erase(mine: Sequence[UUID]) -> None:
        for subject in mine:
            async with database.connection() as connection:
                await write(connection, *((subject, Counted(n=n, said="word")) for n in range(5)))
            await erase(database, subject)
            async with database.connection() as connection:
                await write(connection, (subject, Counted(n=9, said="word")))

    await asyncio.gather(sequence_all(), sequence_all(), *(tell_and_erase(subjects[at::4]) for at in range(4)))
    left = "SELECT text FROM event_pending UNION SELECT text FROM event_log"
    assert [row.text for row in await all_rows(database, left)] == [None]


async def test_a_reader_lets_in_no_words_of_a_subject_with_a_tombstone(database: Database, log: Log) -> None:
    gone, other = uuid4(), uuid4()
    await tell(database, (gone, Counted(n=1, said="gone")), (other, Counted(n=2, said="other's")))
    await execute(database, "INSERT INTO tombstone VALUES (:s, now())", s=str(gone))
    hearing = Hearing()
    await hearing.reader(log).read(database, Lifecycle())
    assert hearing.words == {(gone, 1): None, (other, 1): "other's"}


async def test_an_erasure_in_a_slice_takes_the_words_before_it_too(database: Database, log: Log) -> None:
    gone = uuid4()
    await tell(database, (gone, Counted(n=1, said="just before")), (gone, Gone()), (gone, Counted(n=2, said="after")))
    hearing = Hearing()
    await hearing.reader(log).read(database, Lifecycle())
    assert hearing.words == {(gone, 1): None, (gone, 3): None}
    assert hearing.erased == [gone]
    [row] = await all_rows(database, "SELECT subject FROM tombstone")
    assert row.subject == str(gone)
    assert await words_of(database, gone) == set()  # here reader and log share a database


async def test_an_erasure_reaches_a_parked_subject_at_once_and_its_replay_brings_no_words(
    database: Database, log: Log
) -> None:
    gone = uuid4()
    hearing = Hearing()
    reader = hearing.reader(log)
    await tell(database, (gone, Miscounted(n="poison")), (gone, Counted(n=1, said="parked")))
    await reader.read(database, Lifecycle())
    assert await words_of(database, gone) == {"parked"}
    await tell(database, (gone, Gone()), (gone, Counted(n=2, said="after")))
    await reader.read(database, Lifecycle())
    assert hearing.erased == [gone]
    assert await words_of(database, gone) == set()
    assert len(await parked(database)) == 4

    await execute(database, """UPDATE dead_letter SET data = '{"n": 0}' WHERE data LIKE '%poison%'""")
    await execute(database, "UPDATE dead_letter SET text = 'left behind' WHERE version = 2")
    assert await reader.replay(database, str(gone)) == 4
    assert hearing.words == {(gone, 1): None, (gone, 2): None, (gone, 4): None}
    assert hearing.erased == [gone, gone]


async def test_a_poisoned_event_of_an_erased_subject_is_parked_without_its_words(database: Database, log: Log) -> None:
    gone = uuid4()

    async def fails(_: AsyncSession, __: Sequence[Received[Any]]) -> None:
        raise ValueError

    await tell(database, (gone, Counted(n=1, said="poison")))
    await execute(database, "INSERT INTO tombstone VALUES (:s, now())", s=str(gone))
    await reader_of(log, fails).read(database, Lifecycle())
    assert len(await parked(database)) == 1
    assert await all_rows(database, "SELECT 1 FROM dead_letter WHERE text IS NOT NULL") == []


async def test_no_slice_is_applied_while_an_erasure_holds_the_readers(database: Database, log: Log) -> None:
    gone = uuid4()
    await tell(database, (gone, Counted(n=1, said="meanwhile")))
    hearing = Hearing()
    async with database.transaction() as session:
        await hold_readers(session)
        reading = asyncio.create_task(hearing.reader(log).read(database, Lifecycle()))
        await asyncio.sleep(0.1)
        await bury(session, [gone], utc_now())
        assert hearing.words == {}
    await reading
    assert hearing.words == {(gone, 1): None}


async def test_words_that_were_parked_while_another_reader_erased_are_swept_away(database: Database, log: Log) -> None:
    gone = uuid4()
    await tell(database, (gone, Miscounted(n="poison")), (gone, Counted(n=1, said="parked")))
    await reader_of(log).read(database, Lifecycle())
    await execute(database, "INSERT INTO tombstone VALUES (:s, now())", s=str(gone))
    async with database.transaction() as session:
        await sweep_dead_letters(session)
    assert await all_rows(database, "SELECT 1 FROM dead_letter WHERE text IS NOT NULL") == []


async def test_the_log_finds_the_words_of_a_subject_by_an_index(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = await session.scalars(
            text("EXPLAIN UPDATE event_log SET text = NULL WHERE subject = ANY('{a,b}') AND text IS NOT NULL")
        )
        assert "subject" in "".join(line for line in plan if "Index Cond" in line)
