"""Reads teams."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual
from services.routing.teams.models import Team
from services.routing.teams.schemas import TeamOut, Teams


async def names(session: AsyncSession, codes: Collection[str]) -> dict[str, Bilingual]:
    """The public names of the teams, by code."""
    rows = await session.execute(select(Team.code, Team.name).where(Team.code.in_(codes)))
    return {row.code: Bilingual(**row.name) for row in rows}


async def active_name(session: AsyncSession, code: str) -> Bilingual | None:
    """The public name of a team that can be given cases; None when there is no such team."""
    name = await session.scalar(select(Team.name).where(Team.code == code, Team.retired.is_(False)))
    return Bilingual(**name) if name else None


async def teams(session: AsyncSession) -> Teams:
    rows = await session.scalars(select(Team).where(Team.retired.is_(False)).order_by(Team.code))
    return Teams(items=[TeamOut.model_validate(row, from_attributes=True) for row in rows])
