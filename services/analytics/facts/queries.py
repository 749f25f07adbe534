"""What reads facts."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.analytics.facts.fact import Clock, Fact

MERGED = frozenset({"feedback_details", "case_details", "case_events"})
"""What is only ever added to, and never read back by a formula."""

_FIELDS = tuple(one.name for one in fields(Fact) if one.name not in MERGED)
LISTS = (
    "messages",
    "deliveries",
    "ratings",
    "evaluations",
    "turns",
    "suspensions",
    "replies",
    "asked",
    "reopenings",
    "active_on",
)
_LISTS_READ = tuple(name for name in LISTS if name in _FIELDS)
OBJECTS = ("clocks", "links")


def columns_of(names: Iterable[str]) -> str:
    """What `fact_of` wants of a row, in its order. JSON comes as it is written: most of it is empty."""
    return ", ".join(f"fact.{name}::text AS {name}" if name in (*LISTS, *OBJECTS) else f"fact.{name}" for name in names)


COLUMNS = columns_of(_FIELDS)
_NOTHING_MERGED: dict[str, Any] = {name: {} for name in MERGED}
_MOMENTS = ("started_at", "due_at", "ended_at", "cancelled_at")
_MAKE_MISSING = text(
    """
    INSERT INTO fact (feedback_id) SELECT id FROM unnest(CAST(:ids AS uuid[])) AS id ORDER BY id ON CONFLICT DO NOTHING
    """
)
_LOCK = text(
    f"SELECT {COLUMNS} FROM fact WHERE feedback_id = ANY(CAST(:ids AS uuid[])) ORDER BY feedback_id FOR UPDATE"  # noqa: S608
)
_ALL = text(f"SELECT {COLUMNS} FROM fact WHERE submitted_at IS NOT NULL")  # noqa: S608
_AFTER = text(
    f"SELECT {COLUMNS} FROM fact WHERE feedback_id > :feedback_id ORDER BY feedback_id LIMIT :most"  # noqa: S608
)


async def locked(session: AsyncSession, feedback_ids: Iterable[UUID]) -> dict[UUID, Fact]:
    """The facts of these feedbacks, locked in the order of their ids; made where there are none yet.

    Made first and locked afterwards, so that the two logs' slices meet at the row and not at its absence.
    """
    ids = list(feedback_ids)
    await session.execute(_MAKE_MISSING, {"ids": ids})
    facts = [fact_of(row) for row in await session.execute(_LOCK, {"ids": ids})]
    return {fact.feedback_id: fact for fact in facts}


async def every_fact(session: AsyncSession) -> AsyncIterator[Fact]:
    """Every fact that counts, held by the server and handed over a thousand at a time."""
    async for row in await session.stream(_ALL, execution_options={"yield_per": 1000}):
        yield fact_of(row)


async def facts_after(session: AsyncSession, feedback_id: UUID, most: int) -> list[Fact]:
    """The next facts in the order of their ids."""
    return [fact_of(row) for row in await session.execute(_AFTER, {"feedback_id": feedback_id, "most": most})]


def fact_of(row: Row[Any], names: Sequence[str] = _FIELDS) -> Fact:
    """The fact in a row whose first columns are `columns_of(names)`; of some of its fields, it has these alone."""
    values = dict(zip(names, row, strict=False))
    for name in _LISTS_READ:
        if name in values:
            values[name] = () if values[name] == "[]" else tuple(orjson.loads(values[name]))
    for name in OBJECTS:
        if name in values:
            values[name] = {} if values[name] == "{}" else orjson.loads(values[name])
    if values.get("clocks"):
        values["clocks"] = {name: _clock(clock) for name, clock in values["clocks"].items()}
    return Fact.of(values | _NOTHING_MERGED)


def _clock(clock: Mapping[str, Any]) -> Clock:
    moments = {name: datetime.fromisoformat(clock[name]) for name in _MOMENTS if clock.get(name)}
    return Clock(**{**clock, **moments})
