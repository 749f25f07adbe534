"""Opens a case for feedback that was owed no answer as it was declared, and is as it was corrected."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import utc_now
from libs.common.db import among
from libs.common.stream.events import Received
from libs.contracts.feedback import FeedbackReclassified, FeedbackSubmitted
from services.routing.cases.models import Case, UnopenedFeedback
from services.routing.cases.opening import open_decided
from services.routing.cases.terms import Terms
from services.routing.cases.unopened import as_submitted, bring_messages
from services.routing.organisation.deciding import Decision, decision_on, said_in
from services.routing.organisation.queries import organisation_in_force

_IN_DOCUMENT = ("kind", "service", "service_point", "topic")


async def open_corrected(
    session: AsyncSession, reclassified: Sequence[Received[FeedbackReclassified]], terms: Terms
) -> None:
    """Keep what the feedback is about now; the rules look at it again, and its clocks start when the person spoke."""
    if not reclassified:
        return
    newest: Mapping[UUID, Received[FeedbackReclassified]] = {one.subject: one for one in reclassified}
    kept = await session.scalars(
        select(UnopenedFeedback)
        .where(among(UnopenedFeedback.feedback_id, newest))
        .order_by(UnopenedFeedback.feedback_id)
        .with_for_update()
    )
    organisation = await organisation_in_force(session)
    owed: list[tuple[Received[FeedbackSubmitted], Decision]] = []
    opened: list[UnopenedFeedback] = []
    for row in kept.all():
        corrected = newest[row.feedback_id]
        row.feedback = row.feedback | {name: getattr(corrected.event, name) for name in _IN_DOCUMENT}
        row.language = corrected.event.language
        feedback = as_submitted(row, corrected.time)
        decision = decision_on(organisation, said_in(feedback))
        if decision.is_owed:
            owed.append((_received(corrected, feedback), decision))
            opened.append(row)
            await session.delete(row)
    await open_decided(session, organisation, owed, terms)
    for row in opened:
        await session.execute(update(Case).where(Case.feedback_id == row.feedback_id).values(verbatim=row.verbatim))
    await bring_messages(session, opened, terms, utc_now())


def _received(corrected: Received[FeedbackReclassified], feedback: FeedbackSubmitted) -> Received[FeedbackSubmitted]:
    return Received(
        corrected.id,
        corrected.pos,
        corrected.subject,
        corrected.version,
        corrected.time,
        corrected.recorded_at,
        feedback,
        corrected.traceparent,
    )
