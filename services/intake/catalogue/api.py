"""The catalogue: read without a token, since forms are made of it; changed by administrators."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.paging import InvalidCursor, link_next_code
from libs.common.problems import InvalidRequest, responses
from libs.common.versions import UNCHANGED, VERSION_PROBLEMS, IfMatch, OnlyNew, Public, tag
from libs.contracts.codes import Code
from services.intake.catalogue import queries, service
from services.intake.catalogue.errors import EntryInUse, EntryNotFound, EntryRefused
from services.intake.catalogue.models import CatalogueEntry
from services.intake.catalogue.schemas import (
    EntryIn,
    ServiceIn,
    ServiceOut,
    ServicePointOut,
    ServicePoints,
    Services,
    TopicOut,
    Topics,
    TouchpointIn,
    TouchpointOut,
    Touchpoints,
    Wanted,
)

router = APIRouter(tags=["catalogue"])

_OPEN: dict[str, Any] = {"security": []}
_ADMIN = [requires("admin")]
_LISTED = {**UNCHANGED, **responses(InvalidRequest, InvalidCursor)}
_READ = {**UNCHANGED, **responses(EntryNotFound, InvalidRequest)}
_PUT = responses(Unauthenticated, Forbidden, InvalidRequest, EntryRefused, *VERSION_PROBLEMS)
_RETIRED = responses(Unauthenticated, Forbidden, InvalidRequest, EntryNotFound, EntryInUse, *VERSION_PROBLEMS)

EntryCode = Annotated[Code, Path(description="of the entry", examples=["passports"])]
WantedOf = Annotated[Wanted, Query()]


async def _today(request: Request, now: Now) -> date:
    return now.astimezone(request.app.state.settings.time_zone).date()


Today = Annotated[date, Depends(_today)]


class Entries(Public):
    """What is answered of entries."""

    def list(self, page: queries.Page) -> Any:
        if page.next_after is not None:
            link_next_code(self.request, self.response, 1, [page.next_after])
        return self.unless_known(page.version) or {"items": page.items}

    def one(self, entry: CatalogueEntry) -> Any:
        return self.unless_known(entry.version) or queries.seen(entry)


async def _entries(request: Request, response: Response) -> Entries:
    return Entries(request, response)


Answer = Annotated[Entries, Depends(_entries)]


def _made(response: Response, entry: CatalogueEntry) -> dict[str, Any]:
    """An entry as it was changed; version 1 is a new one."""
    tag(response, entry.version)
    response.status_code = 201 if entry.version == 1 else 200
    return queries.seen(entry)


@router.get(
    "/v1/services",
    response_model=Services,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_LISTED,
)
async def list_services(wanted: WantedOf, session: Session, today: Today, answer: Answer) -> Any:
    """List the services that people may speak about.

    One that is `out_of_scope` says in `where_to_turn` who gives it.
    """
    return answer.list(await queries.page(session, "service", wanted, today))


@router.get(
    "/v1/services/{code}",
    response_model=ServiceOut,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_READ,
)
async def get_service(code: EntryCode, session: Session, answer: Answer) -> Any:
    """One service, whether it can be chosen or not; its `ETag` is what a change names."""
    return answer.one(await queries.entry(session, "service", code))


@router.put(
    "/v1/services/{code}",
    response_model=ServiceOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses={201: {"model": ServiceOut, "description": "It is new."}, **_PUT},
)
async def put_service(
    code: EntryCode,
    body: ServiceIn,
    session: Session,
    expected: IfMatch,
    only_new: OnlyNew,
    now: Now,
    response: Response,
) -> Any:
    """Make a service, or change one. One that was retired is back."""
    return _made(response, await service.put(session, "service", code, body, expected, now, only_new=only_new))


@router.delete(
    "/v1/services/{code}",
    response_model=ServiceOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses=_RETIRED,
)
async def retire_service(code: EntryCode, session: Session, expected: IfMatch, now: Now, response: Response) -> Any:
    """Retire a service: it is kept, and no longer accepted in new feedback."""
    return _made(response, await service.retire(session, "service", code, expected, now))


@router.get(
    "/v1/service-points",
    response_model=ServicePoints,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_LISTED,
)
async def list_service_points(wanted: WantedOf, session: Session, today: Today, answer: Answer) -> Any:
    """List the offices, lines and sites where a service is given."""
    return answer.list(await queries.page(session, "service_point", wanted, today))


@router.get(
    "/v1/service-points/{code}",
    response_model=ServicePointOut,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_READ,
)
async def get_service_point(code: EntryCode, session: Session, answer: Answer) -> Any:
    """One service point, whether it can be chosen or not; its `ETag` is what a change names."""
    return answer.one(await queries.entry(session, "service_point", code))


@router.put(
    "/v1/service-points/{code}",
    response_model=ServicePointOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses={201: {"model": ServicePointOut, "description": "It is new."}, **_PUT},
)
async def put_service_point(
    code: EntryCode,
    body: EntryIn,
    session: Session,
    expected: IfMatch,
    only_new: OnlyNew,
    now: Now,
    response: Response,
) -> Any:
    """Make a service point, or change one. One that was retired is back."""
    return _made(response, await service.put(session, "service_point", code, body, expected, now, only_new=only_new))


@router.delete(
    "/v1/service-points/{code}",
    response_model=ServicePointOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses=_RETIRED,
)
async def retire_service_point(
    code: EntryCode, session: Session, expected: IfMatch, now: Now, response: Response
) -> Any:
    """Retire a service point: it is kept, and no longer accepted in new feedback."""
    return _made(response, await service.retire(session, "service_point", code, expected, now))


@router.get(
    "/v1/topics",
    response_model=Topics,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_LISTED,
)
async def list_topics(wanted: WantedOf, session: Session, today: Today, answer: Answer) -> Any:
    """List what feedback can be about."""
    return answer.list(await queries.page(session, "topic", wanted, today))


@router.get(
    "/v1/topics/{code}",
    response_model=TopicOut,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_READ,
)
async def get_topic(code: EntryCode, session: Session, answer: Answer) -> Any:
    """One topic, whether it can be chosen or not; its `ETag` is what a change names."""
    return answer.one(await queries.entry(session, "topic", code))


@router.put(
    "/v1/topics/{code}",
    response_model=TopicOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses={201: {"model": TopicOut, "description": "It is new."}, **_PUT},
)
async def put_topic(
    code: EntryCode,
    body: EntryIn,
    session: Session,
    expected: IfMatch,
    only_new: OnlyNew,
    now: Now,
    response: Response,
) -> Any:
    """Make a topic, or change one. One that was retired is back."""
    return _made(response, await service.put(session, "topic", code, body, expected, now, only_new=only_new))


@router.delete(
    "/v1/topics/{code}",
    response_model=TopicOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses=_RETIRED,
)
async def retire_topic(code: EntryCode, session: Session, expected: IfMatch, now: Now, response: Response) -> Any:
    """Retire a topic: it is kept, and no longer accepted in new feedback."""
    return _made(response, await service.retire(session, "topic", code, expected, now))


@router.get(
    "/v1/touchpoints",
    response_model=Touchpoints,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_LISTED,
)
async def list_touchpoints(wanted: WantedOf, session: Session, today: Today, answer: Answer) -> Any:
    """List the pages, lines, desks and kiosks through which people speak, and what each fills in."""
    return answer.list(await queries.page(session, "touchpoint", wanted, today))


@router.get(
    "/v1/touchpoints/{code}",
    response_model=TouchpointOut,
    response_model_exclude_unset=True,
    openapi_extra=_OPEN,
    responses=_READ,
)
async def get_touchpoint(code: EntryCode, session: Session, answer: Answer) -> Any:
    """One touchpoint, whether it can be chosen or not; its `ETag` is what a change names."""
    return answer.one(await queries.entry(session, "touchpoint", code))


@router.put(
    "/v1/touchpoints/{code}",
    response_model=TouchpointOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses={201: {"model": TouchpointOut, "description": "It is new."}, **_PUT},
)
async def put_touchpoint(
    code: EntryCode,
    body: TouchpointIn,
    session: Session,
    expected: IfMatch,
    only_new: OnlyNew,
    now: Now,
    response: Response,
) -> Any:
    """Make a touchpoint, or change one. One that was retired is back."""
    return _made(response, await service.put(session, "touchpoint", code, body, expected, now, only_new=only_new))


@router.delete(
    "/v1/touchpoints/{code}",
    response_model=TouchpointOut,
    response_model_exclude_unset=True,
    dependencies=_ADMIN,
    responses=_RETIRED,
)
async def retire_touchpoint(code: EntryCode, session: Session, expected: IfMatch, now: Now, response: Response) -> Any:
    """Retire a touchpoint: it is kept, and no longer accepted in new feedback."""
    return _made(response, await service.retire(session, "touchpoint", code, expected, now))
