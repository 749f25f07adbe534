"""Reads what is known of teams."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import among
from libs.common.languages import Bilingual
from libs.contracts.organisation import PublicContact
from services.intake.teams.models import TeamView
from services.intake.teams.schemas import TeamName


async def team_names(session: AsyncSession) -> Mapping[str, Bilingual]:
    """The name of each team, by its code, in the order of codes."""
    rows = await session.execute(select(TeamView.code, TeamView.name).order_by(TeamView.code))
    return {code: Bilingual.model_validate(name) for code, name in rows.tuples()}


async def known_teams(session: AsyncSession, codes: Collection[str]) -> dict[str, TeamName]:
    """These teams, by their codes, with their newest name and contact."""
    rows = await session.scalars(select(TeamView).where(among(TeamView.code, codes)))
    return {row.code: named(row.code, row.name, row.contact) for row in rows}


def named(code: str, name: Mapping[str, Any], contact: Mapping[str, Any]) -> TeamName:
    """As those see it who wait for its answer."""
    return TeamName(code=code, name=Bilingual(**name), contact=PublicContact(**contact))
