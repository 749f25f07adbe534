"""What a person may ask for of what is held about them: that it be given out, or erased."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.paging import InvalidCursor, link_next
from libs.common.problems import InvalidRequest, responses
from services.intake.desk import DeskOf
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.messages.errors import AuthorityNeeded
from services.intake.persons.keys import Erased
from services.intake.privacy import export, queries, service
from services.intake.privacy.errors import NewCodeNotTold
from services.intake.privacy.schemas import (
    ErasureDone,
    ErasureIn,
    Erasures,
    ErasuresPage,
    Export,
    MyErasureIn,
    MyErasureOut,
    StaffExport,
    WhoseIn,
)
from services.intake.tracking.code import CODE_PROBLEMS, RETRY_PROBLEMS, RetryableByCode, TrackingCode

router = APIRouter(tags=["privacy"])

_RETRY = (IdempotencyKeyReused, StillRunning)


@router.post(
    "/v1/privacy/erasures",
    status_code=201,
    responses=responses(Unauthenticated, Forbidden, FeedbackNotFound, InvalidRequest, *_RETRY),
)
async def erase_feedback(
    body: ErasureIn,
    session: Session,
    desk: DeskOf,
    by: Annotated[Principal, requires("admin", "reviewer")],
    now: Now,
    once: Retryable,
) -> ErasureDone:
    """Erase feedback by id, or every feedback of whoever has this contact data. It cannot be undone.

    By contact data it takes a token without teams (403 otherwise): what is hidden from a team would stay, unseen.
    Words, contact, the conversation and the person's key are gone at once here, and in the other services as soon as
    they read it. What was counted stays counted, without anything that leads to the person.
    """
    return await once(body, service.erase_by_staff(session, desk, body, by, now))


@router.get("/v1/privacy/erasures", responses=responses(Unauthenticated, Forbidden, InvalidRequest, InvalidCursor))
async def list_erasures(
    page: Annotated[ErasuresPage, Query()],
    request: Request,
    response: Response,
    session: Session,
    _: Annotated[Principal, requires("auditor", "admin")],
) -> Erasures:
    """The register of erasures: who asked for which erasure, when, and why; the newest first."""
    found = await queries.erasures(session, page)
    link_next(request, response, page.limit, [(one.requested_at, one.id) for one in found.items])
    return found


@router.post(
    "/v1/privacy/erasure",
    responses=responses(*CODE_PROBLEMS, InvalidRequest, AuthorityNeeded, NewCodeNotTold, *RETRY_PROBLEMS),
)
async def erase_my_feedback(
    body: MyErasureIn, session: Session, desk: DeskOf, now: Now, once: RetryableByCode, tracking_code: TrackingCode
) -> MyErasureOut:
    """The person has everything about this feedback erased: what they said, who they are, what was answered.

    It cannot be undone, and the tracking code opens nothing afterwards: asked again, the first moment is answered.
    """
    return await once(body, service.erase_by_code(session, desk, tracking_code, now))


@router.get("/v1/privacy/export", responses=responses(*CODE_PROBLEMS, Erased, AuthorityNeeded))
async def export_my_feedback(session: Session, desk: DeskOf, now: Now, tracking_code: TrackingCode) -> Export:
    """The person gets all that is held about them in this feedback: what they said, who read it, who else was told."""
    return await export.export_by_code(session, desk, tracking_code, now)


@router.post("/v1/privacy/exports", responses=responses(Unauthenticated, Forbidden, FeedbackNotFound, InvalidRequest))
async def export_feedback(
    body: WhoseIn,
    session: Session,
    desk: DeskOf,
    by: Annotated[Principal, requires("admin", "reviewer")],
    now: Now,
) -> StaffExport:
    """All that is held about a person, by ids or by contact data, for who answers their request. Each time is logged.

    Nothing changes by it, and no answer is kept: it can be asked again without a key.
    """
    return await export.export_by_staff(session, desk, body, by, now)
