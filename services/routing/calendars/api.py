"""Calendars: when a service is open, and by which its promises are counted."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.paging import Cursor, InvalidCursor, Limit, link_next_code
from libs.common.problems import InvalidRequest, responses
from libs.common.versions import VERSION_PROBLEMS, IfMatch, tag
from libs.contracts.codes import STAFF, Code
from services.routing.calendars import queries, service
from services.routing.calendars.errors import CalendarNotFound
from services.routing.calendars.schemas import CalendarContent, CalendarOut, Calendars, CalendarVersions
from services.routing.organisation.versions import Page

router = APIRouter(tags=["calendars"])

CalendarCode = Annotated[Code, Path(description="of the calendar", examples=["default"])]

_READ = (Unauthenticated, Forbidden, InvalidRequest)


@router.get("/v1/calendars", dependencies=[requires(*STAFF)], responses=responses(*_READ, InvalidCursor))
async def list_calendars(
    session: Session, request: Request, response: Response, limit: Limit = 50, cursor: Cursor = None
) -> Calendars:
    """The calendars in force, by code."""
    items = await queries.calendars(session, limit, cursor)
    link_next_code(request, response, limit, [one.code for one in items])
    return Calendars(items=items)


@router.get("/v1/calendars/{code}", dependencies=[requires(*STAFF)], responses=responses(*_READ, CalendarNotFound))
async def get_calendar(code: CalendarCode, session: Session, response: Response) -> CalendarOut:
    """The version of a calendar that is in force."""
    calendar = await queries.calendar(session, code)
    tag(response, calendar.version)
    return calendar


@router.put("/v1/calendars/{code}", responses=responses(*_READ, *VERSION_PROBLEMS))
async def put_calendar(
    code: CalendarCode,
    body: CalendarContent,
    session: Session,
    response: Response,
    expected: IfMatch,
    now: Now,
    by: Annotated[Principal, requires("admin")],
) -> CalendarOut:
    """Publish a calendar, for what is promised from now on. Standards that name none are counted by `default`.

    A calendar that is there already needs `If-Match`. The same again makes no new version.
    """
    calendar = await service.put(session, code, body, expected, by, now)
    tag(response, calendar.version)
    return calendar


@router.get(
    "/v1/calendars/{code}/versions",
    dependencies=[requires(*STAFF)],
    responses=responses(*_READ, InvalidCursor, CalendarNotFound),
)
async def list_calendar_versions(
    code: CalendarCode, session: Session, request: Request, response: Response, page: Annotated[Page, Query()]
) -> CalendarVersions:
    """Every version of a calendar, the newest first, with who published it and when."""
    items = await queries.versions(session, code, page)
    link_next_code(request, response, page.limit, [one.version for one in items])
    return CalendarVersions(items=items)
