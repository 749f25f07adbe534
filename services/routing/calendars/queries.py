"""Reads calendars."""

from functools import lru_cache

import orjson
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.paging import decode_code_cursor
from services.routing.calendars.business_time import BusinessCalendar
from services.routing.calendars.errors import CalendarNotFound
from services.routing.calendars.models import Calendar
from services.routing.calendars.schemas import CalendarContent, CalendarOut, CalendarVersionOut
from services.routing.organisation.versions import Page

_IN_FORCE = select(Calendar).ext(distinct_on(Calendar.code)).order_by(Calendar.code, Calendar.version.desc())


async def newest(session: AsyncSession, code: str) -> Calendar | None:
    """The version in force."""
    return await session.scalar(
        select(Calendar).where(Calendar.code == code).order_by(Calendar.version.desc()).limit(1)
    )


async def in_force(session: AsyncSession) -> list[Calendar]:
    """Of every calendar the version in force, by code."""
    return list(await session.scalars(_IN_FORCE))


async def calendars(session: AsyncSession, limit: int, cursor: str | None) -> list[CalendarOut]:
    """A page of those in force, by code."""
    rows = await session.scalars(_IN_FORCE.where(Calendar.code > decode_code_cursor(cursor)).limit(limit))
    return [out(row) for row in rows]


async def calendar(session: AsyncSession, code: str) -> CalendarOut:
    row = await newest(session, code)
    if row is None:
        raise CalendarNotFound
    return out(row)


async def versions(session: AsyncSession, code: str, page: Page) -> list[CalendarVersionOut]:
    await calendar(session, code)
    rows = await session.scalars(
        select(Calendar)
        .where(Calendar.code == code, Calendar.version < page.below)
        .order_by(Calendar.version.desc())
        .limit(page.limit)
    )
    return [
        CalendarVersionOut(
            version=row.version,
            published_at=row.published_at,
            published_by=row.published_by,
            document=CalendarContent.model_validate(row.document),
        )
        for row in rows
    ]


def out(row: Calendar) -> CalendarOut:
    return CalendarOut.model_validate(
        {
            **row.document,
            "code": row.code,
            "version": row.version,
            "published_at": row.published_at,
            "published_by": row.published_by,
        }
    )


def business_calendar(row: Calendar) -> BusinessCalendar:
    """One object for one document: a calendar remembers what it has computed."""
    return _business_calendar(orjson.dumps(row.document))


@lru_cache(maxsize=64)
def _business_calendar(document: bytes) -> BusinessCalendar:
    return CalendarContent.model_validate_json(document).calendar()
