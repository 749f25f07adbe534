"""What routing does with intake's events."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Event, Received
from libs.common.stream.reader import Handlers
from libs.contracts.catalogue import (
    ServiceChanged,
    ServicePointChanged,
    TopicChanged,
    TouchpointChanged,
)
from libs.contracts.feedback import (
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    PersonErased,
    ReplyDelivered,
    ReplyUndeliverable,
)
from libs.contracts.interactions import InteractionsReported
from services.routing.cases.learning import keep_evaluations, keep_verbatims
from services.routing.cases.opening import open_cases


async def on_feedback(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Of one feedback the three come in this order: so cases are opened before they learn."""
    await open_cases(session, [one for one in events if isinstance(one.event, FeedbackSubmitted)])
    await keep_verbatims(session, [one for one in events if isinstance(one.event, FeedbackVerbatimRedacted)])
    await keep_evaluations(session, [one for one in events if isinstance(one.event, FeedbackEvaluated)])


_IGNORED: frozenset[type[Event]] = frozenset(
    {
        FeedbackMessageAdded,
        FeedbackReclassified,
        FeedbackWithdrawn,
        PersonErased,
        ReplyDelivered,
        ReplyUndeliverable,
        ServiceChanged,
        ServicePointChanged,
        TopicChanged,
        TouchpointChanged,
        InteractionsReported,
    }
)

HANDLERS = Handlers(
    dict.fromkeys((FeedbackSubmitted, FeedbackVerbatimRedacted, FeedbackEvaluated), on_feedback), _IGNORED
)
