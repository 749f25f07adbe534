"""What readers rely on when their source was put back from a backup: they go on, and each event is once."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID, uuid4

import pytest

from libs.common.db import Database
from libs.common.lifecycle import Lifecycle
from libs.common.stream.door import LogDiverged
from libs.common.stream.memory import Memory, TooLittleRemembered, remember
from libs.common.stream.restoring import Restored, hold_log, open_epoch
from libs.common.stream.sequencer import Floor, sequence
from tests.services.stream.conftest import pools, with_tables
from tests.services.stream.log import SOURCE, Counted, Log, all_rows, effects, execute, reader_of, tell, write


@dataclass
class House:
    """A source, and two services that read its log into databases of their own."""

    source: Database
    readers: dict[str, Database]
    subjects: list[UUID] = field(default_factory=lambda: [uuid4() for _ in range(12)])
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)
    backup: int = 0
    """The head that the last backup had."""

    async def tell(self, events: int, subject: UUID | None = None) -> None:
        told = [(subject or self.subjects[n % 12], Counted(n=self.numbers())) for n in range(events)]
        await tell(self.source, *told)

    async def read(self, name: str, limit: int = 1000) -> int:
        """One slice; LogDiverged where it is not the log that was read."""
        reader = reader_of(Log(self.source, limit=limit))
        await reader.prepare(self.readers[name])
        return await reader.read(self.readers[name], Lifecycle())

    async def read_all(self, name: str) -> None:
        while await self.read(name):
            pass

    async def back_up(self) -> None:
        for name, kept in (
            ("old_log", "event_log"),
            ("old_pending", "event_pending"),
            ("old_head", "event_head"),
            ("old_aggregate", "aggregate"),
            ("old_epoch", "event_epoch"),
            ("old_lift", "version_lift"),
        ):
            await execute(self.source, f"DROP TABLE IF EXISTS {name}")
            await execute(self.source, f"CREATE TABLE {name} AS TABLE {kept}")

    async def put_back(self) -> None:
        for statement in (
            "TRUNCATE event_log, event_pending, event_head, aggregate, event_epoch, version_lift",
            "INSERT INTO event_log SELECT * FROM old_log",
            "INSERT INTO event_pending OVERRIDING SYSTEM VALUE SELECT * FROM old_pending",
            "INSERT INTO event_head SELECT * FROM old_head",
            "INSERT INTO aggregate SELECT * FROM old_aggregate",
            "INSERT INTO event_epoch SELECT * FROM old_epoch",
            "INSERT INTO version_lift SELECT * FROM old_lift",
        ):
            await execute(self.source, statement)

    async def restored(self, *, above: int = 0, agreed: int | None = None) -> Restored:
        async with self.source.connection() as log:
            head = await hold_log(log)
            memories = [await self._memory(name, log, agreed) for name in self.readers]
            return await open_epoch(log, head, [one for one in memories if one], above=above)

    async def _memory(self, name: str, log: object, agreed: int | None) -> Memory | None:
        async with self.readers[name].connection() as reader:
            return await remember(reader, name, log, SOURCE, agreed)  # type: ignore[arg-type]

    async def numbers_in_log(self) -> set[int]:
        rows = await all_rows(
            self.source, "SELECT DISTINCT CAST(CAST(data AS json) ->> 'n' AS int) AS n FROM event_log"
        )
        return {row.n for row in rows}

    async def applied(self, name: str) -> Counter[int]:
        return Counter(n for done in (await effects(self.readers[name])).values() for _, n in done)


@pytest.fixture
async def house(new_database: Callable[[str], str]) -> AsyncIterator[House]:
    async with (
        pools(new_database("intake")) as source,
        pools(new_database("routing")) as one,
        pools(new_database("analytics")) as another,
    ):
        readers = {"routing": await with_tables(one()), "analytics": await with_tables(another())}
        yield House(await with_tables(source()), readers)


async def test_a_reader_that_is_ahead_goes_on_in_a_new_epoch_and_what_is_lost_is_listed(house: House) -> None:
    await house.tell(30)
    await house.read_all("routing")
    await house.back_up()
    await house.tell(12)
    await house.read("routing", limit=5)  # it ends in the middle of what is lost
    lost = set(range(31, 36))
    await house.put_back()
    with pytest.raises(LogDiverged):
        await house.read("routing")
    opened = await house.restored()
    assert (opened.epoch, opened.first, opened.told_again) == (2, 36, 0)
    assert [who for _, who in opened.lost] == [["routing"]] * 5
    await house.tell(3)
    await house.read_all("routing")
    await house.read_all("analytics")
    assert await house.applied("routing") == Counter(range(1, 31)) + Counter(lost) + Counter(range(43, 46))
    assert await house.applied("analytics") == Counter(range(1, 31)) + Counter(range(43, 46))


async def test_what_waited_for_its_place_when_the_backup_was_made_reaches_each_reader_once(house: House) -> None:
    await house.tell(30)
    await house.read_all("routing")
    async with house.source.connection() as connection:
        for subject in house.subjects[:3]:
            await write(connection, (subject, Counted(n=house.numbers())))
    await house.back_up()
    await house.tell(5)
    await house.read("routing", limit=7)  # what waited, and a part of what is lost
    await house.put_back()
    opened = await house.restored()
    assert (opened.told_again, len(opened.lost)) == (3, 4)
    await house.tell(4)
    for name in house.readers:
        await house.read_all(name)
    kept, new = Counter(range(1, 34)), Counter(range(39, 43))
    assert await house.applied("routing") == kept + Counter(range(34, 38)) + new
    assert await house.applied("analytics") == kept + new


async def test_what_was_told_before_anybody_noticed_reaches_each_reader_once(house: House) -> None:
    await house.tell(30)
    await house.back_up()
    await house.tell(10)
    await house.read_all("routing")
    await house.read("analytics", limit=20)
    await house.put_back()
    await house.tell(25)  # beyond where routing is
    await house.read_all("analytics")  # it was behind the backup: it is not refused
    async with house.source.connection() as connection:
        await write(connection, (house.subjects[0], Counted(n=house.numbers())))  # and one waits for its place
    opened = await house.restored()
    assert opened.told_again >= 25
    async with house.source.driver() as driver:
        assert await sequence(driver, Floor()) == 0, "it has one"
    for name in house.readers:
        await house.read_all(name)
    new = Counter(range(41, 67))
    assert await house.applied("routing") == Counter(range(1, 41)) + new
    assert await house.applied("analytics") == Counter(range(1, 31)) + new


async def test_versions_go_on_above_those_that_readers_know(house: House) -> None:
    subject = house.subjects[0]
    await house.tell(3, subject)
    await house.back_up()
    await house.tell(4, subject)
    await house.read_all("routing")
    await house.put_back()
    await house.tell(1, subject)
    await house.restored()
    await house.tell(1, subject)
    await house.read_all("routing")
    assert [version for version, _ in (await effects(house.readers["routing"]))[subject]] == [*range(1, 8), 8, 9]


async def test_a_position_that_is_held_elsewhere_can_be_named(house: House) -> None:
    await house.tell(5)
    await house.read_all("routing")
    opened = await house.restored(above=900)
    assert (opened.first, opened.told_again, opened.lost) == (901, 0, [])
    await house.tell(2)
    await house.read_all("routing")
    assert await house.applied("routing") == Counter(range(1, 8))


async def test_a_reader_that_remembers_too_little_says_so_and_is_told(house: House) -> None:
    await house.tell(10)
    await house.back_up()
    await house.tell(5)
    await house.read_all("routing")
    await house.put_back()
    await house.tell(2)
    for forget in ("DELETE FROM event_trail", "UPDATE event_trail SET pos = 14"):
        await execute(house.readers["routing"], forget)
        with pytest.raises(TooLittleRemembered):
            await house.restored()
    opened = await house.restored(agreed=10)
    assert opened.told_again == 2
    await house.read_all("routing")
    assert await house.applied("routing") == Counter(range(1, 18))


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_told_read_and_put_back_in_whatever_order_each_event_is_applied_once(
    house: House, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    await house.back_up()
    for _ in range(3):
        for _ in range(chance.randint(1, 4)):
            await house.tell(chance.randint(1, 40))
            for name in house.readers:
                if chance.random() < 0.6:
                    await house.read(name, limit=chance.randint(1, 50))
            if chance.random() < 0.5:
                await house.back_up()
        await house.put_back()
        for _ in range(chance.randint(0, 3)):
            await house.tell(chance.randint(1, 30))
            for name in house.readers:
                if chance.random() < 0.5:
                    with suppress(LogDiverged):
                        await house.read(name, limit=chance.randint(1, 50))
        await house.restored()
    await house.tell(1)
    there = await house.numbers_in_log()
    for name in house.readers:
        await house.read_all(name)
        applied = await house.applied(name)
        assert max(applied.values()) == 1, "twice"
        assert there - set(applied) == set(), "missed"
