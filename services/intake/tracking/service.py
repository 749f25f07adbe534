"""What the person changes with the code."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Recorded, record
from libs.contracts.feedback import FeedbackEvaluated
from services.intake.cases.models import CaseView
from services.intake.desk import Desk
from services.intake.tracking.errors import AlreadyEvaluated, NotAnsweredYet
from services.intake.tracking.models import Evaluation
from services.intake.tracking.queries import feedback_of, person_key_of
from services.intake.tracking.schemas import EvaluationIn, EvaluationOut

COMMENT = "comment"


async def evaluate(
    session: AsyncSession, desk: Desk, code: str | None, body: EvaluationIn, now: datetime
) -> EvaluationOut:
    """Keep what the person says of the latest answer. The same again is answered as the first time."""
    feedback = await feedback_of(session, desk.secret, code, lock=True)
    view = await session.get(CaseView, feedback.id)
    if view is None or view.answers == 0:
        raise NotAnsweredYet
    key = await person_key_of(session, desk.master_key, feedback)
    about = f"{COMMENT} {feedback.id} {view.answers}"
    said = await session.get(Evaluation, (feedback.id, view.answers))
    ratings = [rating.model_dump() for rating in body.ratings]
    if said is not None:
        comment = key.decrypt(said.comment, about) if said.comment else None
        if (said.solved, said.ratings, comment) != (body.solved, ratings, body.comment):
            raise AlreadyEvaluated
        return EvaluationOut.model_validate(said, from_attributes=True)
    evaluation = Evaluation(
        feedback_id=feedback.id,
        answer=view.answers,
        solved=body.solved,
        ratings=ratings,
        comment=key.encrypt(body.comment, about) if body.comment else None,
        evaluated_at=now,
    )
    session.add(evaluation)
    feedback.version += 1
    event = FeedbackEvaluated.model_validate({"answer": view.answers, "solved": body.solved, "ratings": ratings})
    await record(session, Recorded(event, feedback.id, feedback.version, now))
    return EvaluationOut.model_validate(evaluation, from_attributes=True)
