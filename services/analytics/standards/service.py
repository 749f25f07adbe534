"""Results of service standards: in full for those who steer, suppressed where it is small for everyone else."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.languages import Bilingual
from services.analytics.as_of.schemas import AsOf
from services.analytics.facts.contributions import contributions
from services.analytics.kpis import facts
from services.analytics.kpis.definitions import DEFINITIONS
from services.analytics.kpis.plan import Segment, see_that_facts_are_few
from services.analytics.kpis.quantities import SMALL_SAMPLE, ratio
from services.analytics.kpis.question import Question, span_of, where_of
from services.analytics.kpis.reading import fallen_due, source_of
from services.analytics.kpis.schemas import Flag, Quantity, Span
from services.analytics.kpis.service import SEES_ALL
from services.analytics.reference import queries as reference
from services.analytics.rollups import queries as rollups
from services.analytics.rollups.counters import STANDARD, Counters
from services.analytics.settings import AnalyticsSettings, PublishedSpan
from services.analytics.standards.errors import SpanNotPublished
from services.analytics.standards.schemas import Promise, ResultsQuery, StandardResult, StandardResults
from services.analytics.suppression.cells import suppressed

MONTHS: Mapping[PublishedSpan, int] = {"month": 1, "quarter": 3, "year": 12}
CHOSEN: Mapping[PublishedSpan, Bilingual] = {
    "month": Bilingual(fr="Cette organisation publie par mois.", en="This organisation publishes by month."),
    "quarter": Bilingual(fr="Cette organisation publie par trimestre.", en="This organisation publishes by quarter."),
    "year": Bilingual(fr="Cette organisation publie par année.", en="This organisation publishes by year."),
}
SEES_FIGURES = (*SEES_ALL, "supervisor")

Cell = tuple[str | None, str]
"""A standard, or none for all together, and a clock."""


async def results(
    session: AsyncSession, query: ResultsQuery, by: Principal | None, seen: AsOf, settings: AnalyticsSettings
) -> StandardResults:
    """What fell due in the span, and was met. Without a staff token: of one published span, and suppressed."""
    live = await rollups.live(session, settings.time_zone)
    today = seen.at.astimezone(live.time_zone).date()
    is_published = by is None or not by.has(*SEES_FIGURES)
    first, end = _span(query, today, settings.published_span, is_published)
    teams = None if by is None or is_published or by.has(*SEES_ALL) else by.teams
    question = Question((), first, end, (), where_of(None, teams), None, seen.at, live, settings.facts_span_days)
    found = await _count(session, question)
    cells = _with_totals(found)
    below = settings.suppress_below if is_published else 0
    hidden = _hidden({cell: due for cell, (due, _, _) in cells.items()}, below)
    open_hidden = hidden | _open_hidden(cells, below)
    names = {row.code: Bilingual.model_validate(row.name) for row in await reference.standards(session)}
    promised = _promised(found, await reference.promises(session))
    is_in_progress = question.is_in_progress
    return StandardResults(
        as_of=seen,
        span=Span(from_=first, to=end, time_zone=live.time_zone.key),
        published=is_published,
        where=question.narrowed_to,
        source=source_of({"facts"} if question.where else {"rollups", *(["facts"] if is_in_progress else [])}),
        items=[
            _result(
                cell,
                cells[cell],
                names.get(cell[0] or ""),
                promised.get(cell),
                is_hidden=cell in hidden,
                is_open_hidden=cell in open_hidden,
                own_teams_only=teams is not None,
            )
            for cell in sorted(cells, key=lambda cell: (cell[0] is None, cell[0] or "", cell[1]))
        ],
    )


def published_span(today: date, span: PublishedSpan) -> tuple[date, date]:
    """The last calendar month, quarter or year that is over."""
    months = MONTHS[span]
    end = today.replace(day=1, month=(today.month - 1) // months * months + 1)
    return _months_before(end, months), end


def span_before(first: date, span: PublishedSpan) -> tuple[date, date]:
    """The published span that ends where another begins."""
    return _months_before(first, MONTHS[span]), first


def _span(query: ResultsQuery, today: date, published: PublishedSpan, is_published: bool) -> tuple[date, date]:
    if query.from_ is None and query.to is None:
        return published_span(today, published)
    first, end = span_of(query.from_, query.to, today)
    if is_published and (end > today or published_span(end, published) != (first, end)):
        raise SpanNotPublished(detail=CHOSEN[published])
    return first, end


def _months_before(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 - months
    return date(place // 12, place % 12 + 1, 1)


async def _count(session: AsyncSession, question: Question) -> dict[str, dict[str, int]]:
    """Counters by standard: from rollups, and for a supervisor's teams from facts."""
    found: dict[str, dict[str, int]] = {}
    over = min(question.end, question.today)
    if question.where:
        if question.first < over:
            see_that_facts_are_few(question, [Segment("facts", question.first, over)])
            async for fact in facts.active(session, question, question.first, over):
                for standard, days in contributions(fact, question.time_zone).standards.items():
                    for day, counters in days.items():
                        if question.first <= day < over:
                            _add(found, standard, counters)
    else:
        for row in await rollups.days(session, question.live, STANDARD, question.first, over, None):
            _add(found, row.value, row.counters)
    if question.is_in_progress:
        for fact in await fallen_due(session, question, question.today):
            for standard, days in contributions(fact, question.time_zone).standards.items():
                _add(found, standard, days.get(question.today, {}))
    return found


