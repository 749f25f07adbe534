"""A case in hand: under its lock, with all that is needed to decide, and what is to be written of it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, select, true
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import write_changes
from libs.common.db import among
from libs.common.languages import Bilingual
from libs.common.stream.events import Recorded, record
from libs.contracts.cases import CaseEvent
from libs.contracts.codes import BROUGHT_BY_STAFF, Priority
from libs.contracts.organisation import DEFAULT_CALENDAR
from services.routing.calendars.business_time import BusinessCalendar, business_seconds
from services.routing.cases import clocks as clock_rules
from services.routing.cases.models import Case, CaseTask, Clock, Suspension, TimelineEntry
from services.routing.cases.telling import common
from services.routing.cases.terms import Terms
from services.routing.cases.urgency import standing
from services.routing.organisation.queries import Organisation, organisation_in_force
from services.routing.teams import queries as teams


class Other(NamedTuple):
    """Of a case to which others may be linked."""

    feedback_id: UUID
    opened_at: datetime


@dataclass(frozen=True)
class Office:
    """What is the same for all cases in hand: the organisation, names of its teams, terms, the moment."""

    organisation: Organisation
    names: Mapping[str, Bilingual]
    terms: Terms
    now: datetime
    linkable: Mapping[UUID, Other] = field(default_factory=dict)
    """The cases that others may be linked to."""
    codes: Mapping[str, Collection[str]] = field(default_factory=dict)
    """Those of the catalogue that a case can be given, by kind."""

    @property
    def calendar(self) -> BusinessCalendar:
        return self.organisation.calendars[DEFAULT_CALENDAR]


@dataclass
class Work:
    """`effective_at` and `late` are those of the verb in progress; `place` is that of the timeline's last line."""

    case: Case
    clocks: list[Clock]
    suspensions: list[Suspension]
    tasks: list[CaseTask]
    office: Office
    effective_at: datetime
    place: int = 0
    late: bool = False
    by_supervisor: bool = False
    traceparent: str | None = None
    lines: list[TimelineEntry] = field(default_factory=list)
    events: list[Recorded] = field(default_factory=list)
    new: list[Suspension | CaseTask | Clock] = field(default_factory=list)
    done: list[CaseTask] = field(default_factory=list)

    @property
    def team_name(self) -> Bilingual:
        known = self.office.organisation.teams.get(self.case.team)
        return known.name if known else self.office.names[self.case.team]

    def calendar_of(self, clock: Clock) -> BusinessCalendar:
        return self.office.organisation.calendars.get(clock.calendar) or self.office.calendar

    @property
    def calendar(self) -> BusinessCalendar:
        """That of the case's standard, where it has one."""
        return self.calendar_of(self.clocks[0]) if self.clocks else self.office.calendar

    @property
    def open_suspension(self) -> Suspension | None:
        return next((one for one in self.suspensions if one.ended_at is None), None)


