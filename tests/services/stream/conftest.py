"""A database with the stream's tables, and as many pools on it as a test has processes to play."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from libs.common.db import Database
from tests.services.stream.log import TABLES, MakeDatabase, execute


@pytest.fixture
def dsn(new_database: Callable[[str], str]) -> str:
    return new_database("intake")


@pytest.fixture
async def another(dsn: str) -> AsyncIterator[MakeDatabase]:
    async with pools(dsn) as make:
        yield make


@pytest.fixture
async def database(another: MakeDatabase) -> Database:
    return await with_tables(another())


@asynccontextmanager
async def pools(dsn: str) -> AsyncIterator[MakeDatabase]:
    """Makes pools, and closes them all at the end."""
    made: list[Database] = []

    def make() -> Database:
        made.append(Database(dsn, pool_size=20, application="test"))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def with_tables(database: Database) -> Database:
    """The database, once it has the tables of these tests."""
    for statement in TABLES:
        await execute(database, statement)
    return database
