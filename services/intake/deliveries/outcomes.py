"""A reply has reached the person, or could not be brought: told each time that this changes, and only then. What else
was to be told and did not arrive is told once.
"""

from datetime import datetime
from uuid import UUID

from libs.common.stream.events import Recorded
from libs.contracts.codes import BROUGHT_BY_STAFF, NO_MAIL_ARRIVES, DeliveredBy, UndeliverableBecause, UntoldNotice
from libs.contracts.feedback import NoticeUndeliverable, ReplyDelivered, ReplyUndeliverable
from services.intake.cases.models import Reply
from services.intake.feedback.models import Feedback


def delivered(feedback: Feedback, reply: Reply, by: DeliveredBy, at: datetime) -> list[Recorded]:
    """The reply is there: what is to be told of it. The feedback's row is locked by the caller.

    That staff brought one which counted as there is news: until then bringing it is their task. What came back
    afterwards is not there, however late one hears that it was.
    """
    is_brought = by in BROUGHT_BY_STAFF and reply.delivery_by not in BROUGHT_BY_STAFF
    if reply.delivery == "delivered" and not is_brought:
        return []
    if reply.delivery == "undeliverable" and reply.delivery_by == by and reply.delivery_at and at < reply.delivery_at:
        return []
    reply.delivery, reply.delivery_by, reply.delivery_at, reply.undeliverable_because = "delivered", by, at, None
    feedback.version += 1
    event = ReplyDelivered(reply_id=reply.id, answer=reply.answer, by=by, delivered_at=at)
    return [Recorded(event, feedback.id, feedback.version, at)]


def undeliverable(
    feedback: Feedback, reply: Reply, by: DeliveredBy, because: UndeliverableBecause, at: datetime, now: datetime
) -> list[Recorded]:
    """The reply did not arrive, or came back: what is to be told of it. The feedback's row is locked by the caller.

    What staff have brought is there, whatever becomes of a mail with it.
    """
    if reply.delivery == "undeliverable":
        return []
    if reply.delivery == "delivered" and reply.delivery_by in BROUGHT_BY_STAFF and by not in BROUGHT_BY_STAFF:
        if by != "email" or because not in NO_MAIL_ARRIVES or feedback.no_mail_since is not None:
            return []
        return untold(feedback, notice_of(reply), reply.id, reply.given_at, because, now)
    if by == "email":
        _remember(feedback, because, now)
    reply.delivery, reply.delivery_by, reply.delivery_at = "undeliverable", by, at
    reply.undeliverable_because = because
    feedback.version += 1
    event = ReplyUndeliverable(reply_id=reply.id, answer=reply.answer, by=by, because=because, found_at=at)
    return [Recorded(event, feedback.id, feedback.version, at)]


def notice_of(reply: Reply) -> UntoldNotice:
    """What a mail with it is called."""
    return "interim" if reply.answer is None else "answered"


def untold(
    feedback: Feedback, notice: str, about: UUID, said_at: datetime | None, because: UndeliverableBecause, at: datetime
) -> list[Recorded]:
    """Mail of it did not arrive: so it is told. The feedback's row is locked by the caller."""
    _remember(feedback, because, at)
    feedback.version += 1
    event = NoticeUndeliverable(notice=notice, about=about, said_at=said_at, by="email", because=because, found_at=at)
    return [Recorded(event, feedback.id, feedback.version, at)]


def _remember(feedback: Feedback, because: UndeliverableBecause, now: datetime) -> None:
    """Who reads this has staff bring what is said from now on."""
    if because in NO_MAIL_ARRIVES:
        feedback.no_mail_since = feedback.no_mail_since or now
