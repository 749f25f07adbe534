"""Finds what belongs to a tracking code."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual
from services.intake.cases.models import CaseView, Reply
from services.intake.cases.service import REPLY
from services.intake.feedback.models import Feedback
from services.intake.persons.keys import Erased, MasterKey, PersonKey
from services.intake.persons.models import Person
from services.intake.tracking.codes import normalise, tracking_digest
from services.intake.tracking.errors import TrackingCodeMissing, TrackingCodeMistyped, TrackingCodeUnknown
from services.intake.tracking.models import Evaluation
from services.intake.tracking.next_steps import EVALUATED, NEXT_STEPS, SETTLED
from services.intake.tracking.schemas import EvaluationOut, ReplyOut, TeamName, Tracking


async def feedback_of(session: AsyncSession, secret: str, code: str | None, *, lock: bool = False) -> Feedback:
    """The feedback that a code opens; else the problem that says what is wrong with the code. `Erased` once it is."""
    feedback = await any_feedback_of(session, secret, code, lock=lock)
    if feedback.erased_at is not None:
        raise Erased
    return feedback


async def any_feedback_of(session: AsyncSession, secret: str, code: str | None, *, lock: bool = False) -> Feedback:
    """The same, erased or not."""
    if code is None:
        raise TrackingCodeMissing
    if normalise(code) is None:
        raise TrackingCodeMistyped
    query = select(Feedback).where(Feedback.tracking_digest == tracking_digest(secret, code))
    feedback = await session.scalar(query.with_for_update() if lock else query)
    if feedback is None:
        raise TrackingCodeUnknown
    return feedback


async def person_key_of(session: AsyncSession, master_key: MasterKey, feedback: Feedback) -> PersonKey:
    wrapped = await session.scalar(select(Person.key).where(Person.id == feedback.person_id))
    return master_key.person_key(feedback.person_id, wrapped)


async def tracking(session: AsyncSession, master_key: MasterKey, secret: str, code: str | None) -> Tracking:
    """Everything that the person is told."""
    feedback = await feedback_of(session, secret, code)
    view = await session.get(CaseView, feedback.id)
    replies = (
        await session.scalars(select(Reply).where(Reply.feedback_id == feedback.id).order_by(Reply.given_at, Reply.id))
    ).all()
    evaluations = (
        await session.scalars(
            select(Evaluation).where(Evaluation.feedback_id == feedback.id).order_by(Evaluation.answer)
        )
    ).all()
    status = view.state if view else "received"
    wrapped = await session.scalar(select(Person.key).where(Person.id == feedback.person_id))
    is_evaluated = view is not None and view.answers in {evaluation.answer for evaluation in evaluations}
    return Tracking.model_validate(
        {
            "id": feedback.id,
            "reference": feedback.reference,
            "submitted_at": feedback.submitted_at,
            "status": status,
            "next_step": EVALUATED if is_evaluated else NEXT_STEPS[status],
            "next_by": view.reply_due_at if view and status not in SETTLED else None,
            "team": TeamName(code=view.team, name=Bilingual(**view.team_name)) if view else None,
            "replies": [
                ReplyOut.model_validate(
                    {
                        "given_at": reply.given_at,
                        "interim": reply.answer is None,
                        "outcome": reply.outcome,
                        "text": _words(master_key, feedback, wrapped, reply),
                    }
                )
                for reply in replies
            ],
            "evaluation_asked": view is not None and view.answers > 0 and not is_evaluated,
            "evaluations": [EvaluationOut.model_validate(one, from_attributes=True) for one in evaluations],
        }
    )


def _words(master_key: MasterKey, feedback: Feedback, wrapped: bytes | None, reply: Reply) -> str | None:
    if reply.words is None or wrapped is None:
        return None
    return master_key.person_key(feedback.person_id, wrapped).decrypt(reply.words, f"{REPLY} {reply.id}")
