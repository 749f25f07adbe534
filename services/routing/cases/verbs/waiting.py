"""Waiting: for the person or for somebody else, until a moment; and what that does to the clocks."""

from datetime import datetime, timedelta

from libs.contracts.cases import CaseAsked, CaseExtended, CaseResumed, CaseSuspended, CaseUnasked, ClockCorrected
from libs.contracts.codes import ASKED, PROMISES, SETTLED, WITHDRAWN, ResumedBy, WaitingFor
from services.routing.calendars.business_time import due_after_business_days
from services.routing.cases import clocks as clock_rules
from services.routing.cases.errors import (
    ClockAlreadyDue,
    ClockNotRunning,
    ExtensionNeedsSupervisor,
    ExtensionNotLater,
    TooFarAhead,
    UntilNotAfter,
)
from services.routing.cases.models import Clock, Suspension
from services.routing.cases.verbs.line import Line
from services.routing.cases.verbs.schemas import Ask, Extend, Resume, Suspend
from services.routing.cases.work import Work, end_task, have_it_brought, raise_task, tell

BRING_QUESTION = "bring_question"
BRING_EXTENSION = "bring_extension"
BRING_APOLOGY = "bring_apology"
LONGEST_WAIT = timedelta(days=366)


def ask(work: Work, body: Ask) -> Line:
    """The person is asked: the case waits for them. By telephone or letter a human must ask."""
    _see_that_it_ends_later(work, body.until)
    _wait(work, "person", ASKED, body.until)
    tell(work, CaseAsked, work.effective_at, effective_at=work.effective_at, until=body.until, text=body.told())
    _tell_suspended(work, "person", ASKED, body.until)
    end_task(work, BRING_QUESTION)
    have_it_brought(work, BRING_QUESTION, work.effective_at)
    return Line({"until": body.until.isoformat()}, text=body.told())


def suspend(work: Work, body: Suspend) -> Line:
    """The case waits, with a reason and an end."""
    _see_that_it_ends_later(work, body.until)
    _wait(work, body.waiting_for, body.reason, body.until)
    _tell_suspended(work, body.waiting_for, body.reason, body.until)
    return Line({"for": body.waiting_for, "reason": body.reason, "until": body.until.isoformat()})


def resume(work: Work, body: Resume) -> Line:  # noqa: ARG001 - it says no more than any verb
    """It waits no longer."""
    wake(work, work.effective_at, "staff")
    return Line({})


def wake(work: Work, at: datetime, by: ResumedBy) -> None:
    """The suspension ends: due moments move by the time suspended, and the case is again what it was before."""
    span = work.open_suspension
    if span is None:
        return
    if span.reason == ASKED:
        end_task(work, BRING_QUESTION)
    for clock in work.clocks:
        clock_rules.move(clock, work.calendar_of(clock), span.from_at, at)
    work.case.last_effective_at = at
    _go_on(work, span, at, by)
    span.ended_at = at


def run_on_after_withdrawal(work: Work) -> None:
    """What lapsed is promised again, moved as by a wait by the time in which no answer was wanted."""
    lapsed = [(clock, clock.cancelled_at) for clock in work.clocks if clock.cancelled_at and clock.ended_at is None]
    for clock, since in lapsed:
        clock.cancelled_at = None
        clock_rules.move(clock, work.calendar_of(clock), since, work.effective_at)
    if lapsed:
        span = _span(work, "person", WITHDRAWN, min(since for _, since in lapsed), work.effective_at)
        span.ended_at, span.resumed_by = work.effective_at, "staff"


def is_brought(work: Work, span: Suspension) -> bool:
    """What the case waits for was said to the person, as far as is known: of a question that a human must bring, once
    somebody says so.
    """
    return span.reason != ASKED or all(one.task != BRING_QUESTION for one in work.tasks)


def unask(work: Work, asked_at: datetime, at: datetime) -> None:
    """The question of that moment reached nobody. Of two of one moment it is the later: that one may still wait."""
    asked = [one for one in work.suspensions if one.reason == ASKED and one.from_at == asked_at]
    if asked:
        take_back_question(work, asked[-1], at)


def take_back_question(work: Work, span: Suspension, at: datetime) -> None:
    """The wait for an answer is as if it had never begun, unless the person ended it, or it has no length already.
    While nothing was decided without an answer, staff bring the question.
    """
    if span.resumed_by == "person" or span.ended_at == span.from_at:
        return
    if span.ended_at is None:
        _go_on(work, span, at, "timer")
    else:
        since, until = span.from_at, span.ended_at
        moved = [one for one in work.clocks if clock_rules.move_back(one, work.calendar_of(one), since, until)]
        for clock in moved:
            correct(work, clock, "undeliverable", breach_untrue=False)
        if moved and work.case.reopened_count and work.case.state not in SETTLED:
            tell_where_it_stands(work, at, "timer")  # which of the promises is told, is told with all of them
    span.ended_at = span.from_at
    tell(work, CaseUnasked, at, asked_at=span.from_at)
    if span.resumed_by == "timer" and work.case.state not in SETTLED:
        raise_task(work, BRING_QUESTION, at)


