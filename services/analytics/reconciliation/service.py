"""The recount: rollups are what facts add up to, or somebody hears of it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.as_of.queries import as_of
from services.analytics.facts.contributions import contributions
from services.analytics.facts.queries import every_fact
from services.analytics.reconciliation import queries
from services.analytics.reconciliation.schemas import DifferingCounter, Reconciliation
from services.analytics.rollups.counters import Cells, Difference

SHOWN = 20


async def recount(session: AsyncSession, now: datetime, time_zone: ZoneInfo) -> Reconciliation:
    """Add up what every fact contributes, and compare it with the rollups that are kept."""
    await queries.take_time(session)
    seen, kept = await as_of(session, now), await queries.kept(session)
    facts, total = 0, Difference()
    async for fact in every_fact(session):
        facts += 1
        total.add(contributions(fact, time_zone))
    recounted = total.cells()
    differing = _differing(kept, recounted)
    return Reconciliation(
        as_of=seen,
        facts=facts,
        rows=len(kept.keys() | recounted.keys()),
        difference=len(differing),
        differing=differing[:SHOWN],
    )


def _differing(kept: Cells, recounted: Cells) -> list[DifferingCounter]:
    return [
        DifferingCounter(
            day=cell[0],
            dimension=cell[1],
            value=cell[2],
            counter=name,
            kept=mine.get(name, 0),
            recounted=theirs.get(name, 0),
        )
        for cell in sorted(kept.keys() | recounted.keys())
        for mine, theirs in [(kept.get(cell, {}), recounted.get(cell, {}))]
        for name in sorted(mine.keys() | theirs.keys())
        if mine.get(name, 0) != theirs.get(name, 0)
    ]
