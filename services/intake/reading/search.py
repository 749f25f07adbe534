"""Finds feedback for whoever has the person before them: by reference or contact, whole, and never without a trace."""

from datetime import datetime

from sqlalchemy import ColumnElement, RowMapping, and_, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.db import among
from libs.common.ids import new_id
from libs.common.paging import MAX_LIMIT
from services.intake.feedback.models import Feedback, Reading
from services.intake.persons.contact import BlindIndex
from services.intake.persons.models import ContactIndex
from services.intake.reading.access import findable_by
from services.intake.reading.queries import promised, team_of, with_case
from services.intake.reading.schemas import Found, FoundFeedback, Search

_COLUMNS = (
    Feedback.id,
    Feedback.reference,
    Feedback.submitted_at,
    Feedback.withdrawn_at,
    Feedback.channel,
    Feedback.kind,
    Feedback.service,
)
_FOUND = with_case(*_COLUMNS)
_NEWEST = (Feedback.submitted_at.desc(), Feedback.id.desc())


async def find(session: AsyncSession, blind: BlindIndex, asked: Search, by: Principal, now: datetime) -> Found:
    """What has this reference or this contact; each that is found is noted as a reading."""
    query = _FOUND.where(_has(blind, asked), findable_by(by)).order_by(*_NEWEST).limit(MAX_LIMIT)
    rows = (await session.execute(query)).mappings().all()
    if rows:
        came = {"read_by": by.subject, "agent": by.agent, "what": "search", "read_at": now}
        await session.execute(insert(Reading), [{"id": new_id(), "feedback_id": row["id"], **came} for row in rows])
    return Found(items=[_found(row) for row in rows])


def _found(row: RowMapping) -> FoundFeedback:
    said = {
        "status": "withdrawn" if row["withdrawn_at"] else row["state"] or "received",
        "team": team_of(row),
        "next_by": promised(row),
    }
    return FoundFeedback.model_validate({**row, **said})


def _has(blind: BlindIndex, asked: Search) -> ColumnElement[bool]:
    """By contact: the person's or that of whoever spoke for them, but of nobody who chose to stay anonymous."""
    if asked.reference:
        return Feedback.reference == asked.reference
    digests = blind.digests({"email": asked.email, "phone": asked.phone})
    theirs = select(ContactIndex.feedback_id).where(among(ContactIndex.digest, digests))
    return and_(Feedback.id.in_(theirs), Feedback.disclosure != "anonymous")
