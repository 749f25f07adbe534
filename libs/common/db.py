"""The database: one engine a process, one transaction a request, flush or slice. `commit` is written here alone."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import asyncpg
import orjson
from fastapi import Depends, Request
from sqlalchemy import JSON, BigInteger, DateTime, MetaData, Text, Uuid, make_url, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

CONNECT_SECONDS = 5
COMMAND_SECONDS = 40
"""A server that says nothing for so long is taken for gone; it ends a transaction of its own accord after 30 s."""
SOMEBODY_WAITS_SECONDS = 8
"""The same where somebody waits for the answer."""

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
TYPES: dict[Any, Any] = {
    datetime: DateTime(timezone=True),
    UUID: Uuid(),
    str: Text(),
    int: BigInteger(),
    dict[str, Any]: JSONB(),
    list[Any]: JSONB(),
    JSON: JSONB(),
}

metadata = MetaData(naming_convention=NAMING)
"""The tables that every service has: the stream's, and idempotency keys."""

# A writer never outlives the sequencer's floor (60 s); nobody waits for a lock without an end.
SERVER_SETTINGS = {
    "timezone": "UTC",
    "transaction_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "2s",
}


def async_url(url: str) -> str:
    """The DSN as SQLAlchemy's asyncpg dialect wants it."""
    given = make_url(url)
    query = {"ssl" if name == "sslmode" else name: value for name, value in given.query.items()}
    return given.set(drivername="postgresql+asyncpg", query=query).render_as_string(hide_password=False)


class Database:
    """The engine and the ways to use it."""

    def __init__(self, url: str, *, pool_size: int, application: str, command_seconds: float = COMMAND_SECONDS) -> None:
        self.url = url
        self.engine: AsyncEngine = create_async_engine(
            async_url(url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=2,
            pool_pre_ping=False,
            hide_parameters=True,
            json_serializer=lambda value: orjson.dumps(value).decode(),
            json_deserializer=orjson.loads,
            connect_args={
                "server_settings": {**SERVER_SETTINGS, "application_name": application},
                "timeout": CONNECT_SECONDS,
                "command_timeout": command_seconds,
            },
        )
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed at the end, rolled back by any error."""
        async with self._sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """One REPEATABLE READ, READ ONLY transaction: everything read in it is of one instant."""
        async with self._sessions() as session, session.begin():
            await session.connection(
                execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            )
            yield session

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection]:
        """One transaction without the ORM, for statements that touch many rows at once."""
        async with self.engine.begin() as connection:
            yield connection

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection]:
        """A connection on which each statement is a transaction by itself: one way to the server and back."""
        async with self.engine.connect() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def driver(self) -> AsyncIterator[asyncpg.Connection]:
        """The driver's own connection, each statement a transaction by itself: for where SQLAlchemy costs the most.

        ConnectionError when it is lost.
        """
        async with self.engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            try:
                yield driver
            except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
                await connection.invalidate()
                raise ConnectionError from error
            finally:
                if not connection.invalidated and (driver is None or driver.is_closed()):
                    await connection.invalidate()

    async def has_any(self, rows: str) -> bool:
        """Whether a query finds anything: for who asks many times a second, and mostly in vain."""
        async with self.driver() as driver:
            return bool(await driver.fetchval(f"SELECT EXISTS ({rows})"))

    async def close(self) -> None:
        await self.engine.dispose()


async def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """The driver's own connection, within the transaction: SQLAlchemy begins it with the first statement of its own."""
    await connection.execute(text("SELECT"))
    return (await connection.get_raw_connection()).driver_connection


# Dependencies are coroutines: FastAPI sends plain functions to a thread, at a cost.
async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


DatabaseOf = Annotated[Database, Depends(_database)]


async def _session(database: DatabaseOf) -> AsyncIterator[AsyncSession]:
    async with database.transaction() as session:
        yield session


async def _snapshot(database: DatabaseOf) -> AsyncIterator[AsyncSession]:
    async with database.snapshot() as session:
        yield session


# scope="function": the commit is over before the answer leaves, so a commit that fails is never answered 2xx.
Session = Annotated[AsyncSession, Depends(_session, scope="function")]
Snapshot = Annotated[AsyncSession, Depends(_snapshot, scope="function")]