def _add(found: dict[str, dict[str, int]], standard: str, counters: Counters) -> None:
    sums = found.setdefault(standard, {})
    for name, count in counters.items():
        if name.startswith("due"):
            sums[name] = sums.get(name, 0) + count


def _with_totals(found: Mapping[str, Counters]) -> dict[Cell, tuple[int, int, int]]:
    """Due, met, open; by standard and clock, and by clock of all."""
    cells: dict[Cell, tuple[int, int, int]] = {}
    for standard, counters in found.items():
        for name in counters:
            kind, _, clock = name.partition(":")
            if kind == "due":
                one = tuple(counters.get(f"{which}:{clock}", 0) for which in ("due", "due_met", "due_open"))
                cells[standard, clock] = (one[0], one[1], one[2])
                all_of_it = cells.get((None, clock), (0, 0, 0))
                cells[None, clock] = (all_of_it[0] + one[0], all_of_it[1] + one[1], all_of_it[2] + one[2])
    return cells


def _hidden(counts: Mapping[Cell, int], below: int) -> set[Cell]:
    clocks = {clock for _, clock in counts}
    sums = [
        [(None, clock), *(cell for cell in counts if cell[0] is not None and cell[1] == clock)]
        for clock in sorted(clocks)
    ]
    return suppressed(counts, sums, below)


def _open_hidden(cells: Mapping[Cell, tuple[int, int, int]], below: int) -> set[Cell]:
    """All of a clock, where of any standard few are still open, or few ended late: what is published of those that fell
    due and were met is their sum, and sets bounds to both.
    """
    few = {
        clock
        for (_, clock), (due, met, still_open) in cells.items()
        if any(0 < count < below for count in (still_open, due - met - still_open))
    }
    return {cell for cell in cells if cell[1] in few}


def _promised(found: Mapping[str, Counters], promises: Sequence[Row[Any]]) -> dict[Cell, Promise]:
    """Where every version by which something fell due promised the same."""
    known = {
        (row.standard, row.clock, row.standard_version): Promise.model_validate(row, from_attributes=True)
        for row in promises
    }
    told: dict[Cell, set[Promise | None]] = {}
    for standard, counters in found.items():
        for name, count in counters.items():
            kind, _, rest = name.partition(":")
            if kind == "due_of" and count:
                clock, _, version = rest.partition(":")
                told.setdefault((standard, clock), set()).add(known.get((standard, clock, int(version))))
    return {cell: one for cell, (one, *others) in told.items() if one is not None and not others}


def _result(
    cell: Cell,
    numbers: tuple[int, int, int],
    name: Bilingual | None,
    promised: Promise | None,
    *,
    is_hidden: bool,
    is_open_hidden: bool,
    own_teams_only: bool,
) -> StandardResult:
    due, met, still_open = numbers
    flags: list[Flag] = ["suppressed"] if is_hidden else ["small_sample"] if due < SMALL_SAMPLE else []
    if own_teams_only:
        flags.append("own_teams_only")
    return StandardResult(
        standard=cell[0],
        name=name,
        clock=cell[1],
        promised=promised,
        version=DEFINITIONS["met_of_due"].version,
        met_of_due=Quantity(unit="percent", value=None, n=None) if is_hidden else ratio(met, due),
        open_breached=None if is_open_hidden else still_open,
        flags=flags,
    )
