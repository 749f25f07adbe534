"""How long a log is kept: what is older goes into the archive, without words, but never past who still reads it.

A thousand events at a time leave the log and lie in the archive in one transaction, so that nothing is between the two.
The last event stays, and the one up to which each registered reader has read: by these they see that it is their log.
"""

import zlib
from collections.abc import Sequence
from itertools import takewhile
from typing import Any

from fastapi import FastAPI
from sqlalchemy import Row, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.common.db import Database
from libs.common.lifecycle import every
from libs.common.stream.door import dropped
from libs.common.stream.feed import encode
from libs.common.stream.partitions import drop_one_below
from libs.common.stream.tables import ENVELOPE_COLUMNS, event_archive
from libs.common.worker import Task

PERIOD_SECONDS = 3600.0
FIRST_SECONDS = 60.0  # by then who reads has said so
SLICE = 1000

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('event_log retention'))")
_OLDEST = text(
    f"""
    SELECT pos, epoch, shard, prev, {ENVELOPE_COLUMNS.removesuffix(", text")}, NULL AS text, retold,
           recorded_at < now() - make_interval(days => :days) AS is_due
      FROM event_log
     WHERE pos > :dropped
       AND pos < least((SELECT pos FROM event_head), (SELECT min(pos) FROM event_reader))
     ORDER BY pos LIMIT :rows
    """  # noqa: S608 - the columns are ours
)
_DELETE = text("DELETE FROM event_log WHERE pos BETWEEN :first AND :last")


def keep_log(source: str) -> Task:
    """The worker's task, for the log of a service."""

    async def task(app: FastAPI) -> None:
        database: Database = app.state.database

        async def work() -> bool:
            async with database.connection() as connection:
                if await archive_some(connection, source, app.state.settings.event_log_days):
                    return True
            async with database.connection() as connection:
                return await drop_one_below(connection, await dropped(connection))

        await app.state.lifecycle.wait(FIRST_SECONDS)
        await every(app.state.lifecycle, PERIOD_SECONDS, work)

    return task


async def archive_some(connection: AsyncConnection, source: str, days: int, rows: int = SLICE) -> int:
    """Move the oldest events that are older than so many days into the archive; how many it were."""
    await connection.execute(_ONE_AT_A_TIME)
    after = await dropped(connection)
    oldest = await connection.execute(_OLDEST, {"days": days, "dropped": after, "rows": rows})
    due: Sequence[Row[Any]] = list(takewhile(lambda one: one.is_due, oldest))
    if due:
        packed = zlib.compress(encode(source, due), 9)
        await connection.execute(insert(event_archive), {"first": due[0].pos, "last": due[-1].pos, "events": packed})
        await connection.execute(_DELETE, {"first": due[0].pos, "last": due[-1].pos})
    return len(due)
