"""Reads cases, each reader's own."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.db import Database, among
from libs.common.stream.doorbell import Doorbell
from services.routing.cases import queue
from services.routing.cases.access import as_staff, counted_for, reads_words, visible_to, workable_by
from services.routing.cases.errors import CaseNotFound
from services.routing.cases.filters import CaseFilters
from services.routing.cases.models import BY_NOBODY, Case, CaseTask, Clock, Suspension, TimelineEntry
from services.routing.cases.schemas import (
    CaseOut,
    Cases,
    CaseSummary,
    Counts,
    SuspensionOut,
    Timeline,
    TimelineLine,
)
from services.routing.cases.telling import summary
from services.routing.cases.terms import Terms
from services.routing.teams import queries as teams

STAFF = "staff"


async def cases(
    database: Database, doorbell: Doorbell, filters: CaseFilters, by: Principal, now: datetime, terms: Terms
) -> Cases:
    """The cases that the reader may see, in the queue's order; waits for the first where that is asked."""
    items = await doorbell.until(partial(_page, database, filters, by, now, terms), filters.wait)
    if filters.cursor:
        return Cases(items=items)
    return Cases(items=items, counts=await counts(database, filters, by, now, terms))


async def counts(database: Database, filters: CaseFilters, by: Principal, now: datetime, terms: Terms) -> Counts:
    """How many there are of each kind, as with the first page."""
    async with database.snapshot() as session:
        return await queue.counts(session, counted_for(_finding(filters, by)), filters, now, terms)


async def _page(
    database: Database, filters: CaseFilters, by: Principal, now: datetime, terms: Terms
) -> list[CaseSummary]:
    async with database.snapshot() as session:
        found = await session.scalars(
            select(Case)
            .where(visible_to(_finding(filters, by)), *queue.conditions(filters, now, terms))
            .order_by(*queue.ORDER)
            .limit(filters.limit)
        )
        return await _summaries(session, found.all(), by)


def _finding(filters: CaseFilters, by: Principal) -> Principal:
    """Who asks, as far as they may ask by that: a case is not found by who has it where that is not told."""
    return by if filters.member is None else as_staff(by)


async def case(session: AsyncSession, case_id: UUID, by: Principal) -> CaseOut:
    """One case, with the ledger of its suspensions."""
    found = await _visible(session, case_id, by)
    names = await teams.names(session, [found.team])
    linked = await _seen_among(session, found.linked, by)
    spans = await session.scalars(select(Suspension).where(Suspension.case_id == case_id).order_by(Suspension.place))
    suspensions = [SuspensionOut.model_validate(span, from_attributes=True) for span in spans]
    clocks, tasks = await _clocks(session, [case_id]), await _tasks(session, [case_id])
    besides: dict[str, Any] = {"suspensions": suspensions, "linked": linked}
    if not reads_words(by, found):
        besides |= {"verbatim": None, "member": None}
    return summary(CaseOut, found, names[found.team], clocks, tasks, **besides)


async def timeline(session: AsyncSession, case_id: UUID, by: Principal) -> Timeline:
    """Every line, in order; of a link to a case that the reader does not see, not which one. Who sees it for having
    sent it is not told who of staff did what, or has it.
    """
    found = await _visible(session, case_id, by)
    seen = {str(one) for one in await _seen_among(session, found.linked, by)}
    lines = await session.scalars(
        select(TimelineEntry).where(TimelineEntry.case_id == case_id).order_by(TimelineEntry.place)
    )
    items = [TimelineLine.model_validate(line, from_attributes=True) for line in lines]
    with_words = reads_words(by, found)
    for line in items:
        if not with_words:
            line.note = line.late_entry_reason = line.text = None
            line.by = line.by if line.by in BY_NOBODY or line.by.split("/")[0] == by.subject else STAFF
            line.details = {name: value for name, value in line.details.items() if name != "member"}
        if line.verb == "link" and line.details.get("case_id") not in seen:
            line.details = {}
    return Timeline(items=items)


async def is_visible(database: Database, case_id: UUID, by: Principal) -> bool:
    """Whether the case is still theirs to see."""
    async with database.snapshot() as session:
        return await session.scalar(select(Case.id).where(Case.id == case_id, visible_to(by))) is not None


async def is_workable(session: AsyncSession, case_id: UUID, by: Principal) -> bool:
    """Whether they may work on it, as far as its state allows."""
    return await session.scalar(select(Case.id).where(Case.id == case_id, workable_by(by))) is not None


async def id_of(session: AsyncSession, reference: str, by: Principal) -> UUID | None:
    """The case with this reference, if they may see it."""
    return await session.scalar(select(Case.id).where(Case.reference == reference, visible_to(by)))


async def references(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    """The references of cases that the reader may see."""
    rows = await session.execute(select(Case.id, Case.reference).where(among(Case.id, ids)))
    return {row.id: row.reference for row in rows}


async def _seen_among(session: AsyncSession, ids: Sequence[UUID], by: Principal) -> list[UUID]:
    """Those of the cases that the reader may see, in their order."""
    if not ids:
        return []
    seen = set(await session.scalars(select(Case.id).where(among(Case.id, ids), visible_to(by))))
    return [one for one in ids if one in seen]


async def _visible(session: AsyncSession, case_id: UUID, by: Principal) -> Case:
    found = await session.scalar(select(Case).where(Case.id == case_id, visible_to(by)))
    if found is None:
        raise CaseNotFound
    return found


async def _summaries(session: AsyncSession, found: Sequence[Case], by: Principal) -> list[CaseSummary]:
    names = await teams.names(session, {one.team for one in found})
    ids = [one.id for one in found]
    clocks: dict[UUID, list[Clock]] = {one: [] for one in ids}
    for clock in await _clocks(session, ids):
        clocks[clock.case_id].append(clock)
    tasks: dict[UUID, list[CaseTask]] = {one: [] for one in ids}
    for task in await _tasks(session, ids):
        tasks[task.case_id].append(task)
    untold: dict[UUID, dict[str, None]] = {one.id: {} if reads_words(by, one) else {"member": None} for one in found}
    return [
        summary(CaseSummary, one, names[one.team], clocks[one.id], tasks[one.id], **untold[one.id]) for one in found
    ]


async def _clocks(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[Clock]:
    return (await session.scalars(select(Clock).where(among(Clock.case_id, ids)).order_by(Clock.clock))).all()


async def _tasks(session: AsyncSession, ids: Sequence[UUID]) -> Sequence[CaseTask]:
    return (await session.scalars(select(CaseTask).where(among(CaseTask.case_id, ids)).order_by(CaseTask.task))).all()
