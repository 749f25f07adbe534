"""What is kept, to be compared."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.rollups.counters import Cell, Counters

_NO_HURRY = text("SET LOCAL transaction_timeout = '10min'")
_KEPT = text("SELECT day, dimension, value, counters FROM rollup_day WHERE counters <> '{}'")


async def take_time(session: AsyncSession) -> None:
    """A recount reads every fact: give this transaction ten minutes, where others have thirty seconds."""
    await session.execute(_NO_HURRY)


async def kept(session: AsyncSession) -> dict[Cell, Counters]:
    """Every rollup that has counters."""
    return {(row.day, row.dimension, row.value): row.counters for row in await session.execute(_KEPT)}
