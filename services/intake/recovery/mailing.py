"""Looks up who asked for lost codes, in the worker: there it takes what time it takes, and nobody watches."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import Row, Select, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import Database
from libs.common.ids import new_id
from libs.common.lifecycle import every
from services.intake.feedback.models import Feedback
from services.intake.notices.models import Notice
from services.intake.notices.recipients import address_of
from services.intake.persons.contact import BlindIndex
from services.intake.persons.keys import MasterKey
from services.intake.persons.models import ContactIndex, Person
from services.intake.recovery.models import Recovery
from services.intake.tracking.holder import author_of, withholds

POLL_SECONDS = 1.0
AT_ONCE = 50
MOST_CODES = 50

WAIT = timedelta(hours=1)
"""A contact is written to no more often than this; what cannot be sent meanwhile is given up."""

LOST_CODES = "recovered"
"""The notice that brings codes: those of every feedback with the recipient's address."""

_TAKE = text(
    """
    UPDATE recovery SET asked_at = NULL
     WHERE digest = ANY (ARRAY(SELECT digest FROM recovery WHERE asked_at IS NOT NULL ORDER BY asked_at
                                LIMIT :at_once FOR UPDATE SKIP LOCKED))
    RETURNING digest, reference
    """
)
_MAY_WRITE = text(
    """
    INSERT INTO recovery (digest, mailed_at) VALUES (:digest, :now)
    ON CONFLICT (digest) DO UPDATE SET mailed_at = excluded.mailed_at
        WHERE recovery.mailed_at IS NULL OR recovery.mailed_at <= :earliest
    RETURNING digest
    """
)


async def run_recoveries(app: FastAPI) -> None:
    """The worker's task: notices for who asked, and nothing for nobody."""
    database: Database = app.state.database
    master_key = MasterKey(app.state.settings.master_key.get_secret_value())
    blind = BlindIndex(app.state.settings.secret.get_secret_value(), app.state.settings.phone_region)

    async def work() -> bool:
        async with database.transaction() as session:
            return await answer_some(session, master_key, blind, utc_now()) == AT_ONCE

    await every(app.state.lifecycle, POLL_SECONDS, work)


async def answer_some(session: AsyncSession, master_key: MasterKey, blind: BlindIndex, now: datetime) -> int:
    """Give each address on file, of what was asked for, one notice an hour at most; how many had asked."""
    asked = (await session.execute(_TAKE, {"at_once": AT_ONCE})).all()
    for one in asked:
        matches = await session.execute(_matching(one.digest, one.reference))
        for digest, (feedback_id, recipient) in _addresses(master_key, blind, matches).items():
            if await session.scalar(_MAY_WRITE, {"digest": digest, "now": now, "earliest": now - WAIT}):
                session.add(_notice(feedback_id, recipient, now))
    await session.execute(
        delete(Recovery).where(
            Recovery.asked_at.is_(None), Recovery.mailed_at.is_(None) | (Recovery.mailed_at <= now - WAIT)
        )
    )
    return len(asked)


def _matching(digest: bytes, reference: str | None) -> Select[Feedback, Person, str]:
    query = (
        select(Feedback, Person, ContactIndex.whose)
        .join(ContactIndex, ContactIndex.feedback_id == Feedback.id)
        .join(Person, Person.id == Feedback.person_id)
        .where(ContactIndex.digest == digest, Person.key.is_not(None))
        .order_by(Feedback.submitted_at.desc(), Feedback.id)
        .limit(MOST_CODES)
    )
    return query.where(Feedback.reference == reference) if reference else query


def _addresses(
    master_key: MasterKey, blind: BlindIndex, matches: Iterable[Row[Feedback, Person, str]]
) -> dict[bytes, tuple[UUID, str]]:
    """By the digest of each address on file: the newest feedback that it came with, and whose address it is."""
    found: dict[bytes, tuple[UUID, str]] = {}
    for feedback, person, whose in matches:
        address = address_of(feedback, person, master_key.person_key(person.id, person.key), whose)
        if address and is_theirs(feedback, whose):
            found.setdefault(blind.email(address), (feedback.id, whose))
    return found


def is_theirs(feedback: Feedback, whose: str) -> bool:
    """False where the code is in the hand of somebody who spoke without authority: it is not the person's.

    Nor is it ever that of staff who wrote it down.
    """
    return author_of(feedback) == "submitter" if whose == "submitter" else not withholds(feedback)


def _notice(feedback_id: UUID, recipient: str, now: datetime) -> Notice:
    return Notice(
        id=new_id(),
        feedback_id=feedback_id,
        kind=LOST_CODES,
        recipient=recipient,
        created_at=now,
        next_try_at=now,
        expires_at=now + WAIT,
    )
