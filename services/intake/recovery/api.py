"""Who has lost a tracking code gets another from staff."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.problems import InvalidRequest, responses
from services.intake.desk import DeskOf
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.recovery import service
from services.intake.recovery.schemas import NewCode, NewCodeIn

router = APIRouter(tags=["tracking"])


@router.post(
    "/v1/feedback/{feedback_id}/tracking-code",
    status_code=201,
    responses=responses(
        Unauthenticated, Forbidden, FeedbackNotFound, InvalidRequest, IdempotencyKeyReused, StillRunning
    ),
)
async def renew_tracking_code(
    feedback_id: UUID,
    body: NewCodeIn,
    session: Session,
    desk: DeskOf,
    by: Annotated[Principal, requires("agent", "supervisor", "reviewer")],
    now: Now,
    once: Retryable,
) -> NewCode:
    """A new code, by the team that has the case or a reviewer: the old one stops at once. It is noted."""
    return await service.new_code(session, desk, feedback_id, body, by, now, once)
