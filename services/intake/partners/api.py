"""Partners, devices and their keys, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from libs.common.auth.principal import Forbidden, requires
from libs.common.auth.tokens import Unauthenticated
from libs.common.clock import Now
from libs.common.db import Session
from libs.common.idempotency import IdempotencyKeyReused, Retryable, StillRunning
from libs.common.paging import Cursor, InvalidCursor, Limit, decode_code_cursor, link_next_code
from libs.common.problems import InvalidRequest, responses
from libs.common.versions import VERSION_PROBLEMS, IfMatch, OnlyNew, tag
from libs.contracts.codes import Code
from services.intake.desk import DeskOf
from services.intake.partners import queries, service
from services.intake.partners.errors import (
    CodeTaken,
    DeviceNotFound,
    HolderRetired,
    KeyNotFound,
    PartnerNotFound,
    TwoLiveKeys,
    UnknownOwner,
    UnknownTouchpoint,
)
from services.intake.partners.models import KeyHolder
from services.intake.partners.schemas import (
    DeviceIn,
    DeviceOut,
    Devices,
    KeyIn,
    KeyOut,
    Keys,
    NewKey,
    PartnerIn,
    PartnerOut,
    Partners,
)

_ADMIN = [requires("admin")]
_REFUSED = (Unauthenticated, Forbidden, InvalidRequest)
_KEY_REFUSED = (*_REFUSED, HolderRetired, TwoLiveKeys, IdempotencyKeyReused, StillRunning)

HolderCode = Annotated[Code, Path(description="of the partner or the device", examples=["helpdesk"])]
KeyId = Annotated[Code, Path(description="`id` of the key, as in the list")]
Retired = Annotated[bool, Query(description="those that are no longer accepted, instead of those that are")]


def _tagged(response: Response, holder: KeyHolder) -> KeyHolder:
    tag(response, holder.version)
    return holder


partners = APIRouter(tags=["partners"], dependencies=_ADMIN)


@partners.get("/v1/partners", responses=responses(*_REFUSED, InvalidCursor))
async def list_partners(
    session: Session,
    request: Request,
    response: Response,
    retired: Retired = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Partners:
    """List the partners, in the order of their codes."""
    page = await queries.holders(session, "partner", retired=retired, after=decode_code_cursor(cursor), limit=limit)
    link_next_code(request, response, limit, [one.code for one in page])
    return Partners.model_validate({"items": page})


@partners.get("/v1/partners/{code}", response_model=PartnerOut, responses=responses(*_REFUSED, PartnerNotFound))
async def get_partner(code: HolderCode, session: Session, response: Response) -> KeyHolder:
    """One partner, retired or not; its `ETag` is what a change names."""
    return _tagged(response, await queries.holder(session, "partner", code))


@partners.put(
    "/v1/partners/{code}",
    response_model=PartnerOut,
    responses={
        201: {"model": PartnerOut, "description": "It is new."},
        **responses(*_REFUSED, CodeTaken, UnknownTouchpoint, *VERSION_PROBLEMS),
    },
)
async def put_partner(
    code: HolderCode,
    body: PartnerIn,
    session: Session,
    expected: IfMatch,
    only_new: OnlyNew,
    now: Now,
    response: Response,
) -> KeyHolder:
    """Make a partner, or change one. One that was retired is back."""
    holder = await service.put(session, "partner", code, body, expected, now, only_new=only_new)
    response.status_code = 201 if holder.version == 1 else 200
    return _tagged(response, holder)


@partners.delete(
    "/v1/partners/{code}", response_model=PartnerOut, responses=responses(*_REFUSED, PartnerNotFound, *VERSION_PROBLEMS)
)
async def retire_partner(
    code: HolderCode, session: Session, expected: IfMatch, now: Now, response: Response
) -> KeyHolder:
    """Retire a partner: its keys and those of its devices are refused within seconds.

    It is kept, with what came from it. Routing and analytics accept a token that it has until that ends, an hour later
    at the most.
    """
    return _tagged(response, await service.retire(session, "partner", code, expected, now))


@partners.get("/v1/partners/{code}/keys", responses=responses(*_REFUSED, PartnerNotFound))
async def list_partner_keys(code: HolderCode, session: Session) -> Keys:
    """List a partner's keys, without their secrets, the newest first."""
    return await queries.keys(session, "partner", code)


