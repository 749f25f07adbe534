"""A reply has reached the person, or could not be brought: told each time that this changes, and only then."""

from datetime import datetime

from libs.common.stream.events import Recorded
from libs.contracts.codes import DeliveredBy, UndeliverableBecause
from libs.contracts.feedback import ReplyDelivered, ReplyUndeliverable
from services.intake.cases.models import Reply
from services.intake.feedback.models import Feedback


def delivered(feedback: Feedback, reply: Reply, by: DeliveredBy, at: datetime) -> list[Recorded]:
    """The reply is there: what is to be told of it. The feedback's row is locked by the caller."""
    if reply.delivery == "delivered":
        return []
    reply.delivery, reply.delivery_by, reply.delivery_at, reply.undeliverable_because = "delivered", by, at, None
    feedback.version += 1
    event = ReplyDelivered(reply_id=reply.id, answer=reply.answer, by=by, delivered_at=at)
    return [Recorded(event, feedback.id, feedback.version, at)]


def undeliverable(
    feedback: Feedback, reply: Reply, by: DeliveredBy, because: UndeliverableBecause, at: datetime
) -> list[Recorded]:
    """The reply did not arrive, or came back: what is to be told of it. The feedback's row is locked by the caller."""
    if reply.delivery == "undeliverable":
        return []
    reply.delivery, reply.delivery_by, reply.delivery_at = "undeliverable", by, at
    reply.undeliverable_because = because
    feedback.version += 1
    event = ReplyUndeliverable(reply_id=reply.id, answer=reply.answer, by=by, because=because, found_at=at)
    return [Recorded(event, feedback.id, feedback.version, at)]
