"""Erased subjects: a tombstone each, and no words of theirs in the log, on the way to it, or among the dead letters.

Who erases holds the lock of what is erased, or the readers' positions (`hold_readers`): so no words of it are on their
way in while they are taken away. What comes later loses its words: at the reader's door, and in `record`.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import DateTime, Text

from libs.common.db import among
from libs.common.stream.events import Envelope
from libs.common.stream.tables import tombstone

_SUBJECTS = bindparam("subjects", type_=ARRAY(Text))

_HOLD_READERS = text("SELECT pos FROM event_position ORDER BY source, epoch, shard FOR UPDATE")
_MARK = text(
    """
    INSERT INTO tombstone (subject, erased_at) SELECT subject, :erased_at FROM unnest(:subjects) AS subject
     ORDER BY subject ON CONFLICT DO NOTHING
    """
).bindparams(_SUBJECTS, bindparam("erased_at", type_=DateTime(timezone=True)))
_FORGET = tuple(
    text(statement).bindparams(_SUBJECTS)
    for statement in (
        # What waits comes first: meanwhile the sequencer may move it to the log. In its order, so that neither waits
        # for the other.
        """
        UPDATE event_pending SET text = NULL WHERE seq = ANY (ARRAY(
               SELECT seq FROM event_pending WHERE subject = ANY(:subjects) AND text IS NOT NULL
                ORDER BY seq FOR UPDATE))
        """,
        "UPDATE event_log SET text = NULL WHERE subject = ANY(:subjects) AND text IS NOT NULL",
        "UPDATE dead_letter SET text = NULL WHERE subject = ANY(:subjects) AND text IS NOT NULL",
    )
)
_SWEEP = text(
    "UPDATE dead_letter SET text = NULL FROM tombstone"
    " WHERE tombstone.subject = dead_letter.subject AND dead_letter.text IS NOT NULL"
)


async def hold_readers(session: AsyncSession) -> None:
    """No slice is applied until this transaction ends. Before any other lock, as readers take it."""
    await session.execute(_HOLD_READERS)


async def bury(session: AsyncSession, subjects: Collection[UUID], erased_at: datetime) -> None:
    """Leave tombstones for the subjects, and forget their words. The caller holds the subjects' locks."""
    await mark_erased(session, subjects, erased_at)
    await forget_words(session, subjects)


async def mark_erased(session: AsyncSession, subjects: Collection[UUID], erased_at: datetime) -> None:
    """Tombstones: what comes from now on has no words."""
    await session.execute(_MARK, {"subjects": [str(subject) for subject in subjects], "erased_at": erased_at})


async def forget_words(session: AsyncSession, subjects: Collection[UUID]) -> None:
    """Take the words out of what was told of the subjects, or waits for somebody to look."""
    for statement in _FORGET:
        await session.execute(statement, {"subjects": [str(subject) for subject in subjects]})


async def without_erased_words(session: AsyncSession, events: Sequence[Envelope]) -> list[Envelope]:
    """The events as they may come in: those of erased subjects without their words."""
    subjects = {one.subject for one in events if one.text is not None}
    if not subjects:
        return list(events)
    erased = set(await session.scalars(select(tombstone.c.subject).where(among(tombstone.c.subject, subjects))))
    return [replace(one, text=None) if one.subject in erased else one for one in events]


async def sweep_dead_letters(session: AsyncSession) -> None:
    """Words that were parked by one reader while another's slice erased them."""
    await session.execute(_SWEEP)
