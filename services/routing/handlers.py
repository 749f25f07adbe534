"""What routing does with intake's events."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

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
    NoticeUndeliverable,
    PersonErased,
    ReplyDelivered,
    ReplyUndeliverable,
)
from libs.contracts.interactions import InteractionsReported
from services.routing.cases.learning import follow, keep_verbatims
from services.routing.cases.opening import open_cases
from services.routing.cases.terms import USUAL, Terms
from services.routing.catalogue.service import learn_codes
from services.routing.organisation.marking import hold
from services.routing.privacy.service import erase

_FOLLOWED = (
    FeedbackMessageAdded,
    FeedbackEvaluated,
    FeedbackReclassified,
    FeedbackWithdrawn,
    ReplyDelivered,
    ReplyUndeliverable,
    NoticeUndeliverable,
)


_STAGES: dict[type[Event], int] = {
    FeedbackSubmitted: 0,
    FeedbackVerbatimRedacted: 1,
    **dict.fromkeys(_FOLLOWED, 2),
    PersonErased: 3,
}
"""In which order a feedback's events mostly come."""


async def on_feedback(session: AsyncSession, events: Sequence[Received[Any]], terms: Terms = USUAL) -> None:
    """Many cases at once: all are opened before any learns, and forget last. The teams that get them stay meanwhile."""
    await hold(session)
    for some in _in_stages(events):
        await open_cases(session, [one for one in some if isinstance(one.event, FeedbackSubmitted)], terms)
        await keep_verbatims(session, [one for one in some if isinstance(one.event, FeedbackVerbatimRedacted)], terms)
        await follow(session, [one for one in some if isinstance(one.event, _FOLLOWED)], terms)
        await erase(session, [one for one in some if isinstance(one.event, PersonErased)], terms)


def _in_stages(events: Sequence[Received[Any]]) -> Iterator[Sequence[Received[Any]]]:
    """In their order, cut before an event that one of a later stage of the same feedback came before: words that were
    redacted after somebody had corrected what they are about, say.
    """
    some: list[Received[Any]] = []
    reached: dict[UUID, int] = {}
    for one in events:
        stage = _STAGES[type(one.event)]
        if stage < reached.get(one.subject, 0):
            yield some
            some, reached = [], {}
        some.append(one)
        reached[one.subject] = stage
    yield some


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
