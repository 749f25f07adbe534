"""What a fact is, and how each event changes it: pure functions, safe to apply twice.

Every field belongs to one of the two logs, and only that log's events change it. So the logs may overtake each other
in any way: what comes out is the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from libs.common.stream.events import Received
from libs.contracts.cases import (
    CaseAcknowledged,
    CaseAssigned,
    CaseEvent,
    CaseOpened,
    CaseReplied,
    ClockEnd,
    ClockState,
)
from libs.contracts.feedback import FeedbackEvaluated, FeedbackSubmitted, FeedbackVerbatimRedacted, Rating

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock as it stands, or as it ended. Without `due_at` it has not started."""

    standard: str
    standard_version: int
    starts: str | None = None
    started_at: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    elapsed_seconds: int | None = None
    business_seconds: int | None = None
    met: bool | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one feedback and its case, but for words and persons.

    `feedback_details`, `case_details` and `case_events` hold what no formula needs yet. They are not read back: what
    an event adds to them is merged into what lies in the database, key by key.
    """

    feedback_id: UUID

    feedback_version: int = 0
    submitted_at: datetime | None = None
    historical: bool | None = None
    channel: str | None = None
    kind: str | None = None
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    language: str | None = None
    respondent: str | None = None
    ratings: tuple[Json, ...] = ()
    evaluations: tuple[Json, ...] = ()
    feedback_details: Json = field(default_factory=dict)

    case_version: int = 0
    team: str | None = None
    state: str | None = None
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    due_on: tuple[str, ...] = ()
    """The days, in UTC, on which its clocks fall due: by them an index finds those of a day."""
    acknowledged_at: datetime | None = None
    acknowledge_elapsed_seconds: int | None = None
    acknowledge_business_seconds: int | None = None
    replied_at: datetime | None = None
    reply_elapsed_seconds: int | None = None
    reply_business_seconds: int | None = None
    answers: int = 0
    case_details: Json = field(default_factory=dict)
    case_events: Json = field(default_factory=dict)
    """What is peculiar to each event of the case, by its version."""


_FIELDS = [one.name for one in fields(Fact)]
FEEDBACK_COLUMNS = tuple(_FIELDS[1 : _FIELDS.index("case_version")])
"""What intake's log writes."""
CASE_COLUMNS = tuple(_FIELDS[_FIELDS.index("case_version") :])
"""What routing's log writes."""

_SUBMITTED = (
    "submitted_at",
    "historical",
    "channel",
    "kind",
    "service",
    "service_point",
    "topic",
    "language",
    "respondent",
)
_DETAILS_OF_SUBMISSION = set(FeedbackSubmitted.model_fields) - {*_SUBMITTED, "ratings"} | {"language"}
_DETAILS_OF_CASE = set(CaseEvent.model_fields) - {"feedback_id", "state", "team"}
_NOT_PECULIAR = {*CaseEvent.model_fields, "clocks", "ended", "text"}


def apply_feedback_event(fact: Fact, received: Received[Any]) -> Fact:
    """The fact after an event of intake; the same fact if it has seen that event."""
    if received.version <= fact.feedback_version:
        return fact
    changed: dict[str, Any] = {}
    match received.event:
        case FeedbackSubmitted() as event:
            changed = {name: getattr(event, name) for name in _SUBMITTED}
            changed["ratings"] = _json(event.ratings)
            details = event.model_dump(mode="json", include=_DETAILS_OF_SUBMISSION, exclude_none=True)
            changed["feedback_details"] = {**fact.feedback_details, **details}
        case FeedbackVerbatimRedacted() as event:
            changed["language"] = event.language
            details = {"verbatim": event.model_dump(mode="json", exclude={"text"})}
            changed["feedback_details"] = {**fact.feedback_details, **details}
        case FeedbackEvaluated() as event:
            said = {"answer": event.answer, "solved": event.solved, "ratings": _json(event.ratings)}
            changed["evaluations"] = (*fact.evaluations, said | {"evaluated_at": received.time.isoformat()})
    return replace(fact, feedback_version=received.version, **changed)


def apply_case_event(fact: Fact, received: Received[Any]) -> Fact:
    """The fact after an event of routing; the same fact if it has seen that event."""
    if received.version <= fact.case_version:
        return fact
    event: CaseEvent = received.event
    changed: dict[str, Any] = {}
    match event:
        case CaseOpened() | CaseAssigned():
            changed = _with_clocks(_standing(fact.clocks, event.clocks))
        case CaseAcknowledged():
            changed = _with_clocks(_ended(fact.clocks, event.ended)) | _acknowledged(fact, event)
        case CaseReplied(interim=True):
            changed = _with_clocks(_ended(fact.clocks, event.ended))
        case CaseReplied():
            changed = (
                _with_clocks(_ended(fact.clocks, event.ended)) | _acknowledged(fact, event) | _replied(fact, event)
            )
    return replace(
        fact,
        case_version=received.version,
        team=event.team,
        state=event.state,
        case_details=event.model_dump(mode="json", include=_DETAILS_OF_CASE),
        case_events={**fact.case_events, str(received.version): _peculiar(received)},
        **changed,
    )


def _standing(clocks: Mapping[str, Clock], states: Iterable[ClockState]) -> dict[str, Clock]:
    """A clock that has ended keeps what its end said. None ever leaves, since it belongs to the feedback."""
    standing = dict(clocks)
    for one in states:
        if one.clock not in clocks or clocks[one.clock].ended_at is None:
            standing[one.clock] = Clock(
                one.standard, one.standard_version, one.starts, started_at=one.started_at, due_at=one.due_at
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
        )
    return ended


def _with_clocks(clocks: Mapping[str, Clock]) -> dict[str, Any]:
    due_on = {one.due_at.astimezone(UTC).date().isoformat() for one in clocks.values() if one.due_at}
    return {"clocks": clocks, "due_on": tuple(sorted(due_on))}


def _acknowledged(fact: Fact, event: CaseAcknowledged | CaseReplied) -> dict[str, Any]:
    """By the first human who said so, or by the first final reply where nobody had."""
    if fact.acknowledged_at is not None or event.automatic:
        return {}
    return {
        "acknowledged_at": event.effective_at,
        "acknowledge_elapsed_seconds": event.elapsed_seconds,
        "acknowledge_business_seconds": event.business_seconds,
    }


def _replied(fact: Fact, event: CaseReplied) -> dict[str, Any]:
    answers = {"answers": max(fact.answers, event.answer or fact.answers + 1)}
    if fact.replied_at is not None:
        return answers
    return answers | {
        "replied_at": event.effective_at,
        "reply_elapsed_seconds": event.elapsed_seconds,
        "reply_business_seconds": event.business_seconds,
    }


def _peculiar(received: Received[Any]) -> dict[str, Any]:
    event: CaseEvent = received.event
    fields = event.model_dump(mode="json", exclude=_NOT_PECULIAR, exclude_none=True)
    return {"type": event.type, "time": received.time.isoformat(), **fields}


def _json(ratings: Iterable[Rating]) -> tuple[Json, ...]:
    return tuple({"measure": one.measure, "value": one.value, "answered_by": one.answered_by} for one in ratings)
