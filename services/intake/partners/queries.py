"""Reads partners, devices and keys."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.partners.models import AccessKey, KeyHolder
from services.intake.partners.schemas import KeyOut, Keys
from services.intake.partners.service import NOT_FOUND, HolderKind


async def holder(session: AsyncSession, kind: HolderKind, code: str) -> KeyHolder:
    found = await session.get(KeyHolder, code)
    if found is None or found.kind != kind:
        raise NOT_FOUND[kind]
    return found


async def holders(session: AsyncSession, kind: HolderKind, *, retired: bool, after: str, limit: int) -> list[KeyHolder]:
    """A page of them, ordered by code."""
    found = await session.scalars(
        select(KeyHolder)
        .where(KeyHolder.kind == kind, KeyHolder.retired.is_(retired), KeyHolder.code > after)
        .order_by(KeyHolder.code)
        .limit(limit)
    )
    return list(found)


async def keys(session: AsyncSession, kind: HolderKind, code: str) -> Keys:
    """Its keys, the newest first, the revoked ones too."""
    await holder(session, kind, code)
    found = await session.scalars(
        select(AccessKey).where(AccessKey.holder == code).order_by(AccessKey.created_at.desc(), AccessKey.id)
    )
    return Keys(items=[KeyOut.model_validate(key, from_attributes=True) for key in found])
