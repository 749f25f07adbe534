"""What reads rollups: those of the projection that is live."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Date, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.problems import Problem
from services.analytics.rollups.counters import BucketCell, Cell, Counters
from services.analytics.rollups.service import FORMULA

Rows = Sequence[Row[Any]]


class FiguresNotCounted(Problem):
    """Figures have not been counted yet by this version: `ecoute figures rebuild` counts them."""

    status: ClassVar[int] = 503
    fr = "Les chiffres n'ont pas encore été comptés par cette version : « ecoute figures rebuild » les compte."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


@dataclass(frozen=True)
class Live:
    """The projection that is read, and by whose days it counts."""

    version: int
    time_zone: ZoneInfo


_LIVE = text("SELECT version, time_zone FROM projection WHERE state = 'live' AND formula = :formula")
_ANY_FACT = text("SELECT EXISTS (SELECT FROM fact)")

_DAYS = text(
    """
    SELECT day, value, '' AS second_value, counters
      FROM rollup
     WHERE projection = :projection AND grain = 'day' AND dimension = :dimension AND second_dimension = ''
       AND day >= :first AND day < :end AND (:all_values OR value = ANY(:values)) AND counters <> '{}'
    """
).bindparams(bindparam("values", type_=ARRAY(Text)))
_MONTHS = text(
    """
    SELECT day, value, second_value, counters
      FROM rollup
     WHERE projection = :projection AND grain = 'month' AND dimension = :dimension AND second_dimension = :second
       AND day >= :first AND day < :end AND (:all_values OR value = ANY(:values))
       AND (:all_second_values OR second_value = ANY(:second_values)) AND counters <> '{}'
    """
).bindparams(bindparam("values", type_=ARRAY(Text)), bindparam("second_values", type_=ARRAY(Text)))
_BUCKETS = text(
    """
    SELECT width_bucket(day, :starts) AS period, value, measure, bucket, sum(n)::bigint AS n
      FROM rollup_bucket
     WHERE projection = :projection AND grain = :grain AND dimension = :dimension
       AND day >= :first AND day < :end AND (:all_values OR value = ANY(:values))
     GROUP BY period, value, measure, bucket
    HAVING sum(n) <> 0
    """
).bindparams(bindparam("values", type_=ARRAY(Text)), bindparam("starts", type_=ARRAY(Date)))
_BALANCES = text(
    """
    SELECT day, value, coalesce((counters->>'opened')::bigint, 0) - coalesce((counters->>'settled')::bigint, 0) AS more
      FROM rollup
     WHERE projection = :projection AND grain = 'day' AND dimension = :dimension AND second_dimension = ''
       AND day < :end AND (:all_values OR value = ANY(:values)) AND counters ?| ARRAY['opened', 'settled']
    """
).bindparams(bindparam("values", type_=ARRAY(Text)))
_CELLS = text(
    """
    SELECT grain, dimension, second_dimension, day, value, second_value, counters
      FROM rollup
     WHERE projection = :projection AND counters <> '{}'
    """
)
_BUCKET_CELLS = text(
    """
    SELECT grain, dimension, day, value, measure, bucket, n FROM rollup_bucket
     WHERE projection = :projection AND n <> 0
    """
)


async def live(session: AsyncSession, time_zone: ZoneInfo) -> Live:
    """The projection that is read; before the first fact, none, by the days of the settings' time zone."""
    row = (await session.execute(_LIVE, {"formula": FORMULA})).one_or_none()
    if row is not None:
        return Live(row.version, ZoneInfo(row.time_zone))
    if await session.scalar(_ANY_FACT):
        raise FiguresNotCounted
    return Live(0, time_zone)


async def days(
    session: AsyncSession, of: Live, dimension: str, first: date, end: date, values: Collection[str] | None
) -> Rows:
    """Counters by day and value of a dimension: day, value, second_value (""), counters."""
    return (
        await session.execute(
            _DAYS,
            {"projection": of.version, "dimension": dimension, "first": first, "end": end, **_among("", values)},
        )
    ).all()


async def months(
    session: AsyncSession,
    of: Live,
    dimensions: tuple[str, str],
    first: date,
    end: date,
    values: tuple[Collection[str] | None, Collection[str] | None],
) -> Rows:
    """Counters by month and values of two dimensions: day (the first), value, second_value, counters."""
    return (
        await session.execute(
            _MONTHS,
            {
                "projection": of.version,
                "dimension": dimensions[0],
                "second": dimensions[1],
                "first": first,
                "end": end,
                **_among("", values[0]),
                **_among("second_", values[1]),
            },
        )
    ).all()


async def buckets(
    session: AsyncSession,
    of: Live,
    grain: str,
    dimension: str,
    first: date,
    end: date,
    values: Collection[str] | None,
    starts: Sequence[date],
) -> Rows:
    """How many lie in each bucket: period (from 1, by their first days), value, measure, bucket, n."""
    return (
        await session.execute(
            _BUCKETS,
            {
                "projection": of.version,
                "grain": grain,
                "starts": list(starts),
                "dimension": dimension,
                "first": first,
                "end": end,
                **_among("", values),
            },
        )
    ).all()


async def balances(session: AsyncSession, of: Live, dimension: str, end: date, values: Collection[str] | None) -> Rows:
    """By how many more cases were open at the end of each day than at its beginning: day, value, more."""
    return (
        await session.execute(
            _BALANCES, {"projection": of.version, "dimension": dimension, "end": end, **_among("", values)}
        )
    ).all()


async def cells(session: AsyncSession, of: Live) -> dict[Cell, Counters]:
    """Every rollup that has counters."""
    rows = await session.stream(_CELLS, {"projection": of.version}, execution_options={"yield_per": 5000})
    return {Cell(*row[:-1]): row[-1] async for row in rows}


async def bucket_cells(session: AsyncSession, of: Live) -> dict[BucketCell, int]:
    """Every bucket in which something lies."""
    rows = await session.stream(_BUCKET_CELLS, {"projection": of.version}, execution_options={"yield_per": 5000})
    return {BucketCell(*row[:-1]): row[-1] async for row in rows}


def _among(prefix: str, values: Collection[str] | None) -> dict[str, Any]:
    return {f"all_{prefix}values": values is None, f"{prefix}values": list(values or ())}
