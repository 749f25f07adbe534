"""Finds the language of words, takes personal data out of them, and tells the rest: `feedback.verbatim_redacted`."""

import asyncio
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import structlog
from fastapi import FastAPI
from prometheus_client import Counter
from sqlalchemy import BigInteger, Text, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.lifecycle import every
from libs.common.stream.events import Recorded, record
from libs.common.telemetry import describe
from libs.contracts.feedback import FeedbackVerbatimRedacted, Removal
from services.intake.feedback.models import Feedback, words_of
from services.intake.persons.keys import MasterKey
from services.intake.persons.models import Person
from services.intake.verbatims.in_time import AT_MOST_SECONDS, in_time
from services.intake.verbatims.language import Language, find_language, load_model
from services.intake.verbatims.personal_data import redact

POLL_SECONDS = 0.1
AT_ONCE = 200

# In the order of their index: PostgreSQL takes so many to be waiting that it would rather read the table.
_IS_LANGUAGE_UNKNOWN = f"""
    SELECT bool_or(language IS NULL)
      FROM (SELECT language FROM feedback WHERE verbatim_pending ORDER BY recorded_at LIMIT {AT_ONCE}) AS next
    """  # noqa: S608 - the number is ours
_PUT_DOWN = text(
    """
    UPDATE feedback SET version = redacted.version, language = redacted.language, verbatim_pending = false
      FROM unnest(:ids, :versions, :languages) AS redacted (id, version, language) WHERE feedback.id = redacted.id
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid)),
    bindparam("versions", type_=ARRAY(BigInteger)),
    bindparam("languages", type_=ARRAY(Text)),
)

REDACTED = Counter("ecoute_intake_redacted_total", "Words that went through redaction")
UNREADABLE = Counter("ecoute_intake_unreadable_total", "Words that could not be read for redaction")

log = structlog.get_logger("redaction")


@dataclass(frozen=True)
class Pending:
    """Words that wait, as they lie in the database."""

    id: UUID
    version: int
    words: bytes
    language: str | None
    person_id: UUID
    key: bytes | None
    person_language: str | None


async def run_redaction(app: FastAPI) -> None:
    """The worker's task: what was just taken in, in the order in which it came.

    Words that cannot be read are told in the log, counted, and left for the next start: they hold up no others.
    """
    database: Database = app.state.database
    master_key = MasterKey(app.state.settings.master_key.get_secret_value())
    unreadable: set[UUID] = set()

    async def work() -> bool:
        is_language_unknown = await database.value(_IS_LANGUAGE_UNKNOWN)
        if is_language_unknown is None:
            return False
        if is_language_unknown:
            await asyncio.to_thread(load_model)  # before anything is locked
        async with database.transaction() as session:
            return await redact_some(session, master_key, unreadable) >= AT_ONCE

    await every(app.state.lifecycle, POLL_SECONDS, work)


async def redact_some(
    session: AsyncSession, master_key: MasterKey, unreadable: set[UUID], seconds: float = AT_MOST_SECONDS
) -> int:
    """Redact at most `AT_ONCE` of the words that wait; how many were looked at. Several workers share the queue.

    None is begun once the `seconds` are over. Those in `unreadable` are passed over, and those that turn out to be so
    are added to it.
    """
    pending = [
        Pending(**row._mapping)
        for row in await session.execute(
            select(
                Feedback.id,
                Feedback.version,
                Feedback.words,
                Feedback.language,
                Feedback.person_id,
                Person.key,
                Person.language.label("person_language"),
            )
            .join(Person, Person.id == Feedback.person_id)
            .where(Feedback.verbatim_pending, Feedback.id.not_in(unreadable), Person.key.is_not(None))
            .order_by(Feedback.recorded_at)
            .limit(AT_ONCE)
            .with_for_update(of=Feedback, skip_locked=True, key_share=True)  # readings are put down meanwhile
        )
    ]
    if not pending:
        return 0
    found = await asyncio.to_thread(in_time, partial(_redact, master_key), pending, seconds)
    for one in [one for one, event in found if event is None]:
        unreadable.add(one.id)
        UNREADABLE.inc()
    redacted = [(one, event) for one, event in found if event is not None]
    if redacted:
        await session.execute(
            _PUT_DOWN,
            {
                "ids": [one.id for one, _ in redacted],
                "versions": [one.version + 1 for one, _ in redacted],
                "languages": [event.language for _, event in redacted],
            },
        )
        now = utc_now()
        await record(session, *(Recorded(event, one.id, one.version + 1, now) for one, event in redacted))
        REDACTED.inc(len(redacted))
    return len(found)


def _redact(master_key: MasterKey, pending: Pending) -> FeedbackVerbatimRedacted | None:
    """The words without personal data; None, and a line in the log, when they cannot be had."""
    try:
        key = master_key.person_key(pending.person_id, pending.key)
        words = key.decrypt(pending.words, words_of(pending.id))
        redacted = redact(words)
        told = pending.language
        language = Language(told, 1.0) if told else find_language(words, pending.person_language)
    except Exception as error:
        log.error("words_unreadable", feedback_id=str(pending.id), **describe(error))
        return None
    return FeedbackVerbatimRedacted(
        text=redacted.text,
        language=language.code,
        language_confidence=language.confidence,
        removed=tuple(Removal(kind=removal.kind, count=removal.count) for removal in redacted.removed),
    )
