"""What waits for an answer: how much of it, and for how long, at the end of each period or at the instant."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.kpis import facts
from services.analytics.kpis.ages import Stretch, read_ages
from services.analytics.kpis.facts import Values, values_of
from services.analytics.kpis.plan import Period
from services.analytics.kpis.quantities import Part, count, quantile_of, unknown
from services.analytics.kpis.question import Question
from services.analytics.kpis.reading import Place
from services.analytics.kpis.schemas import Quantile, Quantity, Source
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import TOTAL

OF_AGE: tuple[Quantile, ...] = ("p50", "p90")


@dataclass
class Waiting:
    """How many cases were open at the end of each period, and the quantiles of their ages."""

    source: Source = "rollups"
    open: dict[Place, int] = field(default_factory=dict)
    ages: dict[Place, list[Quantity]] = field(default_factory=dict)
    """In the order of `OF_AGE`; where none was open, none."""
    has_calendar: bool = True
    to_come: set[int] = field(default_factory=set)
    """Periods that have not begun: nobody knows what will be open then."""

    @property
    def values(self) -> set[Values]:
        return {values for (_, values), n in self.open.items() if n}


async def read_backlog(session: AsyncSession, question: Question, periods: Sequence[Period], *, ages: bool) -> Waiting:
    """By one dimension the running sum of rollups; finer, and ages, from the facts that were open."""
    waiting = Waiting(to_come={place for place, (first, _) in enumerate(periods) if first > question.today})
    if len(question.dimensions) <= 1:
        await _sum_up(session, question, periods, waiting)
    else:
        waiting.source = "facts"
    if ages or waiting.source == "facts":
        await _read_open_facts(session, question, periods, waiting)
    return waiting


def backlog(waiting: Waiting, place: Place) -> list[Part]:
    open_ = unknown("count", 0) if place[0] in waiting.to_come else count(waiting.open.get(place, 0))
    return [Part(open_, waiting.source)]


def backlog_age(waiting: Waiting, place: Place) -> list[Part]:
    known = None if place[0] in waiting.to_come else waiting.ages.get(place)
    ages = known or [quantile_of("business_hours", quantile, []) for quantile in OF_AGE]
    if ages[0].n and not waiting.has_calendar:
        nothing = unknown("business_hours", ages[0].n)
        return [Part(nothing, "facts", quantile=quantile, flags=("no_calendar",)) for quantile in OF_AGE]
    return [Part(age, "facts", quantile=quantile) for quantile, age in zip(OF_AGE, ages, strict=True)]


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
    instants = [question.instant_after(end).astimezone(UTC) for _, end in periods]
    ages = await read_ages(session, instants, question.now)
    waiting.has_calendar = bool(ages.tables)
    begun: dict[Values, dict[int, list[Stretch]]] = {}
    async for case in facts.open_between(session, question, instants[0], instants[-1]):
        of_its_values = begun.setdefault(values_of(case, question), {})
        for stretch in ages.stretches(case):
            of_its_values.setdefault(stretch.first, []).append(stretch)
    for values, stretches in begun.items():
        _go_through(waiting, values, stretches, len(periods))


def _go_through(waiting: Waiting, values: Values, begun: Mapping[int, Sequence[Stretch]], periods: int) -> None:
    """One period after the other, with the cases that are open at its end."""
    now_open: list[Stretch] = []
    for period in range(periods):
        now_open = [one for one in (*now_open, *begun.get(period, ())) if one.stop > period]
        seconds = sorted([max(0, cum[period] - since) for _, _, cum, since in now_open])
        waiting.ages[period, values] = [quantile_of("business_hours", quantile, seconds) for quantile in OF_AGE]
        if waiting.source == "facts":
            waiting.open[period, values] = len(now_open)
