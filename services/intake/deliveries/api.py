"""Who brings replies says whether they arrived: staff, mailing systems, mail servers."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import ValidationError

from libs.common.auth.principal import ActingAgentMissing, Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.problems import InvalidRequest, responses
from services.intake.deliveries import service
from services.intake.deliveries.errors import (
    BounceNotReadable,
    DeliveredBeforeGiven,
    DeliveredInTheFuture,
    ReplyNotFound,
)
from services.intake.deliveries.reports import read_report
from services.intake.deliveries.schemas import BounceIn, BounceOut, DeliveryIn, DeliveryOut
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.schemas import FeedbackId
from services.intake.persons.keys import Erased

router = APIRouter(tags=["deliveries"])

Bringer = Annotated[
    Principal, requires("agent", "supervisor", "reviewer", scopes=("cases:work", service.MAILING_SCOPE))
]
MailSystem = Annotated[Principal, requires("admin", "service", scopes=(service.MAILING_SCOPE,))]

_RETRY = (IdempotencyKeyReused, StillRunning)
_REPORTS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": BounceIn.model_json_schema()},
            "multipart/report": {"schema": {"type": "string", "format": "binary"}},
            "message/rfc822": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


async def _bounce(request: Request) -> BounceIn:
    """JSON, or the whole mail as it came back."""
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "message/rfc822":
        return read_report(raw)
    if kind == "multipart/report":
        return read_report(b"Content-Type: " + request.headers["content-type"].encode("latin-1") + b"\r\n\r\n" + raw)
    try:
        return BounceIn.model_validate_json(raw)
    except ValidationError:
        raise BounceNotReadable from None


@router.post(
    "/v1/feedback/{feedback_id}/deliveries",
    responses=responses(
        Unauthenticated,
        Forbidden,
        ActingAgentMissing,
        FeedbackNotFound,
        ReplyNotFound,
        Erased,
        InvalidRequest,
        DeliveredInTheFuture,
        DeliveredBeforeGiven,
        *_RETRY,
    ),
)
async def report_delivery(
    feedback_id: FeedbackId, body: DeliveryIn, session: Session, by: Bringer, now: Now, once: Retryable
) -> DeliveryOut:
    """A reply was brought by telephone, letter or mail, or could not be. The same again changes nothing."""
    return await once(body, service.put_down(session, feedback_id, body, by, now))


@router.post(
    "/v1/notices/bounces",
    openapi_extra=_REPORTS,
    responses=responses(Unauthenticated, Forbidden, BounceNotReadable, *_RETRY),
)
async def report_bounce(
    _: MailSystem, body: Annotated[BounceIn, Depends(_bounce)], session: Session, now: Now, once: Retryable
) -> BounceOut:
    """A mail of ours came back: as JSON, or as the delivery status notification itself (RFC 3464)."""
    return await once(body, service.came_back(session, body, now))
