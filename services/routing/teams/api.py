"""Teams: who answers."""

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
from services.routing.organisation.versions import Page
from services.routing.teams import queries, service
from services.routing.teams.errors import RestrictedTeamMissing, TeamHasOpenCases, TeamInRules, TeamNotFound
from services.routing.teams.schemas import TeamContent, TeamOut, Teams, TeamVersions

router = APIRouter(tags=["teams"])

TeamCode = Annotated[Code, Path(description="of the team", examples=["passports"])]

_READ = (Unauthenticated, Forbidden, InvalidRequest)


@router.get("/v1/teams", dependencies=[requires(*STAFF)], responses=responses(*_READ, InvalidCursor))
async def list_teams(
    session: Session,
    request: Request,
    response: Response,
    retired: Annotated[bool, Query(description="with those that get no new cases")] = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Teams:
    """The teams, by code, with their public contact and their members."""
    items = await queries.teams(session, limit, cursor, retired=retired)
    link_next_code(request, response, limit, [one.code for one in items])
    return Teams(items=items)


@router.get("/v1/teams/{code}", dependencies=[requires(*STAFF)], responses=responses(*_READ, TeamNotFound))
async def get_team(code: TeamCode, session: Session, response: Response) -> TeamOut:
    """One team."""
    team = await queries.team(session, code)
    tag(response, team.version)
    return team


@router.put("/v1/teams/{code}", responses=responses(*_READ, *VERSION_PROBLEMS, RestrictedTeamMissing))
async def put_team(
    code: TeamCode,
    body: TeamContent,
    session: Session,
    response: Response,
    expected: IfMatch,
    now: Now,
    by: Annotated[Principal, requires("admin", "supervisor")],
) -> TeamOut:
    """Make a team, change it, or bring it back. Supervisors may change the members of their own teams.

    A team that is there already needs `If-Match`. The same again makes no new version.
    """
    team = await service.put(session, code, body, expected, by, now)
    tag(response, team.version)
    return team


@router.delete(
    "/v1/teams/{code}",
    responses=responses(*_READ, TeamNotFound, *VERSION_PROBLEMS, TeamInRules, TeamHasOpenCases, RestrictedTeamMissing),
)
async def retire_team(
    code: TeamCode,
    session: Session,
    response: Response,
    expected: IfMatch,
    now: Now,
    by: Annotated[Principal, requires("admin")],
) -> TeamOut:
    """Retire a team: it keeps the cases that it closed, and gets no new ones."""
    team = await service.retire(session, code, expected, by, now)
    tag(response, team.version)
    return team


@router.get(
    "/v1/teams/{code}/versions",
    dependencies=[requires(*STAFF)],
    responses=responses(*_READ, InvalidCursor, TeamNotFound),
)
async def list_team_versions(
    code: TeamCode, session: Session, request: Request, response: Response, page: Annotated[Page, Query()]
) -> TeamVersions:
    """Every version of a team, the newest first, with who published it and when."""
    items = await queries.versions(session, code, page)
    link_next_code(request, response, page.limit, [one.version for one in items])
    return TeamVersions(items=items)
