"""Reads what is known of teams."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.languages import Bilingual
from services.intake.teams.models import TeamView


async def team_names(session: AsyncSession) -> Mapping[str, Bilingual]:
    """The name of each team, by its code, in the order of codes."""
    rows = await session.execute(select(TeamView.code, TeamView.name).order_by(TeamView.code))
    return {code: Bilingual.model_validate(name) for code, name in rows.tuples()}
