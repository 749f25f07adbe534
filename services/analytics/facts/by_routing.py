"""How each event of routing's log changes a fact: pure functions, safe to apply twice."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.common.stream.events import Received
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAsked,
    CaseAssigned,
    CaseClosed,
    CaseEvent,
    CaseExtended,
    CaseOpened,
    CasePromised,
    CaseReopened,
    CaseReplied,
    CaseResumed,
    CaseSuspended,
    CaseTransferred,
    CaseUnasked,
    ClockCorrected,
    ClockEnd,
    ClockState,
    RuleDecided,
)
from libs.contracts.codes import SETTLED
from services.analytics.facts.fact import Clock, Fact, Json

_DETAILS_OF_CASE = sorted(set(CaseEvent.model_fields) - {"feedback_id", "state", "team", "team_name"})
_NOT_PECULIAR = {*CaseEvent.model_fields, "clocks", "ended", "text"}


def apply_case_event(fact: Fact, received: Received[Any]) -> Fact:
    """The fact after an event of routing; the same fact if it has seen that event, or it tells nothing."""
    event: CaseEvent = received.event
    if received.version <= fact.case_version or (isinstance(event, RuleDecided) and _team_of(event) == fact.team):
        return fact
    at = _moment(received)
    changed = _course(fact, event, at)
    match event:
        case CaseOpened() | CasePromised() | CaseSuspended() | CaseResumed() | CaseExtended():
            changed["clocks"] = _standing(fact.clocks, event.clocks)
        case CaseAssigned():
            changed["clocks"] = _standing(fact.clocks, event.clocks)
            changed["transfers"] = fact.transfers + _goes_elsewhere(fact, event)
            changed |= _assigned(fact, event)
        case CaseTransferred():
            changed["clocks"] = _standing(fact.clocks, event.clocks)
            changed["transfers"] = fact.transfers + (event.from_team != event.team)
            changed |= _assigned(fact, event)
        case CaseAsked():
            changed["asked"] = (*fact.asked, at.isoformat())
        case CaseUnasked():
            changed |= _unasked(fact, event.asked_at)
        case CaseAcknowledged():
            changed["clocks"] = _ended(fact.clocks, event.ended)
            changed |= _acknowledged(fact, event)
        case CaseReplied(interim=True):
            changed["clocks"] = _ended(fact.clocks, event.ended)
        case CaseReplied():
            changed["clocks"] = _ended(fact.clocks, event.ended)
            changed["replies"] = (*fact.replies, _reply(fact, event))
        case CaseClosed():
            changed["clocks"] = _standing(_ended(fact.clocks, event.ended), event.clocks)
        case CaseReopened():
            changed["clocks"] = _standing(fact.clocks, event.clocks)
            changed["reopenings"] = (*fact.reopenings, at.isoformat())
        case ClockCorrected():
            changed["clocks"] = _corrected(fact.clocks, event)
    return fact.after(
        {
            **changed,
            "case_version": received.version,
            "team": _team_of(event),
            "state": event.state,
            "case_details": {name: getattr(event, name) for name in _DETAILS_OF_CASE}
            | {"team_name": event.team_name.__dict__},
            "case_events": {**fact.case_events, str(received.version): _peculiar(received)},
        }
    )


def apply_link(fact: Fact, other_id: UUID, other_opened_at: datetime) -> Fact:
    """The fact, linked with another feedback's; the same fact if it is already."""
    if str(other_id) in fact.links:
        return fact
    return fact.after({"links": {**fact.links, str(other_id): other_opened_at.isoformat()}})


def _team_of(event: CaseEvent) -> str | None:
    return None if event.team in event.hidden_from else event.team  # it owns what it must not see


def _moment(received: Received[Any]) -> datetime:
    """When it was really done."""
    event = received.event
    if isinstance(event, CaseOpened) and event.historical:
        return event.submitted_at
    done: datetime = getattr(event, "effective_at", received.time)
    return done


def _course(fact: Fact, event: CaseEvent, at: datetime) -> dict[str, Any]:
    """What the state says by itself: open or settled, waiting or not."""
    changed: dict[str, Any] = {}
    is_open, was_open = event.state not in SETTLED, len(fact.turns) % 2 == 1
    if is_open != was_open:
        turned_at = max(at, datetime.fromisoformat(fact.turns[-1])) if fact.turns else at
        turns = (*fact.turns, turned_at.isoformat())
        changed |= {"turns": turns, "settled_at": None if is_open else turned_at}
        changed["opened_at"] = datetime.fromisoformat(turns[0])
    waits = bool(fact.suspensions) and fact.suspensions[-1][1] is None
    if event.state == "waiting" and not waits:
        changed["suspensions"] = (*fact.suspensions, (at.isoformat(), None))
    if event.state != "waiting" and waits:
        changed["suspensions"] = (*fact.suspensions[:-1], (fact.suspensions[-1][0], at.isoformat()))
    return changed


