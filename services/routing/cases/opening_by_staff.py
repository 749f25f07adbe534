"""Opens a case for feedback that was owed no answer, because somebody of staff wants one."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.stream.events import Received
from libs.contracts.cases import case_id_of
from services.routing.cases.access import visible_to
from services.routing.cases.errors import CaseExists, FeedbackNotFound
from services.routing.cases.models import Case, UnopenedFeedback
from services.routing.cases.opening import open_decided
from services.routing.cases.schemas import OpenCase, OpenedCase
from services.routing.cases.terms import Terms
from services.routing.cases.unopened import as_submitted, bring_messages, take_unopened
from services.routing.organisation.deciding import decision_on, said_in
from services.routing.organisation.marking import hold
from services.routing.organisation.queries import organisation_in_force


async def open_case(session: AsyncSession, body: OpenCase, by: Principal, now: datetime, terms: Terms) -> OpenedCase:
    """Rules choose the team; it may be one whose cases the opener does not see. Hidden from them, it does not exist."""
    case_id = case_id_of(body.feedback_id)
    await hold(session)
    kept = await take_unopened(session, body.feedback_id)
    if kept is not None and by.kind != "staff" and not _sent(kept, by):
        raise FeedbackNotFound
    if kept is None:
        seen = await session.scalar(select(Case.id).where(Case.id == case_id, visible_to(by)))
        raise FeedbackNotFound if seen is None else CaseExists
    feedback = as_submitted(kept, now)
    organisation = await organisation_in_force(session)
    decision = decision_on(organisation, said_in(feedback))
    if not by.teams.isdisjoint(decision.hidden_from):
        raise FeedbackNotFound
    received = Received(body.feedback_id, 0, body.feedback_id, 1, now, now, feedback)
    await open_decided(session, organisation, [(received, decision)], terms, by.actor)
    await session.execute(update(Case).where(Case.id == case_id).values(verbatim=kept.verbatim))
    await bring_messages(session, [kept], terms, now)
    await session.delete(kept)
    return OpenedCase(id=case_id, feedback_id=body.feedback_id)


def _sent(kept: UnopenedFeedback, by: Principal) -> bool:
    """A partner's tool opens cases of what that partner sent."""
    return (kept.feedback.get("source"), kept.feedback.get("source_code")) == (by.kind, by.subject)
