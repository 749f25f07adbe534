"""What changes rollups: differences, and nothing else."""

from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Date, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.errors import StreamStopped
from services.analytics.rollups.counters import Difference

PROJECTION = 1
"""The version of what is counted, and how: another one is a rebuild."""

_SAY_TIME_ZONE = text(
    "INSERT INTO projection (version, time_zone) VALUES (:version, :time_zone) ON CONFLICT (version) DO NOTHING"
)
_TIME_ZONE = text("SELECT time_zone FROM projection WHERE version = :version")
_ADD = text(
    """
    INSERT INTO rollup_day AS kept (day, dimension, value, counters)
    SELECT day, dimension, value, counters
      FROM unnest(:days, :dimensions, :values, :counters) AS added (day, dimension, value, counters)
     ORDER BY day, dimension, value
        ON CONFLICT (day, dimension, value)
        DO UPDATE SET counters = counters_add(kept.counters, excluded.counters)
    """
).bindparams(
    bindparam("days", type_=ARRAY(Date)),
    bindparam("dimensions", type_=ARRAY(Text)),
    bindparam("values", type_=ARRAY(Text)),
    bindparam("counters", type_=ARRAY(JSONB, dimensions=1)),
)


async def see_that_days_agree(session: AsyncSession, time_zone: ZoneInfo) -> None:
    """Rollups are counted by the days of one time zone for ever. StreamStopped where it is not this one."""
    await session.execute(_SAY_TIME_ZONE, {"version": PROJECTION, "time_zone": time_zone.key})
    counted_by = await session.scalar(_TIME_ZONE, {"version": PROJECTION})
    if counted_by != time_zone.key:
        raise StreamStopped(f"rollups are counted by the days of {counted_by}: set ECOUTE_TIME_ZONE to it again")


async def add(session: AsyncSession, difference: Difference) -> None:
    """Add a difference, in the order of the keys: so that two slices wait for each other and never deadlock."""
    cells = difference.cells()
    if cells:
        days, dimensions, values = zip(*cells, strict=True)
        await session.execute(
            _ADD, {"days": days, "dimensions": dimensions, "values": values, "counters": [*cells.values()]}
        )
