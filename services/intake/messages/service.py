"""The person adds something, or wants no answer any more."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.ids import new_id
from libs.common.stream.events import Recorded, record
from libs.contracts.feedback import FeedbackWithdrawn
from services.intake.cases.models import CaseEntry, CaseView
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback
from services.intake.messages.errors import (
    AuthorityNeeded,
    QuestionNotFound,
    TooLateToComeBack,
    TooManyMessages,
    Withdrawn,
)
from services.intake.messages.models import Message, message_of
from services.intake.messages.schemas import MessageIn, MessageReceipt, WithdrawalOut
from services.intake.notices import planning
from services.intake.tracking.holder import author_of, withholds
from services.intake.tracking.queries import MOST_MESSAGES, feedback_of, person_key_of
from services.intake.verbatims.encoding import restore_windows_1252


async def add_message(
    session: AsyncSession, desk: Desk, code: str | None, body: MessageIn, now: datetime
) -> MessageReceipt:
    """Keep it under the person's key; the worker takes personal data out of it and tells it."""
    feedback = await feedback_of(session, desk.secret, code, lock=True)
    key = await person_key_of(session, desk.master_key, feedback)
    await _see_that_it_is_open(session, feedback, now)
    if body.in_answer_to is not None:
        asked = await session.get(CaseEntry, body.in_answer_to)
        if asked is None or (asked.feedback_id, asked.kind) != (feedback.id, "question"):
            raise QuestionNotFound
    message_id = new_id()
    message = Message(
        id=message_id,
        feedback_id=feedback.id,
        author=author_of(feedback),
        words=key.encrypt(restore_windows_1252(body.text), message_of(message_id)),
        in_answer_to=body.in_answer_to,
        sent_at=now,
        redaction_pending=True,
    )
    session.add(message)
    return MessageReceipt.model_validate(message, from_attributes=True)


async def _see_that_it_is_open(session: AsyncSession, feedback: Feedback, now: datetime) -> None:
    if feedback.withdrawn_at is not None:
        raise Withdrawn
    view = await session.get(CaseView, feedback.id)
    if view and view.is_over(now):
        raise TooLateToComeBack
    sent = await session.scalar(select(func.count()).select_from(Message).where(Message.feedback_id == feedback.id))
    if sent is not None and sent >= MOST_MESSAGES:
        raise TooManyMessages


async def withdraw_by_code(session: AsyncSession, desk: Desk, code: str | None, now: datetime) -> WithdrawalOut:
    """The person wants no answer any more; a second time changes nothing."""
    feedback = await feedback_of(session, desk.secret, code, lock=True)
    await person_key_of(session, desk.master_key, feedback)
    if withholds(feedback):
        raise AuthorityNeeded
    return WithdrawalOut(withdrawn_at=await withdraw(session, feedback, now))


async def withdraw(session: AsyncSession, feedback: Feedback, now: datetime) -> datetime:
    """Withdraw a feedback whose row is locked, unless it is already; when it was withdrawn."""
    if feedback.withdrawn_at is None:
        feedback.withdrawn_at = now
        feedback.version += 1
        await record(session, Recorded(FeedbackWithdrawn(effective_at=now), feedback.id, feedback.version, now))
        await planning.write(session, planning.notices(feedback.id, feedback.told_by_mail, "withdrawn", new_id(), now))
    return feedback.withdrawn_at
