"""What changes facts: slices of the two logs. Rollups follow by the difference, in the same transaction."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, TextClause, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.stream.events import Received
from services.analytics.facts import queries
from services.analytics.facts.contributions import contributions
from services.analytics.facts.folding import (
    CASE_COLUMNS,
    FEEDBACK_COLUMNS,
    Fact,
    apply_case_event,
    apply_feedback_event,
)
from services.analytics.facts.models import FactRow
from services.analytics.rollups import service as rollups
from services.analytics.rollups.counters import Difference


async def on_feedback_events(time_zone: ZoneInfo, session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Fold a slice of intake's log into the facts that it touches, and what this changes into the rollups."""
    pairs = [(one.subject, one) for one in events]
    await _fold(session, pairs, apply_feedback_event, _WRITE_FEEDBACK_COLUMNS, FEEDBACK_COLUMNS, time_zone)


async def on_case_events(time_zone: ZoneInfo, session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """The same for routing's log: the subject is the case, the fact is its feedback's."""
    pairs = [(one.event.feedback_id, one) for one in events]
    await _fold(session, pairs, apply_case_event, _WRITE_CASE_COLUMNS, CASE_COLUMNS, time_zone)


async def _fold(
    session: AsyncSession,
    events: Sequence[tuple[UUID, Received[Any]]],
    apply: Callable[[Fact, Received[Any]], Fact],
    write: TextClause,
    columns: Sequence[str],
    time_zone: ZoneInfo,
) -> None:
    await rollups.see_that_days_agree(session, time_zone)
    before = await queries.locked(session, {feedback_id for feedback_id, _ in events})
    after = dict(before)
    for feedback_id, event in events:
        after[feedback_id] = apply(after[feedback_id], event)
    changed = [fact for feedback_id, fact in after.items() if fact is not before[feedback_id]]
    if not changed:
        return
    difference = Difference()
    for fact in changed:
        difference.change(contributions(before[fact.feedback_id], time_zone), contributions(fact, time_zone))
    await session.execute(
        write, {name: [getattr(fact, name) for fact in changed] for name in ("feedback_id", *columns)}
    )
    await rollups.add(session, difference)


def _write(columns: Sequence[str]) -> TextClause:
    """Facts as they are after a slice; only the columns that its log owns."""
    names = ("feedback_id", *columns)
    values = (f"fact.{name} || now.{name}" if name in queries.MERGED else f"now.{name}" for name in columns)
    return text(
        f"""
        UPDATE fact SET ({", ".join(columns)}) = ({", ".join(values)})
          FROM unnest({", ".join(f":{name}" for name in names)}) AS now ({", ".join(names)})
         WHERE fact.feedback_id = now.feedback_id
        """  # noqa: S608 - the columns are ours
    ).bindparams(*(bindparam(name, type_=ARRAY(FactRow.__table__.c[name].type, dimensions=1)) for name in names))


_WRITE_FEEDBACK_COLUMNS = _write(FEEDBACK_COLUMNS)
_WRITE_CASE_COLUMNS = _write(CASE_COLUMNS)
