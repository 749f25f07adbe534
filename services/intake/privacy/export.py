"""Gives out all that is held about a person, whole and machine readable. Each time it is written down as a reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.ids import new_id
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback, Reading
from services.intake.messages.errors import AuthorityNeeded
from services.intake.notices.models import Notice
from services.intake.privacy.models import BY_THE_PERSON
from services.intake.privacy.queries import asked_for
from services.intake.privacy.schemas import (
    Export,
    FeedbackExport,
    Kept,
    NoticeExport,
    SharedWith,
    StaffExport,
    WhoseIn,
)
from services.intake.reading.words import as_said
from services.intake.tracking.holder import withholds
from services.intake.tracking.queries import feedback_of

_TOLD = [
    SharedWith(recipient="routing", receives=["redacted_words", "classification", "moments", "accessible_format"]),
    SharedWith(recipient="analytics", receives=["classification", "marks", "moments", "accessible_format"]),
]


async def export_by_code(session: AsyncSession, desk: Desk, code: str | None, now: datetime) -> Export:
    """All about the one feedback that the code opens, for its person; not for who speaks without their authority.

    Who stays anonymous is told to nobody of staff: a code that staff gave out shows no contact data of theirs.
    """
    feedback = await feedback_of(session, desk.secret, code)
    if withholds(feedback):
        raise AuthorityNeeded
    session.add(_reading(feedback, BY_THE_PERSON, None, now))
    await session.flush()
    is_theirs_alone = feedback.disclosure != "anonymous" or feedback.tracking_generation == 1
    return Export(exported_at=now, items=[await _export(session, desk, feedback, with_contact=is_theirs_alone)])


async def export_by_staff(
    session: AsyncSession, desk: Desk, body: WhoseIn, by: Principal, now: datetime
) -> StaffExport:
    """The same of several; of who chose to stay anonymous without contact data, which is shown to nobody, and by ids
    alone: who asks by contact data knows whose it is.
    """
    feedbacks, others = await asked_for(session, desk, body, by)
    if body.contact is not None:
        feedbacks = [one for one in feedbacks if one.disclosure != "anonymous"]
    held = [one for one in feedbacks if one.erased_at is None]
    session.add_all(_reading(one, by.subject, by.agent, now) for one in held)
    await session.flush()
    return StaffExport(
        exported_at=now,
        items=[await _export(session, desk, one, with_contact=one.disclosure != "anonymous") for one in held],
        erased=[one.id for one in feedbacks if one.erased_at is not None],
        spoke_for_others=others,
    )


def _reading(feedback: Feedback, by: str, agent: str | None, now: datetime) -> Reading:
    return Reading(id=new_id(), feedback_id=feedback.id, what="export", read_by=by, agent=agent, read_at=now)


def _told(reading: Reading) -> dict[str, Any]:
    by = "person" if reading.read_by == BY_THE_PERSON else "staff"
    return {"what": reading.what, "by": by, "read_at": reading.read_at}


async def _export(session: AsyncSession, desk: Desk, feedback: Feedback, *, with_contact: bool) -> FeedbackExport:
    readings = await session.scalars(
        select(Reading).where(Reading.feedback_id == feedback.id).order_by(Reading.read_at, Reading.id)
    )
    notices = (
        await session.scalars(
            select(Notice).where(Notice.feedback_id == feedback.id).order_by(Notice.created_at, Notice.id)
        )
    ).all()
    return FeedbackExport.model_validate(
        {
            "feedback": await as_said(session, desk, feedback, with_contact=with_contact),
            "person_ref": feedback.person_ref,
            "told_by_mail": feedback.told_by_mail,
            "withdrawn_at": feedback.withdrawn_at,
            "notices": [NoticeExport.model_validate(one, from_attributes=True) for one in notices],
            "readings": [_told(one) for one in readings],
            "shared_with": [*_TOLD, *_mailed(feedback, notices)],
            "kept": Kept(),
        }
    )


def _mailed(feedback: Feedback, notices: Sequence[Notice]) -> list[SharedWith]:
    """What mail says. Of who speaks without authority the person's has no code, and theirs no words of the team."""
    told = feedback.told_by_mail
    if not told and not notices:
        return []
    receives = ["address", "reference", "moments"]
    if not told or "submitter" in told or not withholds(feedback):
        receives.append("tracking_code")
    if told:
        receives.append("team")
    if told and ("person" in told or not withholds(feedback)):
        receives += ["questions", "extensions", "replies"]
    return [SharedWith(recipient="mail_server", receives=receives)]
