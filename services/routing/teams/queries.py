"""Reads teams."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.common.languages import Bilingual
from libs.common.paging import decode_code_cursor
from services.routing.organisation.versions import Page
from services.routing.teams.errors import TeamNotFound
from services.routing.teams.models import Team, TeamVersion
from services.routing.teams.schemas import TeamContent, TeamOut, TeamVersionOut


async def names(session: AsyncSession, codes: Collection[str]) -> dict[str, Bilingual]:
    """The public names of the teams, by code."""
    rows = await session.execute(select(Team.code, Team.name).where(among(Team.code, codes)))
    return {row.code: Bilingual(**row.name) for row in rows}


async def active(session: AsyncSession) -> list[Team]:
    """The teams that can be given cases, by code."""
    return list(await session.scalars(select(Team).where(Team.retired.is_(False)).order_by(Team.code)))


async def lacks_a_restricted_one(session: AsyncSession) -> bool:
    """Whether there is more than one team, and none to take what is hidden from the others."""
    count, restricted = (
        await session.execute(select(func.count(), func.count().filter(Team.restricted)).where(Team.retired.is_(False)))
    ).one()
    return bool(count > 1 and not restricted)


async def teams(session: AsyncSession, limit: int, cursor: str | None, *, retired: bool) -> list[TeamOut]:
    """A page of teams, by code; with those that are retired where that is asked."""
    shown: ColumnElement[bool] = true() if retired else Team.retired.is_(False)
    rows = await session.scalars(
        select(Team).where(shown, Team.code > decode_code_cursor(cursor)).order_by(Team.code).limit(limit)
    )
    return [out(row) for row in rows]


async def team(session: AsyncSession, code: str) -> TeamOut:
    row = await session.get(Team, code)
    if row is None:
        raise TeamNotFound
    return out(row)


async def versions(session: AsyncSession, code: str, page: Page) -> list[TeamVersionOut]:
    await team(session, code)
    rows = await session.scalars(
        select(TeamVersion)
        .where(TeamVersion.code == code, TeamVersion.version < page.below)
        .order_by(TeamVersion.version.desc())
        .limit(page.limit)
    )
    return [TeamVersionOut.model_validate(row, from_attributes=True) for row in rows]


def out(row: Team) -> TeamOut:
    return TeamOut.model_validate({name: getattr(row, name) for name in TeamOut.model_fields})


def content(row: Team) -> TeamContent:
    return TeamContent.model_validate({name: getattr(row, name) for name in TeamContent.model_fields})
