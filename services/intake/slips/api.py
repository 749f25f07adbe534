"""Tracking codes to give out beforehand, for counters and kiosks that may be offline."""

from typing import Annotated

from fastapi import APIRouter

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.problems import InvalidRequest, responses
from services.intake.desk import DeskOf
from services.intake.feedback.sender import Sender
from services.intake.slips import service
from services.intake.slips.schemas import SlipsIn, SlipsMade, TrackingCodes

router = APIRouter(tags=["feedback"])


@router.post(
    "/v1/tracking-codes",
    status_code=201,
    responses=responses(Unauthenticated, Forbidden, InvalidRequest, IdempotencyKeyReused, StillRunning),
)
async def make_tracking_codes(
    body: SlipsIn,
    session: Session,
    desk: DeskOf,
    once: Retryable,
    now: Now,
    by: Annotated[Principal, requires("agent", "supervisor", scopes=("tracking-codes:write",))],
) -> TrackingCodes:
    """Tracking codes for slips: the person has theirs at once, and what they say may be sent hours later with it.

    Each works once, and for its own: a partner's and a device's slips for itself, those of staff at every door of the
    house. Until the feedback arrives, `GET /v1/tracking` says `awaited`.
    """
    made = await once(body, service.make(session, desk.secret, body.count, Sender.of(by), by.actor, now), SlipsMade)
    return service.codes_of(desk.secret, made)
