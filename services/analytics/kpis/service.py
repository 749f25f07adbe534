"""Figures: read in one transaction, each with all that is needed to judge it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.languages import Bilingual
from services.analytics.as_of.schemas import AsOf
from services.analytics.kpis.comparing import compare
from services.analytics.kpis.definitions import DEFINITIONS, KpiName
from services.analytics.kpis.errors import TooManyPoints
from services.analytics.kpis.facts import Values
from services.analytics.kpis.formulas import Read, read_all
from services.analytics.kpis.plan import Period, months_of
from services.analytics.kpis.quantities import Part
from services.analytics.kpis.question import Question, by_of, compared_with, name_of, names_of, span_of, where_of
from services.analytics.kpis.schemas import (
    Comparison,
    DefinitionOut,
    Definitions,
    Figure,
    Figures,
    Flag,
    Grain,
    KpiQuery,
    Line,
    NoDifference,
    Point,
    Quantile,
    Series,
    SeriesQuery,
    Span,
    SpanQuery,
)
from services.analytics.reference import queries as reference
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import Dimension
from services.analytics.settings import AnalyticsSettings

MOST_POINTS = 1000
SEES_ALL = ("manager", "analyst")

Key = tuple[KpiName, Values, str | None, Quantile | None, str]
"""What tells one figure of an answer from another."""


async def figures(
    session: AsyncSession, query: KpiQuery, by: Principal, seen: AsOf, settings: AnalyticsSettings
) -> Figures:
    """The figures that are asked for, all from the one transaction of the session, which has `seen` so much."""
    question = await _understand(session, query, names_of(query.names), by, seen.at, settings)
    read = await read_all(session, question, [(question.first, question.end)])
    comparisons: dict[Key, Comparison] = {}
    if query.compare is None:
        (found,) = _parts([read], question.names)
    else:
        other = question.of_span(*compared_with(query.compare, question.first, question.end))
        other_read = await read_all(session, other, [(other.first, other.end)])
        found, in_other = _parts([read, other_read], question.names)
        others = dict(in_other)
        comparisons = {
            key: compare(part, others[key], _span(other), shared=_shared(key[0], question, other))
            for key, part in found
            if key in others
        }
    return Figures(
        as_of=seen,
        span=_span(question),
        by=list(question.by),
        labels=await _labels(session, question.by, (key[1] for key, _ in found)),
        figures=[_figure(key, part, question, seen, by, comparisons.get(key)) for key, part in found],
    )


async def series(
    session: AsyncSession,
    name: str,
    query: SeriesQuery,
    by: Principal,
    seen: AsOf,
    settings: AnalyticsSettings,
) -> Series:
    """One figure by day, week or month, without gaps."""
    kpi = name_of(name)
    question = await _understand(session, query, [kpi], by, seen.at, settings)
    periods = _periods(question.first, question.end, query.grain)
    if len(periods) > MOST_POINTS:
        raise TooManyPoints
    read = await read_all(session, question, periods)
    lines: dict[Key, list[Point]] = {}
    for values in read.values(kpi):
        for number, (first, end) in enumerate(periods):
            for part in read.parts(kpi, (number, values)):
                point = Point(
                    **part.quantity.model_dump(),
                    from_=first,
                    to=end,
                    companions=part.companions,
                    flags=_flags(part, by),
                    source=part.source,
                )
                lines.setdefault(_key(kpi, values, part), []).append(point)
    return Series(
        name=kpi,
        version=DEFINITIONS[kpi].version,
        grain=query.grain,
        as_of=seen,
        span=_span(question),
        by=list(question.by),
        where=question.narrowed_to,
        labels=await _labels(session, question.by, (key[1] for key in lines)),
        lines=[
            Line(
                filters=dict(zip(question.by, values, strict=True)),
                clock=clock,
                quantile=quantile,
                unit=points[0].unit,
                points=points,
            )
            for (_, values, clock, quantile, _), points in lines.items()
        ],
    )


def definitions() -> Definitions:
    """What each figure means."""
    return Definitions(items=[DefinitionOut.model_validate(one) for one in DEFINITIONS.values()])


def _shared(name: KpiName, question: Question, other: Question) -> NoDifference | None:
    """Of what both figures are made; cases that are open at one instant are at another, too."""
    if question.overlaps(other):
        return "spans_overlap"
    return "same_cases" if name == "backlog_age" else None


async def _understand(
    session: AsyncSession,
    query: SpanQuery,
    names: Sequence[KpiName],
    by: Principal,
    now: datetime,
    settings: AnalyticsSettings,
) -> Question:
    live = await rollups.live(session, settings.time_zone)
    first, end = span_of(query.from_, query.to, now.astimezone(live.time_zone).date())
    return Question(
        tuple(names),
        first,
        end,
        by_of(query.by),
        where_of(query.where, _own_teams(by)),
        query.clock,
        now,
        live,
        settings.facts_span_days,
    )


def _own_teams(by: Principal) -> frozenset[str] | None:
    """The teams that somebody's figures are narrowed to; none for those who see all."""
    return None if by.has(*SEES_ALL) else by.teams


def _parts(reads: Sequence[Read], names: Sequence[KpiName]) -> list[list[tuple[Key, Part]]]:
    """Of each span the same values: what is there in one alone is nothing in the others."""
    values = {name: sorted({one for read in reads for one in read.values(name)}) for name in names}
    return [
        [
            (_key(name, of, part), part)
            for name, every in values.items()
            for of in every
            for part in read.parts(name, (0, of))
        ]
        for read in reads
    ]


def _key(name: KpiName, values: Values, part: Part) -> Key:
    return name, values, part.clock, part.quantile, part.quantity.unit


def _figure(
    key: Key, part: Part, question: Question, seen: AsOf, by: Principal, comparison: Comparison | None
) -> Figure:
    name, values = key[:2]
    return Figure(
        **part.quantity.model_dump(),
        name=name,
        version=DEFINITIONS[name].version,
        clock=part.clock,
        quantile=part.quantile,
        companions=part.companions,
        flags=_flags(part, by),
        source=part.source,
        span=_span(question),
        filters=dict(zip(question.by, values, strict=True)),
        where=question.narrowed_to,
        as_of=seen,
        comparison=comparison,
    )


def _flags(part: Part, by: Principal) -> list[Flag]:
    return [*part.all_flags(), "own_teams_only"] if _own_teams(by) is not None else part.all_flags()


def _span(question: Question) -> Span:
    return Span(from_=question.first, to=question.end, time_zone=question.time_zone.key)


async def _labels(
    session: AsyncSession, by: Sequence[Dimension], found: Iterable[Values]
) -> dict[Dimension, dict[str, Bilingual]]:
    all_values = list(found)
    return {
        dimension: await reference.names(session, dimension, {values[place] for values in all_values})
        for place, dimension in enumerate(by)
    }


def _periods(first: date, end: date, grain: Grain) -> list[Period]:
    match grain:
        case "month":
            return [(max(first, month), min(end, following)) for month, following in months_of(first, end)]
        case "week":
            starts = [first, *_every(7, first + timedelta(days=7 - first.weekday()), end)]
        case "day":
            starts = _every(1, first, end)
    return list(zip(starts, [*starts[1:], end], strict=True))


def _every(days: int, first: date, end: date) -> list[date]:
    return [first + timedelta(days=day) for day in range(0, max(0, (end - first).days), days)]
