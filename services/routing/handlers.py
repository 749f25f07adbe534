"""What routing does with intake's events."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Event, Received
from libs.common.stream.reader import Handlers
from libs.contracts.cases import subjects_of
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
from services.routing.catalogue.service import learn_codes
from services.routing.privacy.service import erase


async def on_feedback(session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Of one feedback they come in this order: so cases are opened before they learn, and forget last."""
    await open_cases(session, [one for one in events if isinstance(one.event, FeedbackSubmitted)])
    await keep_verbatims(session, [one for one in events if isinstance(one.event, FeedbackVerbatimRedacted)])
    await keep_evaluations(session, [one for one in events if isinstance(one.event, FeedbackEvaluated)])
    await erase(session, [one for one in events if isinstance(one.event, PersonErased)])


_IGNORED: frozenset[type[Event]] = frozenset(
    {
        FeedbackMessageAdded,
        FeedbackReclassified,
        FeedbackWithdrawn,
        ReplyDelivered,
        ReplyUndeliverable,
        TouchpointChanged,
        InteractionsReported,
    }
)

HANDLERS = Handlers(
    {
        **dict.fromkeys((FeedbackSubmitted, FeedbackVerbatimRedacted, FeedbackEvaluated, PersonErased), on_feedback),
        **dict.fromkeys((ServiceChanged, ServicePointChanged, TopicChanged), learn_codes),
    },
    _IGNORED,
    erasing={PersonErased: subjects_of},
)
