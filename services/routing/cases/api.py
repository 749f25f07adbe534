"""Cases: the queue, the case, its timeline, and opening one for feedback that had none."""

from typing import Annotated

from fastapi import APIRouter, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import DatabaseOf, Session, Snapshot
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.paging import InvalidCursor, link_next_place
from libs.common.problems import InvalidRequest, responses
from libs.common.versions import tag
from services.routing.cases import opening_by_staff, queries
from services.routing.cases.access import READERS, READING_SCOPES
from services.routing.cases.errors import CaseExists, CaseNotFound, FeedbackNotFound
from services.routing.cases.filters import Filters
from services.routing.cases.queue import place_of
from services.routing.cases.schemas import CaseId, CaseOut, Cases, OpenCase, OpenedCase, Timeline
from services.routing.cases.terms import TermsOf

router = APIRouter(tags=["cases"])

Reader = Annotated[Principal, requires(*READERS, scopes=READING_SCOPES)]
Opener = Annotated[Principal, requires("agent", "supervisor", "reviewer")]

_READ = (Unauthenticated, Forbidden, CaseNotFound)


@router.get("/v1/cases", responses=responses(Unauthenticated, Forbidden, InvalidRequest, InvalidCursor))
async def list_cases(
    filters: Filters,
    request: Request,
    response: Response,
    database: DatabaseOf,
    by: Reader,
    now: Now,
    terms: TermsOf,
) -> Cases:
    """The queue: the cases that you may see, urgent ones first, then by what is due next. With the first page, counts.

    With `wait`, the answer comes as soon as there is one.
    """
    cases = await queries.cases(database, request.app.state.doorbell, filters, by, now, terms)
    link_next_place(request, response, filters.limit, [place_of(case) for case in cases.items])
    return cases


@router.post(
    "/v1/cases",
    status_code=201,
    responses=responses(
        Unauthenticated, Forbidden, InvalidRequest, FeedbackNotFound, CaseExists, IdempotencyKeyReused, StillRunning
    ),
)
async def open_case(
    body: OpenCase, session: Session, by: Opener, now: Now, terms: TermsOf, once: Retryable
) -> OpenedCase:
    """Open a case for feedback that had none. Rules choose the team; the clocks start when the person spoke."""
    return await once(body, opening_by_staff.open_case(session, body, by, now, terms))


@router.get("/v1/cases/{case_id}", responses=responses(*_READ))
async def get_case(case_id: CaseId, session: Snapshot, by: Reader, response: Response) -> CaseOut:
    """One case with the person's words, redacted, its clocks, and the ledger of its suspensions."""
    case = await queries.case(session, case_id, by)
    tag(response, case.version)
    return case


@router.get("/v1/cases/{case_id}/timeline", responses=responses(*_READ))
async def get_timeline(case_id: CaseId, session: Snapshot, by: Reader) -> Timeline:
    """The timeline: everything that was done, in order.

    When it was really done, when it was written down, and by whom.
    """
    return await queries.timeline(session, case_id, by)
