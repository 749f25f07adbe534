"""Figures from numbers: each with what it was computed from, its interval, its companions and its flags."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.as_of.queries import as_of
from services.analytics.kpis import queries
from services.analytics.kpis.definitions import DEFINITIONS, KpiName, Unit
from services.analytics.kpis.question import Question, understand
from services.analytics.kpis.schemas import (
    DefinitionOut,
    Definitions,
    Figure,
    Figures,
    Interval,
    KpiQuery,
    Quantile,
    Quantity,
    Source,
    Span,
)
from services.analytics.kpis.statistics import quantile_interval_ranks, wilson_interval

SMALL_SAMPLE = 30
CLOCKS = ("acknowledge", "reply")
"""The clocks that figures are given for even where none has run."""
QUANTILES: dict[Quantile, float] = {"p50": 0.5, "p90": 0.9, "p95": 0.95}
SECONDS_AN_HOUR = 3600


@dataclass(frozen=True)
class Part:
    """A figure before it says of what span it is, and as of when."""

    value: str
    quantity: Quantity
    clock: str | None = None
    quantile: Quantile | None = None
    companions: dict[str, Quantity] = field(default_factory=dict)
    source: Source = "rollups"


async def figures(session: AsyncSession, query: KpiQuery, now: datetime, time_zone: ZoneInfo) -> Figures:
    """The figures that are asked for, all from the one transaction of the session."""
    question = understand(query, now, time_zone)
    seen = await as_of(session, now)
    span = Span(from_=question.first, to=question.end, time_zone=time_zone.key)
    values = await queries.values(session, question)
    return Figures(
        as_of=seen,
        span=span,
        by=question.by,
        figures=[
            Figure(
                **part.quantity.model_dump(),
                name=name,
                version=DEFINITIONS[name].version,
                clock=part.clock,
                quantile=part.quantile,
                companions=part.companions,
                flags=["small_sample"] if part.quantity.n < SMALL_SAMPLE else [],
                source=part.source,
                span=span,
                filters={question.by: part.value} if question.by else {},
                as_of=seen,
            )
            for name in question.names
            for part in await _PARTS[name](session, question, values)
        ],
    )


def definitions() -> Definitions:
    """What each figure means."""
    return Definitions(items=[DefinitionOut.model_validate(one) for one in DEFINITIONS.values()])


def count(n: int) -> Quantity:
    return Quantity(unit="count", value=n, n=n)


def ratio(numerator: int, denominator: int) -> Quantity:
    """A percentage with its Wilson interval; no value without a denominator."""
    interval = wilson_interval(numerator, denominator)
    return Quantity(
        unit="percent",
        value=100 * numerator / denominator if denominator else None,
        n=denominator,
        numerator=numerator,
        denominator=denominator,
        interval=(100 * interval[0], 100 * interval[1]) if interval else None,
    )


async def _volume(session: AsyncSession, question: Question, values: Sequence[str]) -> list[Part]:
    received = {row.value: row.volume for row in await queries.volume(session, question)}
    return [Part(value, count(received.get(value, 0))) for value in values]


async def _csat(session: AsyncSession, question: Question, values: Sequence[str]) -> list[Part]:
    marks = {(row.value, row.answered_by): row for row in await queries.marks(session, question)}

    def favourable(value: str, answered_by: str) -> Quantity:
        row = marks.get((value, answered_by))
        return ratio(row.favourable, row.marks) if row else ratio(0, 0)

    return [
        Part(
            value,
            favourable(value, "person"),
            companions={"assisted": favourable(value, "assisted"), "staff": favourable(value, "staff")},
        )
        for value in values
    ]


async def _resolution_confirmed_rate(session: AsyncSession, question: Question, values: Sequence[str]) -> list[Part]:
    said = {row.value: row for row in await queries.resolutions(session, question)}
    parts = []
    for value in values:
        row = said.get(value)
        yes, partly, no, asked = (row.yes, row.partly, row.no, row.asked) if row else (0, 0, 0, 0)
        answered = yes + partly + no
        companions = {"partly": ratio(partly, answered), "answered_of_asked": ratio(answered, asked)}
        parts.append(Part(value, ratio(yes, answered), companions=companions))
    return parts


async def _met_of_due(session: AsyncSession, question: Question, values: Sequence[str]) -> list[Part]:
    due = {(row.value, row.clock): row for row in await queries.clocks_due(session, question)}
    parts = []
    for value in values:
        for clock in _clocks(question, due):
            row = due.get((value, clock))
            quantity = ratio(row.met, row.due) if row else ratio(0, 0)
            parts.append(Part(value, quantity, clock=clock, source=_source_of_due(question)))
    return parts


async def _standard_met(session: AsyncSession, question: Question, values: Sequence[str]) -> list[Part]:
    ended = {(row.value, row.clock): row for row in await queries.clocks_ended(session, question)}
    due = {(row.value, row.clock): row for row in await queries.clocks_due(session, question)}
    parts = []
    for value in values:
        for clock in _clocks(question, [*ended, *due]):
            over, fell_due = ended.get((value, clock)), due.get((value, clock))
            parts.append(
                Part(
                    value,
                    ratio(over.met, over.ended) if over else ratio(0, 0),
                    clock=clock,
                    companions={"open_breached": count(fell_due.open if fell_due else 0)},
                    source=_source_of_due(question),
                )
            )
    return parts


def _clocks(question: Question, found: Iterable[tuple[str, str]]) -> list[str]:
    return [question.clock] if question.clock else sorted({*CLOCKS, *(clock for _, clock in found)})


def _source_of_due(question: Question) -> Source:
    return "rollups and facts" if question.is_in_progress else "rollups"


async def _times(step: str, session: AsyncSession, question: Question, values: Sequence[str]) -> list[Part]:
    found = {
        (row.value, row.unit): row for row in await queries.quantiles(session, question, step, [*QUANTILES.values()])
    }
    ranks = {
        (value, quantile): quantile_interval_ranks(q, found[value, "business_hours"].n)
        for value in values
        if (value, "business_hours") in found
        for quantile, q in QUANTILES.items()
    }
    places = sorted({(value, rank) for (value, _), both in ranks.items() for rank in both if rank is not None})
    hours = {
        (row.value, row.unit, row.rank): row.seconds / SECONDS_AN_HOUR
        for row in await queries.ranked(session, question, step, places)
    }

    def quantity(value: str, unit: Unit, place: int, quantile: Quantile) -> Quantity:
        row = found.get((value, unit))
        if row is None:
            return Quantity(unit=unit, value=None, n=0)
        low, high = ranks[value, quantile]
        interval: Interval = (
            None if low is None else hours[value, unit, low],
            None if high is None else hours[value, unit, high],
        )
        return Quantity(unit=unit, value=row.quantiles[place] / SECONDS_AN_HOUR, n=row.n, interval=interval)

    units: tuple[Unit, ...] = ("business_hours", "elapsed_hours")
    return [
        Part(value, quantity(value, unit, place, quantile), quantile=quantile, source="facts")
        for value in values
        for unit in units
        for place, quantile in enumerate(QUANTILES)
    ]


Compute = Callable[[AsyncSession, Question, Sequence[str]], Awaitable[list[Part]]]

_PARTS: dict[KpiName, Compute] = {
    "volume": _volume,
    "acknowledge_time": partial(_times, "acknowledge"),
    "reply_time": partial(_times, "reply"),
    "met_of_due": _met_of_due,
    "standard_met": _standard_met,
    "csat": _csat,
    "resolution_confirmed_rate": _resolution_confirmed_rate,
}
