"""Who comes upon which feedback: conditions on `feedback` beside `case_view`, which may not be there yet."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, cast, false, not_, or_, select, true
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from libs.common.auth.principal import Principal
from libs.common.db import among
from services.intake.cases.models import CaseView
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.models import Feedback

SEE_ALL = ("reviewer", "manager", "auditor")
TEAM = ("agent", "supervisor")
OWN_SCOPES = ("feedback:read",)

_NO_CASE = CaseView.feedback_id.is_(None)
_SENSITIVE = or_(Feedback.disclosure == "confidential", Feedback.concerns_staff)


def visible_to(by: Principal) -> ColumnElement[bool]:
    """In a list, without words. Reviewers, managers, auditors: all; teams: what they have; partners: what they sent."""
    seen = [true() if by.has(*SEE_ALL) else false(), _with_team_of(by)]
    if by.may(*OWN_SCOPES):
        seen.append(Feedback.source_code == by.subject)
    return and_(or_(*seen), _not_hidden_from(by))


def readable_by(by: Principal) -> ColumnElement[bool]:
    """With words and contact, and to be corrected: the team that has the case, and reviewers."""
    return and_(or_(true() if by.has("reviewer") else false(), _with_team_of(by)), _not_hidden_from(by))


async def readable(session: AsyncSession, feedback_id: UUID, by: Principal, *, lock: bool = False) -> Feedback:
    """The feedback, for who may read its words; to anyone else it does not exist."""
    query = (
        select(Feedback)
        .outerjoin(CaseView, CaseView.feedback_id == Feedback.id)
        .where(Feedback.id == feedback_id, readable_by(by))
    )
    feedback = await session.scalar(query.with_for_update(of=Feedback) if lock else query)
    if feedback is None:
        raise FeedbackNotFound
    return feedback


def findable_by(by: Principal) -> ColumnElement[bool]:
    """For staff who have the person before them, whichever team has it; a partner's agents find what they may list.

    What is sensitive is found once its case says from whom it is hidden; by reviewers before.
    """
    if by.kind != "staff":
        return visible_to(by)
    return and_(or_(true() if by.has("reviewer") else false(), not_(_NO_CASE), not_(_SENSITIVE)), _not_hidden_from(by))


def given_out_to(by: Principal) -> ColumnElement[bool]:
    """Whole, as the person asks, or to be erased."""
    return and_(true() if by.has("reviewer", "admin") else false(), _not_hidden_from(by))


def _with_team_of(by: Principal) -> ColumnElement[bool]:
    return among(CaseView.team, by.teams) if by.has(*TEAM) else false()


def _not_hidden_from(by: Principal) -> ColumnElement[bool]:
    """From none of their teams, whatever else they are. Until the case says from which: not sensitive, or no team."""
    if not by.teams:
        return true()
    hidden = CaseView.hidden_from.has_any(cast(sorted(by.teams), ARRAY(Text)))
    return or_(and_(_NO_CASE, not_(_SENSITIVE)), not_(hidden))
