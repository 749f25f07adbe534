"""The sequencer gives each pending event its place in the log: 1, 2, 3, …, with no gap.

One statement, any number of competitors. The row of `event_head` is the lock, so positions become visible in order.
Competitors lock the pending rows in the order of `seq` (FOR UPDATE in the sub-select): a plan that deletes in another
order would have two of them wait for each other. The rows are found once, as an array: of `IN` the planner may make a
loop that looks for them anew at each row, past all that is dead. `prev` comes from the UPDATE's `RETURNING old.shards`:
from a sub-select it would be of another moment.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

import asyncpg
from fastapi import FastAPI
from prometheus_client import Counter, Gauge

from libs.common.db import Database
from libs.common.lifecycle import every
from libs.common.stream.tables import ENVELOPE_COLUMNS, SHARDS

CHANNEL = "event_log"
POLL_SECONDS = 0.02
MOST_AT_ONCE = 1000
FLOOR_SECONDS = 60.0

SEQUENCED = Counter("ecoute_stream_sequenced_total", "Events that were given their place in the log")
HEAD = Gauge("ecoute_stream_head", "The last position of the log")

_SEQUENCE = f"""
    WITH b AS (DELETE FROM event_pending WHERE seq = ANY (ARRAY(
           SELECT seq FROM event_pending WHERE seq > $1 ORDER BY seq LIMIT {MOST_AT_ONCE} FOR UPDATE)) RETURNING *),
         n AS (SELECT *, (crc32(convert_to(subject, 'UTF8')) % {SHARDS})::int AS shard,
                      row_number() OVER (ORDER BY seq) AS rn FROM b),
         s AS (SELECT shard, max(rn) AS last FROM n GROUP BY shard),
         c AS (SELECT count(*) AS k, max(seq) AS last FROM n),
         h AS (UPDATE event_head SET pos = pos + (SELECT k FROM c),
                 shards = ARRAY(SELECT coalesce(event_head.pos + s.last, event_head.shards[i])
                                FROM generate_series(1, {SHARDS}) i LEFT JOIN s ON s.shard = i - 1 ORDER BY i)
               WHERE EXISTS (SELECT FROM n) RETURNING pos, epoch, old.shards AS before),
         l AS (INSERT INTO event_log (pos, epoch, shard, prev, {ENVELOPE_COLUMNS})
               SELECT h.pos - c.k + n.rn, h.epoch, n.shard,
                      coalesce(h.pos - c.k + lag(n.rn) OVER (PARTITION BY n.shard ORDER BY n.rn),
                               h.before[n.shard + 1]),
                      {", ".join(f"n.{name.strip()}" for name in ENVELOPE_COLUMNS.split(","))}
               FROM n, h, c RETURNING pos)
    SELECT c.k, c.last, h.pos, pg_notify('{CHANNEL}', h.pos::text) FROM c, h WHERE EXISTS (SELECT FROM l)
    """  # noqa: S608 - nothing in it comes from outside


@dataclass
class Floor:
    """The highest `seq` moved more than 60 s ago: below it nothing can come any more, since writers live 30 s.

    Without it, dead rows that a long snapshot holds would be walked over at each poll. Once a minute the floor is
    left aside for one sweep.
    """

    clock: Callable[[], float] = monotonic
    moved: deque[tuple[float, int]] = field(default_factory=deque)
    value: int = 0
    swept_at: float = float("-inf")

    def now(self) -> int:
        at = self.clock()
        while self.moved and self.moved[0][0] < at - FLOOR_SECONDS:
            self.value = max(self.value, self.moved.popleft()[1])
        if at - self.swept_at > FLOOR_SECONDS:
            self.swept_at = at
            return 0
        return self.value

    def note(self, seq: int) -> None:
        self.moved.append((self.clock(), seq))


async def sequence(driver: asyncpg.Connection, floor: Floor) -> int:
    """Move the next events from `event_pending` to `event_log`, by one statement; how many it were."""
    row = await driver.fetchrow(_SEQUENCE, floor.now())
    if row is None:
        return 0
    floor.note(row["last"])
    SEQUENCED.inc(row["k"])
    HEAD.set(row["pos"])
    return int(row["k"])


async def run_sequencer(app: FastAPI) -> None:
    """The worker's task: every 20 ms, at once while there is more; on one connection, since it asks so often."""
    database: Database = app.state.database
    floor = Floor()
    async with database.driver() as driver:

        async def work() -> bool:
            return await sequence(driver, floor) >= MOST_AT_ONCE

        await every(app.state.lifecycle, POLL_SECONDS, work)
