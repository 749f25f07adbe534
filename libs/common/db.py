"""The database: one engine a process, one transaction a request, flush or slice. `commit` is written here alone."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import asyncpg
import orjson
from fastapi import Depends, Request
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    DateTime,
    MetaData,
    Text,
    Uuid,
    any_,
    event,
    literal,
    make_url,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import InstrumentedAttribute

CONNECT_SECONDS = 5
COMMAND_SECONDS = 40
"""A server that says nothing for so long is taken for gone; it ends a transaction of its own accord after 30 s."""
SOMEBODY_WAITS_SECONDS = 8
"""The same where somebody waits for the answer."""
KEPT_OF = 4
"""One in so many connections stays with those who use the driver itself."""

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

# For who looks for the few rows that wait, in tables that fill and empty all the time: a plan that was made while one
# was empty reads all of it, dead rows too, and is kept until the table is analysed again. A bitmap leaves no mark in
# the index on what it found dead, and goes there again the next time.
BY_INDEX = {"enable_seqscan": "off", "enable_bitmapscan": "off"}


def async_url(url: str) -> str:
    """The DSN as SQLAlchemy's asyncpg dialect wants it."""
    given = make_url(url)
    query = {"ssl" if name == "sslmode" else name: value for name, value in given.query.items()}
    return given.set(drivername="postgresql+asyncpg", query=query).render_as_string(hide_password=False)


class _Borrowed(NamedTuple):
    """A connection of the engine's, and the driver's own in it."""

    connection: AsyncConnection
    driver: asyncpg.Connection


class Database:
    """The engine and the ways to use it."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int,
        application: str,
        command_seconds: float = COMMAND_SECONDS,
        by_index: bool = False,
    ) -> None:
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
                "server_settings": {
                    **SERVER_SETTINGS,
                    **(BY_INDEX if by_index else {}),
                    "application_name": application,
                },
                "timeout": CONNECT_SECONDS,
                "command_timeout": command_seconds,
            },
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_what_is_closed)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._kept: list[_Borrowed] = []
        self._most_kept = pool_size // KEPT_OF

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

        One that was given back lately is at hand: to borrow it from the engine anew takes a third of what a small
        statement takes. ConnectionError when it is lost.
        """
        borrowed = await self._at_hand() or await self._borrow()
        is_sound = False
        try:
            yield borrowed.driver
            is_sound = True
        except asyncpg.PostgresError:  # the server's answer, which is an answer
            is_sound = True
            raise
        except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            raise ConnectionError from error
        finally:
            await self._give_back(borrowed, is_sound=is_sound)

    async def value(self, query: str) -> Any:
        """The one value that a query finds, if any: for who asks many times a second, and mostly in vain."""
        async with self.driver() as driver:
            return await driver.fetchval(query)

    async def close(self) -> None:
        for borrowed in self._kept:
            await borrowed.connection.close()
        self._kept.clear()
        await self.engine.dispose()

    async def _at_hand(self) -> _Borrowed | None:
        while self._kept:
            borrowed = self._kept.pop()
            if not borrowed.driver.is_closed():
                return borrowed
            await self._give_back(borrowed, is_sound=False)
        return None

    async def _borrow(self) -> _Borrowed:
        connection = await self.engine.connect()
        try:
            return _Borrowed(connection, (await connection.get_raw_connection()).driver_connection)
        except BaseException:
            await connection.close()
            raise

    async def _give_back(self, borrowed: _Borrowed, *, is_sound: bool) -> None:
        if not is_sound or borrowed.driver.is_closed():
            await borrowed.connection.invalidate()
        elif len(self._kept) < self._most_kept:
            self._kept.append(borrowed)
            return
        await borrowed.connection.close()


def _refuse_what_is_closed(connection: Any, *_: object) -> None:
    """The driver notes at once that its server has gone; the pool, which asks nobody, would hand it out once more."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def among(column: ColumnElement[Any] | InstrumentedAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """That a column has one of the values, which travel as one: the statement is the same for any number of them.

    `in_` makes another statement for each number, which the server would prepare anew.
    """
    return column == any_(literal(list(values), ARRAY(column.type)))


def is_of_language(column: InstrumentedAttribute[Any], language: str) -> ColumnElement[bool]:
    """That a column has this language tag, or one of a region of it: `fr` finds `fr-CA` (RFC 4647, basic filtering)."""
    return or_(column == language, column.startswith(f"{language}-"))


async def driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    """The driver's own connection, within the transaction: SQLAlchemy begins it with the first statement of its own."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None  # noqa: S101 - the transaction has it
    if not driver.is_in_transaction():
        await connection.execute(text("SELECT"))
    return driver


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
