"""Many rows by one statement: what a slice of the stream leaves behind."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import Dialect, TextClause, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase


async def insert_rows(session: AsyncSession, table: type[DeclarativeBase], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; the others get what the database gives them.

    They travel as one JSON document: with hundreds of rows that is an order of magnitude faster than the ORM.
    """
    if rows:
        await session.execute(_insert(table, tuple(rows[0])), {"rows": orjson.dumps(rows).decode()})


@lru_cache(maxsize=64)
def _insert(table: type[DeclarativeBase], columns: tuple[str, ...]) -> TextClause:
    dialect: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    types = {name: table.__table__.columns[name].type.compile(dialect) for name in columns}
    quoted = {name: dialect.identifier_preparer.quote(name) for name in columns}
    names = ", ".join(quoted[name] for name in columns)
    typed = ", ".join(f"{quoted[name]} {types[name]}" for name in columns)
    return text(
        f"INSERT INTO {table.__tablename__} ({names})"  # noqa: S608 - the columns are ours
        f" SELECT {names} FROM json_to_recordset(cast(:rows AS json)) AS r ({typed})"
    )
