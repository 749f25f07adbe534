"""Rows of several tables by one statement: what a flush of feedback writes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy import Table
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeEngine

from libs.common.bulk import as_json, quoted, recordset


@dataclass(frozen=True)
class Insert:
    """Which columns of a table are written; the others get what the database gives them."""

    table: Table | type[DeclarativeBase]
    columns: tuple[str, ...]
    once: bool = False
    """Rows that are there already are left as they are."""

    @property
    def name(self) -> str:
        return self.table.name if isinstance(self.table, Table) else self.table.__tablename__

    @property
    def types(self) -> dict[str, TypeEngine[Any]]:
        """Of the columns, in their order."""
        table = self.table if isinstance(self.table, Table) else self.table.__table__
        return {name: table.columns[name].type for name in self.columns}


class Inserts:
    """Inserts into several tables by one statement of the driver's own: a transaction, one way to the server and back.

    The rows of a table travel as one JSON document: arrays, a column each, take the driver half as long again, and
    SQLAlchemy four times. Foreign keys between the tables are looked at when all of them are written.
    """

    def __init__(self, *inserts: Insert) -> None:
        parts = [f"i{n} AS ({_from_json(one, n + 1)})" for n, one in enumerate(inserts)]
        self._sql = f"WITH {', '.join(parts)} SELECT"

    async def write(self, driver: asyncpg.Connection, *rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows of each table, in the order in which the tables were named."""
        await driver.execute(self._sql, *map(as_json, rows))


def _from_json(insert: Insert, place: int) -> str:
    names = ", ".join(map(quoted, insert.columns))
    rows = recordset(f"${place}::text::json", insert.types)
    once = " ON CONFLICT DO NOTHING" if insert.once else ""
    return f"INSERT INTO {insert.name} ({names}) SELECT {names} FROM {rows}{once}"  # noqa: S608 - the columns are ours
