"""States and verbs: what can be done when."""

from libs.contracts.codes import CaseState, Kind
from libs.contracts.feedback import FeedbackSubmitted
from services.routing.cases.schemas import Verb

VERBS: dict[CaseState, tuple[Verb, ...]] = {
    "new": ("assign",),
    "assigned": ("acknowledge", "assign", "reply"),
    "acknowledged": ("assign", "reply"),
    "waiting": (),
    "answered": ("reply", "close"),
    "closed": (),
}

_OWED: tuple[Kind, ...] = ("complaint", "enquiry", "service_request")


def is_owed_an_answer(feedback: FeedbackSubmitted, *, by_rule: bool) -> bool:
    """For these kinds, where a response is requested, where a rule says so, and for words that nobody has sorted."""
    return (
        feedback.kind in _OWED
        or feedback.response_requested
        or by_rule
        or (feedback.kind is None and feedback.has_text)
    )
