"""What reads facts."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from services.analytics.facts.folding import Clock, Fact

MERGED = frozenset({"feedback_details", "case_details", "case_events"})
"""What is only ever added to, and never read back by a formula."""

_FIELDS = tuple(one.name for one in fields(Fact) if one.name not in MERGED)
_COLUMNS = ", ".join(_FIELDS)
_IDS = bindparam("ids", type_=ARRAY(Uuid))

_MAKE_MISSING = text(
    "INSERT INTO fact (feedback_id) SELECT id FROM unnest(:ids) AS id ORDER BY id ON CONFLICT DO NOTHING"
).bindparams(_IDS)
_LOCK = text(
    f"SELECT {_COLUMNS} FROM fact WHERE feedback_id = ANY(:ids) ORDER BY feedback_id FOR UPDATE"  # noqa: S608
).bindparams(_IDS)
_ALL = text(f"SELECT {_COLUMNS} FROM fact WHERE submitted_at IS NOT NULL")  # noqa: S608


async def locked(session: AsyncSession, feedback_ids: Iterable[UUID]) -> dict[UUID, Fact]:
    """The facts of these feedbacks, locked in the order of their ids; made where there are none yet.

    Made first and locked afterwards, so that the two logs' slices meet at the row and not at its absence.
    """
    ids = list(feedback_ids)
    await session.execute(_MAKE_MISSING, {"ids": ids})
    facts = [_fact(row) for row in await session.execute(_LOCK, {"ids": ids})]
    return {fact.feedback_id: fact for fact in facts}


async def every_fact(session: AsyncSession) -> AsyncIterator[Fact]:
    """Every fact that counts, held by the server and handed over a thousand at a time."""
    async for row in await session.stream(_ALL, execution_options={"yield_per": 1000}):
        yield _fact(row)


def _fact(row: Row[Any]) -> Fact:
    values = dict(zip(_FIELDS, row, strict=True))
    values["ratings"] = tuple(values["ratings"])
    values["evaluations"] = tuple(values["evaluations"])
    values["clocks"] = {name: _clock(clock) for name, clock in values["clocks"].items()}
    values["due_on"] = tuple(values["due_on"])
    return Fact(**values)


def _clock(clock: Mapping[str, Any]) -> Clock:
    moments = {name: _moment(clock[name]) for name in ("started_at", "due_at", "ended_at")}
    return Clock(**{**clock, **moments})


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
