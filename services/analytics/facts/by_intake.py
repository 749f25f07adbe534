"""How each event of intake's log changes a fact: pure functions, safe to apply twice."""

from collections.abc import Iterable
from typing import Any

from libs.common.stream.events import Received
from libs.contracts.feedback import (
    CLASSIFICATION,
    FeedbackEvaluated,
    FeedbackMessageAdded,
    FeedbackReclassified,
    FeedbackSubmitted,
    FeedbackVerbatimRedacted,
    FeedbackWithdrawn,
    NoticeUndeliverable,
    PersonErased,
    Rating,
    ReplyDelivered,
    ReplyUndeliverable,
)
from services.analytics.facts.fact import Fact, Json

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
    "source",
    "touchpoint",
    "phase",
    "person_ref",
)
_DETAILS_OF_SUBMISSION = set(FeedbackSubmitted.model_fields) - {*_SUBMITTED, "ratings"} | {"language"}
_DECIDES_THE_PROMISE = ("kind", "service", "service_point", "topic")


def apply_feedback_event(fact: Fact, received: Received[Any]) -> Fact:
    """The fact after an event of intake; the same fact if it has seen that event."""
    if isinstance(received.event, PersonErased):  # of a parked subject it comes before its turn, and in its turn again
        return fact.after({"person_ref": None})
    if received.version <= fact.feedback_version:
        return fact
    changed: dict[str, Any] = {}
    match received.event:
        case FeedbackSubmitted() as event:
            changed = {name: getattr(event, name) for name in _SUBMITTED}
            changed["ratings"] = _json(event.ratings)
            changed["may_evaluate"] = event.submitted_by is None or not event.submitted_by.lacks_authority
            details = event.model_dump(mode="json", include=_DETAILS_OF_SUBMISSION, exclude_none=True)
            changed["feedback_details"] = {**fact.feedback_details, **details}
        case FeedbackVerbatimRedacted() as event:
            changed["language"] = event.language
            details = {"verbatim": event.model_dump(mode="json", exclude={"text"})}
            changed["feedback_details"] = {**fact.feedback_details, **details}
        case FeedbackReclassified() as event:
            changed = {name: getattr(event, name) for name in CLASSIFICATION}
            changed["reclassified"] = fact.reclassified or any(
                getattr(fact, name) not in (None, changed[name]) for name in _DECIDES_THE_PROMISE
            )
            changed["feedback_details"] = _with(fact, "reclassified", received)
        case FeedbackMessageAdded() as event:
            changed["messages"] = (*fact.messages, event.sent_at.isoformat())
            changed["feedback_details"] = _with(fact, "message", received)
        case FeedbackEvaluated() as event:
            said = {"answer": event.answer, "solved": event.solved, "ratings": _json(event.ratings)}
            said |= {"has_comment": event.has_comment}
            changed["evaluations"] = (*fact.evaluations, said | {"evaluated_at": received.time.isoformat()})
        case FeedbackWithdrawn() as event:
            changed["withdrawn_at"] = event.effective_at
        case ReplyDelivered() | ReplyUndeliverable() as event:
            told = event.model_dump(mode="json", exclude_none=True)
            changed["deliveries"] = (*fact.deliveries, {"type": event.type, **told})
        case NoticeUndeliverable():
            changed["feedback_details"] = _with(fact, "notice", received)
    return fact.after({**changed, "feedback_version": received.version})


def _with(fact: Fact, name: str, received: Received[Any]) -> Json:
    """The details, with what this event told but for words: under its version, as there may be several of a kind."""
    told = received.event.model_dump(mode="json", exclude={"text"}, exclude_none=True)
    return {**fact.feedback_details, f"{name}/{received.version}": told}


def _json(ratings: Iterable[Rating]) -> tuple[Json, ...]:
    return tuple({"measure": one.measure, "value": one.value, "answered_by": one.answered_by} for one in ratings)
