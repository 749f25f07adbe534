"""What staff do with a case: load and lock, decide, change, record."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from libs.common.auth.principal import Principal
from libs.common.clock import SKEW
from libs.common.languages import Bilingual
from libs.common.stream.events import Recorded, record
from libs.contracts.cases import CaseAcknowledged, CaseAssigned, CaseClosed, CaseEvent, CaseReplied
from libs.contracts.codes import CaseState
from services.routing.calendars.business_time import BusinessCalendar, business_seconds, due_after_business_days
from services.routing.cases import clocks as clock_rules
from services.routing.cases.access import workable_by
from services.routing.cases.errors import (
    CaseErased,
    CaseNotFound,
    EffectiveBeforePrevious,
    EffectiveInTheFuture,
    LateEntryNeedsReason,
    LateEntryNeedsSupervisor,
    UnknownTeam,
    VerbNotPossible,
)
from services.routing.cases.models import Case, Clock, TimelineEntry
from services.routing.cases.schemas import Acknowledge, Action, Assign, CaseSummary, Close, Reply, Verb
from services.routing.cases.states import VERBS
from services.routing.cases.telling import common, summary
from services.routing.organisation.queries import calendar_in_force
from services.routing.teams import queries as teams


@dataclass
class Work:
    """A case under its lock, with all that a verb needs to decide."""

    case: Case
    clocks: list[Clock]
    calendar: BusinessCalendar
    team_name: Bilingual
    by: Principal
    now: datetime
    effective_at: datetime


async def assign(session: AsyncSession, case_id: UUID, body: Assign, by: Principal, now: datetime) -> CaseSummary:
    """Give the case to a team, or a member. The first assignment starts the clocks that wait for it."""
    work = await _begin(session, case_id, "assign", body, by, now)
    name = await teams.active_name(session, body.team)
    if name is None:
        raise UnknownTeam
    work.case.team, work.case.member, work.team_name = body.team, body.member, name
    if work.case.state == "new":
        work.case.state = "assigned"
    clock_rules.start_at_assignment(work.clocks, work.calendar, work.effective_at)
    event = CaseAssigned.model_validate(
        {
            **_answered(work),
            "assigned_by": "staff",
            "member": body.member,
            "clocks": clock_rules.states(work.clocks),
        }
    )
    return await _finish(session, work, "assign", body, event, {"team": body.team, "member": body.member})


async def acknowledge(
    session: AsyncSession, case_id: UUID, body: Acknowledge, by: Principal, now: datetime
) -> CaseSummary:
    """A human told the person that it is in hand: the clock `acknowledge` ends."""
    work = await _begin(session, case_id, "acknowledge", body, by, now)
    work.case.state = "acknowledged"
    ended = clock_rules.end(work.clocks, ["acknowledge"], work.calendar, work.effective_at)
    event = CaseAcknowledged.model_validate({**_answered(work), "ended": clock_rules.ends(ended)})
    return await _finish(session, work, "acknowledge", body, event, {})


async def reply(session: AsyncSession, case_id: UUID, body: Reply, by: Principal, now: datetime) -> CaseSummary:
    """Answer the person. A final reply ends the clocks `reply` and `acknowledge`; an interim one ends nothing."""
    work = await _begin(session, case_id, "reply", body, by, now)
    ended: list[Clock] = []
    if not body.interim:
        work.case.state, work.case.outcome = "answered", body.outcome
        work.case.answers += 1
        ended = clock_rules.end(work.clocks, ["acknowledge", "reply"], work.calendar, work.effective_at)
    event = CaseReplied.model_validate(
        {
            **_answered(work),
            "interim": body.interim,
            "answer": None if body.interim else work.case.answers,
            "outcome": body.outcome,
            "text": body.told(),
            "ended": clock_rules.ends(ended),
        }
    )
    details = {"interim": body.interim, "outcome": body.outcome}
    return await _finish(session, work, "reply", body, event, details, text=body.told())


async def close(session: AsyncSession, case_id: UUID, body: Close, by: Principal, now: datetime) -> CaseSummary:
    """Nothing more is expected from either side."""
    work = await _begin(session, case_id, "close", body, by, now)
    work.case.state = "closed"
    event = CaseClosed.model_validate(
        {**common(work.case, work.team_name), "effective_at": work.effective_at, "outcome": work.case.outcome}
    )
    return await _finish(session, work, "close", body, event, {})


def _answered(work: Work) -> dict[str, Any]:
    """What acknowledgements and replies say: the time since the person spoke."""
    submitted_at = work.case.submitted_at
    return {
        **common(work.case, work.team_name),
        "effective_at": work.effective_at,
        "elapsed_seconds": clock_rules.elapsed_seconds(submitted_at, work.effective_at),
        "business_seconds": business_seconds(work.calendar, submitted_at, work.effective_at),
    }


async def _begin(session: AsyncSession, case_id: UUID, verb: Verb, body: Action, by: Principal, now: datetime) -> Work:
    """Lock the case and see that the verb is possible, for this principal, at that moment."""
    case = await session.scalar(select(Case).where(Case.id == case_id, workable_by(by)).with_for_update())
    if case is None:
        raise CaseNotFound
    if case.erased_at is not None:
        raise CaseErased
    possible = VERBS[cast(CaseState, case.state)]
    if verb not in possible:
        raise VerbNotPossible(case.state, possible)
    calendar = await calendar_in_force(session)
    clocks = await session.scalars(select(Clock).where(Clock.case_id == case_id).order_by(Clock.clock))
    names = await teams.names(session, [case.team])
    return Work(
        case=case,
        clocks=list(clocks),
        calendar=calendar,
        team_name=names[case.team],
        by=by,
        now=now,
        effective_at=_effective_at(case, body, calendar, by, now),
    )


def _effective_at(case: Case, body: Action, calendar: BusinessCalendar, by: Principal, now: datetime) -> datetime:
    """When it was really done; refused before the previous event, after now, or long ago without a reason."""
    at = body.effective_at or now
    if at > now + SKEW:
        raise EffectiveInTheFuture
    at = min(at, now).astimezone(UTC)
    if at < case.last_effective_at:
        raise EffectiveBeforePrevious
    if not case.historical and now > due_after_business_days(calendar, at, 1):
        if body.late_entry_reason is None:
            raise LateEntryNeedsReason
        if not by.has("supervisor"):
            raise LateEntryNeedsSupervisor
    return at


async def _finish(
    session: AsyncSession,
    work: Work,
    verb: Verb,
    body: Action,
    event: CaseEvent,
    details: dict[str, Any],
    *,
    text: str | None = None,
) -> CaseSummary:
    """Write the line of the timeline and the event, under the case's next version."""
    work.case.version += 1
    work.case.last_effective_at = work.effective_at
    session.add(
        TimelineEntry(
            case_id=work.case.id,
            place=work.case.version,
            verb=verb,
            by=work.by.actor,
            effective_at=work.effective_at,
            recorded_at=work.now,
            details=details,
            note=body.note,
            late_entry_reason=body.late_entry_reason,
            text=text,
        )
    )
    await record(session, Recorded(event, work.case.id, work.case.version, work.effective_at))
    return summary(CaseSummary, work.case, work.team_name, work.clocks)
