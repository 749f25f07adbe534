"""The recount: rollups are what facts add up to, or somebody hears of it."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.as_of.schemas import AsOf
from services.analytics.facts.contributions import contributions
from services.analytics.facts.queries import every_fact
from services.analytics.reconciliation.queries import take_time
from services.analytics.reconciliation.schemas import DifferingCounter, Reconciliation
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import TOTAL, BucketCell, Cell, Counters
from services.analytics.rollups.difference import Difference

SHOWN = 20

Row = tuple[Any, ...]
"""grain, dimension, second dimension, day, value, second value; and of buckets the measure."""


async def recount(session: AsyncSession, seen: AsOf, time_zone: ZoneInfo) -> Reconciliation:
    """Add up what every fact contributes, and compare it with the rollups that are kept."""
    await take_time(session)
    live = await rollups.live(session, time_zone)
    kept = {**_rows(await rollups.cells(session, live)), **_bucket_rows(await rollups.bucket_cells(session, live))}
    facts, total = 0, Difference()
    async for fact in every_fact(session):
        facts += 1
        total.add(contributions(fact, live.time_zone))
    recounted = {**_rows(total.cells()), **_bucket_rows(total.buckets())}
    differing = _differing(kept, recounted)
    return Reconciliation(
        as_of=seen,
        facts=facts,
        rows=len(kept.keys() | recounted.keys()),
        difference=len(differing),
        differing=differing[:SHOWN],
    )


def _rows(cells: Mapping[Cell, Counters]) -> dict[Row, Counters]:
    return {tuple(cell): counters for cell, counters in cells.items()}


def _bucket_rows(cells: Mapping[BucketCell, int]) -> Mapping[Row, Counters]:
    """As if the buckets of a measure were counters of one row."""
    rows: dict[Row, dict[str, int]] = {}
    for grain, dimension, day, value, measure, bucket in cells:
        row = rows.setdefault((grain, dimension, "", day, value, "", measure), {})
        row[f"{measure}:{bucket}"] = cells[BucketCell(grain, dimension, day, value, measure, bucket)]
    return rows


def _differing(kept: Mapping[Row, Counters], recounted: Mapping[Row, Counters]) -> list[DifferingCounter]:
    return [
        DifferingCounter(
            grain=row[0],
            day=row[3],
            dimension=row[1],
            second_dimension=row[2] or None,
            value=row[4],
            second_value=row[5] or None,
            counter=name,
            kept=mine.get(name, 0),
            recounted=theirs.get(name, 0),
        )
        for row in sorted(kept.keys() | recounted.keys(), key=_order)
        for mine, theirs in [(kept.get(row, {}), recounted.get(row, {}))]
        for name in sorted(mine.keys() | theirs.keys())
        if mine.get(name, 0) != theirs.get(name, 0)
    ]


def _order(row: Row) -> tuple[bool, Row]:
    """Totals first."""
    return row[1] != TOTAL, row
