"""What reads rollups: those of the projection that is live, with what is noted beside them and not folded yet.

Everything is read in one snapshot, that of the session.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Date, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.problems import Problem
from services.analytics.rollups.counters import BucketCell, Cell, Counters, K, sum_of
from services.analytics.rollups.difference import Difference, Differing
from services.analytics.rollups.service import FORMULA

Among = Collection[str] | None
"""The values that are asked for; None: all."""


class FiguresNotCounted(Problem):
    """Figures have not been counted yet by this version: `ecoute figures rebuild` counts them."""

    status: ClassVar[int] = 503
    fr = "Les chiffres n'ont pas encore été comptés par cette version : « ecoute figures rebuild » les compte."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "30"}


@dataclass(frozen=True)
class Live:
    """The projection that is read, by whose days it counts, and the differences that are noted for it."""

    version: int
    time_zone: ZoneInfo
    noted: tuple[str, ...] = ()

    @cached_property
    def difference(self) -> Difference:
        """What is to be added to its rollups."""
        return Difference.sum_of(self.noted)


class Counted(NamedTuple):
    """Counters of a day, or of the month that it is the first of."""

    day: date
    value: str
    second_value: str
    counters: Counters


class InBucket(NamedTuple):
    """How many lie in a bucket. Periods are numbered from 1."""

    period: int
    value: str
    measure: str
    bucket: int
    n: int


class Balance(NamedTuple):
    """By how much more cases were open at the end of a day than at its beginning."""

    day: date
    value: str
    more: int


_LIVE = text(
    """
    SELECT version, time_zone,
           ARRAY(SELECT difference::text FROM rollup_difference WHERE projection = p.version ORDER BY id) AS noted
      FROM projection AS p
     WHERE state = 'live' AND formula = :formula
    """
)
ANY_FACT = text("SELECT EXISTS (SELECT FROM fact)")

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
        return Live(row.version, ZoneInfo(row.time_zone), tuple(row.noted))
    if await session.scalar(ANY_FACT):
        raise FiguresNotCounted
    return Live(0, time_zone)


async def days(
    session: AsyncSession, of: Live, dimension: str, first: date, end: date, values: Among
) -> Sequence[Counted]:
    """Counters by day and value of a dimension. There is no second value."""
    rows = await session.execute(
        _DAYS, {"projection": of.version, "dimension": dimension, "first": first, "end": end, **_among("", values)}
    )
    differing = ((day, (*those, ""), name, n) for day, those, name, n in of.difference.by_day(dimension))
    return _counted(rows, _within(differing, first, end, (values, None)))


async def months(
    session: AsyncSession, of: Live, dimensions: tuple[str, str], first: date, end: date, values: tuple[Among, Among]
) -> Sequence[Counted]:
    """Counters by month and values of two dimensions."""
    rows = await session.execute(
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
    differing = ((day.replace(day=1), those, name, n) for day, those, name, n in of.difference.by_day(*dimensions))
    return _counted(rows, _within(differing, first, end, values))


async def buckets(
    session: AsyncSession,
    of: Live,
    grain: str,
    dimension: str,
    first: date,
    end: date,
    values: Among,
    starts: Sequence[date],
) -> Sequence[InBucket]:
    """How many lie in each bucket; periods by their first days."""
    rows = await session.execute(
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
    found: dict[tuple[int, str, str, int], int] = {tuple(row[:-1]): row.n for row in rows}
    more: Counter[tuple[int, str, str, int]] = Counter()
    for day, (value,), name, n in _within(of.difference.buckets_by_day(dimension), first, end, (values,)):
        measure, _, bucket = name.rpartition(":")
        more[bisect_right(starts, day), value, measure, int(bucket)] += n
    return [InBucket(*place, n) for place, n in sum_of(found, more).items()]


async def balances(session: AsyncSession, of: Live, dimension: str, end: date, values: Among) -> Sequence[Balance]:
    """By how many more cases were open at the end of each day. A day and value may be there more than once."""
    rows = await session.execute(
        _BALANCES, {"projection": of.version, "dimension": dimension, "end": end, **_among("", values)}
    )
    signs = {"opened": 1, "settled": -1}
    differing = _within(of.difference.by_day(dimension), date.min, end, (values,))
    return [
        *(Balance(*row) for row in rows),
        *(Balance(day, value, signs[name] * n) for day, (value,), name, n in differing if name in signs),
    ]


async def cells(session: AsyncSession, of: Live) -> dict[Cell, Counters]:
    """Every rollup that has counters."""
    rows = await session.stream(_CELLS, {"projection": of.version}, execution_options={"yield_per": 5000})
    return _together({Cell(*row[:-1]): row[-1] async for row in rows}, of.difference.cells())


async def bucket_cells(session: AsyncSession, of: Live) -> dict[BucketCell, int]:
    """Every bucket in which something lies."""
    rows = await session.stream(_BUCKET_CELLS, {"projection": of.version}, execution_options={"yield_per": 5000})
    return sum_of({BucketCell(*row[:-1]): row[-1] async for row in rows}, of.difference.buckets())


def _counted(rows: Iterable[Row[Any]], differing: Iterator[Differing]) -> list[Counted]:
    """The rows with what they differ by."""
    more: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for day, values, name, n in differing:
        more[day, *values][name] += n
    together = _together({tuple(row[:-1]): row.counters for row in rows}, more)
    return [Counted(day, one, other, counters) for (day, one, other), counters in together.items()]


def _together(found: Mapping[K, Counters], more: Mapping[K, Counters]) -> dict[K, Counters]:
    """Both together, place by place, without places that have nothing."""
    sums = {place: sum_of(found.get(place, {}), counters) for place, counters in more.items()}
    return {place: counters for place, counters in {**found, **sums}.items() if counters}


def _within(differing: Iterable[Differing], first: date, end: date, among: Sequence[Among]) -> Iterator[Differing]:
    """What differs from a day to another, of the values that are asked for."""
    for day, values, name, n in differing:
        if first <= day < end and all(of is None or one in of for one, of in zip(values, among, strict=True)):
            yield day, values, name, n


def _among(prefix: str, values: Among) -> dict[str, Any]:
    return {f"all_{prefix}values": values is None, f"{prefix}values": list(values or ())}
