"""Opens a new epoch of a log that was put back from a backup, so that its readers go on and nothing is missed.

The epoch begins above every position that anybody holds. What the log was told after the backup was put back lies at
positions that readers have passed: it is told again there, and dropped by who knows it already. Versions of what
others know better go on above theirs.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger, Text

from libs.common.db import driver_of
from libs.common.stream.memory import Lost, Memory, first_of_epoch
from libs.common.stream.partitions import make_for
from libs.common.stream.sequencer import CHANNEL, Floor, sequence
from libs.common.stream.tables import ENVELOPE_COLUMNS, SHARDS

# Who writes waits meanwhile, and so does the sequencer: both for seconds. Always in this order.
_HOLD = (
    "SET LOCAL transaction_timeout = 0",
    "SET LOCAL lock_timeout = '35s'",
    "LOCK TABLE event_pending IN SHARE ROW EXCLUSIVE MODE",
)
_HEAD = text("SELECT pos, epoch FROM event_head FOR UPDATE")
_OPEN = text("INSERT INTO event_epoch (epoch, first) VALUES (:epoch, :first)")
_LIFT = text(
    """
    INSERT INTO version_lift AS known (subject, lift) SELECT * FROM unnest(:subjects, :lifts)
    ON CONFLICT (subject) DO UPDATE SET lift = known.lift + excluded.lift
    """
).bindparams(bindparam("subjects", type_=ARRAY(Text)), bindparam("lifts", type_=ARRAY(BigInteger)))
_COUNT = text("SELECT count(*) FROM event_log WHERE pos > :agreed")
_TELL_AGAIN = text(
    f"""
    INSERT INTO event_log (pos, epoch, shard, prev, {ENVELOPE_COLUMNS}, retold)
    SELECT :first - 1 + n, :epoch, shard,
           coalesce(lag(:first - 1 + n) OVER (PARTITION BY shard ORDER BY n), 0),
           id, type, subject, version + coalesce(lift, 0), time, recorded_at, traceparent, data, text, true
      FROM (SELECT l.*, row_number() OVER (ORDER BY pos) AS n FROM event_log l WHERE pos > :agreed) AS told
      LEFT JOIN unnest(:subjects, :lifts) AS lifted (of_subject, lift) ON of_subject = subject
    """  # noqa: S608 - the columns are ours
).bindparams(
    bindparam("first", type_=BigInteger),
    bindparam("subjects", type_=ARRAY(Text)),
    bindparam("lifts", type_=ARRAY(BigInteger)),
)
_BEGIN = text(
    f"""
    UPDATE event_head SET epoch = :epoch, pos = :last, shards = ARRAY(
           SELECT coalesce((SELECT max(pos) FROM event_log WHERE shard = i - 1 AND pos >= :first), 0)
             FROM generate_series(1, {SHARDS}) i)
    RETURNING pg_notify('{CHANNEL}', pos::text)
    """  # noqa: S608 - our own words
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it: the epoch and its first position, how many events are told again, what the source has lost."""

    epoch: int
    first: int
    told_again: int
    lost: Sequence[tuple[Lost, Sequence[str]]]
    """With those who know it."""


async def hold_log(connection: AsyncConnection) -> tuple[int, int]:
    """Nothing is written to the log until this transaction ends; its head and its epoch.

    What waited for its place when the backup was made has it first: readers may know it, and it is told again as such.
    """
    for statement in _HOLD:
        await connection.execute(text(statement))
    driver, floor = await driver_of(connection), Floor()
    while await sequence(driver, floor):
        pass
    head = (await connection.execute(_HEAD)).one()
    return head.pos, head.epoch


async def open_epoch(
    connection: AsyncConnection, head: tuple[int, int], memories: Collection[Memory], *, above: int = 0
) -> Restored:
    """Open the epoch, above all that the readers hold and above `above`. The caller holds the log."""
    pos, epoch = head
    epoch = 1 + max([epoch, *(one.epoch for one in memories)])
    first = 1 + max([pos, above, *(one.pos for one in memories)])
    agreed = max([one.agreed for one in memories if one.agreed is not None], default=pos)
    agreed = max(agreed, await first_of_epoch(connection) - 1)
    told_again = int(await connection.scalar(_COUNT, {"agreed": agreed}) or 0)
    lost = _by_event(memories)
    lifts = Counter(one.subject for one, _ in lost)
    lifted = {"subjects": list(lifts), "lifts": list(lifts.values())}
    last = first - 1 + told_again
    for place in (first, last + 1):
        await make_for(connection, place)
    await connection.execute(_OPEN, {"epoch": epoch, "first": first})
    await connection.execute(_LIFT, lifted)
    await connection.execute(_TELL_AGAIN, {"first": first, "epoch": epoch, "agreed": agreed, **lifted})
    await connection.execute(_BEGIN, {"epoch": epoch, "first": first, "last": last})
    return Restored(epoch, first, told_again, lost)


def _by_event(memories: Collection[Memory]) -> list[tuple[Lost, list[str]]]:
    """Each lost event once, in the order in which it was read, with the names of those who know it."""
    known: dict[Any, tuple[Lost, list[str]]] = {}
    for memory in memories:
        for one in memory.lost:
            known.setdefault(one.id, (one, []))[1].append(memory.reader)
    return list(known.values())
