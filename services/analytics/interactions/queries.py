"""Reads how many contacts there were."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.rollups.counters import UNASSIGNED

REPORTED_BY = ("channel", "service", "service_point", "topic")
"""The dimensions that interactions are reported by."""


async def reported(session: AsyncSession, dimensions: Collection[str], first: date, end: date) -> Sequence[Row[Any]]:
    """`reported` contacts of each day, from the first to before the end, and of each value of some of `REPORTED_BY`.

    `is_of_all`: counted for all services at once.
    """
    names = sorted(dimensions)
    columns = "".join(f", coalesce({dimension}, '{UNASSIGNED}') AS {dimension}" for dimension in names)
    statement = text(
        f'SELECT "on", service IS NULL AS is_of_all, sum(count)::bigint AS reported{columns} FROM interactions '  # noqa: S608 - all ours
        f'WHERE "on" >= :first AND "on" < :end GROUP BY "on", {", ".join(names)}'
    )
    return (await session.execute(statement, {"first": first, "end": end})).all()
