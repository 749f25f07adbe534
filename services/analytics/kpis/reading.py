"""Counters and buckets, read once for all figures of a question: by period and by the values it is broken down by."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.facts.contributions import contributions
from services.analytics.facts.fact import Fact
from services.analytics.kpis import facts
from services.analytics.kpis.facts import Values, values_of
from services.analytics.kpis.plan import Period, Segment, buckets_plan, counters_plan, due_plan, see_that_facts_are_few
from services.analytics.kpis.question import Question
from services.analytics.kpis.schemas import Source
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import TOTAL, Counters

Place = tuple[int, Values]
"""A period, by its number, and values."""
CLOCKS = ("acknowledge", "reply")
"""The clocks that figures are given for even where none has run."""


@dataclass
class Numbers:
    """What a question's figures are computed from."""

    question: Question
    periods: Sequence[Period]
    counters: dict[Place, dict[str, int]] = field(default_factory=dict)
    buckets: dict[Place, dict[str, dict[int, int]]] = field(default_factory=dict)
    counters_from: set[str] = field(default_factory=set)
    buckets_from: set[str] = field(default_factory=set)

    def of(self, place: Place) -> Counters:
        return self.counters.get(place, {})

    def period_of(self, day: date) -> int:
        return bisect_right(self._starts, day) - 1

    @cached_property
    def values(self) -> list[Values]:
        """All that anything is counted for in the span, in order; of no breakdown, its one."""
        if not self.question.by:
            return [()]
        return sorted({values for _, values in self.counters})

    @cached_property
    def clocks(self) -> list[str]:
        """Those that figures about clocks are given for."""
        if self.question.clock:
            return [self.question.clock]
        found = {
            name.partition(":")[2]
            for counters in self.counters.values()
            for name in counters
            if name.startswith(("due:", "ended:"))
        }
        return sorted({*CLOCKS, *found})

    @cached_property
    def _starts(self) -> list[date]:
        return [first for first, _ in self.periods]


def source_of(origins: Collection[str]) -> Source:
    """The name of what was read."""
    if "facts" in origins:
        return "rollups and facts" if "rollups" in origins else "facts"
    return "rollups"


async def read(
    session: AsyncSession, question: Question, periods: Sequence[Period], *, due: bool, buckets: bool
) -> Numbers:
    """Counters, with those of what falls due if need be; and buckets. TooFineForSpan where too many days would be read
    from facts.
    """
    numbers = Numbers(question, periods)
    of_counters = counters_plan(question, periods)
    of_buckets = buckets_plan(question, periods) if buckets else []
    of_due = due_plan(question, of_counters) if due else []
    see_that_facts_are_few(question, of_counters, of_buckets, of_due)
    for segment in of_counters:
        await _read_counters(session, numbers, segment)
    for segment in of_buckets:
        await _read_buckets(session, numbers, segment)
    await _read_facts(session, numbers, of_counters, of_buckets)
    for segment in of_due:
        await _read_what_has_fallen_due(session, numbers, segment.first)
    return numbers


async def _read_counters(session: AsyncSession, numbers: Numbers, segment: Segment) -> None:
    question, dimensions = numbers.question, numbers.question.dimensions
    if segment.kind == "facts":
        return
    numbers.counters_from.add("rollups")
    if segment.kind == "days":
        names: tuple[str, ...] = dimensions or (TOTAL,)
        rows = await rollups.days(
            session, question.live, names[0], segment.first, segment.end, _among(question, names[0])
        )
    else:
        names = pair = _pair(dimensions)
        among = (_among(question, pair[0]), _among(question, pair[1]))
        rows = await rollups.months(session, question.live, pair, segment.first, segment.end, among)
    place_of = [names.index(dimension) for dimension in question.by]
    for row in rows:
        both = (row.value, row.second_value)
        values = tuple(both[place] for place in place_of)
        last = row.day if segment.kind == "days" else segment.end - timedelta(days=1)
        _add(numbers, (numbers.period_of(row.day), values), row.counters, last)


