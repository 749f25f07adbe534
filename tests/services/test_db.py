"""What everybody relies on who asks a database."""

import asyncio
from collections.abc import Callable

import asyncpg
from sqlalchemy import text

from libs.common.db import Database

POOL = 4


async def test_nobody_is_the_first_to_learn_that_the_server_has_gone(new_database: Callable[[str], str]) -> None:
    """As after a restart of PostgreSQL: all the connections that the pool keeps are closed."""
    dsn = new_database("intake")
    database = Database(dsn, pool_size=POOL, application="test")
    other = await asyncpg.connect(dsn)
    await asyncio.gather(*(_ask(database) for _ in range(POOL)))
    ended = await other.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'test'"
    )
    assert len(ended) == POOL
    await asyncio.sleep(0.2)  # the driver hears of it
    await asyncio.gather(*(_ask(database) for _ in range(POOL)))
    await other.close()
    await database.close()


async def _ask(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(text("SELECT pg_sleep(0.05)"))
