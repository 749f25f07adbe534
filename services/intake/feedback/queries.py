"""Reads feedback for staff; each reading of words is written down."""

from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.ids import new_id
from services.intake.cases.models import CaseView
from services.intake.desk import Desk
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.models import Feedback, Reading
from services.intake.feedback.schemas import FeedbackOut, PersonOut
from services.intake.feedback.submission import CONTACT, WORDS
from services.intake.persons.models import Person


async def feedback_with_words(
    session: AsyncSession, desk: Desk, feedback_id: UUID, by: Principal, now: datetime
) -> FeedbackOut:
    """One feedback, for the team that has its case and for reviewers; to anyone else it does not exist."""
    feedback = await session.get(Feedback, feedback_id)
    view = await session.get(CaseView, feedback_id)
    if feedback is None or not (by.has("reviewer") or (view is not None and view.team in by.teams)):
        raise FeedbackNotFound
    person = await session.get_one(Person, feedback.person_id)
    key = desk.master_key.person_key(person.id, person.key)
    contact = orjson.loads(key.decrypt(person.contact, f"{CONTACT} {person.id}")) if person.contact else {}
    reference = contact.pop("interaction_reference", None)
    session.add(Reading(id=new_id(), feedback_id=feedback_id, read_by=by.subject, read_at=now))
    columns = {name: getattr(feedback, name) for name in FeedbackOut.model_fields if name not in ("text", "person")}
    return FeedbackOut.model_validate(
        {
            **columns,
            "text": key.decrypt(feedback.words, f"{WORDS} {feedback_id}") if feedback.words else None,
            "person": PersonOut(**contact, language=person.language, accessible_format=person.accessible_format),
            "interaction": {**(feedback.interaction or {}), "reference": reference} if feedback.interaction else None,
        }
    )
