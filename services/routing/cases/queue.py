"""The queue: which cases are asked for, in which order, and how many there are of each kind."""

from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, TypeAdapter
from sqlalchemy import ColumnElement, Select, and_, any_, exists, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import is_of_language
from libs.common.paging import decode_place
from libs.contracts.codes import SETTLED, UNSETTLED
from services.routing.cases.filters import CaseFilters
from services.routing.cases.models import NEVER, Case, CaseTask, Clock
from services.routing.cases.schemas import CaseSummary, Counts, Instant
from services.routing.cases.terms import Terms
from services.routing.cases.urgency import URGENCIES

ORDER = (Case.urgency, Case.next_due_at, Case.opened_at, Case.id)

_EQUAL = (
    "feedback_id",
    "reference",
    "external_reference",
    "team",
    "member",
    "priority",
    "service",
    "topic",
    "kind",
)

Place = tuple[Annotated[int, Field(ge=0, le=len(URGENCIES))], Instant, Instant, UUID]
_PLACE = TypeAdapter(Place)


def place_of(case: CaseSummary) -> Place:
    """What the queue is ordered by, of one case."""
    return (URGENCIES[case.priority], case.next_due_at or NEVER, case.opened_at, case.id)


def conditions(filters: CaseFilters, now: datetime, terms: Terms) -> list[ColumnElement[bool]]:
    """Those of all filters, and of the page."""
    held = [*common_conditions(filters), *_own_conditions(filters, now, terms)]
    if filters.cursor:
        held.append(tuple_(*ORDER) > tuple_(*decode_place(filters.cursor, _PLACE)))
    return held


def common_conditions(filters: CaseFilters) -> list[ColumnElement[bool]]:
    """Those that counts share."""
    given = {name: getattr(filters, name) for name in _EQUAL}
    held = [getattr(Case, name) == value for name, value in given.items() if value is not None]
    if filters.language is not None:
        held.append(is_of_language(Case.language, filters.language))
    return held


def _own_conditions(filters: CaseFilters, now: datetime, terms: Terms) -> list[ColumnElement[bool]]:
    held: list[ColumnElement[bool]] = []
    if filters.state is not None:
        held.append(Case.state == filters.state)
    if filters.open is not None:
        held.append(
            _open() if filters.open else and_(Case.state.in_(SETTLED), ~exists().where(CaseTask.case_id == Case.id))
        )
    if filters.task is not None:
        held.append(exists().where(CaseTask.case_id == Case.id, CaseTask.task == filters.task))
    if filters.clock is not None:
        runs = and_(
            Clock.case_id == Case.id,
            Clock.clock == filters.clock,
            Clock.due_at.is_not(None),
            Clock.ended_at.is_(None),
            Clock.cancelled_at.is_(None),
        )
        held.append(exists().where(runs, *_due(filters, Clock.due_at, now, terms)))
    if filters.due == "today" and filters.clock is not None:
        held.append(Case.next_due_at <= end_of_day(now, terms))  # another clock may be overdue already
    else:
        held.extend(_due(filters, Case.next_due_at, now, terms))
    return held


def _open() -> ColumnElement[bool]:
    """Each of the two can be looked up by an index: what is done is the most, and is not read."""
    with_task = func.array(select(CaseTask.case_id).scalar_subquery())
    return or_(Case.state.in_(UNSETTLED), Case.id == any_(with_task))


def _due(filters: CaseFilters, column: Any, now: datetime, terms: Terms) -> list[ColumnElement[bool]]:
    if filters.due is None:
        return []
    if filters.due == "overdue":
        return [column < now]
    if filters.due == "today":
        return [column >= now, column <= end_of_day(now, terms)]
    return [column < filters.due]


def end_of_day(now: datetime, terms: Terms) -> datetime:
    """The midnight that ends the local day."""
    tomorrow = now.astimezone(terms.time_zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, terms.time_zone)


async def counts(
    session: AsyncSession, seen: ColumnElement[bool], filters: CaseFilters, now: datetime, terms: Terms
) -> Counts:
    """How many there are of each kind among those that the asker may see."""
    mine = (seen, *common_conditions(filters))
    by_state = await session.execute(_by_state(now, terms).where(*mine))
    rows = by_state.all()
    by_task = await session.execute(
        select(CaseTask.task, func.count()).join(Case, Case.id == CaseTask.case_id).where(*mine).group_by(CaseTask.task)
    )
    return Counts.model_validate(
        {
            "by_state": {row.state: row.cases for row in rows},
            "by_task": {row[0]: row[1] for row in by_task},
            "overdue": sum(row.overdue for row in rows),
            "due_today": sum(row.due_today for row in rows),
            "urgent": sum(row.urgent for row in rows),
        }
    )


def _by_state(now: datetime, terms: Terms) -> Select[*tuple[Any, ...]]:
    due, today = Case.next_due_at, end_of_day(now, terms)
    return select(
        Case.state,
        func.count().label("cases"),
        func.count().filter(due < now).label("overdue"),
        func.count().filter(due >= now, due <= today).label("due_today"),
        func.count().filter(Case.urgency == 0, Case.state.in_(UNSETTLED)).label("urgent"),
    ).group_by(Case.state)
