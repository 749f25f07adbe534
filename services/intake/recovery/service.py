"""A lost tracking code: another one by staff."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.idempotency import Once
from libs.common.ids import new_id
from services.intake.desk import Desk
from services.intake.feedback.models import Feedback, Reading
from services.intake.reading.access import readable
from services.intake.recovery.schemas import CodeIssued, NewCode, NewCodeIn
from services.intake.tracking.codes import tracking_code, tracking_digest


async def new_code(
    session: AsyncSession, desk: Desk, feedback_id: UUID, body: NewCodeIn, by: Principal, now: datetime, once: Once
) -> NewCode:
    """Another code, and the one before opens nothing any more. Kept is which of them it is, never the code."""
    feedback = await readable(session, feedback_id, by, lock=True)
    issued = CodeIssued.model_validate(await once(body, _issue(session, desk, feedback, body, by, now)))
    code = tracking_code(desk.secret, feedback_id, issued.generation)
    return NewCode(id=feedback_id, reference=feedback.reference, tracking_code=code)


async def _issue(
    session: AsyncSession, desk: Desk, feedback: Feedback, body: NewCodeIn, by: Principal, now: datetime
) -> CodeIssued:
    feedback.tracking_generation += 1
    code = tracking_code(desk.secret, feedback.id, feedback.tracking_generation)
    feedback.tracking_digest = tracking_digest(desk.secret, code)
    session.add(
        Reading(
            id=new_id(),
            feedback_id=feedback.id,
            read_by=by.subject,
            agent=by.agent,
            what="tracking_code",
            reason=body.reason,
            read_at=now,
        )
    )
    return CodeIssued(generation=feedback.tracking_generation)