async def take_up(
    session: AsyncSession,
    ids: Collection[UUID],
    terms: Terms,
    now: datetime,
    *,
    who: ColumnElement[bool] | None = None,
    linkable: Mapping[UUID, Other] | None = None,
    codes: Mapping[str, Collection[str]] | None = None,
) -> dict[UUID, Work]:
    """Lock those of the cases that exist, in the order of their ids, and load what belongs to them."""
    found = await session.scalars(
        select(Case)
        .where(among(Case.id, ids), true() if who is None else who)
        .order_by(Case.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    cases = {case.id: case for case in found}
    if not cases:
        return {}
    organisation = await organisation_in_force(session)
    retired = {case.team for case in cases.values()} - organisation.teams.keys()
    names = await teams.names(session, retired) if retired else {}
    office = Office(organisation, names, terms, now, linkable or {}, codes or {})
    works = {case.id: Work(case, [], [], [], office, case.last_effective_at) for case in cases.values()}
    for clock in await session.scalars(select(Clock).where(among(Clock.case_id, works)).order_by(Clock.clock)):
        works[clock.case_id].clocks.append(clock)
    besides = (await session.execute(_BESIDES, {"ids": list(works)})).all()
    for row in besides:
        works[row.id].place = row.place or 0
    await _load_suspensions(session, works, [row.id for row in besides if row.waited])
    await _load_tasks(session, works, [row.id for row in besides if row.has_tasks])
    return works


async def _load_suspensions(session: AsyncSession, works: Mapping[UUID, Work], ids: Sequence[UUID]) -> None:
    if ids:
        spans = select(Suspension).where(among(Suspension.case_id, ids)).order_by(Suspension.place)
        for span in await session.scalars(spans):
            works[span.case_id].suspensions.append(span)


async def _load_tasks(session: AsyncSession, works: Mapping[UUID, Work], ids: Sequence[UUID]) -> None:
    if ids:
        tasks = select(CaseTask).where(among(CaseTask.case_id, ids)).order_by(CaseTask.task)
        for task in await session.scalars(tasks):
            works[task.case_id].tasks.append(task)


# After the locks are held: what it sees is no older than they are. Few cases have waited or have tasks.
_BESIDES = sql(
    """
    SELECT id, (SELECT max(place) FROM timeline_entry t WHERE t.case_id = c.id) AS place,
           EXISTS (SELECT FROM suspension s WHERE s.case_id = c.id) AS waited,
           EXISTS (SELECT FROM case_task k WHERE k.case_id = c.id) AS has_tasks
      FROM unnest(:ids) AS c (id)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid)))


def tell(work: Work, kind: type[CaseEvent], at: datetime, **fields: Any) -> None:
    """An event of the case as it now stands, under its next version."""
    work.case.version += 1
    event = kind.model_validate({**common(work.case, work.team_name), **fields})
    work.events.append(Recorded(event, work.case.id, work.case.version, at, work.traceparent))


def waited(work: Work) -> dict[str, int]:
    """What events say of the time since the person spoke."""
    submitted_at = work.case.submitted_at
    return {
        "elapsed_seconds": clock_rules.elapsed_seconds(submitted_at, work.effective_at),
        "business_seconds": business_seconds(work.calendar, submitted_at, work.effective_at),
    }


def write_line(
    work: Work,
    verb: str,
    by: str,
    at: datetime,
    details: Mapping[str, Any],
    *,
    note: str | None = None,
    late_entry_reason: str | None = None,
    text: str | None = None,
) -> None:
    """The next line of the timeline."""
    work.place += 1
    work.lines.append(
        TimelineEntry(
            case_id=work.case.id,
            place=work.place,
            verb=verb,
            by=by,
            effective_at=at,
            recorded_at=work.office.now,
            details=dict(details),
            note=note,
            late_entry_reason=late_entry_reason,
            text=text,
        )
    )


def raise_task(work: Work, name: str, since: datetime) -> None:
    """One of a kind at a time: it is there since the first."""
    if all(one.task != name for one in work.tasks):
        task = CaseTask(case_id=work.case.id, task=name, since=since)
        work.tasks.append(task)
        work.new.append(task)


def have_it_brought(work: Work, name: str, since: datetime) -> None:
    """Staff must tell it, where the person chose to be told by telephone or letter."""
    if work.case.reply_by in BROUGHT_BY_STAFF and not work.case.historical:
        raise_task(work, name, since)


def end_task(work: Work, name: str) -> None:
    end_tasks(work, [task for task in work.tasks if task.task == name])


def end_tasks(work: Work, tasks: Iterable[CaseTask]) -> None:
    """Those of the tasks that are still open."""
    for task in [one for one in tasks if one in work.tasks]:
        work.tasks.remove(task)
        if task in work.new:
            work.new.remove(task)
        else:
            work.done.append(task)


async def put_down(session: AsyncSession, works: Sequence[Work]) -> None:
    """Write what was done: the rows, the lines, the events in their order."""
    for work in works:
        settle(work)
        session.add_all(work.new)
        for task in work.done:
            await session.delete(task)
    session.add_all([line for work in works for line in work.lines])
    await write_changes(session, [row for work in works for row in (work.case, *work.clocks, *work.suspensions)])
    await session.flush()
    await record(session, *(event for work in works for event in work.events))


def settle(work: Work) -> None:
    """Where the case now stands in the queue, and when a timer must next look at it."""
    case = work.case
    due = [clock.due_at for clock in work.clocks if clock.due_at and can_fall_due(work, clock)]
    case.urgency, case.next_due_at = standing(cast(Priority, case.priority), due)
    case.rings_at = next_ring(work)


def can_fall_due(work: Work, clock: Clock) -> bool:
    """It runs, is not suspended, and is not `resolve` while an answer stands that the person has not contested."""
    if not clock.running or clock.due_at is None:
        return False
    span = work.open_suspension
    if span is not None and clock.due_at > span.from_at:
        return False
    return clock.clock != "resolve" or work.case.state != "answered" or is_contested(work.case)


def is_contested(case: Case) -> bool:
    """The person said of the answer that stands that it did not solve everything."""
    return case.solved in ("partly", "no") and case.solved_answer in (case.answers, None)


def next_ring(work: Work) -> datetime | None:
    """The next moment at which something happens by itself. Of what is historical, the end of a wait to come."""
    until = work.case.waiting_until
    if work.case.historical:
        return until if until and until > work.office.now else None
    moments = [until, closes_at(work)]
    for clock in work.clocks:
        if clock.due_at and clock.breach_told_at is None and can_fall_due(work, clock):
            moments.append(clock.due_at + clock_rules.MOMENT)
            if clock.approaching_told_at is None:
                moments.append(approaches_at(work, clock))
    return min((moment for moment in moments if moment is not None), default=None)


def approaches_at(work: Work, clock: Clock) -> datetime | None:
    """When the clock's warning is told; None before it has started."""
    if clock.started_at is None or clock.due_at is None:
        return None
    return clock_rules.approaches_at(
        clock.within,
        work.calendar_of(clock),
        clock.started_at,
        clock.due_at,
        clock.suspended_seconds,
        work.office.terms.approaching_at,
    )


def closes_at(work: Work) -> datetime | None:
    """When an answered case closes by itself: so long after the person could know the answer, and never while the team
    still has something to do with it.
    """
    case = work.case
    if case.state != "answered" or case.answered_at is None or work.tasks:
        return None
    known_at = max(case.answered_at, case.brought_at or case.answered_at)
    return max(known_at + work.office.terms.close_after, case.last_effective_at)
