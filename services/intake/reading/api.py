"""Staff and partners read feedback without its words, find it, and correct what it is about."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.paging import InvalidCursor, link_next
from libs.common.problems import InvalidRequest, UnknownCode, responses
from libs.common.versions import VERSION_PROBLEMS, IfMatch, tag
from services.intake.desk import DeskOf
from services.intake.feedback.errors import FeedbackNotFound
from services.intake.feedback.schemas import FeedbackId
from services.intake.persons.keys import Erased
from services.intake.reading import queries, search, service, words
from services.intake.reading.access import OWN_SCOPES, SEE_ALL, TEAM
from services.intake.reading.schemas import (
    Correction,
    FeedbackList,
    FeedbackOut,
    FeedbackSummary,
    Filters,
    Found,
    PageOfReadings,
    Readings,
    ReferenceQuery,
    Search,
)

router = APIRouter(tags=["feedback"])

Reader = Annotated[Principal, requires(*SEE_ALL, *TEAM, scopes=OWN_SCOPES)]
Finder = Annotated[Principal, requires("agent", "supervisor", "reviewer")]
TeamOrReviewer = Annotated[Principal, requires("agent", "supervisor", "reviewer")]
Auditor = Annotated[Principal, requires("auditor")]


@router.get("/v1/feedback", responses=responses(Unauthenticated, Forbidden, InvalidRequest, InvalidCursor))
async def list_feedback(
    filters: Filters, request: Request, response: Response, session: Session, by: Reader
) -> FeedbackList:
    """The feedback that you may see, without words and contact: your teams', what you sent as a partner, or all."""
    found = await queries.feedback_list(session, filters, by)
    link_next(request, response, filters.limit, [(one.submitted_at, one.id) for one in found.items])
    return found


@router.get("/v1/feedback/search", responses=responses(Unauthenticated, Forbidden, InvalidRequest))
async def search_feedback(
    asked: Annotated[ReferenceQuery, Query()], session: Session, desk: DeskOf, by: Finder, now: Now
) -> Found:
    """Where the feedback with this reference stands, whichever team has it. Each search is logged."""
    return await search.find(session, desk.blind, Search(reference=asked.reference), by, now)


@router.post("/v1/feedback/search", responses=responses(Unauthenticated, Forbidden, InvalidRequest))
async def search_feedback_by_contact(body: Search, session: Session, desk: DeskOf, by: Finder, now: Now) -> Found:
    """Search by e-mail address or telephone number, which belong in no address.

    In any usual spelling, but whole; what is found is as with the reference.
    """
    return await search.find(session, desk.blind, body, by, now)


@router.get("/v1/feedback/{feedback_id}", responses=responses(Unauthenticated, Forbidden, FeedbackNotFound, Erased))
async def get_feedback(
    feedback_id: FeedbackId,
    session: Session,
    desk: DeskOf,
    now: Now,
    by: TeamOrReviewer,
    response: Response,
) -> FeedbackOut:
    """One feedback with words and contact, for the team that has its case and for reviewers; each reading is logged."""
    feedback = await words.read_words(session, desk, feedback_id, by, now)
    tag(response, feedback.version)
    return feedback


@router.patch(
    "/v1/feedback/{feedback_id}",
    responses=responses(
        Unauthenticated, Forbidden, FeedbackNotFound, Erased, *VERSION_PROBLEMS, InvalidRequest, UnknownCode
    ),
)
async def correct_feedback(
    feedback_id: FeedbackId,
    body: Correction,
    session: Session,
    desk: DeskOf,
    by: TeamOrReviewer,
    expected: IfMatch,
    now: Now,
    response: Response,
) -> FeedbackSummary:
    """Correct kind, service, service point, topic or language: rules and figures follow. What was declared stays."""
    feedback = await service.correct(session, desk, feedback_id, body, by, expected, now)
    tag(response, feedback.version)
    return feedback


@router.get(
    "/v1/feedback/{feedback_id}/readings",
    responses=responses(Unauthenticated, Forbidden, FeedbackNotFound, InvalidRequest, InvalidCursor),
)
async def list_readings(
    feedback_id: FeedbackId,
    page: Annotated[PageOfReadings, Query()],
    request: Request,
    response: Response,
    session: Session,
    by: Auditor,
) -> Readings:
    """Who read the words, found it by a search, or gave out a new tracking code: and when, the first first."""
    readings = await queries.readings(session, feedback_id, page, by)
    link_next(request, response, page.limit, [(one.read_at, one.id) for one in readings.items])
    return readings
