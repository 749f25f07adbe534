"""The facts behind a question: narrowed down as it is, and no more of them than its days."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, Row, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.facts.fact import Fact
from services.analytics.facts.queries import COLUMNS, columns_of, fact_of
from services.analytics.kpis.errors import TooFineForSpan
from services.analytics.kpis.question import Question
from services.analytics.rollups.counters import UNASSIGNED

MOST_WHOLE, MOST_IN_PART = 50_000, 100_000
"""How many facts are read for a question, whole or in part. The database ends an answer after 30 s, and who compares
asks twice. On two slow cores a fact that is read whole takes 0.2 ms; in part 0.1 ms, for ages by day over a year, too.
"""

Values = tuple[str, ...]
"""Of the dimensions that a question is broken down by, in its order."""

_ACTIVE = "(submitted_at >= :start AND submitted_at < :stop OR active_on ?| :days)"
_DUE = """
    active_on ?| :days AND EXISTS (
        SELECT FROM jsonb_each(clocks) AS clock
         WHERE CAST(clock.value->>'due_at' AS timestamptz) BETWEEN :earliest AND :latest)
"""
_OPEN = "opened_at < :latest AND (settled_at IS NULL OR settled_at >= :earliest)"
_OF_OPEN = "opened_at, turns, suspensions, jsonb_path_query_array(clocks, '$.*.standard') AS standards"
_LINKABLE = "(person_ref IS NOT NULL OR was_linkable) AND replies <> '[]' AND active_on ?| :days"
_OF_FIRST_CONTACT = ("asked", "messages", "replies", "deliveries", "evaluations", "reopenings", "links")
_NEXT = """
    least(fact.next_contact_at, (SELECT min(other.submitted_at) FROM fact AS other
      WHERE other.person_ref = fact.person_ref AND other.submitted_at >= fact.submitted_at
        AND (other.submitted_at, other.feedback_id) > (fact.submitted_at, fact.feedback_id))) AS next_contact_at
"""


async def active(session: AsyncSession, question: Question, first: date, end: date) -> AsyncIterator[Fact]:
    """Those that count for anything on some local days. TooFineForSpan where they are too many."""
    start, stop = question.start_of(first), question.start_of(end)
    values = {"start": start, "stop": stop, "days": _utc_days(start, stop)}
    async for row in _rows(session, question, COLUMNS, _ACTIVE, values, MOST_WHOLE):
        yield fact_of(row)


async def due_between(
    session: AsyncSession, question: Question, earliest: datetime, latest: datetime
) -> AsyncIterator[Fact]:
    """Those with a clock that falls due at one of two instants, or between them."""
    values = {"earliest": earliest, "latest": latest, "days": _utc_days(earliest, latest)}
    async for row in _rows(session, question, COLUMNS, _DUE, values):
        yield fact_of(row)


async def open_between(
    session: AsyncSession, question: Question, earliest: datetime, latest: datetime
) -> AsyncIterator[Row[Any]]:
    """Those that may have been open at some instant between two: opened_at, turns, suspensions, the standards of their
    clocks, and the dimensions that the question is broken down by. TooFineForSpan where they are too many.
    """
    columns, values = ", ".join((_OF_OPEN, *question.by)), {"earliest": earliest, "latest": latest}
    async for row in _rows(session, question, columns, _OPEN, values, MOST_IN_PART):
        yield row


async def answered_and_linkable(
    session: AsyncSession, question: Question
) -> AsyncIterator[tuple[Fact, datetime, datetime | None]]:
    """Those of linkable persons that were first answered in the span: when, and when the person spoke again.

    Of each fact, what tells whether the first contact was enough, and the dimensions of the breakdown. TooFineForSpan
    where they are too many.
    """
    start, stop = question.start_of(question.first), question.start_of(question.end)
    names = (*_OF_FIRST_CONTACT, *question.by)
    columns, values = f"{columns_of(names)}, {_NEXT}", {"days": _utc_days(start, stop)}
    async for row in _rows(session, question, columns, _LINKABLE, values, MOST_IN_PART):
        fact = fact_of(row, names)
        replied_at = fact.replied_at
        if replied_at is not None and start <= replied_at < stop:
            yield fact, replied_at, row.next_contact_at


def values_of(fact: Fact | Row[Any], question: Question) -> Values:
    return tuple(getattr(fact, dimension) or UNASSIGNED for dimension in question.by)


async def _rows(
    session: AsyncSession,
    question: Question,
    columns: str,
    condition: str,
    values: dict[str, Any],
    most: int | None = None,
) -> AsyncIterator[Row[Any]]:
    narrowed = "".join(
        f" AND coalesce(fact.{dimension}, '{UNASSIGNED}') = ANY(:of_{dimension})" for dimension in question.where
    )
    wanted = f"FROM fact WHERE submitted_at IS NOT NULL AND {condition}{narrowed}"
    parameters = [
        *(bindparam(f"of_{dimension}", sorted(of), type_=ARRAY(Text)) for dimension, of in question.where.items()),
        *([bindparam("days", type_=ARRAY(Text))] if "days" in values else []),
    ]
    if most is not None:
        count = f"SELECT count(*) FROM (SELECT {wanted} LIMIT {most + 1}) AS found"  # noqa: S608 - all ours
        if (await session.scalar(text(count).bindparams(*parameters), values) or 0) > most:
            raise TooFineForSpan
    statement = text(f"SELECT {columns} {wanted}").bindparams(*parameters)
    found = await session.stream(statement, values, execution_options={"yield_per": 500})
    async for rows in found.partitions():
        for row in rows:
            yield row


def _utc_days(start: datetime, stop: datetime) -> list[str]:
    first, last = start.astimezone(UTC).date(), stop.astimezone(UTC).date()
    return [str(first + timedelta(days=day)) for day in range((last - first).days + 1)]
