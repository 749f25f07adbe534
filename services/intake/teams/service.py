"""Keeps what routing tells of teams."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import insert_rows
from libs.common.stream.events import Received
from libs.contracts.cases import CaseEvent
from libs.contracts.organisation import TeamChanged
from services.intake.teams.models import TeamView


async def keep_names(session: AsyncSession, events: Sequence[Received[CaseEvent]]) -> None:
    """The names that cases say, for teams of which nothing else is known yet."""
    names = {one.event.team: one.event.team_name.model_dump() for one in events}
    rows = [{"code": code, "version": 0, "name": names[code], "contact": {}} for code in sorted(names)]
    await insert_rows(session, TeamView, rows, there="kept")


async def keep_teams(session: AsyncSession, events: Sequence[Received[TeamChanged]]) -> None:
    """Each team as it now is; an older version changes nothing."""
    newest = {one.event.code: one for one in sorted(events, key=lambda one: one.version)}
    statement = insert(TeamView)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["code"],
            set_={name: statement.excluded[name] for name in ("version", "name", "contact")},
            where=TeamView.version < statement.excluded.version,
        ),
        [
            {
                "code": code,
                "version": newest[code].version,
                "name": newest[code].event.name.model_dump(),
                "contact": newest[code].event.contact.model_dump(),
            }
            for code in sorted(newest)
        ],
    )
