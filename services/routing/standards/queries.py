"""Reads service standards."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.paging import decode_code_cursor
from services.routing.organisation.versions import Page
from services.routing.standards.errors import StandardNotFound
from services.routing.standards.models import ServiceStandard
from services.routing.standards.precedence import Standard, in_precedence
from services.routing.standards.schemas import StandardDocument, StandardOut, StandardVersionOut


async def newest(session: AsyncSession, code: str) -> ServiceStandard | None:
    """The newest version, which may be the end of the standard."""
    return await session.scalar(
        select(ServiceStandard).where(ServiceStandard.code == code).order_by(ServiceStandard.version.desc()).limit(1)
    )


async def in_force(session: AsyncSession) -> list[Standard]:
    """Every standard in force, in their precedence."""
    rows = await session.scalars(
        select(ServiceStandard).where(ServiceStandard.retired.is_(False)).order_by(ServiceStandard.code)
    )
    return in_precedence(Standard(row.version, StandardDocument.model_validate(row.document)) for row in rows)


async def standards(session: AsyncSession, limit: int, cursor: str | None) -> list[StandardOut]:
    """A page of those in force, by code."""
    rows = await session.scalars(
        select(ServiceStandard)
        .where(ServiceStandard.retired.is_(False), ServiceStandard.code > decode_code_cursor(cursor))
        .order_by(ServiceStandard.code)
        .limit(limit)
    )
    return [out(row) for row in rows]


async def standard(session: AsyncSession, code: str) -> StandardOut:
    row = await newest(session, code)
    if row is None or row.retired:
        raise StandardNotFound
    return out(row)


async def versions(session: AsyncSession, code: str, page: Page) -> list[StandardVersionOut]:
    rows = await session.scalars(
        select(ServiceStandard)
        .where(ServiceStandard.code == code, ServiceStandard.version < page.below)
        .order_by(ServiceStandard.version.desc())
        .limit(page.limit)
    )
    items = [
        StandardVersionOut(
            version=row.version,
            published_at=row.published_at,
            published_by=row.published_by,
            retired=row.ends,
            document=StandardDocument.model_validate(row.document).content,
        )
        for row in rows
    ]
    if not items and await newest(session, code) is None:
        raise StandardNotFound
    return items


def out(row: ServiceStandard) -> StandardOut:
    return StandardOut.model_validate({**row.document, "version": row.version, "published_at": row.published_at})
