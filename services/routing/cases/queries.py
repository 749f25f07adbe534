"""Reads cases, each reader's own."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.db import Database
from libs.common.paging import MAX_LIMIT, decode_cursor
from libs.common.stream.doorbell import Doorbell
from libs.common.wire import Line
from libs.contracts.codes import CaseState, Code, Kind, LanguageTag
from services.routing.cases.access import visible_to
from services.routing.cases.errors import CaseNotFound
from services.routing.cases.models import Case, Clock, TimelineEntry
from services.routing.cases.schemas import CaseOut, Cases, CaseSummary, Timeline, TimelineLine
from services.routing.cases.telling import S, summary
from services.routing.teams import queries as teams


class CaseFilters(BaseModel):
    """Which cases: all that is given must hold."""

    model_config = {"extra": "forbid"}

    feedback_id: UUID | None = None
    reference: Annotated[Line, Field(max_length=20)] | None = None
    external_reference: Annotated[Line, Field(max_length=128)] | None = None
    team: Code | None = None
    state: CaseState | None = None
    service: Code | None = None
    topic: Code | None = None
    kind: Kind | None = None
    language: LanguageTag | None = None
    wait: float = Field(0, ge=0, le=30, description="seconds to wait for a case that is about to open")
    limit: int = Field(50, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=200, description="from the `Link` header of the page before")

    def conditions(self) -> list[ColumnElement[bool]]:
        equal = self.model_dump(exclude={"wait", "limit", "cursor"}, exclude_none=True)
        held: list[ColumnElement[bool]] = [getattr(Case, name) == value for name, value in equal.items()]
        if self.cursor:
            held.append(tuple_(Case.opened_at, Case.id) > tuple_(*decode_cursor(self.cursor)))
        return held


Filters = Annotated[CaseFilters, Query()]


async def cases(database: Database, doorbell: Doorbell, filters: CaseFilters, by: Principal) -> Cases:
    """The cases that the reader may see, the oldest first; waits for the first where that is asked."""
    items = await doorbell.until(partial(_page, database, filters, by), filters.wait)
    return Cases(items=items)


async def _page(database: Database, filters: CaseFilters, by: Principal) -> list[CaseSummary]:
    async with database.transaction() as session:
        found = await session.scalars(
            select(Case)
            .where(visible_to(by), *filters.conditions())
            .order_by(Case.opened_at, Case.id)
            .limit(filters.limit)
        )
        return await _summaries(session, found.all(), CaseSummary)


async def case(session: AsyncSession, case_id: UUID, by: Principal) -> CaseOut:
    found = await session.scalar(select(Case).where(Case.id == case_id, visible_to(by)))
    if found is None:
        raise CaseNotFound
    return (await _summaries(session, [found], CaseOut))[0]


async def timeline(session: AsyncSession, case_id: UUID, by: Principal) -> Timeline:
    """Every line, in order."""
    await case(session, case_id, by)
    lines = await session.scalars(
        select(TimelineEntry).where(TimelineEntry.case_id == case_id).order_by(TimelineEntry.place)
    )
    return Timeline(items=[TimelineLine.model_validate(line, from_attributes=True) for line in lines])


async def _summaries(session: AsyncSession, found: Sequence[Case], model: type[S]) -> list[S]:
    names = await teams.names(session, {one.team for one in found})
    by_case: dict[UUID, list[Clock]] = {one.id: [] for one in found}
    clocks = await session.scalars(select(Clock).where(Clock.case_id.in_(by_case)).order_by(Clock.clock))
    for clock in clocks:
        by_case[clock.case_id].append(clock)
    return [summary(model, one, names[one.team], by_case[one.id]) for one in found]
