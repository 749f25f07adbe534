"""Counts of calls, visits and page views: what figures about feedback are compared with."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.problems import InvalidRequest, responses
from services.intake.feedback.sender import Sender
from services.intake.interactions import service
from services.intake.interactions.schemas import InteractionsIn, InteractionsOut, Sent

router = APIRouter(tags=["interactions"])


async def _reporter(
    request: Request,
    by: Annotated[Principal, requires("importer", "manager", "admin", scopes=("interactions:write",))],
    now: Now,
) -> service.Reporter:
    sender = Sender.of(by)
    return service.Reporter(sender.source, sender.code, now, request.app.state.settings.time_zone)


@router.post(
    "/v1/interactions/batch",
    responses=responses(Unauthenticated, Forbidden, InvalidRequest, IdempotencyKeyReused, StillRunning),
)
async def report_interactions(
    body: InteractionsIn,
    session: Session,
    reporter: Annotated[service.Reporter, Depends(_reporter)],
    once: Retryable,
) -> InteractionsOut:
    """How many contacts there were, up to 1,000 counts with an outcome each: no person is in them.

    A count of the same source for the same day, kind of contact, channel, service, point and topic takes the place of
    the former. One that says the same again changes nothing.
    """
    return await once(Sent.of(body), service.report(session, body.items, reporter))