@partners.post("/v1/partners/{code}/keys", status_code=201, responses=responses(*_KEY_REFUSED, PartnerNotFound))
async def issue_partner_key(
    code: HolderCode, body: KeyIn, session: Session, desk: DeskOf, now: Now, once: Retryable
) -> NewKey:
    """Give a partner a new key, shown this once: keep it safe.

    At most two are live, so that one can take over from the other.
    """
    issued = await once(body, service.issue(session, "partner", code, body.label, now), KeyOut)
    return service.shown(desk.secret, issued)


@partners.delete(
    "/v1/partners/{code}/keys/{key_id}", status_code=204, responses=responses(*_REFUSED, PartnerNotFound, KeyNotFound)
)
async def revoke_partner_key(code: HolderCode, key_id: KeyId, session: Session, now: Now) -> None:
    """Revoke a key: intake refuses it, and tokens that were given for it, within seconds.

    Routing and analytics accept such a token until it ends, an hour later at the most.
    """
    await service.revoke(session, "partner", code, key_id, now)


devices = APIRouter(tags=["partners"], dependencies=_ADMIN)


@devices.get("/v1/devices", responses=responses(*_REFUSED, InvalidCursor))
async def list_devices(
    session: Session,
    request: Request,
    response: Response,
    retired: Retired = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Devices:
    """List the devices, in the order of their codes."""
    page = await queries.holders(session, "device", retired=retired, after=decode_code_cursor(cursor), limit=limit)
    link_next_code(request, response, limit, [one.code for one in page])
    return Devices.model_validate({"items": page})


@devices.get("/v1/devices/{code}", response_model=DeviceOut, responses=responses(*_REFUSED, DeviceNotFound))
async def get_device(code: HolderCode, session: Session, response: Response) -> KeyHolder:
    """One device, retired or not; its `ETag` is what a change names."""
    return _tagged(response, await queries.holder(session, "device", code))


@devices.put(
    "/v1/devices/{code}",
    response_model=DeviceOut,
    responses={
        201: {"model": DeviceOut, "description": "It is new."},
        **responses(*_REFUSED, CodeTaken, UnknownTouchpoint, UnknownOwner, *VERSION_PROBLEMS),
    },
)
async def put_device(
    code: HolderCode,
    body: DeviceIn,
    session: Session,
    expected: IfMatch,
    only_new: OnlyNew,
    now: Now,
    response: Response,
) -> KeyHolder:
    """Make a device of a partner or of the organisation itself, or change one. One that was retired is back."""
    holder = await service.put(session, "device", code, body, expected, now, only_new=only_new)
    response.status_code = 201 if holder.version == 1 else 200
    return _tagged(response, holder)


@devices.delete(
    "/v1/devices/{code}", response_model=DeviceOut, responses=responses(*_REFUSED, DeviceNotFound, *VERSION_PROBLEMS)
)
async def retire_device(
    code: HolderCode, session: Session, expected: IfMatch, now: Now, response: Response
) -> KeyHolder:
    """Retire a device: its keys are refused within seconds.

    It is kept, with what came from it. Routing and analytics accept a token that it has until that ends, an hour later
    at the most.
    """
    return _tagged(response, await service.retire(session, "device", code, expected, now))


@devices.get("/v1/devices/{code}/keys", responses=responses(*_REFUSED, DeviceNotFound))
async def list_device_keys(code: HolderCode, session: Session) -> Keys:
    """List a device's keys, without their secrets, the newest first."""
    return await queries.keys(session, "device", code)


@devices.post("/v1/devices/{code}/keys", status_code=201, responses=responses(*_KEY_REFUSED, DeviceNotFound))
async def issue_device_key(
    code: HolderCode, body: KeyIn, session: Session, desk: DeskOf, now: Now, once: Retryable
) -> NewKey:
    """Give a device a new key, shown this once: keep it safe.

    At most two are live, so that one can take over from the other.
    """
    issued = await once(body, service.issue(session, "device", code, body.label, now), KeyOut)
    return service.shown(desk.secret, issued)


@devices.delete(
    "/v1/devices/{code}/keys/{key_id}", status_code=204, responses=responses(*_REFUSED, DeviceNotFound, KeyNotFound)
)
async def revoke_device_key(code: HolderCode, key_id: KeyId, session: Session, now: Now) -> None:
    """Revoke a key: intake refuses it, and tokens that were given for it, within seconds.

    Routing and analytics accept such a token until it ends, an hour later at the most.
    """
    await service.revoke(session, "device", code, key_id, now)
