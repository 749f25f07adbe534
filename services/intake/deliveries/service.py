"""Puts down what became of a reply that was brought, and of mail that came back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Forbidden, Principal
from libs.common.clock import SKEW
from libs.common.stream.events import record
from libs.contracts.alerts import alert_in
from services.intake.cases.models import CaseView, Reply
from services.intake.deliveries import outcomes
from services.intake.deliveries.errors import DeliveredBeforeGiven, DeliveredInTheFuture, ReplyNotFound
from services.intake.deliveries.schemas import BounceIn, BounceOut, DeliveryIn, DeliveryOut
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.models import Feedback
from services.intake.notices.models import Notice
from services.intake.notices.settling import bounce
from services.intake.persons.keys import Erased
from services.intake.reading.access import TEAM, readable

MAILING_SCOPE = "deliveries:write"


async def put_down(
    session: AsyncSession, feedback_id: UUID, body: DeliveryIn, by: Principal, now: datetime
) -> DeliveryOut:
    """By the team that has the case, or a mailing system. The same again changes nothing."""
    feedback = await _feedback(session, feedback_id, by)
    if feedback.erased_at is not None:  # what was counted stays
        raise Erased
    reply = await _reply(session, feedback_id, body)
    at = _moment(body, reply, now)
    if body.because is None:
        told = outcomes.delivered(feedback, reply, body.by, at)
    else:
        told = outcomes.undeliverable(feedback, reply, body.by, body.because, at, now)
    await record(session, *told)
    return DeliveryOut.model_validate(
        {
            "reply_id": reply.id,
            "answer": reply.answer,
            "by": reply.delivery_by,
            "outcome": reply.delivery,
            "because": reply.undeliverable_because,
            "at": reply.delivery_at,
        }
    )


async def _feedback(session: AsyncSession, feedback_id: UUID, by: Principal) -> Feedback:
    """A mailing system brings replies of every team; staff those of their own; reviewers those of cases that are hidden
    from the team that has them, on which nobody else works.
    """
    if not by.may(MAILING_SCOPE):
        theirs = await readable(session, feedback_id, by, lock=True)
        if by.has("reviewer") and not by.has(*TEAM) and not await _is_hidden_from_who_has_it(session, feedback_id):
            raise Forbidden
        return theirs
    feedback = await session.scalar(select(Feedback).where(Feedback.id == feedback_id).with_for_update())
    if feedback is None:
        raise FeedbackNotFound
    return feedback


async def _is_hidden_from_who_has_it(session: AsyncSession, feedback_id: UUID) -> bool:
    view = await session.get(CaseView, feedback_id)
    return view is not None and view.team in view.hidden_from


async def _reply(session: AsyncSession, feedback_id: UUID, body: DeliveryIn) -> Reply:
    which = Reply.id == body.reply_id if body.reply_id else Reply.answer == body.answer
    reply = await session.scalar(select(Reply).where(Reply.feedback_id == feedback_id, which))
    if reply is None:
        raise ReplyNotFound
    return reply


def _moment(body: DeliveryIn, reply: Reply, now: datetime) -> datetime:
    if body.at is None:
        return now
    if body.at > now + SKEW:
        raise DeliveredInTheFuture
    if body.at < reply.given_at:
        raise DeliveredBeforeGiven
    return min(body.at, now)


async def came_back(session: AsyncSession, body: BounceIn, now: datetime) -> BounceOut:
    """A mail of ours came back. What is only delayed, and what is not ours, is left as it is."""
    if not body.status.startswith("5"):
        return BounceOut(taken_as="not_for_good")
    notice_id = _notice_id(body.message_id)
    # Its id alone: another report of the same may be on its way, and the row is read under its lock.
    ours = await session.scalar(select(Notice.id).where(Notice.id == notice_id)) if notice_id else None
    if ours is None:
        return BounceOut(taken_as="not_ours", alert=body if alert_in(body.message_id) else None)
    return BounceOut(taken_as="bounced" if await bounce(session, ours, now) else "known_already")


def _notice_id(message_id: str) -> UUID | None:
    try:
        return UUID(message_id.strip("<> ").partition("@")[0])
    except ValueError:
        return None
