"""What happens to a case by itself: a promise falls due, a wait is over, an answered case is closed.

`rings_at` says when a case must next be looked at. Any number of workers may look: each takes cases that no other has
under its lock, and what was told is written with the case, so nothing is told twice. What time has passed meanwhile
does not matter: an event's time is the moment at which it was due to happen.
"""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from fastapi import FastAPI
from prometheus_client import Counter, Gauge
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.db import Database
from libs.common.failures import is_infrastructure
from libs.common.lifecycle import every
from libs.common.telemetry import describe
from libs.contracts.cases import ClockApproaching, ClockBreached, ClockEvent
from libs.contracts.codes import PROMISES
from services.routing.cases.models import Case, Clock
from services.routing.cases.terms import Terms
from services.routing.cases.verbs.answering import end_case
from services.routing.cases.verbs.waiting import BRING_APOLOGY, is_brought, take_back_question, wake
from services.routing.cases.work import (
    Work,
    approaches_at,
    can_fall_due,
    closes_at,
    have_it_brought,
    put_down,
    raise_task,
    take_up,
    tell,
    write_line,
)

BATCH = 100
PAUSE_SECONDS = 1.0
AGAIN = timedelta(hours=1)
BY_TIMER = "timer"

LAG = Gauge("ecoute_routing_timer_lag_seconds", "How long the case that should have been looked at first has waited")
RANG = Counter("ecoute_routing_timers_total", "Cases looked at because something was due to happen")
FAILED = Counter("ecoute_routing_timer_failures_total", "Cases that could not be looked at, and will be in an hour")


async def run_timers(terms: Terms, app: FastAPI) -> None:
    """The worker's task."""

    async def work() -> bool:
        return await ring(app.state.database, app.state.clock(), terms) == BATCH

    await every(app.state.lifecycle, PAUSE_SECONDS, work)


async def ring(database: Database, now: datetime, terms: Terms, limit: int = BATCH) -> int:
    """Look at the cases whose moment has come; how many there were. One that fails does not hold up the others."""
    try:
        async with database.transaction() as session:
            ids = await _due(session, now, limit)
            await _look_at(session, ids, now, terms)
    except Exception as error:
        if is_infrastructure(error):
            raise
        ids = await _one_by_one(database, now, terms, limit)
    RANG.inc(len(ids))
    return len(ids)


async def _one_by_one(database: Database, now: datetime, terms: Terms, limit: int) -> list[UUID]:
    async with database.transaction() as session:
        ids = await _due(session, now, limit)
    for case_id in ids:
        try:
            async with database.transaction() as session:
                await _look_at(session, [case_id], now, terms)
        except Exception as error:
            if is_infrastructure(error):
                raise
            FAILED.inc()
            structlog.get_logger("timers").error("case_failed", case=str(case_id), **describe(error))
            async with database.transaction() as session:
                await session.execute(update(Case).where(Case.id == case_id).values(rings_at=now + AGAIN))
    return ids


async def _due(session: AsyncSession, now: datetime, limit: int) -> list[UUID]:
    """Under their locks, those that no other worker has."""
    rows = (
        await session.execute(
            select(Case.id, Case.rings_at)
            .where(Case.rings_at <= now)
            .order_by(Case.rings_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    LAG.set(max((now - row.rings_at).total_seconds() for row in rows) if rows else 0)
    return [row.id for row in rows]


async def _look_at(session: AsyncSession, ids: list[UUID], now: datetime, terms: Terms) -> None:
    works = await take_up(session, ids, terms, now)
    for work in works.values():
        pass_time(work)
    await put_down(session, list(works.values()))


def pass_time(work: Work) -> None:
    """Tell whatever has come due until now, in its order. Of what is historical, or erased, no promise is looked at."""
    now = work.office.now
    resume_if_over(work, now)
    if work.case.historical or work.case.erased_at is not None:
        return
    for clock in work.clocks:
        _approach(work, clock, now)
    for clock in work.clocks:
        _breach(work, clock, now)
    closing = closes_at(work)
    if closing is not None and closing <= now:
        work.effective_at = closing
        end_case(work, "time_passed")
        work.case.last_effective_at = closing
        write_line(work, "close", BY_TIMER, closing, {"because": "time_passed"})


def resume_if_over(work: Work, at: datetime) -> None:
    """A wait whose end has come is over at that end, whenever it is noticed; the team is reminded. It was none where
    nobody has brought the question.
    """
    until, span = work.case.waiting_until, work.open_suspension
    if until is None or until > at or span is None:
        return
    if is_brought(work, span):
        wake(work, until, "timer")
    else:
        take_back_question(work, span, until)
    raise_task(work, "wait_over", until)
    write_line(work, "resume", BY_TIMER, until, {})


def _approach(work: Work, clock: Clock, now: datetime) -> None:
    if clock.approaching_told_at is not None or clock.breach_told_at is not None or not can_fall_due(work, clock):
        return
    at = approaches_at(work, clock)
    if at is not None and at <= now:
        clock.approaching_told_at = now
        _tell(work, ClockApproaching, clock, at, "approaching")


def _breach(work: Work, clock: Clock, now: datetime) -> None:
    if clock.breach_told_at is not None or not can_fall_due(work, clock):
        return
    if clock.due_at is not None and clock.due_at < now:
        clock.breach_told_at = now
        _tell(work, ClockBreached, clock, clock.due_at, "breach")
        if clock.clock in PROMISES:
            have_it_brought(work, BRING_APOLOGY, clock.due_at)


def _tell(work: Work, kind: type[ClockEvent], clock: Clock, at: datetime, verb: str) -> None:
    """These are no events that a verb must follow: a late entry can still be from before."""
    fields = ("clock", "standard", "standard_version", "started_at", "due_at")
    tell(work, kind, at, **{name: getattr(clock, name) for name in fields})
    write_line(work, verb, BY_TIMER, at, {"clock": clock.clock})
