"""The worker that sends: takes what is due, writes it, hands it to the mail server, and puts down what became of it.

No transaction is open while a server is spoken to. Whoever takes a notice has it for a while; so a worker that dies
leaves it to another, which sends it again under the same Message-ID.
"""

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from functools import partial
from typing import Any, Final, Literal
from uuid import UUID

import structlog
from fastapi import FastAPI
from prometheus_client import Counter
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.lifecycle import every
from libs.common.mail import Mailer, Postponed, Refused
from libs.common.telemetry import describe
from services.intake.feedback.models import Feedback
from services.intake.notices import settling
from services.intake.notices.floods import HELD_BACK, is_flooded
from services.intake.notices.house import House
from services.intake.notices.models import Notice
from services.intake.notices.recipients import address_of
from services.intake.notices.truth import Told, is_still_so, is_too_late
from services.intake.notices.writing import Letter, letter
from services.intake.persons.models import Person
from services.intake.recovery.letters import codes_letter
from services.intake.recovery.mailing import LOST_CODES
from services.intake.tracking.codes import tracking_code
from services.intake.tracking.conversation import said_of

POLL_SECONDS: Final = 1.0
AT_ONCE: Final = 10
LEASE: Final = timedelta(minutes=3)
FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=6)

NOTICES = Counter("ecoute_intake_notices_total", "Notices, by what became of them", ["kind", "outcome"])

log = structlog.get_logger("notices")

# Of one recipient's notices about one feedback, the oldest first. What follows one that is being sent, or will soon be
# tried again, waits for it, but not for ever: something may be wrong with that one alone. OFFSET 0 and the state as a
# column have each looked up by its feedback: once the mail server was away, all that wait are due, and would be gone
# through for each.
_TAKE = text(
    """
    UPDATE notice SET next_try_at = :until, tries = tries + 1
     WHERE id = ANY (ARRAY(
        SELECT id FROM notice n
         WHERE state = 'waiting' AND (expires_at < :now OR next_try_at <= :now)
           AND NOT EXISTS (SELECT FROM notice e
                            WHERE e.feedback_id = n.feedback_id AND e.recipient = n.recipient AND e.state = n.state
                              AND e.next_try_at <= CASE WHEN e.tries BETWEEN 1 AND 3 THEN :until ELSE :now END
                              AND (e.created_at, e.id) < (n.created_at, n.id) OFFSET 0)
         ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING id, expires_at < :now OR NOT :can_send AS expired
    """
)


async def run_notices(app: FastAPI) -> None:
    """The worker's task. Without a mail server nothing can be sent in time: tracking tells it all, and staff bring what
    was to go by mail.
    """
    settings = app.state.settings
    mailer = Mailer.of(settings)
    if mailer is None:
        log.warning("mail_is_off", set="ECOUTE_SMTP_URL and ECOUTE_MAIL_FROM")
    house = House.of(settings, mailer)
    await every(
        app.state.lifecycle, POLL_SECONDS, partial(send_some, app.state.database, mailer, house, app.state.clock)
    )


async def send_some(database: Database, mailer: Mailer | None, house: House, clock: Clock) -> bool:
    """Put down what cannot be sent in time, take at most `AT_ONCE` of the others that are due, and see to each; whether
    there were any.
    """
    now = clock()
    async with database.transaction() as session:
        expired = await settling.expire(session, now, can_send=mailer is not None)
        taken = (
            await session.execute(
                _TAKE, {"now": now, "until": now + LEASE, "can_send": mailer is not None, "limit": AT_ONCE}
            )
        ).all()
    for kind in expired:
        NOTICES.labels(kind, "expired").inc()
    await asyncio.gather(*(_see_to(database, mailer, house, clock, row.id, expired=row.expired) for row in taken))
    return bool(expired or taken)


@dataclass(frozen=True)
class _Draft:
    message: EmailMessage
    told: dict[str, Any]


async def _see_to(
    database: Database, mailer: Mailer | None, house: House, clock: Clock, notice_id: UUID, *, expired: bool
) -> None:
    """Bring one notice one step further. What goes wrong with one stops no other."""
    try:
        outcome: settling.Outcome = "expired"
        told: dict[str, Any] | None = None
        if not expired and mailer is not None:
            outcome, told = await _send(database, mailer, house, clock(), notice_id)
        async with database.transaction() as session:
            kind = await settling.settle(session, notice_id, outcome, told, clock(), _pause)
        NOTICES.labels(kind, outcome).inc()
        log.info("notice", notice_id=str(notice_id), kind=kind, outcome=outcome)
    except Exception as error:
        log.error("notice_failed", notice_id=str(notice_id), **describe(error))


async def _send(
    database: Database, mailer: Mailer, house: House, now: datetime, notice_id: UUID
) -> tuple[settling.Outcome, dict[str, Any] | None]:
    try:
        async with database.transaction() as session:
            draft = await _write(session, mailer, house, now, notice_id)
        if not isinstance(draft, _Draft):
            return draft, None
        await mailer.send(draft.message)
    except Refused:
        return "refused", None
    except Postponed:
        return "postponed", None
    return "sent", draft.told


async def _write(
    session: AsyncSession, mailer: Mailer, house: House, now: datetime, notice_id: UUID
) -> _Draft | Literal["dropped", "unaddressed", "expired"]:
    """The mail, as things stand; else why there is none."""
    notice = await session.get_one(Notice, notice_id)
    feedback = await session.get_one(Feedback, notice.feedback_id)
    person = await session.get_one(Person, feedback.person_id)
    if person.key is None:
        return "dropped"
    key = house.master_key.person_key(person.id, person.key)
    address = address_of(feedback, person, key, notice.recipient)
    said = await said_of(session, feedback)
    if address is None:
        return "unaddressed"
    if notice.kind in HELD_BACK and await is_flooded(session, house.secret, address, now):
        return "dropped"
    language = person.language if notice.recipient == "person" and person.language else feedback.language
    written: Letter | None = None
    if notice.kind == LOST_CODES:
        written = await codes_letter(session, address, language, house)
    elif is_still_so(notice, said, await _told(session, notice), now, house):
        code = tracking_code(house.secret, feedback.id, feedback.tracking_generation)
        written = letter(notice, said, key, code, language, now, house)
    elif is_too_late(notice, said, now):
        return "expired"
    if written is None:
        return "dropped"
    message = mailer.compose(
        mailer.message_id(notice.id),
        [address],
        written.subject,
        written.text,
        written_at=notice.created_at,
        language=written.language or "fr, en",
    )
    return _Draft(message, written.told)


async def _told(session: AsyncSession, notice: Notice) -> Told:
    """What mail to the same recipient has named."""
    sent = (
        await session.execute(
            select(Notice.kind, Notice.told)
            .where(
                Notice.feedback_id == notice.feedback_id,
                Notice.recipient == notice.recipient,
                Notice.state == "sent",
                Notice.told != {},
            )
            .order_by(Notice.settled_at.desc())
        )
    ).all()
    return Told(sent[0].told if sent else None, {one.told["by"] for one in sent if one.kind == "late"})


def _pause(tries: int) -> timedelta:
    """Longer each time, and not in step with others."""
    pause = min(LONGEST_PAUSE.total_seconds(), FIRST_PAUSE.total_seconds() * 4 ** min(tries - 1, 10))
    return timedelta(seconds=pause * random.uniform(0.8, 1.2))  # noqa: S311
