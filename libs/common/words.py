"""Where words of people lie, and how they are taken away. Each service declares its own in `privacy/holdings.py`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid


@dataclass(frozen=True)
class Held:
    """Columns of a table that erasure nulls; where none are named, it deletes the rows.

    `key` is the column that says whose they are: of a feedback, or of what `whose` names.
    """

    table: str
    columns: tuple[str, ...] = ()
    key: str = "feedback_id"
    whose: str = "feedback"


async def forget(session: AsyncSession, held: Iterable[Held], ids: Mapping[str, Collection[UUID]]) -> None:
    """Take away what is held of these ids. The caller holds the locks of what they name."""
    for one in held:
        nulls = ", ".join(f"{name} = NULL" for name in one.columns)
        change = f"UPDATE {one.table} SET {nulls}" if nulls else f"DELETE FROM {one.table}"  # noqa: S608 - ours
        statement = text(f"{change} WHERE {one.key} = ANY(:ids)")
        await session.execute(statement.bindparams(bindparam("ids", type_=ARRAY(Uuid))), {"ids": list(ids[one.whose])})


WORDS_OF_THE_STREAM: Mapping[str, str] = dict.fromkeys(("event_pending", "event_log", "dead_letter"), "text")
"""Taken away by `libs.common.stream.erasure`."""

_ENVELOPE = "type subject traceparent data"

NO_WORDS_OF_THE_STREAM: Mapping[str, str] = {
    "event_pending": _ENVELOPE,
    "event_log": _ENVELOPE,
    "dead_letter": f"{_ENVELOPE} source reason discarded_because",
    "event_position": "source",
    "event_head": "shards",
    "event_reader": "name",
    "event_archive": "events",
    "event_trail": "source ids subjects types",
    "version_lift": "subject",
    "event_relay": "carrier",
    "tombstone": "subject",
    "rate_limit_bucket": "key",
    "idempotency_key": "scope key fingerprint answer",
}
"""Text, bytes and JSON in the tables of every service that are no words of anybody's."""
