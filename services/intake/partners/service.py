"""Changes partners, devices and keys."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.problems import Problem
from libs.common.versions import Expected
from services.intake.catalogue.models import CatalogueEntry
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
from services.intake.partners.keys import key_of, new_key_id
from services.intake.partners.models import AccessKey, KeyHolder, KeyringRevision
from services.intake.partners.schemas import DeviceIn, KeyOut, NewKey, PartnerIn

HolderKind = Literal["partner", "device"]
LIVE_KEYS = 2
NOT_FOUND: Mapping[HolderKind, type[Problem]] = {"partner": PartnerNotFound, "device": DeviceNotFound}


async def put(
    session: AsyncSession,
    kind: HolderKind,
    code: str,
    body: PartnerIn,
    expected: Expected,
    now: datetime,
    *,
    only_new: bool,
) -> KeyHolder:
    """Make the partner or device what the body says; version 1 is a new one. One that was retired is back."""
    await _see_what_it_names(session, body)
    values = {**body.model_dump(), "retired": False, "changed_at": now}
    created = await session.scalar(
        insert(KeyHolder)
        .values(code=code, kind=kind, version=1, recorded_at=now, **values)
        .on_conflict_do_nothing()
        .returning(KeyHolder)
    )
    holder = created or await _locked(session, kind, code, taken=CodeTaken)
    expected.require_of(None if created else holder.version, only_new=only_new)
    if created is None:
        for name, value in values.items():
            setattr(holder, name, value)
        holder.version += 1
    await _tell_processes(session)
    return holder


async def retire(session: AsyncSession, kind: HolderKind, code: str, expected: Expected, now: datetime) -> KeyHolder:
    """Its keys, and those of its devices, are no longer accepted. Its code stays its own."""
    holder = await _locked(session, kind, code)
    expected.require(holder.version)
    if not holder.retired:
        holder.retired, holder.changed_at = True, now
        holder.version += 1
        await _tell_processes(session)
    return holder


async def issue(session: AsyncSession, kind: HolderKind, code: str, label: str | None, now: datetime) -> KeyOut:
    """A new key. Two can be live at once, so that one takes over from the other without a pause."""
    holder = await _locked(session, kind, code)
    if holder.retired:
        raise HolderRetired
    live = await session.scalar(select(func.count()).where(AccessKey.holder == code, AccessKey.revoked_at.is_(None)))
    if (live or 0) >= LIVE_KEYS:
        raise TwoLiveKeys
    key = AccessKey(id=new_key_id(), holder=code, label=label, created_at=now, last_used_on=None, revoked_at=None)
    session.add(key)
    await _tell_processes(session)
    return KeyOut.model_validate(key, from_attributes=True)


def shown(secret: str, issued: KeyOut) -> NewKey:
    """The key itself, as it is shown to whoever made it, and again to the retry of the same request."""
    return NewKey(**issued.model_dump(), key=key_of(secret, issued.id))


async def revoke(session: AsyncSession, kind: HolderKind, code: str, key_id: str, now: datetime) -> None:
    """The key is refused from now on, by every process of intake within seconds. Revoking it again changes nothing."""
    await _locked(session, kind, code)
    key = await session.get(AccessKey, key_id)
    if key is None or key.holder != code:
        raise KeyNotFound
    if key.revoked_at is None:
        key.revoked_at = now
        await _tell_processes(session)


async def _locked(session: AsyncSession, kind: HolderKind, code: str, taken: type[Problem] | None = None) -> KeyHolder:
    holder = await session.get(KeyHolder, code, with_for_update=True)
    if holder is None or holder.kind != kind:
        raise (taken or NOT_FOUND[kind])
    return holder


async def _see_what_it_names(session: AsyncSession, body: PartnerIn) -> None:
    if body.touchpoint is not None:
        touchpoint = await session.get(CatalogueEntry, ("touchpoint", body.touchpoint))
        if touchpoint is None or touchpoint.retired:
            raise UnknownTouchpoint
    if isinstance(body, DeviceIn) and body.partner is not None:
        owner = await session.get(KeyHolder, body.partner)
        if owner is None or owner.kind != "partner" or owner.retired:
            raise UnknownOwner


async def _tell_processes(session: AsyncSession) -> None:
    await session.execute(update(KeyringRevision).values(revision=KeyringRevision.revision + 1))
