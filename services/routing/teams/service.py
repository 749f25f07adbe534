"""Changes teams: each change is a version, and told."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Forbidden, Principal
from libs.common.stream.events import Recorded, record
from libs.common.versions import Expected
from libs.contracts.organisation import PublicContact, TeamChanged, organisation_id_of
from services.routing.cases.models import Case, CaseTask
from services.routing.organisation.marking import begin_change
from services.routing.rules import queries as rules
from services.routing.teams import queries
from services.routing.teams.errors import RestrictedTeamMissing, TeamHasOpenCases, TeamInRules, TeamNotFound
from services.routing.teams.models import Team, TeamVersion
from services.routing.teams.schemas import TeamContent, TeamDocument, TeamOut


async def put(
    session: AsyncSession, code: str, body: TeamContent, expected: Expected, by: Principal, now: datetime
) -> TeamOut:
    """Make the team what the body says; one that was retired is back. Supervisors change members of their own alone."""
    await begin_change(session)
    known = await session.get(Team, code)
    if not (by.has("admin") or (known and code in by.teams and _differs_in_members_alone(known, body))):
        raise Forbidden
    expected.require(known.version if known else None)
    team = await _change(session, known, TeamDocument.model_validate({**dict(body), "code": code}), by.subject, now)
    if await queries.lacks_a_restricted_one(session):
        raise RestrictedTeamMissing
    return queries.out(team)


async def retire(session: AsyncSession, code: str, expected: Expected, by: Principal, now: datetime) -> TeamOut:
    """It gets no new cases. Refused while the rules name it, or it has cases that are open or to be read."""
    await begin_change(session)
    team = await session.get(Team, code)
    if team is None or team.retired:
        raise TeamNotFound
    expected.require(team.version)
    if code in await rules.teams_named(session):
        raise TeamInRules
    to_be_read = exists().where(CaseTask.case_id == Case.id)
    if await session.scalar(select(exists().where(Case.team == code, or_(Case.state != "closed", to_be_read)))):
        raise TeamHasOpenCases
    await _retire(session, team, by.subject, now)
    if await queries.lacks_a_restricted_one(session):
        raise RestrictedTeamMissing
    return queries.out(team)


async def publish(session: AsyncSession, teams: Sequence[TeamDocument], by: str, now: datetime) -> None:
    """Make the teams what the document says. Those that it does not name are retired; what they had open
    goes to others (`services/routing/cases/hiding.py`).
    """
    known = {team.code: team for team in await session.scalars(select(Team))}
    for document in teams:
        await _change(session, known.get(document.code), document, by, now)
    for code in sorted(known.keys() - {document.code for document in teams}):
        if not known[code].retired:
            await _retire(session, known[code], by, now)


def _differs_in_members_alone(team: Team, body: TeamContent) -> bool:
    return not team.retired and queries.content(team).model_copy(update={"members": body.members}) == body


async def _change(session: AsyncSession, team: Team | None, document: TeamDocument, by: str, now: datetime) -> Team:
    """The team as the document says; nothing is written nor told where it is so already."""
    if team and team.version and not team.retired and queries.content(team) == document.content:
        return team
    if team is None:
        team = Team(code=document.code, version=0)
        session.add(team)
    for name, value in document.content.model_dump().items():
        setattr(team, name, value)
    team.retired = False
    await _tell(session, team, by, now)
    return team


async def _retire(session: AsyncSession, team: Team, by: str, now: datetime) -> None:
    team.retired = True
    await _tell(session, team, by, now)


async def _tell(session: AsyncSession, team: Team, by: str, now: datetime) -> None:
    """Keep the next version, and tell it: without the alert address, which is nobody else's business."""
    team.version += 1
    await session.flush()
    document: dict[str, Any] = queries.content(team).model_dump(mode="json", exclude_defaults=True)
    session.add(
        TeamVersion(
            code=team.code,
            version=team.version,
            document=document,
            retired=team.retired,
            published_at=now,
            published_by=by,
        )
    )
    await session.flush()
    event = TeamChanged(
        code=team.code,
        name=queries.content(team).name,
        contact=PublicContact(**team.contact),
        members=tuple(team.members),
        restricted=team.restricted,
        retired=team.retired,
    )
    await record(session, Recorded(event, organisation_id_of("team", team.code), team.version, now))
