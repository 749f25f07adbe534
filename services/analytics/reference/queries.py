"""What reads reference data."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ARRAY, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual
from services.analytics.reference.calendars import BusinessTable

_NAMES = text(
    "SELECT code, name FROM reference WHERE kind = :kind AND code = ANY(:codes) AND name IS NOT NULL"
).bindparams(bindparam("codes", type_=ARRAY(Text)))
_STANDARDS = text("SELECT code, name, retired, details FROM reference WHERE kind = 'standard' ORDER BY code")
_PROMISES = text("SELECT standard, standard_version, clock, starts, business_days, calendar_days FROM promise")
_CALENDARS = text("SELECT code, details FROM reference WHERE kind = 'calendar' ORDER BY details->>'published_at', code")


async def names(session: AsyncSession, kind: str, codes: Collection[str]) -> dict[str, Bilingual]:
    """What some codes are called, where it was told."""
    rows = await session.execute(_NAMES, {"kind": kind, "codes": list(codes)})
    return {row.code: Bilingual.model_validate(row.name) for row in rows}


async def standards(session: AsyncSession) -> list[Row[Any]]:
    """Service standards as they were published last: code, name, retired, details (the payload)."""
    return list((await session.execute(_STANDARDS)).all())


async def promises(session: AsyncSession) -> list[Row[Any]]:
    """What each version of a standard promised for each clock."""
    return list((await session.execute(_PROMISES)).all())


async def calendars(session: AsyncSession) -> dict[str, BusinessTable]:
    """Business time by the calendar's code, the one published first at the head."""
    return {row.code: BusinessTable.of(row.details) for row in await session.execute(_CALENDARS)}
