"""The log never runs out of room."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from libs.common.db import Database
from libs.common.stream.partitions import SIZE, has_room, make_ahead, partition_of
from libs.common.stream.sequencer import Floor, sequence
from tests.services.stream.log import Counted, write


@pytest.mark.parametrize(
    ("position", "partition"),
    [
        (1, ("event_log_000000000001", 1, SIZE + 1)),
        (SIZE, ("event_log_000000000001", 1, SIZE + 1)),
        (SIZE + 1, ("event_log_000010000001", SIZE + 1, 2 * SIZE + 1)),
    ],
)
def test_a_position_lies_in_the_partition_that_its_millions_name(
    position: int, partition: tuple[str, int, int]
) -> None:
    assert partition_of(position) == partition


async def test_the_next_partition_is_made_at_half_of_the_current_one_and_events_go_on_into_it(
    database: Database,
) -> None:
    async with database.connection() as connection:
        assert not await make_ahead(connection)
    await _write_up_to(database, SIZE // 2 + 1)
    async with database.connection() as connection:
        assert await make_ahead(connection)
        assert not await make_ahead(connection)
    await _write_up_to(database, SIZE - 2)
    assert await has_room(database)() is None
    async with database.connection() as connection:
        await write(connection, *((uuid4(), Counted(n=1)) for _ in range(5)))
    async with database.driver() as driver:
        assert await sequence(driver, Floor()) == 5
    async with database.statement() as connection:
        found = await connection.execute(text("SELECT tableoid::regclass::text, count(*) FROM event_log GROUP BY 1"))
        assert dict(found.all()) == {"event_log_000000000001": 2, "event_log_000010000001": 3}


async def test_a_log_without_room_is_not_ready(database: Database) -> None:
    await _write_up_to(database, SIZE - 1)
    assert await has_room(database)() == "the log has no partition for what comes next"


async def _write_up_to(database: Database, position: int) -> None:
    async with database.connection() as connection:
        await connection.execute(text("UPDATE event_head SET pos = :pos"), {"pos": position})
