"""What became of a notice, and of what it told."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Recorded, record
from libs.contracts.codes import BROUGHT_BY_STAFF, NO_MAIL_ARRIVES, UndeliverableBecause, UntoldNotice
from services.intake.cases.models import CaseEntry, Reply
from services.intake.deliveries import outcomes
from services.intake.feedback.models import Feedback
from services.intake.notices.models import Notice
from services.intake.notices.planning import NoticeKind
from services.intake.tracking.holder import withholds

Outcome = Literal["sent", "dropped", "postponed", "refused", "expired", "bounced", "unaddressed"]

_BECAUSE: dict[str, UndeliverableBecause] = {
    "refused": "rejected",
    "bounced": "bounced",
    "expired": "unreachable",
    "unaddressed": "no_address",
}
_RECEIPT: Final[NoticeKind] = "received"
_REPLIES: Final[tuple[NoticeKind, ...]] = ("answered", "interim")
_BROUGHT_INSTEAD: Final[tuple[UntoldNotice, ...]] = ("asked", "extended", "late", "assigned", "transferred")
_EXPIRED_AT_ONCE: Final = 500

_EXPIRE = text(
    """
    UPDATE notice SET state = 'expired', settled_at = :now
     WHERE id = ANY (ARRAY(
        SELECT id FROM notice
         WHERE state = 'waiting' AND next_try_at <= :now AND (expires_at < :now OR NOT :can_send)
           AND kind <> ALL (:telling)
         ORDER BY next_try_at LIMIT :limit FOR UPDATE SKIP LOCKED))
    RETURNING kind
    """
)


async def expire(session: AsyncSession, now: datetime, *, can_send: bool) -> Sequence[str]:
    """Put down, many at a time, what cannot be sent in time and of which that tells nothing, since it is read by
    tracking: without a mail server, every receipt. The kind of each.
    """
    asked = {
        "now": now,
        "can_send": can_send,
        "telling": [*_REPLIES, *_BROUGHT_INSTEAD],
        "limit": _EXPIRED_AT_ONCE,
    }
    return (await session.scalars(_EXPIRE, asked)).all()


async def settle(
    session: AsyncSession,
    notice_id: UUID,
    outcome: Outcome,
    told: dict[str, Any] | None,
    now: datetime,
    pause: Callable[[int], timedelta],
) -> str:
    """Put down what became of a notice that was taken, and tell what that means; its kind."""
    notice, feedback = await _locked(session, notice_id)
    if notice.state != "waiting":
        return notice.kind
    if outcome == "postponed":
        notice.next_try_at = now + pause(notice.tries)
        return notice.kind
    notice.state, notice.settled_at, notice.told = outcome, now, told
    await record(session, *await _what_it_means(session, notice, feedback, now))
    return notice.kind


async def bounce(session: AsyncSession, notice_id: UUID, now: datetime) -> bool:
    """A mail came back; whether that was news."""
    notice, feedback = await _locked(session, notice_id)
    if notice.state == "bounced":
        return False
    notice.state, notice.settled_at = "bounced", now
    await record(session, *await _what_it_means(session, notice, feedback, now))
    return True


async def _locked(session: AsyncSession, notice_id: UUID) -> tuple[Notice, Feedback]:
    """The feedback first, as everywhere."""
    feedback_id = await session.scalar(select(Notice.feedback_id).where(Notice.id == notice_id))
    feedback = (await session.scalars(select(Feedback).where(Feedback.id == feedback_id).with_for_update())).one()
    notice = (await session.scalars(select(Notice).where(Notice.id == notice_id).with_for_update())).one()
    return notice, feedback


async def _what_it_means(session: AsyncSession, notice: Notice, feedback: Feedback, now: datetime) -> list[Recorded]:
    if feedback.erased_at is not None or _is_wordless(notice, feedback):
        return []
    if notice.kind == _RECEIPT:
        return await _told_of_receipt(session, notice, feedback, now)
    if notice.about is None:
        return []
    if notice.kind in _REPLIES:
        return await _told_of_reply(session, notice, notice.about, feedback, now)
    if notice.kind in _BROUGHT_INSTEAD:
        return await _told_of_step(session, notice, notice.about, feedback, now)
    return []


def _is_wordless(notice: Notice, feedback: Feedback) -> bool:
    """It goes to who may not know what it tells: whether it arrives says nothing of what the person gets."""
    return notice.recipient == "submitter" and withholds(feedback)


async def _told_of_receipt(session: AsyncSession, notice: Notice, feedback: Feedback, now: datetime) -> list[Recorded]:
    """Nobody brings it. It is told that no mail arrives, once: what comes next would not either."""
    if notice.state == "expired" or feedback.no_mail_since is not None or not await _is_lost(session, notice, feedback):
        return []
    return outcomes.untold(feedback, notice.kind, feedback.id, None, _BECAUSE[notice.state], now)


async def _told_of_reply(
    session: AsyncSession, notice: Notice, about: UUID, feedback: Feedback, now: datetime
) -> list[Recorded]:
    """A reply is there once one mail of it was taken; it is not once none was, and none may still be. Where that is no
    news, or does not matter, it is still told once that no mail arrives: staff must bring what follows.
    """
    reply = await session.get(Reply, about)
    if reply is None:
        return []
    if notice.state == "sent":
        return outcomes.delivered(feedback, reply, "email", now)
    if not await _is_lost(session, notice, feedback):
        return []
    because, is_there = _BECAUSE[notice.state], _is_there_without_mail(notice, reply)
    told = [] if is_there else outcomes.undeliverable(feedback, reply, "email", because, now, now)
    if told or because not in NO_MAIL_ARRIVES or feedback.no_mail_since is not None:
        return told
    return outcomes.untold(feedback, notice.kind, about, reply.given_at, because, now)


async def _told_of_step(
    session: AsyncSession, notice: Notice, about: UUID, feedback: Feedback, now: datetime
) -> list[Recorded]:
    """A mail that could not be sent in time is lost where mail was chosen: else it is read by tracking, by who may."""
    if notice.state == "expired" and feedback.reply_by != "email" and not withholds(feedback):
        return []
    if not await _is_lost(session, notice, feedback):
        return []
    entry = await session.get(CaseEntry, about)
    said_at = entry.happened_at if entry else None
    return outcomes.untold(feedback, notice.kind, about, said_at, _BECAUSE[notice.state], now)


async def _is_lost(session: AsyncSession, notice: Notice, feedback: Feedback) -> bool:
    """No mail of it arrived, none may still, and nobody else brings it."""
    if notice.state not in _BECAUSE or _is_brought_by_staff(notice, feedback):
        return False
    return not await session.scalar(select(_may_arrive_otherwise(notice, feedback)))


def _is_there_without_mail(notice: Notice, reply: Reply) -> bool:
    """Staff say that it was brought, or it has no words: what was settled on the spot was told there. A mail that could
    not be sent in time says nothing of one that is read by tracking.
    """
    if reply.delivery != "delivered":
        return False
    return notice.state == "expired" or reply.words is None or reply.delivery_by in BROUGHT_BY_STAFF


def _is_brought_by_staff(notice: Notice, feedback: Feedback) -> bool:
    """Before this was said, it was told that no mail arrives."""
    return feedback.no_mail_since is not None and feedback.no_mail_since < notice.created_at


def _may_arrive_otherwise(notice: Notice, feedback: Feedback) -> ColumnElement[bool]:
    """Another is told the same, and may know it."""
    return exists().where(
        Notice.recipient != "submitter" if withholds(feedback) else true(),
        Notice.feedback_id == notice.feedback_id,
        Notice.about.is_not_distinct_from(notice.about),
        Notice.kind == notice.kind,
        Notice.id != notice.id,
        Notice.state.in_(("waiting", "sent")),
    )
