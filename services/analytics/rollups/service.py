"""What changes rollups: differences, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, Date, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.errors import StreamStopped
from services.analytics.rollups.counters import BucketCell, Cell, Counters, Difference

FORMULA = 2
"""Which counters there are, and how they are counted: another one is a rebuild."""

_MAKE_FIRST = text(
    """
    INSERT INTO projection (version, formula, time_zone, state)
    SELECT coalesce(max(version), 0) + 1, :formula, :time_zone, 'live' FROM projection
    HAVING NOT EXISTS (SELECT FROM fact) AND count(*) FILTER (WHERE state = 'live') = 0
        ON CONFLICT DO NOTHING
    """
)
_COUNT_TOGETHER = text("SELECT pg_advisory_xact_lock_shared(hashtext('ecoute projections'))")
_COUNT_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('ecoute projections'))")
_TO_COUNT_IN = text(
    """
    SELECT version, time_zone, formula, counted_to
      FROM projection
     WHERE state IN ('live', 'building')
     ORDER BY version
    """
)
_ADD = text(
    """
    INSERT INTO rollup AS kept
           (projection, grain, dimension, second_dimension, day, value, second_value, counters)
    SELECT :projection, * FROM unnest(:grains, :dimensions, :seconds, :days, :values, :second_values, :counters)
        ON CONFLICT (projection, grain, dimension, second_dimension, day, value, second_value)
        DO UPDATE SET counters = (
            SELECT coalesce(jsonb_object_agg(name, total), '{}')
              FROM (SELECT name, sum(count::bigint)::bigint AS total
                      FROM (SELECT * FROM jsonb_each_text(kept.counters)
                            UNION ALL SELECT * FROM jsonb_each_text(excluded.counters)) AS c (name, count)
                     GROUP BY name
                    HAVING sum(count::bigint) <> 0) AS sums)
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("grains", "dimensions", "seconds", "values", "second_values")),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("counters", type_=ARRAY(JSONB, dimensions=1)),
)
_ADD_BUCKETS = text(
    """
    INSERT INTO rollup_bucket AS kept (projection, grain, dimension, day, value, measure, bucket, n)
    SELECT :projection, * FROM unnest(:grains, :dimensions, :days, :values, :measures, :buckets, :ns)
        ON CONFLICT (projection, grain, dimension, day, value, measure, bucket)
        DO UPDATE SET n = kept.n + excluded.n
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Text)) for name in ("grains", "dimensions", "values", "measures")),
    bindparam("days", type_=ARRAY(Date)),
    bindparam("buckets", type_=ARRAY(BigInteger)),
    bindparam("ns", type_=ARRAY(BigInteger)),
)


@dataclass(frozen=True)
class Projection:
    """Rollups that are counted in: all of them, or while they are built those of facts up to an id."""

    version: int
    time_zone: ZoneInfo
    counted_to: UUID | None

    def counts(self, feedback_id: UUID) -> bool:
        return self.counted_to is None or feedback_id <= self.counted_to


async def to_count_in(session: AsyncSession, time_zone: ZoneInfo) -> list[Projection]:
    """The projections that a slice counts in, held as they are until the slice is over. The first is made here.

    StreamStopped where those that are read were made by another formula: this code cannot keep them.
    """
    await session.execute(_COUNT_TOGETHER)
    found = await _kept(session)
    if not found:
        await session.execute(_MAKE_FIRST, {"formula": FORMULA, "time_zone": time_zone.key})
        found = await _kept(session)
    if not any(one.counted_to is None for one in found):
        raise StreamStopped(f"figures are not counted by formula {FORMULA}, that of this code: ecoute figures rebuild")
    return found


async def count_alone(session: AsyncSession) -> None:
    """No slice is applied until this transaction is over: what it reads of facts and projections agrees."""
    await session.execute(_COUNT_ALONE)


async def add(session: AsyncSession, projection: int, difference: Difference) -> None:
    """Add a difference, in the order of the keys: so that two slices wait for each other and never deadlock."""
    await _add_cells(session, projection, difference.cells().items())
    await _add_buckets(session, projection, difference.buckets().items())


async def _kept(session: AsyncSession) -> list[Projection]:
    rows = (await session.execute(_TO_COUNT_IN)).all()
    if any(row.formula > FORMULA for row in rows):
        raise StreamStopped(f"figures are counted by a newer formula than {FORMULA}, that of this code")
    return [Projection(row.version, ZoneInfo(row.time_zone), row.counted_to) for row in rows if row.formula == FORMULA]


async def _add_cells(session: AsyncSession, projection: int, cells: Iterable[tuple[Cell, Counters]]) -> None:
    rows = [(*cell, counters) for cell, counters in cells]
    if rows:
        names = ("grains", "dimensions", "seconds", "days", "values", "second_values", "counters")
        await session.execute(
            _ADD, {"projection": projection, **dict(zip(names, zip(*rows, strict=True), strict=True))}
        )


async def _add_buckets(session: AsyncSession, projection: int, cells: Iterable[tuple[BucketCell, int]]) -> None:
    rows = [(*cell, n) for cell, n in cells]
    if rows:
        names = ("grains", "dimensions", "days", "values", "measures", "buckets", "ns")
        await session.execute(
            _ADD_BUCKETS, {"projection": projection, **dict(zip(names, zip(*rows, strict=True), strict=True))}
        )
