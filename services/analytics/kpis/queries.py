"""The figures' numbers, each from one statement, by the values of a dimension: the total's one value is "".

Days are local days, from `first` to before `end`; instants are those days' beginnings.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import BigInteger, Text

from services.analytics.kpis.question import Question
from services.analytics.rollups.counters import DIMENSIONS, TOTAL, UNASSIGNED

Rows = Sequence[Row[Any]]

_VALUES = text(
    """
    SELECT DISTINCT value
      FROM rollup_day
     WHERE dimension = :dimension AND day >= :first AND day < :end AND counters <> '{}'
     ORDER BY value
    """
)

_VOLUME = text(
    """
    SELECT value, coalesce(sum((counters->>'volume')::bigint), 0)::bigint AS volume
      FROM rollup_day
     WHERE dimension = :dimension AND day >= :first AND day < :end
     GROUP BY value
    """
)

_MARKS = text(
    """
    SELECT value, split_part(name, ':', 2) AS answered_by, sum(count::bigint)::bigint AS marks,
           coalesce(sum(count::bigint) FILTER (WHERE split_part(name, ':', 3) IN ('4', '5')), 0)::bigint AS favourable
      FROM rollup_day CROSS JOIN LATERAL jsonb_each_text(counters) AS c (name, count)
     WHERE dimension = :dimension AND day >= :first AND day < :end AND name LIKE 'csat:%'
     GROUP BY value, answered_by
    """
)

_RESOLUTIONS = text(
    """
    SELECT value,
           coalesce(sum((counters->>'solved:yes')::bigint), 0)::bigint AS yes,
           coalesce(sum((counters->>'solved:partly')::bigint), 0)::bigint AS partly,
           coalesce(sum((counters->>'solved:no')::bigint), 0)::bigint AS no,
           coalesce(sum((counters->>'answered')::bigint), 0)::bigint AS asked
      FROM rollup_day
     WHERE dimension = :dimension AND day >= :first AND day < :end
     GROUP BY value
    """
)

_CLOCKS_ENDED = text(
    """
    SELECT value, split_part(name, ':', 2) AS clock,
           coalesce(sum(count::bigint) FILTER (WHERE name LIKE 'ended:%'), 0)::bigint AS ended,
           coalesce(sum(count::bigint) FILTER (WHERE name LIKE 'ended_met:%'), 0)::bigint AS met
      FROM rollup_day CROSS JOIN LATERAL jsonb_each_text(counters) AS c (name, count)
     WHERE dimension = :dimension AND day >= :first AND day < :end AND name LIKE 'ended%'
     GROUP BY value, clock
    """
)


def _value(dimension: str) -> str:
    return "''" if dimension == TOTAL else f"coalesce({dimension}, '{UNASSIGNED}')"


_CLOCKS_DUE = {
    dimension: text(
        f"""
        WITH over AS (
            SELECT value, split_part(name, ':', 2) AS clock,
                   sum(count::bigint) FILTER (WHERE name LIKE 'due:%') AS due,
                   sum(count::bigint) FILTER (WHERE name LIKE 'due_met:%') AS met,
                   sum(count::bigint) FILTER (WHERE name LIKE 'due_open:%') AS open
              FROM rollup_day CROSS JOIN LATERAL jsonb_each_text(counters) AS c (name, count)
             WHERE dimension = :dimension AND day >= :first AND day < :end AND name LIKE 'due%'
             GROUP BY value, clock
        ), in_progress AS (
            SELECT {_value(dimension)} AS value, name AS clock, count(*) AS due,
                   count(*) FILTER (WHERE met) AS met, count(*) FILTER (WHERE ended_at IS NULL) AS open
              FROM fact
             CROSS JOIN LATERAL jsonb_each(clocks) AS c (name, clock)
             CROSS JOIN LATERAL jsonb_to_record(clock) AS s (due_at timestamptz, ended_at timestamptz, met boolean)
             WHERE :is_in_progress AND submitted_at IS NOT NULL AND due_on ?| :days
               AND due_at >= :today_began_at AND due_at <= :now
             GROUP BY value, name
        )
        SELECT value, clock, coalesce(sum(due), 0)::bigint AS due, coalesce(sum(met), 0)::bigint AS met,
               coalesce(sum(open), 0)::bigint AS open
          FROM (SELECT * FROM over UNION ALL SELECT * FROM in_progress) AS both_parts
         GROUP BY value, clock
        """  # noqa: S608 - the dimensions are ours
    ).bindparams(bindparam("days", type_=ARRAY(Text)))
    for dimension in (TOTAL, *DIMENSIONS)
}

_TIMES = """
    SELECT {value} AS value, unit, seconds
      FROM fact
     CROSS JOIN LATERAL (VALUES ('business_hours', {step}_business_seconds), ('elapsed_hours', {step}_elapsed_seconds))
           AS taken (unit, seconds)
     WHERE submitted_at >= :start AND submitted_at < :stop AND seconds IS NOT NULL
