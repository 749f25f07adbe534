"""Rows of several tables by one statement: what a flush of feedback writes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import asyncpg

from libs.common.bulk import AnyTable, There, as_json, insertion


class Insert(NamedTuple):
    """Which columns of a table are written; the others get what the database gives them."""

    table: AnyTable
    columns: tuple[str, ...]
    there: There = "fails"


class Inserts:
    """Inserts into several tables by one statement of the driver's own: a transaction, one way to the server and back.

    The rows of a table travel as one JSON document: arrays, a column each, take the driver half as long again, and
    SQLAlchemy four times. Foreign keys between the tables are looked at when all of them are written.
    """

    def __init__(self, *inserts: Insert) -> None:
        parts = (
            f"i{n} AS ({insertion(one.table, one.columns, f'${n}::text::json', one.there)})"
            for n, one in enumerate(inserts, start=1)
        )
        self._sql = f"WITH {', '.join(parts)} SELECT"

    async def write(self, driver: asyncpg.Connection, *rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the rows of each table, in the order in which the tables were named."""
        await driver.execute(self._sql, *map(as_json, rows))
