"""Folds what slices have noted into the rollups: many at once, for they change the same rows again and again.

Whoever reads rollups adds what is noted beside them (`queries`): a figure is the same before and after.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from fastapi import FastAPI
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import Tray, lay_out
from libs.common.db import Database
from libs.common.lifecycle import every
from services.analytics.rollups.counters import Counters, sum_of
from services.analytics.rollups.difference import Difference
from services.analytics.rollups.service import BY_KEY_AND_PATIENTLY

FOLD_SECONDS = 1.0
MOST_AT_ONCE = 32

_FOLD_ALONE = text(f"SELECT {BY_KEY_AND_PATIENTLY}, pg_advisory_xact_lock(hashtext('ecoute rollups'))")
_TAKE = text(
    """
    DELETE FROM rollup_difference
     WHERE id = ANY(ARRAY(SELECT id FROM rollup_difference ORDER BY id LIMIT :most))
    RETURNING projection, difference::text AS difference
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


class RolledUpElsewhere(ConnectionError):
    """Rows were added between being looked for and being written: it is to be tried again."""


async def keep_folding(app: FastAPI) -> None:
    """The worker's task: what slices noted goes into the rollups, each second."""

    async def work() -> bool:
        return await fold(app.state.database) >= MOST_AT_ONCE

    await every(app.state.lifecycle, FOLD_SECONDS, work)


async def fold(database: Database, most: int = MOST_AT_ONCE) -> int:
    """Fold the oldest differences into the rollups of their projections; how many it were.

    `RolledUpElsewhere` where somebody who does not wait for their turn was quicker: older code, while it still runs.
    """
    async with database.transaction() as session:
        await alone(session)
        rows = (await session.execute(_TAKE, {"most": most})).all()
        noted: defaultdict[int, list[str]] = defaultdict(list)
        for row in rows:
            noted[row.projection].append(row.difference)
        for projection, differences in noted.items():
            await add(session, projection, Difference.sum_of(differences))
    return len(rows)


async def alone(session: AsyncSession) -> None:
    """Nobody else changes rollups until this transaction is over."""
    await session.execute(_FOLD_ALONE)


async def add(session: AsyncSession, projection: int, difference: Difference) -> None:
    """Add a difference to the rollups, `alone`."""
    cells, buckets = difference.rows(), difference.bucket_rows()
    if cells:
        await _add_cells(session, projection, cells)
    if buckets:
        await lay_out(session, _BUCKETS, ((*cell, n) for cell, n in buckets.items()))
        await session.execute(_ADD_TO_BUCKETS, {"projection": projection})


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
            yield row.row, place, *cell, orjson.dumps(sum_of(orjson.loads(row.counters), more)).decode()
