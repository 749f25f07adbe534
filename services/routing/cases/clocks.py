"""Clocks: when they start, when they are due, what moves them, how they end. Pure functions over a clock's row."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from libs.contracts.cases import ClockEnd, ClockState
from services.routing.calendars.business_time import BusinessCalendar, business_seconds, moved_by_open_seconds
from services.routing.cases.models import Clock
from services.routing.standards.schemas import Within

MOMENT = timedelta(microseconds=1)


def start(clock: Clock, calendar: BusinessCalendar, started_at: datetime) -> None:
    """The promise is made: a calendar that is published later does not change it."""
    clock.started_at = started_at
    clock.due_at = Within.model_validate(clock.within).due_at(calendar, started_at)


def start_anew(clock: Clock, calendar: BusinessCalendar, started_at: datetime) -> None:
    """The same is promised once more: of what became of it before nothing stays with the clock."""
    take_back_end(clock)
    clock.suspended_seconds, clock.extended = 0, False
    clock.approaching_told_at = clock.breach_told_at = None
    start(clock, calendar, started_at)


def waits_for_assignment(starts: str, started_at: datetime | None, cancelled_at: datetime | None = None) -> bool:
    """The first assignment starts such a clock; a later one changes nothing."""
    return starts == "assignment" and started_at is None and cancelled_at is None


def start_at_assignment(clocks: Iterable[Clock], calendar: BusinessCalendar, effective_at: datetime) -> None:
    """Start those that wait for it."""
    for clock in clocks:
        if waits_for_assignment(clock.starts, clock.started_at, clock.cancelled_at):
            start(clock, calendar, effective_at)


def move(clock: Clock, calendar: BusinessCalendar, since: datetime, until: datetime) -> None:
    """Move the due moment by the time suspended since it started, in the clock's own time. What was due before then
    stays due then.
    """
    if not clock.running or clock.due_at is None or clock.started_at is None or clock.due_at <= since:
        return
    since = max(since, clock.started_at)
    seconds = own_seconds(clock.within, calendar, since, until)
    clock.due_at = own_time_after(clock.within, calendar, clock.due_at, seconds)
    clock.suspended_seconds += seconds


def move_back(clock: Clock, calendar: BusinessCalendar, since: datetime, until: datetime) -> bool:
    """As if that time had not been suspended; whether this changes anything. What has ended may be missed by this."""
    if clock.due_at is None or clock.started_at is None or clock.cancelled_at is not None or clock.due_at <= until:
        return False
    if clock.ended_at is not None and clock.ended_at <= since:
        return False
    seconds = own_seconds(clock.within, calendar, max(since, clock.started_at), until)
    clock.due_at = own_time_after(clock.within, calendar, clock.due_at, -seconds)
    clock.suspended_seconds -= seconds
    if clock.ended_at is not None:
        clock.met = clock.ended_at <= clock.due_at
    return seconds > 0


def end(clock: Clock, calendar: BusinessCalendar, ended_at: datetime, *, by: int | None, late: bool) -> None:
    """Met is `ended_at ≤ due_at`, both as they really were. The clock runs, or this is a correction."""
    assert clock.started_at is not None  # noqa: S101 - it has started
    assert clock.due_at is not None  # noqa: S101 - as it has started
    clock.ended_at, clock.ended_by, clock.late_entry = ended_at, by, late
    clock.elapsed_seconds = elapsed_seconds(clock.started_at, ended_at)
    clock.business_seconds = business_seconds(calendar, clock.started_at, ended_at)
    clock.met = ended_at <= clock.due_at


def take_back_end(clock: Clock) -> None:
    """The clock runs on as if it had never stopped."""
    clock.ended_at = clock.ended_by = clock.elapsed_seconds = clock.business_seconds = clock.met = None
    clock.late_entry = False


def approaches_at(
    within: Mapping[str, Any],
    calendar: BusinessCalendar,
    started_at: datetime,
    due_at: datetime,
    suspended_seconds: int,
    share: float,
) -> datetime:
    """When that share of the promised time is over, in the clock's own time; moved with the due moment."""
    promised = own_seconds(within, calendar, started_at, due_at) - suspended_seconds
    left = max(1, round(promised * (1 - share)))
    return max(started_at, own_time_after(within, calendar, due_at, -left))


def own_seconds(within: Mapping[str, Any], calendar: BusinessCalendar, since: datetime, until: datetime) -> int:
    """Open time for a promise in business days, elapsed time for one in calendar days."""
    if within.get("business_days") is not None:
        return business_seconds(calendar, since, until)
    return elapsed_seconds(since, until)


def own_time_after(within: Mapping[str, Any], calendar: BusinessCalendar, at: datetime, seconds: int) -> datetime:
    """So much of the clock's own time later; earlier where negative."""
    if within.get("business_days") is not None:
        return moved_by_open_seconds(calendar, at, seconds)
    return at + timedelta(seconds=seconds)


def elapsed_seconds(start: datetime, end: datetime) -> int:
    """Whole seconds between two instants; 0 when the end is not after the start."""
    return max(0, int((end - start).total_seconds()))


def running(clocks: Iterable[Clock], names: Collection[str]) -> list[Clock]:
    return [clock for clock in clocks if clock.clock in names and clock.running]


def states(clocks: Iterable[Clock]) -> tuple[ClockState, ...]:
    """The clocks as they now stand, for an event."""
    return tuple(ClockState.model_validate(_columns(clock, ClockState)) for clock in clocks)


def ends(clocks: Iterable[Clock]) -> tuple[ClockEnd, ...]:
    """Clocks that have ended, for an event."""
    return tuple(ClockEnd.model_validate(_columns(clock, ClockEnd)) for clock in clocks)


def _columns(clock: Clock, model: type[ClockState] | type[ClockEnd]) -> dict[str, Any]:
    return {name: getattr(clock, name) for name in model.model_fields}
