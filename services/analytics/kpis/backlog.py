"""What waits for an answer: how much of it, and for how long, at the end of each period or at the instant."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from libs.contracts.organisation import DEFAULT_CALENDAR
from services.analytics.facts.fact import Fact
from services.analytics.kpis import facts
from services.analytics.kpis.facts import Values, values_of
from services.analytics.kpis.plan import Period
from services.analytics.kpis.quantities import Part, count, quantile_of, unknown
from services.analytics.kpis.question import Question
from services.analytics.kpis.reading import Place
from services.analytics.kpis.schemas import Quantile, Source
from services.analytics.reference import queries as reference
from services.analytics.reference.calendars import BusinessTable
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import TOTAL

OF_AGE: tuple[Quantile, ...] = ("p50", "p90")


@dataclass
class Waiting:
    """How many cases were open at the end of each period, and for how many business seconds each."""

    source: Source = "rollups"
    open: dict[Place, int] = field(default_factory=dict)
    ages: dict[Place, list[int]] = field(default_factory=dict)
    has_calendar: bool = True

    @property
    def values(self) -> set[Values]:
        return {values for (_, values), n in self.open.items() if n}


async def read_backlog(session: AsyncSession, question: Question, periods: Sequence[Period], *, ages: bool) -> Waiting:
    """By one dimension the running sum of rollups; finer, and ages, from the facts that were open."""
    waiting = Waiting()
    if len(question.dimensions) <= 1:
        await _sum_up(session, question, periods, waiting)
    else:
        waiting.source = "facts"
    if ages or waiting.source == "facts":
        await _read_open_facts(session, question, periods, waiting)
    return waiting


def backlog(waiting: Waiting, place: Place) -> list[Part]:
    return [Part(count(waiting.open.get(place, 0)), waiting.source)]


def backlog_age(waiting: Waiting, place: Place) -> list[Part]:
    seconds = sorted(waiting.ages.get(place, []))
    if seconds and not waiting.has_calendar:
        nothing = unknown("business_hours", len(seconds))
        return [Part(nothing, "facts", quantile=quantile, flags=("no_calendar",)) for quantile in OF_AGE]
    return [Part(quantile_of("business_hours", quantile, seconds), "facts", quantile=quantile) for quantile in OF_AGE]


async def _sum_up(session: AsyncSession, question: Question, periods: Sequence[Period], waiting: Waiting) -> None:
    dimension = question.dimensions[0] if question.dimensions else TOTAL
    among = next(iter(question.where.values()), None)
    ends = [end for _, end in periods]
    for row in await rollups.balances(session, question.live, dimension, ends[-1], among):
        values = (row.value,) if question.by else ()
        for period in range(bisect_right(ends, row.day), len(ends)):
            place = (period, values)
            waiting.open[place] = waiting.open.get(place, 0) + row.more


async def _read_open_facts(
    session: AsyncSession, question: Question, periods: Sequence[Period], waiting: Waiting
) -> None:
    instants = [question.instant_after(end) for _, end in periods]
    tables = await reference.calendars(session)
    calendar_of = {row.code: row.details["calendar"] for row in await reference.standards(session)}
    waiting.has_calendar = bool(tables)
    async for fact in facts.open_between(session, question, instants[0], instants[-1]):
        values, turns = values_of(fact, question), [datetime.fromisoformat(one) for one in fact.turns]
        table = _table_of(fact, tables, calendar_of)
        for period in _periods_of(turns, instants):
            at = instants[period]
            if not _turned(question, turns, at) % 2:
                continue
            place = (period, values)
            waiting.ages.setdefault(place, []).append(_age(fact, at, table) if table else 0)
            if waiting.source == "facts":
                waiting.open[place] = waiting.open.get(place, 0) + 1


def _periods_of(turns: list[datetime], instants: list[datetime]) -> range:
    """Those at whose ends a case can have been open: from its opening until it was settled for good, if it was."""
    last = bisect_right(instants, turns[-1]) if len(turns) % 2 == 0 else len(instants)
    return range(bisect_left(instants, turns[0]), last)


def _turned(question: Question, turns: list[datetime], at: datetime) -> int:
    """How many times a case had been opened or settled: before the end of a day, or up to now."""
    return bisect_right(turns, at) if at == question.now else bisect_left(turns, at)


def _table_of(fact: Fact, tables: dict[str, BusinessTable], calendar_of: dict[str, Any]) -> BusinessTable | None:
    """The calendar of its standard, else that of what no standard covers."""
    for clock in fact.clocks.values():
        table = tables.get(calendar_of.get(clock.standard, ""))
        if table is not None:
            return table
    return tables.get(DEFAULT_CALENDAR) or next(iter(tables.values()), None)


def _age(fact: Fact, at: datetime, table: BusinessTable) -> int:
    """cum(at) − cum(opened) − suspended."""
    assert fact.opened_at is not None  # noqa: S101 - it is open
    suspended = 0
    for start, end in fact.suspensions:
        since = min(datetime.fromisoformat(start), at)
        until = min(datetime.fromisoformat(end), at) if end else at
        suspended += table.cum(until) - table.cum(since)
    return max(0, table.cum(at) - table.cum(fact.opened_at) - suspended)
