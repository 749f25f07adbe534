"""What routing does with intake's events."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.applying import Handlers
from libs.common.stream.events import Event, Received
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
from services.routing.cases.learning import follow, keep_verbatims
from services.routing.cases.opening import open_cases
from services.routing.cases.terms import USUAL, Terms
from services.routing.catalogue.service import learn_codes
from services.routing.privacy.service import erase

_FOLLOWED = (
    FeedbackMessageAdded,
    FeedbackEvaluated,
    FeedbackReclassified,
    FeedbackWithdrawn,
    ReplyDelivered,
    ReplyUndeliverable,
)


async def on_feedback(session: AsyncSession, events: Sequence[Received[Any]], terms: Terms = USUAL) -> None:
    """Of one feedback they come in this order: so cases are opened before they learn, and forget last."""
    await open_cases(session, [one for one in events if isinstance(one.event, FeedbackSubmitted)], terms)
    await keep_verbatims(session, [one for one in events if isinstance(one.event, FeedbackVerbatimRedacted)], terms)
    await follow(session, [one for one in events if isinstance(one.event, _FOLLOWED)], terms)
    await erase(session, [one for one in events if isinstance(one.event, PersonErased)], terms)


_IGNORED: frozenset[type[Event]] = frozenset(
    {
        TouchpointChanged,
        InteractionsReported,
    }
)


def handlers(terms: Terms) -> Handlers:
    """On the terms that the settings say."""
    heard = (FeedbackSubmitted, FeedbackVerbatimRedacted, *_FOLLOWED, PersonErased)
    return Handlers(
        {
            **dict.fromkeys(heard, partial(on_feedback, terms=terms)),
            **dict.fromkeys((ServiceChanged, ServicePointChanged, TopicChanged), learn_codes),
        },
        _IGNORED,
        erasing={PersonErased: subjects_of},
    )