async def _read_buckets(session: AsyncSession, numbers: Numbers, segment: Segment) -> None:
    if segment.kind == "facts":
        return
    question = numbers.question
    numbers.buckets_from.add("rollups")
    dimension, grain = (TOTAL, "day") if segment.kind == "days" else (question.dimensions[0], "month")
    rows = await rollups.buckets(
        session,
        question.live,
        grain,
        dimension,
        segment.first,
        segment.end,
        _among(question, dimension),
        [first for first, _ in numbers.periods],
    )
    for row in rows:
        values = (row.value,) if question.by else ()
        _add_bucket(numbers, (row.period - 1, values), row.measure, row.bucket, row.n)


async def _read_facts(
    session: AsyncSession, numbers: Numbers, of_counters: Sequence[Segment], of_buckets: Sequence[Segment]
) -> None:
    """Those whose days are in either plan, each once for all of its days."""
    spans = [(one, True, one in of_buckets) for one in of_counters if one.kind == "facts"]
    spans += [(one, False, True) for one in of_buckets if one.kind == "facts" and one not in of_counters]
    for segment, has_counters, has_buckets in spans:
        if has_counters:
            numbers.counters_from.add("facts")
        if has_buckets:
            numbers.buckets_from.add("facts")
        async for fact in facts.active(session, numbers.question, segment.first, segment.end):
            _count_fact(numbers, fact, segment, has_counters, has_buckets)


def _count_fact(numbers: Numbers, fact: Fact, segment: Segment, has_counters: bool, has_buckets: bool) -> None:
    values = values_of(fact, numbers.question)
    contribution = contributions(fact, numbers.question.time_zone)
    if has_counters:
        for day, counters in contribution.days.items():
            if segment.first <= day < segment.end:
                _add(numbers, (numbers.period_of(day), values), counters, day)
    if has_buckets:
        for day, buckets in contribution.buckets.items():
            if segment.first <= day < segment.end:
                for name, n in buckets.items():
                    measure, _, bucket = name.rpartition(":")
                    _add_bucket(numbers, (numbers.period_of(day), values), measure, int(bucket), n)


async def _read_what_has_fallen_due(session: AsyncSession, numbers: Numbers, first: date) -> None:
    """Clocks due on the day in progress count from the moment that they are due: that no rollup can know."""
    question = numbers.question
    for fact in await fallen_due(session, question, first):
        values = values_of(fact, question)
        for day, of_day in contributions(fact, question.time_zone).days.items():
            if first <= day <= question.today:
                counters = numbers.counters.setdefault((numbers.period_of(day), values), {})
                for name, count in of_day.items():
                    if name.startswith("due"):
                        counters[name] = counters.get(name, 0) + count


async def fallen_due(session: AsyncSession, question: Question, first: date) -> list[Fact]:
    """Facts with the clocks alone that have fallen due by now, on a day or since."""
    began_at, found = question.start_of(first), []
    async for fact in facts.due_between(session, question, began_at, question.now):
        due = {name: one for name, one in fact.clocks.items() if one.due_at and began_at <= one.due_at <= question.now}
        found.append(fact.after({"clocks": due}))
    return found


def _add(numbers: Numbers, place: Place, counters: Counters, last: date) -> None:
    """Of days of which the last is in progress, or to come, what falls due is left out: see what has fallen due."""
    sums = numbers.counters.setdefault(place, {})
    is_over = last < numbers.question.today
    for name, count in counters.items():
        if is_over or not name.startswith("due"):
            sums[name] = sums.get(name, 0) + count


def _add_bucket(numbers: Numbers, place: Place, measure: str, bucket: int, n: int) -> None:
    buckets = numbers.buckets.setdefault(place, {}).setdefault(measure, {})
    buckets[bucket] = buckets.get(bucket, 0) + n


def _pair(dimensions: Sequence[str]) -> tuple[str, str]:
    """The two dimensions of the months to read; where fewer are asked for, any others that add up to the same."""
    missing = [dimension for dimension in ("kind", "channel") if dimension not in dimensions]
    first, second = sorted((*dimensions, *missing)[:2] if len(dimensions) < 2 else dimensions)
    return first, second


def _among(question: Question, dimension: str) -> Collection[str] | None:
    return next((values for name, values in question.where.items() if name == dimension), None)
