"""Reading words: for whom, and never without a trace."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.ids import new_id
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback, Reading, resolution_note_of, submitter_of, words_of
from services.intake.persons.keys import PersonKey
from services.intake.persons.models import Person, contact_of
from services.intake.reading.access import readable
from services.intake.reading.schemas import EvaluationWithComment, FeedbackOut, PersonOut
from services.intake.tracking.conversation import Said, conversation, said_of
from services.intake.tracking.models import comment_of

_READ = ("text", "person", "evaluations", "conversation")
"""What is no column in clear."""


async def read_words(session: AsyncSession, desk: Desk, feedback_id: UUID, by: Principal, now: datetime) -> FeedbackOut:
    """One feedback, for the team that has its case and for reviewers; to anyone else it does not exist."""
    feedback = await readable(session, feedback_id, by)
    said = await as_said(session, desk, feedback, with_contact=feedback.disclosure != "anonymous")
    session.add(Reading(id=new_id(), feedback_id=feedback_id, read_by=by.subject, agent=by.agent, read_at=now))
    return said


async def as_said(session: AsyncSession, desk: Desk, feedback: Feedback, *, with_contact: bool) -> FeedbackOut:
    """One feedback with its words; `Erased` when they are. Who calls this writes down that it was read."""
    person = await session.get_one(Person, feedback.person_id)
    key = desk.master_key.person_key(person.id, person.key)
    contact = orjson.loads(key.decrypt(person.contact, contact_of(person.id))) if person.contact else {}
    submitter = orjson.loads(key.decrypt(feedback.submitter, submitter_of(feedback.id))) if feedback.submitter else {}
    reference = contact.pop("interaction_reference", None)
    external_reference = feedback.external_reference or contact.pop("external_reference", None)
    if not with_contact:
        contact, submitter, reference = {}, {}, None
    said = await said_of(session, feedback)
    columns = {name: getattr(feedback, name) for name in FeedbackOut.model_fields if name not in _READ}
    return FeedbackOut.model_validate(
        {
            **columns,
            "external_reference": external_reference,
            "text": key.decrypt(feedback.words, words_of(feedback.id)) if feedback.words else None,
            "person": PersonOut(**contact, language=person.language, accessible_format=person.accessible_format),
            "evaluations": _evaluations(said, key),
            "conversation": conversation(said, key, withheld=False),
            "submitted_by": {**feedback.submitted_by, **submitter} if feedback.submitted_by else None,
            "resolved_on_the_spot": _resolved(key, feedback),
            "interaction": {**(feedback.interaction or {}), "reference": reference} if feedback.interaction else None,
        }
    )


def _resolved(key: PersonKey, feedback: Feedback) -> dict[str, Any] | None:
    if feedback.resolved_on_the_spot is None:
        return None
    note = feedback.resolution_note
    return feedback.resolved_on_the_spot | {
        "note": key.decrypt(note, resolution_note_of(feedback.id)) if note else None
    }


def _evaluations(said: Said, key: PersonKey) -> list[EvaluationWithComment]:
    return [
        EvaluationWithComment.model_validate(
            {
                "answer": one.answer,
                "solved": one.solved,
                "ratings": one.ratings,
                "comment": key.decrypt(one.comment, comment_of(one.feedback_id, one.answer)) if one.comment else None,
                "evaluated_at": one.evaluated_at,
            }
        )
        for one in said.evaluations
    ]
