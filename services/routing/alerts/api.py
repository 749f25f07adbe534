"""Mail systems say which alerts came back."""

from typing import Annotated

from fastapi import APIRouter

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.problems import InvalidRequest, responses
from services.routing.alerts import service
from services.routing.alerts.schemas import AlertBounceIn, AlertBounceOut
from services.routing.cases.terms import TermsOf

router = APIRouter(tags=["alerts"])

MailSystem = Annotated[Principal, requires("admin", "service", scopes=("deliveries:write",))]


@router.post(
    "/v1/alerts/bounces",
    responses=responses(Unauthenticated, Forbidden, InvalidRequest, IdempotencyKeyReused, StillRunning),
)
async def report_alert_bounce(
    _: MailSystem, body: AlertBounceIn, session: Session, now: Now, terms: TermsOf, once: Retryable
) -> AlertBounceOut:
    """Mail that told a team of an urgent case came back: the catch-all team is told, else the case has a task.

    Intake, to which all mail that comes back may be reported, answers with what to say here (`alert`).
    """
    return await once(body, service.came_back(session, body, now, terms))
