"""Rows on a tray: those of this time and no others, whatever became of the transaction before."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from libs.common.bulk import TRUNCATED_AFTER, Tray, lay_out
from libs.common.db import Database

TRAY = Tray("tray", {"n": "bigint", "words": "text"})


@pytest.fixture
async def database(new_database: Callable[[str], str]) -> AsyncIterator[Database]:
    """One connection, on which trays stay."""
    database = Database(new_database("analytics"), pool_size=1, application="test")
    yield database
    await database.close()


async def laid(
    database: Database, *numbers: int, query: str = "SELECT array_agg(n ORDER BY n) FROM pg_temp.tray"
) -> Any:
    """What a query finds once these numbers are laid out."""
    async with database.transaction() as session:
        await lay_out(session, TRAY, [(n, "word " * 20) for n in numbers])
        return await session.scalar(text(query))


async def test_rows_are_those_that_were_laid_out_last(database: Database) -> None:
    assert await laid(database, 1, 2, 3) == [1, 2, 3]
    assert await laid(database, 4) == [4]
    async with database.transaction() as session:
        await lay_out(session, TRAY, [(5, "")])
        await lay_out(session, TRAY, [(6, "")])
        assert await session.scalar(text("SELECT array_agg(n) FROM pg_temp.tray")) == [6]


@pytest.mark.parametrize("times_before", [0, 1])
async def test_a_transaction_that_is_rolled_back_leaves_a_tray_that_can_be_used(
    database: Database, times_before: int
) -> None:
    for _ in range(times_before):
        await laid(database, 1)
    with pytest.raises(DBAPIError):
        await laid(database, 2, query="SELECT 1 / 0")
    assert await laid(database, 3) == [3]


async def test_a_tray_that_is_used_again_and_again_does_not_grow(database: Database) -> None:
    size = "SELECT pg_relation_size('pg_temp.tray')"
    once = await laid(database, *range(TRUNCATED_AFTER), query=size)
    for _ in range(60):
        assert await laid(database, *range(TRUNCATED_AFTER // 20), query=size) <= 2 * once
    assert await laid(database, 7) == [7]
