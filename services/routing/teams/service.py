"""Changes teams."""

from collections.abc import Sequence

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.routing.teams.models import Team
from services.routing.teams.schemas import TeamDocument


async def publish(session: AsyncSession, teams: Sequence[TeamDocument]) -> None:
    """Make the teams what the document says: those that it does not name are retired."""
    await session.execute(update(Team).where(Team.code.not_in([team.code for team in teams])).values(retired=True))
    statement = insert(Team)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["code"],
            set_={name: statement.excluded[name] for name in ("name", "contact", "retired")},
        ),
        [team.model_dump() | {"retired": False} for team in teams],
    )