"""

_QUANTILES = {
    (dimension, step): text(
        f"""
        SELECT value, unit, count(*) AS n,
               percentile_cont(cast(:quantiles AS float[])) WITHIN GROUP (ORDER BY seconds) AS quantiles
          FROM ({_TIMES.format(value=_value(dimension), step=step)}) AS times
         GROUP BY value, unit
        """  # noqa: S608
    )
    for dimension in (TOTAL, *DIMENSIONS)
    for step in ("acknowledge", "reply")
}

_RANKED = {
    (dimension, step): text(
        f"""
        SELECT value, unit, rank, seconds
          FROM (SELECT *, row_number() OVER (PARTITION BY value, unit ORDER BY seconds) AS rank
                  FROM ({_TIMES.format(value=_value(dimension), step=step)}) AS times) AS ranked
          JOIN unnest(:of_values, :ranks) AS wanted (value, rank) USING (value, rank)
        """  # noqa: S608
    ).bindparams(bindparam("of_values", type_=ARRAY(Text)), bindparam("ranks", type_=ARRAY(BigInteger)))
    for dimension, step in _QUANTILES
}


async def values(session: AsyncSession, question: Question) -> list[str]:
    """The values that anything is counted for in the span; of the total, always its one."""
    if question.by is None:
        return [""]
    return list(await session.scalars(_VALUES, _days(question)))


async def volume(session: AsyncSession, question: Question) -> Rows:
    """Feedback submitted: value, volume."""
    return (await session.execute(_VOLUME, _days(question))).all()


async def marks(session: AsyncSession, question: Question) -> Rows:
    """Marks 1–5 of `csat`: value, answered_by, marks, and favourable, those of 4 and 5."""
    return (await session.execute(_MARKS, _days(question))).all()


async def resolutions(session: AsyncSession, question: Question) -> Rows:
    """What persons said of an answer: value, yes, partly, no; and asked, the feedback that has a final reply."""
    return (await session.execute(_RESOLUTIONS, _days(question))).all()


async def clocks_ended(session: AsyncSession, question: Question) -> Rows:
    """Clocks by the day they ended: value, clock, ended, met."""
    return (await session.execute(_CLOCKS_ENDED, _days(question))).all()


async def clocks_due(session: AsyncSession, question: Question) -> Rows:
    """Clocks that have fallen due by now: value, clock, due, met, open. Days that are over come from rollups."""
    today_began_at = question.start_of(question.today)
    return (
        await session.execute(
            _CLOCKS_DUE[question.dimension],
            {
                **_days(question),
                "end": min(question.end, question.today),
                "is_in_progress": question.is_in_progress,
                "today_began_at": today_began_at,
                "now": question.now,
                "days": [str(at.astimezone(UTC).date()) for at in (today_began_at, question.now)],
            },
        )
    ).all()


async def quantiles(session: AsyncSession, question: Question, step: str, wanted: Sequence[float]) -> Rows:
    """Seconds from submission to a step, of what was submitted in the span: value, unit, n, quantiles (exact)."""
    return (
        await session.execute(_QUANTILES[question.dimension, step], {**_instants(question), "quantiles": list(wanted)})
    ).all()


async def ranked(session: AsyncSession, question: Question, step: str, places: Sequence[tuple[str, int]]) -> Rows:
    """The times at some ranks, from 1, among those of a value: value, unit, rank, seconds."""
    places_of = {"of_values": [value for value, _ in places], "ranks": [rank for _, rank in places]}
    return (await session.execute(_RANKED[question.dimension, step], {**_instants(question), **places_of})).all()


def _days(question: Question) -> dict[str, Any]:
    return {"dimension": question.dimension, "first": question.first, "end": question.end}


def _instants(question: Question) -> dict[str, Any]:
    return {"start": question.start_of(question.first), "stop": question.start_of(question.end)}
