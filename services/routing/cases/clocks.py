"""Clocks: when they start, when they are due, how they end. Pure functions over a clock's row."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from libs.contracts.cases import ClockEnd, ClockState
from services.routing.calendars.business_time import BusinessCalendar, business_seconds
from services.routing.cases.models import Clock
from services.routing.standards.schemas import Within


def start_at_assignment(clocks: Iterable[Clock], calendar: BusinessCalendar, effective_at: datetime) -> None:
    """The first assignment starts those that wait for it; a later one changes nothing."""
    for clock in clocks:
        if clock.starts == "assignment" and clock.started_at is None:
            start(clock, calendar, effective_at)


def start(clock: Clock, calendar: BusinessCalendar, started_at: datetime) -> None:
    clock.started_at = started_at
    clock.due_at = Within.model_validate(clock.within).due_at(calendar, started_at)


def end(clocks: Iterable[Clock], names: Collection[str], calendar: BusinessCalendar, ended_at: datetime) -> list[Clock]:
    """End those of the named clocks that run; met is `ended_at ≤ due_at`, both as they really were."""
    ended = []
    for clock in clocks:
        if clock.clock in names and clock.ended_at is None and clock.started_at and clock.due_at:
            clock.ended_at = ended_at
            clock.elapsed_seconds = elapsed_seconds(clock.started_at, ended_at)
            clock.business_seconds = business_seconds(calendar, clock.started_at, ended_at)
            clock.met = ended_at <= clock.due_at
            ended.append(clock)
    return ended


def elapsed_seconds(start: datetime, end: datetime) -> int:
    """Whole seconds between two instants; 0 when the end is not after the start."""
    return max(0, int((end - start).total_seconds()))


def states(clocks: Iterable[Clock]) -> tuple[ClockState, ...]:
    """The clocks as they now stand, for an event."""
    return tuple(ClockState.model_validate(_columns(clock, ClockState)) for clock in clocks)


def ends(clocks: Iterable[Clock]) -> tuple[ClockEnd, ...]:
    """Clocks that have ended, for an event."""
    return tuple(ClockEnd.model_validate(_columns(clock, ClockEnd)) for clock in clocks)


def _columns(clock: Clock, model: type[ClockState] | type[ClockEnd]) -> dict[str, Any]:
    return {name: getattr(clock, name) for name in model.model_fields}
