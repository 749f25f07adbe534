"""What became of a notice, and of the reply that it brought."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Recorded, record
from libs.contracts.codes import BROUGHT_BY_STAFF, UndeliverableBecause
from services.intake.cases.models import Reply
from services.intake.deliveries import outcomes
from services.intake.feedback.models import Feedback
from services.intake.notices.models import Notice

Outcome = Literal["sent", "dropped", "postponed", "refused", "expired", "bounced", "unaddressed"]

_BECAUSE: dict[str, UndeliverableBecause] = {
    "refused": "rejected",
    "bounced": "bounced",
    "expired": "unreachable",
    "unaddressed": "no_address",
}


async def settle(
    session: AsyncSession,
    notice_id: UUID,
    outcome: Outcome,
    told: dict[str, Any] | None,
    now: datetime,
    pause: Callable[[int], timedelta],
) -> str:
    """Put down what became of a notice that was taken, and tell what that means for a reply; its kind."""
    notice, feedback = await _locked(session, notice_id)
    if notice.state != "waiting":
        return notice.kind
    if outcome == "postponed":
        notice.next_try_at = now + pause(notice.tries)
        return notice.kind
    notice.state, notice.settled_at, notice.told = outcome, now, told
    await record(session, *await _told_of_reply(session, notice, feedback, now))
    return notice.kind


async def bounce(session: AsyncSession, notice_id: UUID, now: datetime) -> bool:
    """A mail came back; whether that was news."""
    notice, feedback = await _locked(session, notice_id)
    if notice.state == "bounced":
        return False
    notice.state, notice.settled_at = "bounced", now
    await record(session, *await _told_of_reply(session, notice, feedback, now))
    return True


async def _locked(session: AsyncSession, notice_id: UUID) -> tuple[Notice, Feedback]:
    """The feedback first, as everywhere."""
    feedback_id = await session.scalar(select(Notice.feedback_id).where(Notice.id == notice_id))
    feedback = (await session.scalars(select(Feedback).where(Feedback.id == feedback_id).with_for_update())).one()
    notice = (await session.scalars(select(Notice).where(Notice.id == notice_id).with_for_update())).one()
    return notice, feedback


async def _told_of_reply(session: AsyncSession, notice: Notice, feedback: Feedback, now: datetime) -> list[Recorded]:
    """A reply is there once one mail of it was taken; it is not once none was, and none may still be."""
    reply = await session.get(Reply, notice.about) if notice.kind in ("answered", "interim") and notice.about else None
    if reply is None or feedback.erased_at is not None:
        return []
    if notice.state == "sent":
        return outcomes.delivered(feedback, reply, "email", now)
    if notice.state not in _BECAUSE or await _may_arrive_otherwise(session, notice):
        return []
    if _is_there_without_mail(notice, reply) or await _is_brought_by_staff(session, notice):
        return []
    return outcomes.undeliverable(feedback, reply, "email", _BECAUSE[notice.state], now)


def _is_there_without_mail(notice: Notice, reply: Reply) -> bool:
    """Staff say that it was brought, or it has no words: what was settled on the spot was told there. A mail that could
    not be sent in time says nothing of one that is read by tracking.
    """
    if reply.delivery != "delivered":
        return False
    return notice.state == "expired" or reply.words is None or reply.delivery_by in BROUGHT_BY_STAFF


async def _is_brought_by_staff(session: AsyncSession, notice: Notice) -> bool:
    """Before this reply was given, it was known of an earlier one that no mail arrives: since then staff bring them."""
    failed = (
        select(Notice.id)
        .join(Reply, Reply.id == Notice.about)
        .where(
            Notice.feedback_id == notice.feedback_id,
            Notice.recipient == notice.recipient,
            Notice.state.in_(("refused", "bounced")),
            Notice.settled_at < notice.created_at,
            or_(Reply.delivery == "undeliverable", Reply.delivery_by.in_(BROUGHT_BY_STAFF)),
        )
    )
    return await session.scalar(failed.limit(1)) is not None


async def _may_arrive_otherwise(session: AsyncSession, notice: Notice) -> bool:
    others = await session.scalar(
        select(func.count())
        .select_from(Notice)
        .where(Notice.about == notice.about, Notice.id != notice.id, Notice.state.in_(("waiting", "sent")))
    )
    return bool(others)
