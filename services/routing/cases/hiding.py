"""Teams and rules change: what a case complains about may be another team's by now, which must not see it either; and
what a team had that is retired by now must be somebody's.

Cases are looked through once for each change, in the order of their ids, as many in a transaction as timers take.
"""

from functools import partial
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import and_, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.clock import Clock
from libs.common.db import Database
from libs.common.lifecycle import every
from libs.contracts.codes import SETTLED
from services.routing.cases.deciding_anew import (
    alert_those_moved,
    hand_on_what_a_retired_team_has,
    hide_from_whom_it_is_about_by_now,
)
from services.routing.cases.models import Case, CaseTask
from services.routing.cases.terms import Terms
from services.routing.cases.work import put_down, take_up
from services.routing.organisation.marking import hold
from services.routing.organisation.models import OrganisationMark
from services.routing.rules.models import RuleSet
from services.routing.teams.models import Team, TeamVersion

BATCH = 100
PAUSE_SECONDS = 1.0

_VERSIONS = (
    select(func.count()).select_from(TeamVersion).scalar_subquery()
    + select(func.count()).select_from(RuleSet).scalar_subquery()
)
_ABOUT_A_TEAM = or_(
    Case.said["concerns_staff"].astext == "true",
    Case.said["disclosure"].astext == "confidential",
)
_LEFT_BEHIND = and_(
    Case.team.in_(select(Team.code).where(Team.retired)),
    or_(Case.state.not_in(SETTLED), exists().where(CaseTask.case_id == Case.id)),
)


async def run_hiding(terms: Terms, app: FastAPI) -> None:
    """The worker's task. At its start it looks in any case: a worker of another release may have looked for less."""
    await look_through(app.state.database, app.state.clock, terms, anyway=True)
    await every(app.state.lifecycle, PAUSE_SECONDS, partial(look_through, app.state.database, app.state.clock, terms))


async def look_through(database: Database, clock: Clock, terms: Terms, *, anyway: bool = False) -> bool:
    """Look at every case that is about a team, or was left behind by one, if anything changed since the last time;
    whether it did.

    Who is cut off begins anew: a case that was looked at is left as it is. So are those that another worker looks at.
    No case comes to a team that is retired meanwhile: whoever opens or moves one holds the organisation.
    """
    async with database.transaction() as session:
        asked = select(OrganisationMark.looked_through, _VERSIONS.label("versions"))
        row = (await session.execute(asked)).one_or_none()
    if row is None or (row.looked_through == row.versions and not anyway):
        return False
    after: UUID | None = None
    while ids := await _look_at_some(database, clock, terms, after):
        after = ids[-1]
    async with database.transaction() as session:
        await session.execute(update(OrganisationMark).values(looked_through=row.versions))
    return True


async def _look_at_some(database: Database, clock: Clock, terms: Terms, after: UUID | None) -> list[UUID]:
    async with database.transaction() as session:
        await hold(session)
        ids = await _next(session, after)
        works = await take_up(session, ids, terms, clock())
        before = {case_id: work.case.team for case_id, work in works.items()}
        for work in works.values():
            if not hand_on_what_a_retired_team_has(work):
                hide_from_whom_it_is_about_by_now(work)
        await put_down(session, list(works.values()))
        await alert_those_moved(session, works.values(), before)
    return ids


async def _next(session: AsyncSession, after: UUID | None) -> list[UUID]:
    found = select(Case.id).where(or_(_ABOUT_A_TEAM, _LEFT_BEHIND), Case.erased_at.is_(None))
    if after:
        found = found.where(Case.id > after)
    return list(await session.scalars(found.order_by(Case.id).limit(BATCH)))
