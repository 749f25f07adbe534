"""Service standards: by when the public is promised what. They are published: anybody may read those in force."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from libs.common.auth.principal import Forbidden, Principal, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.paging import Cursor, InvalidCursor, Limit, link_next_code
from libs.common.problems import InvalidRequest, responses
from libs.common.versions import UNCHANGED, VERSION_PROBLEMS, IfMatch, Public, digest, tag
from libs.contracts.codes import STAFF, Code
from services.routing.organisation.versions import Page
from services.routing.standards import queries, service
from services.routing.standards.errors import StandardNotFound, StandardsUndecided
from services.routing.standards.schemas import StandardContent, StandardOut, Standards, StandardVersions

router = APIRouter(tags=["service standards"])

StandardCode = Annotated[Code, Path(description="of the service standard", examples=["complaints"])]

_WRITE = (Unauthenticated, Forbidden, InvalidRequest, *VERSION_PROBLEMS)


@router.get(
    "/v1/service-standards",
    response_model=Standards,
    openapi_extra={"security": []},
    responses={**UNCHANGED, **responses(InvalidRequest, InvalidCursor)},
)
async def list_service_standards(
    session: Session, request: Request, response: Response, limit: Limit = 50, cursor: Cursor = None
) -> Any:
    """The service standards in force, by code. No token is needed: they are published."""
    items = await queries.standards(session, limit, cursor)
    link_next_code(request, response, limit, [one.code for one in items])
    version = digest((one.code, one.version) for one in items)
    return Public(request, response).unless_known(version) or Standards(items=items)


@router.get(
    "/v1/service-standards/{code}",
    response_model=StandardOut,
    openapi_extra={"security": []},
    responses={**UNCHANGED, **responses(InvalidRequest, StandardNotFound)},
)
async def get_service_standard(code: StandardCode, session: Session, request: Request, response: Response) -> Any:
    """A service standard in force. No token is needed."""
    standard = await queries.standard(session, code)
    return Public(request, response).unless_known(standard.version) or standard


@router.put("/v1/service-standards/{code}", responses=responses(*_WRITE, StandardsUndecided))
async def put_service_standard(
    code: StandardCode,
    body: StandardContent,
    session: Session,
    response: Response,
    expected: IfMatch,
    now: Now,
    by: Annotated[Principal, requires("admin")],
) -> StandardOut:
    """Publish a service standard, for the cases that open from now on; one that was retired is back.

    A standard that is there already needs `If-Match`. The same again makes no new version.
    """
    standard = await service.put(session, code, body, expected, by, now)
    tag(response, standard.version)
    return standard


@router.delete("/v1/service-standards/{code}", responses=responses(*_WRITE, StandardNotFound))
async def retire_service_standard(
    code: StandardCode,
    session: Session,
    response: Response,
    expected: IfMatch,
    now: Now,
    by: Annotated[Principal, requires("admin")],
) -> StandardOut:
    """Retire a service standard: it promises nothing any more, and what it has promised stays promised."""
    standard = await service.retire(session, code, expected, by, now)
    tag(response, standard.version)
    return standard


@router.get(
    "/v1/service-standards/{code}/versions",
    dependencies=[requires(*STAFF)],
    responses=responses(Unauthenticated, Forbidden, InvalidRequest, InvalidCursor, StandardNotFound),
)
async def list_service_standard_versions(
    code: StandardCode, session: Session, request: Request, response: Response, page: Annotated[Page, Query()]
) -> StandardVersions:
    """Every version of a service standard, the newest first, with who published it and when."""
    items = await queries.versions(session, code, page)
    link_next_code(request, response, page.limit, [one.version for one in items])
    return StandardVersions(items=items)
