"""What the person changes with the code."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Recorded, record
from libs.contracts.feedback import FeedbackEvaluated
from services.intake.cases.models import CaseView
from services.intake.desk import Desk
from services.intake.messages.errors import AuthorityNeeded
from services.intake.tracking.errors import AlreadyEvaluated, NotAnsweredYet
from services.intake.tracking.holder import withholds
from services.intake.tracking.models import Evaluation, comment_of
from services.intake.tracking.queries import feedback_of, person_key_of
from services.intake.tracking.schemas import EvaluationIn, EvaluationOut
from services.intake.verbatims.encoding import restore_windows_1252


async def evaluate(
    session: AsyncSession, desk: Desk, code: str | None, body: EvaluationIn, now: datetime
) -> EvaluationOut:
    """Keep what the person says of an answer. The same again is answered as the first time."""
    feedback = await feedback_of(session, desk.secret, code, lock=True)
    if withholds(feedback):
        raise AuthorityNeeded
    view = await session.get(CaseView, feedback.id)
    answers = view.answers if view else 0
    answer = body.answer or answers
    if not 0 < answer <= answers:
        raise NotAnsweredYet
    key = await person_key_of(session, desk.master_key, feedback)
    about = comment_of(feedback.id, answer)
    said = await session.get(Evaluation, (feedback.id, answer))
    ratings = [mark.model_dump() for mark in body.ratings]
    comment = restore_windows_1252(body.comment) if body.comment else None
    if said is not None:
        kept = key.decrypt(said.comment, about) if said.comment else None
        if (said.solved, said.ratings, kept) != (body.solved, ratings, comment):
            raise AlreadyEvaluated
        return EvaluationOut.model_validate(said, from_attributes=True)
    evaluation = Evaluation(
        feedback_id=feedback.id,
        answer=answer,
        solved=body.solved,
        ratings=ratings,
        comment=key.encrypt(comment, about) if comment else None,
        evaluated_at=now,
    )
    session.add(evaluation)
    feedback.version += 1
    said_of_it = {"answer": answer, "solved": body.solved, "ratings": ratings, "has_comment": comment is not None}
    event = FeedbackEvaluated.model_validate(said_of_it)
    await record(session, Recorded(event, feedback.id, feedback.version, now))
    return EvaluationOut.model_validate(evaluation, from_attributes=True)
