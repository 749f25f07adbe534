"""Opens a case for feedback that was owed no answer as it was declared: it was corrected, or somebody wrote to it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.stream.events import Received
from libs.contracts.feedback import (
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
)
from services.routing.cases.models import Case, UnopenedFeedback
from services.routing.cases.opening import open_decided
from services.routing.cases.terms import Terms
from services.routing.cases.unopened import as_submitted, bring_messages, keep_message, lock_unopened, wrote_first_at
from services.routing.organisation.deciding import Decision, decision_on, said_in
from services.routing.organisation.queries import Organisation, organisation_in_force

Late = FeedbackReclassified | FeedbackMessageAdded | FeedbackVerbatimRedacted
_IN_DOCUMENT = ("kind", "service", "service_point", "topic")


async def open_by_language(
    session: AsyncSession, redacted: Sequence[Received[FeedbackVerbatimRedacted]], terms: Terms
) -> None:
    """The language of words was found: a rule that looks at it may open a case."""
    if redacted and (await organisation_in_force(session)).looks_at_language:
        await open_late(session, redacted, terms)


async def open_late(session: AsyncSession, events: Sequence[Received[Late]], terms: Terms) -> None:
    """Keep what the feedback is about now, and what was written to it; the rules look at it again.
    Words and their language are there already, kept for all of a slice at once.

    Where an answer is owed now, its clocks start when the person spoke. Where it is not, but somebody wrote, a case
    opens all the same, so that somebody reads it: as of when they wrote.
    """
    if not events:
        return
    latest: dict[UUID, Received[Any]] = {one.subject: one for one in events}
    kept = {row.feedback_id: row for row in await lock_unopened(session, latest)}
    for received in events:
        if received.subject in kept:
            _learn(kept[received.subject], received)
    organisation, now = await organisation_in_force(session), utc_now()
    decided = {row: _decided(organisation, row, latest[row.feedback_id], now) for row in kept.values()}
    opened = [row for row, (_, decision) in decided.items() if decision.is_owed or row.messages]
    await open_decided(session, organisation, [decided[row] for row in opened], terms)
    for row in opened:
        await session.execute(update(Case).where(Case.feedback_id == row.feedback_id).values(verbatim=row.verbatim))
        await session.delete(row)
    await bring_messages(session, opened, terms, now)


def _learn(row: UnopenedFeedback, received: Received[Any]) -> None:
    event = received.event
    if isinstance(event, FeedbackMessageAdded):
        keep_message(row, received)
    elif isinstance(event, FeedbackReclassified):
        row.feedback = row.feedback | {name: getattr(event, name) for name in _IN_DOCUMENT}
        row.language = event.language


def _decided(
    organisation: Organisation, row: UnopenedFeedback, latest: Received[Any], now: datetime
) -> tuple[Received[FeedbackSubmitted], Decision]:
    feedback = as_submitted(row, latest.time)
    decision = decision_on(organisation, said_in(feedback))
    if row.messages and not decision.is_owed:
        written = {"has_text": True, "historical": False, "submitted_at": min(wrote_first_at(row), now)}
        feedback = feedback.model_copy(update=written)
        decision = decision_on(organisation, said_in(feedback))
    return replace(latest, event=feedback), decision
