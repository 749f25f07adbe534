"""Who has lost a tracking code gets another from staff, or the same at the address that was given with the feedback."""

from typing import Annotated

from fastapi import APIRouter

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, KeyMustBeUuid, Retryable, StillRunning
from libs.common.problems import InvalidRequest, responses
from services.intake.desk import DeskOf
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.schemas import FeedbackId
from services.intake.persons.keys import Erased
from services.intake.recovery import service
from services.intake.recovery.schemas import NewCode, NewCodeIn, RecoveryAccepted, RecoveryIn

router = APIRouter(tags=["tracking"])


@router.post(
    "/v1/feedback/{feedback_id}/tracking-code",
    status_code=201,
    responses=responses(
        Unauthenticated, Forbidden, FeedbackNotFound, Erased, InvalidRequest, IdempotencyKeyReused, StillRunning
    ),
)
async def renew_tracking_code(
    feedback_id: FeedbackId,
    body: NewCodeIn,
    session: Session,
    desk: DeskOf,
    by: Annotated[Principal, requires("agent", "supervisor", "reviewer")],
    now: Now,
    once: Retryable,
) -> NewCode:
    """A new code, by the team that has the case or a reviewer: the old one stops at once. It is noted."""
    return await service.new_code(session, desk, feedback_id, body, by, now, once)


@router.post(
    "/v1/tracking/recover",
    status_code=202,
    openapi_extra={"security": [{"HTTPBearer": []}, {}]},
    responses=responses(Unauthenticated, InvalidRequest, KeyMustBeUuid, IdempotencyKeyReused, StillRunning),
)
async def recover_tracking_code(
    body: RecoveryIn, session: Session, desk: DeskOf, now: Now, once: Retryable
) -> RecoveryAccepted:
    """Have the codes sent to the e-mail address on file, once an hour at most. The answer says nothing of it.

    Where the house sends no mail, nothing is sent: `next_step` then says who gives a new code.
    """
    return await once(body, service.ask(session, desk, body, now))