def _unasked(fact: Fact, asked_at: datetime) -> dict[str, Any]:
    """The wait for the answer had no length."""
    told = asked_at.isoformat()
    return {
        "asked": tuple(one for one in fact.asked if one != told),
        "suspensions": tuple((began, told if began == told else ended) for began, ended in fact.suspensions),
    }


def _standing(clocks: Mapping[str, Clock], states: Iterable[ClockState]) -> dict[str, Clock]:
    """A clock that has ended keeps what its end said, unless it runs anew. None ever leaves the feedback."""
    standing = dict(clocks)
    for one in states:
        former = standing.get(one.clock)
        if former is not None and former.ended_at is not None:
            if one.started_at in (None, former.started_at):
                continue
            earlier = sum(name.startswith(f"{one.clock}/") for name in standing)
            standing[f"{one.clock}/{earlier + 1}"] = former
        standing[one.clock] = Clock(
            one.standard,
            one.standard_version,
            one.starts,
            started_at=one.started_at,
            due_at=one.due_at,
            suspended_seconds=one.suspended_seconds,
            extended=one.extended,
            cancelled_at=one.cancelled_at,
        )
    return standing


def _ended(clocks: Mapping[str, Clock], ends: Iterable[ClockEnd]) -> dict[str, Clock]:
    ended = dict(clocks)
    for one in ends:
        ended[one.clock] = Clock(
            one.standard,
            one.standard_version,
            clocks[one.clock].starts if one.clock in clocks else None,
            started_at=one.started_at,
            due_at=one.due_at,
            ended_at=one.ended_at,
            elapsed_seconds=one.elapsed_seconds,
            business_seconds=one.business_seconds,
            met=one.met,
            suspended_seconds=one.suspended_seconds,
            extended=one.extended,
            late_entry=one.late_entry,
        )
    return ended


def _corrected(clocks: Mapping[str, Clock], event: ClockCorrected) -> dict[str, Clock]:
    """Another end, or none: then it runs on as if it had never stopped."""
    clock = clocks.get(event.clock) or Clock(event.standard, event.standard_version)
    corrected = replace(
        clock,
        started_at=event.started_at,
        due_at=event.due_at,
        ended_at=event.ended_at,
        elapsed_seconds=event.elapsed_seconds,
        business_seconds=event.business_seconds,
        met=event.met,
        suspended_seconds=clock.suspended_seconds if event.suspended_seconds is None else event.suspended_seconds,
        late_entry=event.ended_at is not None and (clock.late_entry if event.late_entry is None else event.late_entry),
        cancelled_at=event.cancelled_at,
    )
    return {**clocks, event.clock: corrected}


def _assigned(fact: Fact, event: CaseAssigned | CaseTransferred) -> dict[str, Any]:
    """By the first assignment, of a rule or of staff; who transfers a case that nobody has assigned it too."""
    if fact.assigned_at is not None:
        return {}
    return {
        "assigned_at": event.effective_at,
        "assign_elapsed_seconds": event.elapsed_seconds,
        "assign_business_seconds": event.business_seconds,
    }


def _goes_elsewhere(fact: Fact, event: CaseAssigned) -> bool:
    """Staff give what a team had in hand to another one."""
    return event.assigned_by == "staff" and fact.state != "new" and fact.team not in (None, event.team)


def _acknowledged(fact: Fact, event: CaseAcknowledged) -> dict[str, Any]:
    """By the first human who said so."""
    if fact.acknowledged_at is not None or event.automatic:
        return {}
    return {
        "acknowledged_at": event.effective_at,
        "acknowledge_elapsed_seconds": event.elapsed_seconds,
        "acknowledge_business_seconds": event.business_seconds,
    }


def _reply(fact: Fact, event: CaseReplied) -> Json:
    return {
        "answer": event.answer or len(fact.replies) + 1,
        "at": event.effective_at.isoformat(),
        "elapsed_seconds": event.elapsed_seconds,
        "business_seconds": event.business_seconds,
        "outcome": event.outcome,
        "on_the_spot": event.on_the_spot,
    }


def _peculiar(received: Received[Any]) -> dict[str, Any]:
    event: CaseEvent = received.event
    fields = event.model_dump(mode="json", exclude=_NOT_PECULIAR, exclude_none=True)
    return {"type": event.type, "time": received.time.isoformat(), **fields}
