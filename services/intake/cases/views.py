"""The case as the person is told of it: folded from routing's events, one after the other."""

from datetime import datetime
from typing import Any, Final

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
    ClockCorrected,
    ClockState,
)
from libs.contracts.codes import PROMISES

View = dict[str, Any]

_BEFORE: Final[View] = {
    "reply_due_at": None,
    "answers": 0,
    "step": None,
    "waiting_for": None,
    "waiting_until": None,
    "reopened_count": 0,
    "because": None,
    "outcome": None,
    "reopen_until": None,
}

_STEPS: Final[dict[type[CaseEvent], str]] = {
    CaseOpened: "opened",
    CaseAssigned: "assigned",
    CaseTransferred: "transferred",
    CaseAcknowledged: "acknowledged",
    CaseAsked: "asked",
    CaseSuspended: "suspended",
    CaseResumed: "resumed",
    CaseExtended: "extended",
    CaseReplied: "replied",
    CaseClosed: "closed",
    CaseReopened: "reopened",
}

_WITH_CLOCKS = CaseOpened | CasePromised | CaseAssigned | CaseTransferred | CaseSuspended | CaseResumed | CaseExtended


def apply(view: View | None, received: Received[CaseEvent]) -> View:
    """The view after the event; the same view where it knows the event already."""
    event = received.event
    if view is not None and received.version <= view["version"]:
        return view
    known = {**_BEFORE, **(view or {})}
    changed = known | {
        "feedback_id": event.feedback_id,
        "version": received.version,
        "state": event.state,
        "team": event.team,
        "team_name": event.team_name.model_dump(),
        "hidden_from": list(event.hidden_from),
        "priority": event.priority,
        "step": _STEPS.get(type(event), known["step"]),
    }
    if event.state != "waiting":
        changed |= {"waiting_for": None, "waiting_until": None}
    if event.state != "closed":
        changed |= {"because": None, "reopen_until": None}
    return changed | _what_it_says(event, known)


def _what_it_says(event: CaseEvent, known: View) -> View:
    if isinstance(event, CaseReopened):
        return {"reopened_count": event.reopened_count, "reply_due_at": _due_again(event.clocks)}
    says: View = {}
    if isinstance(event, _WITH_CLOCKS):
        says["reply_due_at"] = _due_again(event.clocks) if known["reopened_count"] else _due_at(event.clocks, "reply")
    if isinstance(event, CaseSuspended):
        says |= {"waiting_for": event.waiting_for, "waiting_until": event.until}
    elif isinstance(event, CaseReplied) and event.answer is not None:
        says |= {"answers": event.answer, "outcome": event.outcome}
    elif isinstance(event, CaseClosed):
        says |= {"because": event.because, "outcome": event.outcome, "reopen_until": event.reopen_until}
    elif isinstance(event, ClockCorrected) and _promises_again(event, known):
        says["reply_due_at"] = event.due_at
    return says


def _promises_again(event: ClockCorrected, known: View) -> bool:
    """The answer did not arrive, and is owed again: of the first stage before the second."""
    is_owed = event.clock in PROMISES and event.ended_at is None and event.cancelled_at is None
    return is_owed and (event.clock == "reply" or known["reply_due_at"] is None)


def _due_at(clocks: tuple[ClockState, ...], name: str) -> datetime | None:
    return next((clock.due_at for clock in clocks if clock.clock == name and clock.cancelled_at is None), None)


def _due_again(clocks: tuple[ClockState, ...]) -> datetime | None:
    """Of a case that was opened again: what no answer has kept yet, of the first stage before the second."""
    owed = tuple(clock for clock in clocks if clock.running)
    return _due_at(owed, "reply") or _due_at(owed, "stage2_reply")
