"""Cases: the queue, the case, its timeline, and a call a verb."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import DatabaseOf, Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.paging import InvalidCursor, link_next
from libs.common.problems import InvalidRequest, responses
from services.routing.cases import queries, service
from services.routing.cases.access import READERS, READING_SCOPES, WORKERS, WORKING_SCOPES
from services.routing.cases.errors import (
    CaseErased,
    CaseNotFound,
    EffectiveBeforePrevious,
    EffectiveInTheFuture,
    LateEntryNeedsReason,
    LateEntryNeedsSupervisor,
    UnknownTeam,
    VerbNotPossible,
)
from services.routing.cases.schemas import Acknowledge, Assign, CaseOut, Cases, CaseSummary, Close, Reply, Timeline

router = APIRouter(tags=["cases"])

Reader = Annotated[Principal, requires(*READERS, scopes=READING_SCOPES)]
Worker = Annotated[Principal, requires(*WORKERS, scopes=WORKING_SCOPES)]

_READ = (Unauthenticated, Forbidden, CaseNotFound)
_VERB = (
    *_READ,
    CaseErased,
    VerbNotPossible,
    InvalidRequest,
    EffectiveBeforePrevious,
    EffectiveInTheFuture,
    LateEntryNeedsReason,
    LateEntryNeedsSupervisor,
    IdempotencyKeyReused,
    StillRunning,
)


@router.get("/v1/cases", responses=responses(Unauthenticated, Forbidden, InvalidRequest, InvalidCursor))
async def list_cases(
    filters: queries.Filters,
    request: Request,
    response: Response,
    database: DatabaseOf,
    by: Reader,
) -> Cases:
    """The cases that you may see, the oldest first. With `wait`, the answer comes as soon as there is one."""
    cases = await queries.cases(database, request.app.state.doorbell, filters, by)
    link_next(request, response, filters.limit, [(case.opened_at, case.id) for case in cases.items])
    return cases


@router.get("/v1/cases/{case_id}", responses=responses(*_READ))
async def get_case(case_id: UUID, session: Session, by: Reader) -> CaseOut:
    """One case with the person's words, redacted, and its clocks."""
    return await queries.case(session, case_id, by)


@router.get("/v1/cases/{case_id}/timeline", responses=responses(*_READ))
async def get_timeline(case_id: UUID, session: Session, by: Reader) -> Timeline:
    """Everything that was done, in order: when it was really done, when it was written down, and by whom."""
    return await queries.timeline(session, case_id, by)


@router.post("/v1/cases/{case_id}/assign", responses=responses(*_VERB, UnknownTeam))
async def assign_case(
    case_id: UUID, body: Assign, session: Session, by: Worker, now: Now, once: Retryable
) -> CaseSummary:
    """Give the case to a team, or to a member of it."""
    return await once(body, service.assign(session, case_id, body, by, now))


@router.post("/v1/cases/{case_id}/acknowledge", responses=responses(*_VERB))
async def acknowledge_case(
    case_id: UUID, body: Acknowledge, session: Session, by: Worker, now: Now, once: Retryable
) -> CaseSummary:
    """The person was told by a human that it is in hand."""
    return await once(body, service.acknowledge(session, case_id, body, by, now))


@router.post("/v1/cases/{case_id}/reply", responses=responses(*_VERB))
async def reply_to_case(
    case_id: UUID, body: Reply, session: Session, by: Worker, now: Now, once: Retryable
) -> CaseSummary:
    """Answer the person; a final reply makes the case answered."""
    return await once(body, service.reply(session, case_id, body, by, now))


@router.post("/v1/cases/{case_id}/close", responses=responses(*_VERB))
async def close_case(
    case_id: UUID, body: Close, session: Session, by: Worker, now: Now, once: Retryable
) -> CaseSummary:
    """Nothing more is expected from either side."""
    return await once(body, service.close(session, case_id, body, by, now))
