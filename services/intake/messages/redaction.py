"""Takes personal data out of messages, by the rules for the first words, and tells them: `feedback.message_added`."""

import asyncio
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.lifecycle import every
from libs.common.stream.events import Recorded, record
from libs.common.telemetry import describe
from libs.contracts.feedback import FeedbackMessageAdded, Removal
from services.intake.feedback.models import Feedback
from services.intake.messages.models import Message, message_of
from services.intake.persons.keys import MasterKey
from services.intake.persons.models import Person
from services.intake.verbatims.in_time import AT_MOST_SECONDS, in_time
from services.intake.verbatims.language import find_language, load_model
from services.intake.verbatims.personal_data import redact
from services.intake.verbatims.service import REDACTED, UNREADABLE

POLL_SECONDS = 0.25
_WAITING = "SELECT true FROM message WHERE redaction_pending ORDER BY sent_at LIMIT 1"
AT_ONCE = 20

log = structlog.get_logger("messages")


@dataclass(frozen=True)
class _Pending:
    message: Message
    feedback: Feedback
    key: bytes | None


async def run_messages(app: FastAPI) -> None:
    """The worker's task. Words that cannot be read are told in the log, counted, and left for the next start."""
    database: Database = app.state.database
    master_key = MasterKey(app.state.settings.master_key.get_secret_value())
    unreadable: set[UUID] = set()

    async def work() -> bool:
        if not await database.value(_WAITING):
            return False
        await asyncio.to_thread(load_model)  # before anything is locked
        async with database.transaction() as session:
            return await tell_messages(session, master_key, unreadable) > 0

    await every(app.state.lifecycle, POLL_SECONDS, work)


async def tell_messages(
    session: AsyncSession, master_key: MasterKey, unreadable: set[UUID], seconds: float = AT_MOST_SECONDS
) -> int:
    """Tell at most `AT_ONCE` messages that wait, in their order; how many were looked at. Workers share the queue.

    None is begun once the `seconds` are over.
    """
    rows = await session.execute(
        select(Message, Feedback, Person.key)
        .join(Feedback, Feedback.id == Message.feedback_id)
        .join(Person, Person.id == Feedback.person_id)
        .where(Message.redaction_pending, Message.id.not_in(unreadable), Person.key.is_not(None))
        .order_by(Message.sent_at, Message.id)
        .limit(AT_ONCE)
        # The message too: what another worker has told since is seen to be told by its row alone.
        .with_for_update(of=(Feedback, Message), skip_locked=True, key_share=True)
    )
    pending = [_Pending(*row) for row in rows]
    if not pending:
        return 0
    found = await asyncio.to_thread(in_time, partial(_redact, master_key), pending, seconds)
    told = []
    for one, event in found:
        if event is None:
            unreadable.add(one.message.id)
            UNREADABLE.inc()
            continue
        one.message.redaction_pending = False
        one.feedback.version += 1
        told.append(Recorded(event, one.feedback.id, one.feedback.version, one.message.sent_at))
    REDACTED.inc(len(told))
    await record(session, *told)
    return len(found)


def _redact(master_key: MasterKey, pending: _Pending) -> FeedbackMessageAdded | None:
    message = pending.message
    try:
        words = master_key.person_key(pending.feedback.person_id, pending.key).decrypt(
            message.words or b"", message_of(message.id)
        )
        redacted = redact(words)
        language = find_language(words, pending.feedback.language)
    except Exception as error:
        log.error("words_unreadable", feedback_id=str(message.feedback_id), **describe(error))
        return None
    return FeedbackMessageAdded(
        message_id=message.id,
        author="submitter" if message.author == "submitter" else "person",
        sent_at=message.sent_at,
        text=redacted.text,
        language=language.code,
        removed=tuple(Removal(kind=one.kind, count=one.count) for one in redacted.removed),
    )
