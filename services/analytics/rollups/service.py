"""What changes rollups: differences, and nothing else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import Tray, lay_out
from libs.common.stream.errors import StreamStopped
from services.analytics.rollups.counters import Counters, Difference

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
# Rows are looked up by their keys, whatever the planner takes the sizes of trays and tables for. Who waits for
# another slice waits until that is over: what it has folded would have to be folded again.
_COUNT_TOGETHER = text(
    """
    SELECT set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
           set_config('lock_timeout', '25s', true), pg_advisory_xact_lock_shared(hashtext('ecoute projections'))
    """
)
_COUNT_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('ecoute projections'))")
_ADD_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('ecoute rollups'))")
_TO_COUNT_IN = text(
    """
    SELECT version, time_zone, formula, counted_to
      FROM projection
     WHERE state IN ('live', 'building')
     ORDER BY version
    """
)
_CELLS = Tray(
    "rollup_cell",
    {
        "place": "bigint",
        "grain": "text",
        "dimension": "text",
        "second_dimension": "text",
        "day": "date",
        "value": "text",
        "second_value": "text",
    },
)
_SUMS = Tray("rollup_sum", {"row": "tid", **_CELLS.columns, "counters": "jsonb"})
_BUCKETS = Tray(
    "rollup_bucket_more",
    {
        "grain": "text",
        "dimension": "text",
        "day": "date",
        "value": "text",
        "measure": "text",
        "bucket": "bigint",
        "n": "bigint",
    },
)
# LIMIT 1 has each row looked up by the key, however large the planner takes the tables to be.
_KEPT = text(
    """
    SELECT cell.place, kept.ctid AS row, kept.counters::text AS counters
      FROM pg_temp.rollup_cell AS cell CROSS JOIN LATERAL (
           SELECT ctid, counters FROM rollup AS r
            WHERE r.projection = :projection AND r.grain = cell.grain AND r.dimension = cell.dimension
              AND r.second_dimension = cell.second_dimension AND r.day = cell.day AND r.value = cell.value
              AND r.second_value = cell.second_value LIMIT 1 FOR UPDATE) AS kept
    """
)
_CHANGE = text("UPDATE rollup SET counters = s.counters FROM pg_temp.rollup_sum AS s WHERE rollup.ctid = s.row")
_INSERT = text(
    """
    INSERT INTO rollup (projection, grain, dimension, second_dimension, day, value, second_value, counters)
    SELECT :projection, grain, dimension, second_dimension, day, value, second_value, counters
      FROM pg_temp.rollup_sum WHERE row IS NULL
        ON CONFLICT DO NOTHING
    """
)
_ADD_TO_BUCKETS = text(
    """
    INSERT INTO rollup_bucket AS kept (projection, grain, dimension, day, value, measure, bucket, n)
    SELECT :projection, grain, dimension, day, value, measure, bucket, n FROM pg_temp.rollup_bucket_more
        ON CONFLICT (projection, grain, dimension, day, value, measure, bucket)
        DO UPDATE SET n = kept.n + excluded.n
    """
)


@dataclass(frozen=True)
class Projection:
    """Rollups that are counted in: all of them, or while they are built those of facts up to an id."""

    version: int
    time_zone: ZoneInfo
    counted_to: UUID | None

    def counts(self, feedback_id: UUID) -> bool:
        return self.counted_to is None or feedback_id <= self.counted_to


class RolledUpElsewhere(ConnectionError):
    """Rows were added between being looked for and being written: the slice is to be tried again."""


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
    """Add a difference. One transaction at a time does so, each for a moment at its end.

    `RolledUpElsewhere` where somebody who does not wait for their turn was quicker: older code, while it still runs.
    """
    cells, buckets = difference.rows(), difference.bucket_rows()
    await session.execute(_ADD_ALONE)
    if cells:
        await _add_cells(session, projection, cells)
    if buckets:
        await lay_out(session, _BUCKETS, ((*cell, n) for cell, n in buckets.items()))
        await session.execute(_ADD_TO_BUCKETS, {"projection": projection})


async def _kept(session: AsyncSession) -> list[Projection]:
    rows = (await session.execute(_TO_COUNT_IN)).all()
    if any(row.formula > FORMULA for row in rows):
        raise StreamStopped(f"figures are counted by a newer formula than {FORMULA}, that of this code")
    return [Projection(row.version, ZoneInfo(row.time_zone), row.counted_to) for row in rows if row.formula == FORMULA]


async def _add_cells(session: AsyncSession, projection: int, cells: Mapping[tuple[Any, ...], Counters]) -> None:
    """Counters are summed up here: PostgreSQL would take ten times as long to take two JSON objects apart."""
    await lay_out(session, _CELLS, ((place, *cell) for place, cell in enumerate(cells)))
    kept = {row.place: row for row in await session.execute(_KEPT, {"projection": projection})}
    await lay_out(session, _SUMS, _sums(cells, kept))
    changed = await session.execute(_CHANGE)
    inserted = await session.execute(_INSERT, {"projection": projection})
    if changed.rowcount != len(kept) or inserted.rowcount != len(cells) - len(kept):  # type: ignore[attr-defined]
        raise RolledUpElsewhere


def _sums(cells: Mapping[tuple[Any, ...], Counters], kept: Mapping[int, Row[Any]]) -> Iterator[tuple[Any, ...]]:
    for place, (cell, more) in enumerate(cells.items()):
        row = kept.get(place)
        if row is None:
            yield None, place, *cell, orjson.dumps(more).decode()
        else:
            yield row.row, place, *cell, orjson.dumps(_sum(orjson.loads(row.counters), more)).decode()


def _sum(counters: dict[str, int], more: Counters) -> dict[str, int]:
    """Without those that come down to nothing."""
    for name, count in more.items():
        if not (total := counters.get(name, 0) + count):
            counters.pop(name, None)
        else:
            counters[name] = total
    return counters
