"""What changes rollups: differences, and nothing else. A slice notes its own; many are folded in at once."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.errors import StreamStopped
from services.analytics.rollups.difference import Difference

FORMULA = 5
"""Which counters there are, and how they are counted: another one is a rebuild."""

_MAKE_FIRST = text(
    """
    INSERT INTO projection (version, formula, time_zone, state)
    SELECT coalesce(max(version), 0) + 1, :formula, :time_zone, 'live' FROM projection
    HAVING NOT EXISTS (SELECT FROM fact) AND count(*) FILTER (WHERE state = 'live') = 0
        ON CONFLICT DO NOTHING
    """
)
# Rows are looked up by their keys, whatever the planner takes the sizes of trays and tables for. Who waits for another
# waits until that is over: what it has read would have to be read again.
BY_KEY_AND_PATIENTLY = """
    set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
    set_config('lock_timeout', '25s', true)
"""
_COUNT_TOGETHER = text(f"SELECT {BY_KEY_AND_PATIENTLY}, pg_advisory_xact_lock_shared(hashtext('ecoute projections'))")
_COUNT_ALONE = text("SELECT pg_advisory_xact_lock(hashtext('ecoute projections'))")
_TO_COUNT_IN = text(
    """
    SELECT version, time_zone, formula, counted_to
      FROM projection
     WHERE state IN ('live', 'building')
     ORDER BY version
    """
)
_NOTE = text("INSERT INTO rollup_difference (projection, difference) VALUES (:projection, CAST(:difference AS json))")


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


async def note(session: AsyncSession, projection: int, difference: Difference) -> None:
    """Leave a difference beside the rollups: whoever reads them adds it, until it is folded into them."""
    if difference:
        await session.execute(_NOTE, {"projection": projection, "difference": difference.written()})


async def _kept(session: AsyncSession) -> list[Projection]:
    rows = (await session.execute(_TO_COUNT_IN)).all()
    if others := {row.formula for row in rows if row.formula > FORMULA or _is_built_by_another(row)}:
        raise StreamStopped(
            f"figures are counted by formula {max(others)}, and this code knows {FORMULA}: deploy the code that fits, "
            "or have this one count: ecoute figures rebuild"
        )
    return [Projection(row.version, ZoneInfo(row.time_zone), row.counted_to) for row in rows if row.formula == FORMULA]


def _is_built_by_another(row: Row[Any]) -> bool:
    """By code of before, to which somebody goes back: what is counted here meanwhile would be missing there."""
    return row.formula != FORMULA and row.counted_to is not None
