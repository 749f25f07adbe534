"""The log lies in partitions by position: the next one is made long before it is needed."""

from contextlib import suppress

from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import Database
from libs.common.health import Check
from libs.common.lifecycle import every

SIZE = 10_000_000
PERIOD_SECONDS = 10.0

_HEAD = text("SELECT pos FROM event_head")
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('event_log partitions'))")
_IS_THERE = text("SELECT to_regclass(:name) IS NOT NULL")
# Dropping waits for nobody for long: who writes or reads would wait behind it.
_PATIENCE = text("SET LOCAL lock_timeout = '200ms'")
_BELOW = text(
    """
    SELECT name FROM (SELECT c.relname AS name, CAST(substring(pg_get_expr(c.relpartbound, c.oid)
                             FROM 'TO \\(''(\\d+)''\\)') AS bigint) AS until
                        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                       WHERE i.inhparent = 'event_log'::regclass) AS partition
     WHERE until - 1 <= :dropped ORDER BY name LIMIT 1
    """
)


def partition_of(position: int, size: int = SIZE) -> tuple[str, int, int]:
    """The partition that a position lies in: its name, its first position, and the first of the next."""
    first = (position - 1) // size * size + 1
    return f"event_log_{first:012}", first, first + size


async def make_ahead(connection: AsyncConnection, size: int = SIZE) -> bool:
    """Make the next partition once the log is past half of the one it is in; whether there was one to make."""
    head = (await connection.execute(_HEAD)).scalar_one()
    return await make_for(connection, head + size // 2, size)


async def make_for(connection: AsyncConnection, position: int, size: int = SIZE) -> bool:
    """Make the partition that the position lies in; whether it was not there.

    It is made apart and then attached: writers and readers of the log go on meanwhile.
    """
    name, first, end = partition_of(position, size)
    if (await connection.execute(_IS_THERE, {"name": name})).scalar_one():
        return False
    await connection.execute(_ONE_AT_A_TIME)
    if (await connection.execute(_IS_THERE, {"name": name})).scalar_one():
        return False
    await connection.execute(text(f"CREATE TABLE {name} (LIKE event_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
    await connection.execute(
        text(f"ALTER TABLE event_log ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})")
    )
    return True


async def drop_one_below(connection: AsyncConnection, dropped: int) -> bool:
    """Drop the oldest partition of which nothing is kept any more; whether there was one."""
    name = await connection.scalar(_BELOW, {"dropped": dropped})
    if name is None:
        return False
    await connection.execute(_PATIENCE)
    await connection.execute(text(f"DROP TABLE {name}"))
    return True


async def keep_partitions(app: FastAPI) -> None:
    """The worker's task."""
    database: Database = app.state.database

    async def work() -> bool:
        async with database.connection() as connection:
            return await make_ahead(connection)

    await every(app.state.lifecycle, PERIOD_SECONDS, work)


def has_room(database: Database) -> Check:
    """What is written next has a partition to lie in. A database that does not answer is another check's matter."""

    async def check() -> str | None:
        with suppress(SQLAlchemyError, OSError):
            async with database.statement() as connection:
                head = (await connection.execute(_HEAD)).scalar_one()
                name, _, _ = partition_of(head + SIZE // 20)
                if not (await connection.execute(_IS_THERE, {"name": name})).scalar_one():
                    return "the log has no partition for what comes next"
        return None

    return check