def _go_on(work: Work, span: Suspension, at: datetime, by: ResumedBy) -> None:
    """The case is again what it was before the wait."""
    case = work.case
    span.resumed_by = by
    case.state, case.waiting_for, case.waiting_until = span.resumes_to, None, None
    tell_where_it_stands(work, at, by)


def tell_where_it_stands(work: Work, at: datetime, by: ResumedBy) -> None:
    """The case is in the team's hands again, with its clocks as they are."""
    tell(
        work,
        CaseResumed,
        at,
        effective_at=at,
        assigned_by=work.case.assigned_by or "staff",
        member=work.case.member,
        resumed_by=by,
        clocks=clock_rules.states(work.clocks),
    )


def extend(work: Work, body: Extend) -> Line:
    """Move one promise, before it is due: a second time, a supervisor must. A human tells who is told by telephone."""
    clock = next(iter(clock_rules.running(work.clocks, [body.clock])), None)
    if clock is None or clock.due_at is None:
        raise ClockNotRunning
    before = clock.due_at
    if work.effective_at >= before:
        raise ClockAlreadyDue
    if clock.extended and not work.by_supervisor:
        raise ExtensionNeedsSupervisor
    after = _extended(work, clock, before, body)
    if after <= before:
        raise ExtensionNotLater
    if after > work.effective_at + LONGEST_WAIT:
        raise TooFarAhead
    clock.due_at, clock.extended = after, True
    untell_breach(work, clock)
    tell(
        work,
        CaseExtended,
        work.effective_at,
        effective_at=work.effective_at,
        assigned_by=work.case.assigned_by or "staff",
        member=work.case.member,
        clock=body.clock,
        due_before=before,
        due_at=after,
        text=body.told(),
        clocks=clock_rules.states(work.clocks),
    )
    have_it_brought(work, BRING_EXTENSION, work.effective_at)
    details = {"clock": body.clock, "due_before": before.isoformat(), "due_at": after.isoformat()}
    return Line(details, text=body.told())


def _extended(work: Work, clock: Clock, before: datetime, body: Extend) -> datetime:
    if body.due_at is not None:
        return body.due_at
    # A promise in calendar days is due at the midnight that ends a day: it is that day that counts.
    due_on = before - clock_rules.MOMENT
    return due_after_business_days(work.calendar_of(clock), due_on, body.business_days or 0)


def _see_that_it_ends_later(work: Work, until: datetime) -> None:
    if until <= work.effective_at:
        raise UntilNotAfter
    if until > work.effective_at + LONGEST_WAIT:
        raise TooFarAhead


def _wait(work: Work, waiting_for: WaitingFor, reason: str, until: datetime) -> None:
    _span(work, waiting_for, reason, work.effective_at, until)
    work.case.state, work.case.waiting_for, work.case.waiting_until = "waiting", waiting_for, until


def _span(work: Work, waiting_for: WaitingFor, reason: str, from_at: datetime, until: datetime) -> Suspension:
    """The next of the ledger."""
    span = Suspension(
        case_id=work.case.id,
        place=len(work.suspensions) + 1,
        waiting_for=waiting_for,
        reason=reason,
        from_at=from_at,
        until_at=until,
        resumes_to=work.case.state,
    )
    work.suspensions.append(span)
    work.new.append(span)
    return span


def _tell_suspended(work: Work, waiting_for: WaitingFor, reason: str, until: datetime) -> None:
    tell(
        work,
        CaseSuspended,
        work.effective_at,
        effective_at=work.effective_at,
        assigned_by=work.case.assigned_by or "staff",
        member=work.case.member,
        waiting_for=waiting_for,
        reason=reason,
        until=until,
        clocks=clock_rules.states(work.clocks),
    )
    for clock in work.clocks:
        if clock.running and clock.due_at and clock.due_at > work.effective_at:
            untell_breach(work, clock)


def untell_breach(work: Work, clock: Clock) -> None:
    """Known late: what was told to be breached had been moved, or had lapsed, before. It can still be breached."""
    if clock.breach_told_at is not None:
        clock.breach_told_at = None
        correct(work, clock, "late_entry", breach_untrue=True)
        if clock.clock in PROMISES:
            end_task(work, BRING_APOLOGY)


def correct(work: Work, clock: Clock, because: str, *, breach_untrue: bool) -> None:
    """What was told of this clock is not so: tell it as it now stands."""
    fields = ("clock", "standard", "standard_version", "started_at", "due_at")
    end = ("ended_at", "elapsed_seconds", "business_seconds", "met", "cancelled_at", "suspended_seconds", "late_entry")
    tell(
        work,
        ClockCorrected,
        work.effective_at,
        **{name: getattr(clock, name) for name in (*fields, *end)},
        because=because,
        breach_untrue=breach_untrue,
    )
