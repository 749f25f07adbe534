"""Errors as a real server and a real connection give them: which pass by themselves, and which stay."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import make_url, text

from libs.common.db import Database
from libs.common.failures import is_deployment, is_infrastructure
from tests.services.stream.conftest import pools, with_tables
from tests.services.stream.log import MakeDatabase, all_rows, execute


@pytest.fixture(scope="module")
async def another(new_database: Callable[[str], str]) -> AsyncIterator[MakeDatabase]:
    """One database for all that goes wrong here."""
    async with pools(new_database("intake")) as make:
        yield make


@pytest.fixture(scope="module")
async def database(another: MakeDatabase) -> Database:
    return await with_tables(another())


Provoke = Callable[[Database, Database], Awaitable[Any]]


async def run(database: Database, *statements: str, **parameters: Any) -> None:
    async with database.transaction() as session:
        for statement in statements:
            await session.execute(text(statement), parameters)


async def cut(database: Database, other: Database, *, before_commit: bool) -> None:
    async with database.transaction() as session:
        own = await session.scalar(text("SELECT pg_backend_pid()"))
        await all_rows(other, f"SELECT pg_terminate_backend({own})")
        if not before_commit:
            await session.execute(text("SELECT 1"))


async def out_of_time(database: Database, _: Database, *, idle: bool) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text("SET transaction_timeout = '150ms'"))
        await connection.commit()
        await connection.execute(text("SELECT 1" if idle else "SELECT pg_sleep(2)"))
        await asyncio.sleep(0.4)
        await connection.commit()


async def locked_out(database: Database, other: Database) -> None:
    async with other.connection() as holder:
        await holder.execute(text("LOCK TABLE aggregate"))
        await run(database, "SET LOCAL lock_timeout = '50ms'", "SELECT FROM aggregate")


async def overtaken(database: Database, other: Database) -> None:
    await execute(other, "INSERT INTO aggregate VALUES ('00000000-0000-0000-0000-000000000001', 1)")
    async with database.transaction() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        await session.execute(text("SELECT version FROM aggregate"))
        await execute(other, "UPDATE aggregate SET version = 2")
        await session.execute(text("UPDATE aggregate SET version = 3"))


async def stale_plan(database: Database, other: Database) -> None:
    async with database.engine.connect() as connection:
        for number in range(2):
            await connection.execute(text("SELECT * FROM aggregate"))
            await connection.commit()
            await execute(other, f"ALTER TABLE aggregate ADD COLUMN more{number} text")


async def crowded(database: Database, _: Database) -> None:
    small = Database(database.url, pool_size=1, application="test")
    small.engine.pool._timeout = 0.05  # type: ignore[attr-defined]
    try:
        async with small.connection(), small.connection():
            pass
    finally:
        await small.close()


async def unreachable(_: Database, __: Database) -> None:
    await run(Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=1, application="test"), "SELECT 1")


async def hung_up_on(_: Database, __: Database) -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await run(Database(f"postgresql://x@127.0.0.1:{port}/x", pool_size=1, application="test"), "SELECT 1")


async def swallowed(database: Database, _: Database) -> None:
    async with database.transaction() as session:
        try:
            await session.execute(text("SELECT 1/0"))
        except Exception:
            await session.execute(text("SELECT 1"))


async def elsewhere(database: Database, _: Database) -> None:
    nowhere = make_url(database.url).set(database="nowhere").render_as_string(hide_password=False)
    await run(Database(nowhere, pool_size=1, application="test"), "SELECT 1")


def one(statement: str, **parameters: Any) -> Provoke:
    return lambda database, _: run(database, statement, **parameters)


PASSING: dict[str, Provoke] = {
    "the connection is cut in a transaction": lambda one, two: cut(one, two, before_commit=False),
    "the connection is cut before the commit": lambda one, two: cut(one, two, before_commit=True),
    "the transaction's time is over while it works": lambda one, two: out_of_time(one, two, idle=False),
    "the transaction's time is over while it is idle": lambda one, two: out_of_time(one, two, idle=True),
    "the statement's time is over": lambda one, _: run(one, "SET LOCAL statement_timeout = 50", "SELECT pg_sleep(2)"),
    "the lock cannot be had": locked_out,
    "the transaction cannot be serialised": overtaken,
    "a migration has made the plan stale": stale_plan,
    "the pool is empty": crowded,
    "nobody listens": unreachable,
    "the server hangs up": hung_up_on,
}

STAYING: dict[str, Provoke] = {
    "a number is too large for its column": one("INSERT INTO effect (n) VALUES (:n)", n=2**70),
    "a value is of another type": one("INSERT INTO effect (n) VALUES (:n)", n="many"),
    "words hold what PostgreSQL cannot keep": one("SELECT cast(:words AS text)", words="a\0b"),
    "words hold half a character": one("SELECT cast(:words AS text)", words="a\ud800b"),
    "a rule of the table is broken": one(
        "INSERT INTO effect (subject, version, n) VALUES (gen_random_uuid(), 1, -1)",
    ),
    "the statement has more parameters than the protocol": one(
        f"SELECT 1 WHERE 1 IN ({','.join(f':p{n}' for n in range(32768))})", **{f"p{n}": n for n in range(32768)}
    ),
    "a handler goes on after an error": swallowed,
}

MISPLACED: dict[str, Provoke] = {
    "there is no such table": one("SELECT * FROM nothing"),
    "there is no such column": one("SELECT nothing FROM effect"),
    "there is no such database": elsewhere,
}


async def provoked(provoke: Provoke, database: Database, other: Database) -> Exception:
    with pytest.raises(Exception) as failed:  # noqa: PT011 - which one it is, is the question
        await provoke(database, other)
    return failed.value


@pytest.mark.parametrize("name", PASSING)
async def test_what_passes_by_itself_is_tried_again(name: str, database: Database, another: MakeDatabase) -> None:
    assert is_infrastructure(await provoked(PASSING[name], another(), database))


@pytest.mark.parametrize("name", STAYING)
async def test_what_lies_in_the_data_is_not_tried_for_ever(
    name: str, database: Database, another: MakeDatabase
) -> None:
    error = await provoked(STAYING[name], another(), database)
    assert not is_infrastructure(error)
    assert not is_deployment(error)


@pytest.mark.parametrize("name", MISPLACED)
async def test_a_database_that_this_code_does_not_know_is_told_from_bad_data(
    name: str, database: Database, another: MakeDatabase
) -> None:
    error = await provoked(MISPLACED[name], another(), database)
    assert is_deployment(error)
    assert not is_infrastructure(error)
