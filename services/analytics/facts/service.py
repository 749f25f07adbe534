"""What changes facts: slices of the two logs. By how much figures differ is noted in the same transaction."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.bulk import Tray, lay_out
from libs.common.stream.events import Received
from libs.contracts.cases import CaseLinked
from libs.contracts.feedback import PersonErased
from services.analytics.facts import queries
from services.analytics.facts.by_intake import apply_feedback_event
from services.analytics.facts.by_routing import apply_case_event, apply_link
from services.analytics.facts.contributions import contributions
from services.analytics.facts.fact import CASE_COLUMNS, FEEDBACK_COLUMNS, Fact
from services.analytics.facts.models import FactRow
from services.analytics.privacy.service import forget, keep_contacts
from services.analytics.rollups import service as rollups
from services.analytics.rollups.difference import Difference

Facts = dict[UUID, Fact]


async def on_feedback_events(time_zone: ZoneInfo, session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """Fold a slice of intake's log into the facts that it touches, and note what this changes."""

    refs: dict[UUID, UUID] = {}

    def fold(facts: Facts) -> None:
        for one in events:
            ref = facts[one.subject].person_ref
            facts[one.subject] = apply_feedback_event(facts[one.subject], one)
            if ref is not None and isinstance(one.event, PersonErased):
                refs[one.subject] = ref

    touched = {one.subject for one in events}
    await _fold(session, touched, fold, _OF_INTAKE, time_zone)
    await keep_contacts(session, refs)
    await forget(session, [one.subject for one in events if isinstance(one.event, PersonErased)])


async def on_case_events(time_zone: ZoneInfo, session: AsyncSession, events: Sequence[Received[Any]]) -> None:
    """The same for routing's log: the subject is the case, the fact is its feedback's. A link touches two facts."""
    links = {
        (one.event.feedback_id, one.event.linked_feedback_id): one.event
        for one in events
        if isinstance(one.event, CaseLinked)
    }

    def fold(facts: Facts) -> None:
        for one in events:
            feedback_id = one.event.feedback_id
            facts[feedback_id] = apply_case_event(facts[feedback_id], one)
        for (one_id, other_id), link in links.items():
            one_fact, other = facts[one_id], facts[other_id]
            other_opened_at = link.linked_opened_at or other.opened_at  # its own shard may not have come so far
            facts[one_id] = apply_link(one_fact, other_id, other_opened_at or link.effective_at)
            facts[other_id] = apply_link(other, one_id, one_fact.opened_at or link.effective_at)

    touched = {one.event.feedback_id for one in events} | {other_id for _, other_id in links}
    await _fold(session, touched, fold, _OF_ROUTING, time_zone)


async def _fold(
    session: AsyncSession,
    touched: Iterable[UUID],
    fold: Callable[[Facts], None],
    tray: Tray,
    time_zone: ZoneInfo,
) -> None:
    projections = await rollups.to_count_in(session, time_zone)
    before = await queries.locked(session, touched)
    after = dict(before)
    fold(after)
    changed = [fact for feedback_id, fact in after.items() if fact is not before[feedback_id]]
    if not changed:
        return
    await _write(session, tray, changed)
    for projection in projections:
        difference = Difference()
        for fact in changed:
            if projection.counts(fact.feedback_id):
                then = contributions(before[fact.feedback_id], projection.time_zone)
                difference.change(then, contributions(fact, projection.time_zone))
        await rollups.note(session, projection.version, difference)


def _tray(log: str, columns: Sequence[str]) -> Tray:
    types = FactRow.__table__.columns
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return Tray(f"fact_of_{log}", {name: types[name].type.compile(dialect) for name in ("feedback_id", *columns)})


async def _write(session: AsyncSession, tray: Tray, facts: Sequence[Fact]) -> None:
    """Facts as they are after a slice; only the columns that its log owns."""
    await lay_out(session, tray, zip(*(_values(facts, name) for name in tray.columns), strict=True))
    columns = [name for name in tray.columns if name != "feedback_id"]
    values = (f"fact.{name} || now.{name}" if name in queries.MERGED else f"now.{name}" for name in columns)
    await session.execute(
        text(
            f"""
            UPDATE fact SET ({", ".join(columns)}) = ROW({", ".join(values)})
              FROM pg_temp.{tray.name} AS now WHERE fact.feedback_id = now.feedback_id
            """  # noqa: S608 - the columns are ours
        )
    )


def _values(facts: Sequence[Fact], name: str) -> list[Any]:
    """A column of the facts, as it travels."""
    values = [getattr(fact, name) for fact in facts]
    if name in queries.LISTS:
        return [orjson.dumps(value).decode() if value else "[]" for value in values]
    if name in queries.OBJECTS or name in queries.MERGED:
        return [orjson.dumps(value).decode() if value else "{}" for value in values]
    return values


_OF_INTAKE, _OF_ROUTING = _tray("intake", FEEDBACK_COLUMNS), _tray("routing", CASE_COLUMNS)
