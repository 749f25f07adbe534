"""Projections built anew from facts, beside the one that is read, while slices go on being applied.

Facts are counted in the order of their ids, some at a time, each time alone; a slice counts in what is being built for
the facts that are already in it. When all are, one transaction makes it the one that is read.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from libs.common.db import Database
from services.analytics.facts.contributions import contributions
from services.analytics.facts.queries import facts_after
from services.analytics.rollups import folding, service
from services.analytics.rollups.difference import Difference
from services.analytics.rollups.queries import ANY_FACT

AT_A_TIME = 5000
"""So many lie in the same rows of rollups again and again: each row is written a third as often as by a thousand."""
_FIRST = UUID(int=0)

TURN_SECONDS = 0.1
_ONE_AT_A_TIME = text("SELECT pg_try_advisory_lock(hashtext('ecoute figures rebuild'))")
_DONE = text("SELECT pg_advisory_unlock(hashtext('ecoute figures rebuild'))")
_PATIENTLY = text("SET LOCAL lock_timeout = '60s'")
_ABANDON = text("UPDATE projection SET state = 'superseded' WHERE state = 'building'")
_BEGIN = text(
    """
    INSERT INTO projection (version, formula, time_zone, state, counted_to)
    SELECT coalesce(max(version), 0) + 1, :formula, :time_zone, 'building', :counted_to FROM projection
    RETURNING version
    """
)
_COUNTED_TO = text("SELECT counted_to FROM projection WHERE version = :version")
_REACHED = text("UPDATE projection SET counted_to = :counted_to WHERE version = :version")
_SUPERSEDE = text("UPDATE projection SET state = 'superseded' WHERE state = 'live'")
_READ = text("UPDATE projection SET state = 'live', counted_to = NULL WHERE version = :version")
_SUPERSEDED_ROWS = [
    text(
        f"""
        DELETE FROM {table}
         WHERE ctid = ANY(ARRAY(
             SELECT old.ctid FROM {table} AS old JOIN projection AS p ON p.version = old.projection
              WHERE p.state = 'superseded' LIMIT 20000))
        """  # noqa: S608 - the tables are ours
    )
    for table in ("rollup", "rollup_bucket")
]
_SUPERSEDED_DIFFERENCES = text(
    "DELETE FROM rollup_difference AS d USING projection AS p WHERE p.version = d.projection AND p.state = 'superseded'"
)
_LIVE = text("SELECT time_zone FROM projection WHERE state = 'live' AND formula = :formula")


async def rebuild(database: Database, time_zone: ZoneInfo, at_a_time: int = AT_A_TIME) -> int:
    """Count every fact anew by the days of a time zone, and have the result read; how many facts it were."""
    async with _alone(database):
        version = await _begin(database, time_zone)
        counted = 0
        while came := await _count_some(database, version, time_zone, at_a_time):
            counted += came
        await _take_away_superseded(database)
    return counted


async def rebuild_if_needed(database: Database, time_zone: ZoneInfo) -> int:
    """The same, where what is read was counted by another formula or by other days. Before the service starts."""
    async with database.connection() as connection:
        counted_by = await connection.scalar(_LIVE, {"formula": service.FORMULA})
        is_needed = counted_by != time_zone.key and await connection.scalar(ANY_FACT)
    return await rebuild(database, time_zone) if is_needed else 0


@asynccontextmanager
async def _alone(database: Database) -> AsyncIterator[None]:
    """No two rebuilds at once: the second waits, and asks again and again, since no statement may wait for so long."""
    async with database.statement() as connection:
        while not await connection.scalar(_ONE_AT_A_TIME):  # noqa: ASYNC110 - what waits is the database
            await asyncio.sleep(TURN_SECONDS)
        try:
            yield
        finally:
            await connection.execute(_DONE)


async def _begin(database: Database, time_zone: ZoneInfo) -> int:
    async with database.transaction() as session:
        await session.execute(_PATIENTLY)
        await service.count_alone(session)
        await session.execute(_ABANDON)
        version = await session.scalar(
            _BEGIN, {"formula": service.FORMULA, "time_zone": time_zone.key, "counted_to": _FIRST}
        )
        assert version is not None  # noqa: S101 - an INSERT of one row returns one
        return int(version)


async def _count_some(database: Database, version: int, time_zone: ZoneInfo, at_a_time: int) -> int:
    """Count the next facts; when there are none, what was built is read from now on. How many it were."""
    async with database.transaction() as session:
        await session.execute(_PATIENTLY)
        await service.count_alone(session)
        counted_to = await session.scalar(_COUNTED_TO, {"version": version})
        facts = await facts_after(session, counted_to or _FIRST, at_a_time)
        if not facts:
            await session.execute(_SUPERSEDE)
            await session.execute(_READ, {"version": version})
            return 0
        difference = Difference()
        for fact in facts:
            difference.add(contributions(fact, time_zone))
        await folding.alone(session)
        await folding.add(session, version, difference)
        await session.execute(_REACHED, {"version": version, "counted_to": facts[-1].feedback_id})
        return len(facts)


async def _take_away_superseded(database: Database) -> None:
    """Those who still read what was superseded see it until their transactions end. Nobody folds into it any more."""
    async with database.transaction() as session:
        await folding.alone(session)
        await session.execute(_SUPERSEDED_DIFFERENCES)
    for statement in _SUPERSEDED_ROWS:
        while True:
            async with database.connection() as connection:
                if not (await connection.execute(statement)).rowcount:
                    break
