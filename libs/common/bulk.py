"""Many rows by one statement: what a slice of the stream leaves behind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal
from uuid import UUID

import orjson
from sqlalchemy import Dialect, Table, TextClause, event, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm.attributes import set_committed_value

from libs.common.db import driver_of

AnyTable = Table | type[DeclarativeBase]
There = Literal["fails", "kept", "replaced"]
"""What becomes of an insert, or of the row, where a row is there already."""

TRUNCATED_AFTER = 1000
"""Rows that were laid on a tray: to truncate it takes longer than to delete a few, and deleted ones are read over."""

_ROWS = "cast(:rows AS json)"
_DIALECT: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


async def insert_rows(
    session: AsyncSession | AsyncConnection,
    table: type[DeclarativeBase],
    rows: Sequence[Mapping[str, Any]],
    *,
    there: There = "fails",
) -> None:
    """Insert rows that all name the same columns; the others get what the database gives them.

    A row that is there already makes it fail, is kept, or, by its primary key, gets the values of the columns named.
    They travel as one JSON document: with hundreds of rows that is an order of magnitude faster than the ORM.
    """
    if rows:
        await session.execute(_insert(table, tuple(rows[0]), there), {"rows": as_json(rows)})


async def write_changes(session: AsyncSession, rows: Iterable[DeclarativeBase]) -> None:
    """Write what has changed of rows that the session holds, with a statement for each table and set of columns.

    A flush of the session sends one for each row, and waits for its answer.
    """
    changes: dict[tuple[type[DeclarativeBase], tuple[str, ...]], list[DeclarativeBase]] = {}
    for row in rows:
        state = inspect(row)
        if state.persistent:
            before = state.committed_state
            names = tuple(sorted(name for name in before if getattr(row, name) != before[name]))
            if names:
                changes.setdefault((type(row), names), []).append(row)
    for (table, names), changed in changes.items():
        key = tuple(column.name for column in inspect(table).primary_key)
        values = [{name: getattr(row, name) for name in (*key, *names)} for row in changed]
        await session.execute(_update(table, key, names), {"rows": as_json(values)})
        for row in changed:
            for name in names:
                set_committed_value(row, name, getattr(row, name))


@dataclass(frozen=True)
class Tray:
    """A table of one connection, on which rows are laid out for the next statements of a transaction.

    `columns` are names and types. JSON is handed over as text.
    """

    name: str
    columns: Mapping[str, str]


async def lay_out(session: AsyncSession, tray: Tray, rows: Iterable[Sequence[Any]]) -> None:
    """Put rows on the tray, instead of what lies there, by COPY: thousands of values as arrays take five times as long.

    Statements of the same transaction, which the session's is, read them from `pg_temp`.
    """
    connection = await session.connection()
    laid: dict[str, int] = connection.info.setdefault("laid", {})  # rows that were, since a tray was truncated
    driver = await driver_of(connection)
    if tray.name not in laid:
        columns = ", ".join(f"{name} {kind}" for name, kind in tray.columns.items())
        await driver.execute(f"CREATE TEMPORARY TABLE {tray.name} ({columns})")
        event.listen(session.sync_session, "after_rollback", lambda _: laid.pop(tray.name, None), once=True)
        laid[tray.name] = 0
    elif laid[tray.name] > TRUNCATED_AFTER:
        await driver.execute(f"TRUNCATE pg_temp.{tray.name}")
        laid[tray.name] = 0
    else:
        await driver.execute(f"DELETE FROM pg_temp.{tray.name}")  # noqa: S608 - the name is ours
    done = await driver.copy_records_to_table(
        tray.name, records=rows, columns=list(tray.columns), schema_name="pg_temp"
    )
    laid[tray.name] += int(done.removeprefix("COPY "))


@lru_cache(maxsize=64)
def _insert(table: type[DeclarativeBase], columns: tuple[str, ...], there: There) -> TextClause:
    return text(insertion(table, columns, _ROWS, there))


@lru_cache(maxsize=256)
def _update(table: type[DeclarativeBase], key: tuple[str, ...], columns: tuple[str, ...]) -> TextClause:
    values = ", ".join(f"{name} = r.{name}" for name in map(_quoted, columns))
    same = " AND ".join(f"t.{name} = r.{name}" for name in map(_quoted, key))
    return text(
        f"UPDATE {table.__tablename__} AS t SET {values}"  # noqa: S608 - the columns are ours
        f" FROM {_recordset(_table_of(table), (*key, *columns), _ROWS)} WHERE {same}"
    )


def insertion(table: AnyTable, columns: Sequence[str], document: str, there: There = "fails") -> str:
    """The INSERT of the rows of a JSON document (`as_json`), which is given as SQL."""
    into, names = _table_of(table), ", ".join(map(_quoted, columns))
    return (
        f"INSERT INTO {into.name} ({names})"  # noqa: S608 - the columns are ours
        f" SELECT {names} FROM {_recordset(into, columns, document)}{_conflict(into, columns, there)}"
    )


def _conflict(table: Table, columns: Sequence[str], there: There) -> str:
    if there == "fails":
        return ""
    if there == "kept":
        return " ON CONFLICT DO NOTHING"
    key = table.primary_key.columns.keys()
    values = ", ".join(f"{name} = excluded.{name}" for name in map(_quoted, columns) if name not in key)
    return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {values}"


def _recordset(table: Table, columns: Sequence[str], document: str) -> str:
    typed = ", ".join(f"{_quoted(name)} {table.columns[name].type.compile(_DIALECT)}" for name in columns)
    return f"json_to_recordset({document}) AS r ({typed})"


def _table_of(of: AnyTable) -> Table:
    table = of if isinstance(of, Table) else of.__table__
    assert isinstance(table, Table)  # noqa: S101 - no model of ours is of a query
    return table


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """The document of the rows."""
    return orjson.dumps(rows, default=_as_text).decode()


def _as_text(value: Any) -> str:
    """As PostgreSQL reads it in a text: bytes in hexadecimal, and a UUID of the driver's own class."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__qualname__)


def _quoted(column: str) -> str:
    return _DIALECT.identifier_preparer.quote(column)
